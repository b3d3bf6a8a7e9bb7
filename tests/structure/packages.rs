//! What is taken from others: licences, what may not be used, and why each dependency is there.

use std::collections::BTreeSet;

use crate::{cargo, hold, tree};

/// Licences that ask for no more than a notice. What offers a choice may be taken under one of
/// these.
const PERMISSIVE: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// What pure rules must not reach, by any way: no runtime, no wire, no clock of their own, no
/// entropy.
const NOT_FOR_BILLING: [&str; 9] = [
    "tokio",
    "futures-util",
    "serde_json",
    "rand",
    "getrandom",
    "http",
    "hyper",
    "tracing",
    "async-trait",
];

/// What `cargo tree` prints, one `name|licence` a line.
fn packages(arguments: &[&str]) -> BTreeSet<(String, String)> {
    let tree = ["tree", "--prefix", "none", "--format", "{p}|{l}"];
    let text = cargo(&[&tree, arguments].concat());
    let lines = text.lines().filter_map(|line| line.split_once('|'));
    let packages = lines.map(|(package, licence)| {
        let name = package.split(' ').next().unwrap_or_default();
        (name.to_owned(), licence.trim_end_matches(" (*)").to_owned())
    });
    let packages: BTreeSet<_> = packages.collect();
    assert!(!packages.is_empty(), "cargo tree names no package");
    packages
}

/// True if a licence expression can be met with permissive licences alone.
fn is_permissive(expression: &str) -> bool {
    // `/` is the old way to write OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    any_of(&mut words) && words.is_empty()
}

fn any_of(words: &mut Vec<&str>) -> bool {
    let mut met = all_of(words);
    while words.last() == Some(&"OR") {
        words.pop();
        met |= all_of(words);
    }
    met
}

fn all_of(words: &mut Vec<&str>) -> bool {
    let mut met = one(words);
    while words.last() == Some(&"AND") {
        words.pop();
        met &= one(words);
    }
    met
}

fn one(words: &mut Vec<&str>) -> bool {
    let Some(word) = words.pop() else { return false };
    if word == "(" {
        let met = any_of(words);
        return words.pop() == Some(")") && met;
    }
    if words.last() == Some(&"WITH") {
        words.pop();
        let exception = words.pop().unwrap_or_default();
        return PERMISSIVE.contains(&format!("{word} WITH {exception}").as_str());
    }
    PERMISSIVE.contains(&word)
}

/// Goal: nothing that is built here is under a licence that reaches into its users' code.
#[test]
fn every_licence_is_permissive() {
    let packages = packages(&["--workspace", "--edges", "normal,build,dev"]);
    let wrong = packages.iter().filter(|(_, licence)| !is_permissive(licence));
    let complaints = wrong.map(|(name, licence)| {
        format!("`{name}` is under `{licence}`: take another crate, or add a permissive licence")
    });
    hold(&complaints.collect::<Vec<_>>());
}

#[test]
fn a_licence_that_is_not_permissive_is_found() {
    for fine in [
        "MIT",
        "MIT OR GPL-3.0-only",
        "MIT/Apache-2.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR MIT",
    ] {
        assert!(is_permissive(fine), "{fine}");
    }
    for wrong in [
        "",
        "AGPL-3.0-only",
        "GPL-2.0 OR LGPL-2.1",
        "MPL-2.0",
        "MIT AND LGPL-3.0-only",
        "(MIT OR Apache-2.0) AND GPL-3.0-only",
        "(MIT",
        "GPL-2.0 WITH Classpath-exception-2.0",
    ] {
        assert!(!is_permissive(wrong), "{wrong}");
    }
}

/// Goal: the rules of billing stay pure: nothing that waits, calls, draws or reads JSON is in their
/// reach.
#[test]
fn billing_reaches_nothing_impure() {
    let reached = packages(&["--package", "billing", "--edges", "normal"]);
    let is_impure = |name: &str| NOT_FOR_BILLING.contains(&name) || name.starts_with("aws");
    let wrong = reached.iter().filter(|(name, _)| is_impure(name));
    let complaints =
        wrong.map(|(name, _)| format!("`billing` reaches `{name}`: do that elsewhere"));
    hold(&complaints.collect::<Vec<_>>());
    assert!(is_impure("tokio") && is_impure("aws-sdk-sqs") && !is_impure("time"));
}

