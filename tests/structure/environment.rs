//! Environment variables: the names in shared/runtime/src/environment.rs, and who is given which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::constants::constants;
use crate::template::{functions, names, template};
use crate::{hold, reach, tree};

/// Set by AWS, or by whoever points an SDK at another cloud: not by template.yaml.
fn is_aws(name: &str) -> bool {
    name.starts_with("AWS_")
}

/// Constant to variable, without those of AWS.
fn known(source: &str) -> BTreeMap<String, String> {
    constants(source).into_iter().filter(|(_, variable)| !is_aws(variable)).collect()
}

/// The variables that template.yaml gives each function, by its binary.
fn given(template: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let global = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    let global: Vec<String> = global.map(str::to_owned).collect();
    let each = functions(template).map(|(_, binary, properties)| {
        let own = names(&properties["Environment"]["Variables"]).map(str::to_owned);
        (binary.to_owned(), own.chain(global.clone()).collect())
    });
    each.collect()
}

/// Variables that every function is given, whether it reads them or not.
fn of_all(template: &Value) -> BTreeSet<String> {
    let global = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    global.map(str::to_owned).collect()
}

/// What a function's code and its variables disagree about.
fn complaints(
    binary: &str,
    known: &BTreeMap<String, String>,
    given: &BTreeSet<String>,
    words: &BTreeSet<String>,
) -> Vec<String> {
    let used = known.iter().filter(|(constant, _)| words.contains(*constant));
    let used: BTreeSet<String> = used.map(|(_, variable)| variable.clone()).collect();
    let missing = used.difference(given).map(|variable| {
        format!("functions/{binary} reads {variable}: give it to it in template.yaml")
    });
    let unused = given.difference(&used).map(|variable| {
        format!("functions/{binary} is given {variable} in template.yaml and does not read it")
    });
    missing.chain(unused).collect()
}

/// Goal: each function is given exactly the variables that it reads, under names with one home.
#[test]
fn each_function_is_given_what_it_reads() {
    let known = known(&tree::text("shared/runtime/src/environment.rs"));
    assert!(!known.is_empty(), "no constant was found in environment.rs");
    let given = given(&template());
    assert!(!given.is_empty(), "no function was found in template.yaml");
    let global = of_all(&template());
    let (mut found, mut read) = (Vec::new(), BTreeSet::new());
    for (binary, given) in &given {
        // The use cases that a function has read their own variables from its host.
        let sources = reach::sources(binary);
        let words = sources.iter().flat_map(|source| source.words().map(str::to_owned));
        let words: BTreeSet<String> = words.collect();
        read.extend(words.iter().filter_map(|word| known.get(word).cloned()));
        // What all are given is read by some.
        let given = given.iter().filter(|it| !global.contains(*it) || read_by(&known, &words, it));
        let given = given.cloned().collect();
        found.extend(complaints(binary, &known, &given, &words));
    }
    let unread = global.difference(&read);
    found.extend(unread.map(|it| format!("template.yaml gives {it} to all, and none reads it")));
    let all: BTreeSet<&String> = given.values().flatten().collect();
    let nobodys = known.values().filter(|variable| !all.contains(variable));
    found.extend(nobodys.map(|it| format!("template.yaml gives {it} to no function: remove it")));
    hold(&found);
}

/// True if a function that has these words reads a variable.
fn read_by(known: &BTreeMap<String, String>, words: &BTreeSet<String>, variable: &str) -> bool {
    known.iter().any(|(constant, name)| name == variable && words.contains(constant))
}

#[test]
fn a_missing_and_an_unused_variable_are_found() {
    let source = "pub const ONE: &str = \"FIRST\";\npub const TWO: &str = \"SECOND\";\n\
                  pub const AWS_REGION: &str = \"AWS_REGION\";\n";
    let set = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>();
    let known = known(source);
    assert_eq!(known.len(), 2);
    let words = set(&["ONE", "AWS_REGION"]);
    assert_eq!(complaints("x", &known, &set(&["FIRST"]), &words).len(), 0);
    assert_eq!(complaints("x", &known, &set(&["SECOND"]), &words).len(), 2);
    let template = crate::template::parse(
        "Globals: {Function: {Environment: {Variables: {A: 1}}}}\nResources: {X: {Type: \
         'AWS::Serverless::Function', Metadata: {BuildProperties: {Binary: x}}, Properties: \
         {Environment: {Variables: {B: 2}}}}}",
    );
    assert_eq!(given(&template)["x"], set(&["A", "B"]));
}