/// Complaints about async-stripe, of which only the builders of requests are used: its events and
/// objects fail as a whole on one missing field and cost minutes of build, and its client is a
/// second HTTP stack, past the gate.
fn stripe_clients(lock: &str, manifest: &str) -> Vec<String> {
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = \""));
    let names = names.map(|name| name.trim_end_matches('"'));
    let wrong = names.filter(|name| ["async-stripe", "async-stripe-webhook"].contains(name));
    let whole = wrong.map(|name| {
        format!(
            "Cargo.lock has `{name}`: stripe-wire reads, stripe-requests calls by the SDK's client"
        )
    });
    let builders = manifest.lines().filter(|line| line.starts_with("async-stripe"));
    let reading = builders.filter(|line| line.contains("\"deserialize\""));
    let reading = reading.map(|line| format!("`{line}` reads objects: stripe-wire does"));
    whole.chain(reading).collect()
}

/// Goal: Stripe's objects are read by our own narrow types only, and called by one HTTP client.
#[test]
fn of_async_stripe_only_requests_are_used() {
    hold(&stripe_clients(&tree::text("Cargo.lock"), &tree::text("Cargo.toml")));
    let bad = "async-stripe-core = { version = \"1\", features = [\"deserialize\"] }\n";
    assert_eq!(stripe_clients("name = \"async-stripe-webhook\"\n", bad).len(), 2);
    assert_eq!(stripe_clients("name = \"async-stripe\"\n", "").len(), 1);
    assert_eq!(stripe_clients("name = \"async-stripe-core\"\n", "").len(), 0);
}

/// Complaints about entries of `[workspace.dependencies]` without a sentence.
fn without_a_sentence(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with('[')).collect();
    let mut complaints = Vec::new();
    let mut before = "";
    for line in lines {
        let is_others = line.contains(" = ") && !line.contains("path = ");
        if is_others && !line.starts_with('#') && !before.starts_with("# ") {
            let name = line.split(' ').next().unwrap_or_default();
            complaints.push(format!("Cargo.toml: say in a line above `{name}` why it is there"));
        }
        before = line;
    }
    complaints
}

/// Goal: whoever reads Cargo.toml learns why each dependency is there.
#[test]
fn every_dependency_has_a_sentence() {
    hold(&without_a_sentence(&tree::text("Cargo.toml")));
    let bad = "[workspace.dependencies]\na = { path = \"a\" }\n# Why.\nb = \"1\"\nc = \"1\"\n\
               [workspace.lints]\nd = \"1\"\n";
    assert_eq!(without_a_sentence(bad), ["Cargo.toml: say in a line above `c` why it is there"]);
}

/// Complaints about entries of `[workspace.dependencies]` that no crate takes.
fn unused(manifest: &str, members: &[String]) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let entries = lines.take_while(|line| !line.starts_with('[')).filter(|it| !it.starts_with('#'));
    let names = entries.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let is_taken = |name: &str| {
        let takes = |line: &str| {
            let rest = line.strip_prefix(name).unwrap_or_default();
            rest.starts_with('.') || rest.starts_with(" = ")
        };
        members.iter().any(|manifest| manifest.lines().any(takes))
    };
    let unused = names.filter(|name| !is_taken(name));
    unused.map(|name| format!("Cargo.toml: no crate takes `{name}`: remove it")).collect()
}

/// Goal: Cargo.toml lists what is used, and nothing else.
#[test]
fn every_dependency_is_taken() {
    let folders = ["shared", "functions", "infra", "tests"].into_iter().flat_map(tree::files);
    let manifests = folders.filter(|file| file.path.ends_with("/Cargo.toml"));
    let members: Vec<String> = manifests.map(|file| file.text).collect();
    hold(&unused(&tree::text("Cargo.toml"), &members));
    let bad = "[workspace.dependencies]\n# Why.\na = \"1\"\na-b = \"1\"\nc = { version = \"1\" }\n";
    let members = ["[dependencies]\na-b.workspace = true\nc = { workspace = true }\n".to_owned()];
    assert_eq!(unused(bad, &members), ["Cargo.toml: no crate takes `a`: remove it"]);
}

/// Complaints about dependencies of a crate that are not the workspace's.
fn not_the_workspaces(path: &str, manifest: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.ends_with("dependencies]")
            && line.contains('=')
            && !line.starts_with('#')
            && !line.contains("workspace = true")
        {
            complaints.push(format!("{path}: `{line}` belongs in the root's Cargo.toml"));
        }
    }
    complaints
}

/// Goal: a dependency's version and sentence stand in one place, the root's Cargo.toml.
#[test]
fn versions_stand_in_the_root() {
    let mut complaints = Vec::new();
    for folder in ["shared", "functions", "infra", "tests"] {
        for file in tree::files(folder) {
            if file.path.ends_with("/Cargo.toml") {
                complaints.extend(not_the_workspaces(&file.path, &file.text));
            }
        }
    }
    hold(&complaints);
    let bad = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n\
               c = { workspace = true }\nd = \"1\"\n";
    assert_eq!(not_the_workspaces("a", bad).len(), 1);
}
