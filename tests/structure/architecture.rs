//! ARCHITECTURE.md says what is true: its glossary names types, and its invariants name tests.

use crate::rust::Source;
use crate::{hold, tree};

const PAGE: &str = "ARCHITECTURE.md";
const TERMS_MIN: usize = 20;

/// Rows of the table below a heading, each as its cells.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = page.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| row.trim_matches('|').split('|').map(str::trim));
    cells.map(|cells| cells.map(str::to_owned).collect()).collect()
}

/// Complaint about a term whose file has no type of its name.
fn unknown_term(term: &str, path: &str, text: &str) -> Option<String> {
    let is_type = |kind: &str| {
        let begin = format!("pub {kind} {term}");
        let ends = text.split(begin.as_str()).skip(1);
        ends.filter_map(|rest| rest.chars().next()).any(|next| !next.is_alphanumeric())
    };
    let is_known = ["struct", "enum"].into_iter().any(is_type);
    (!is_known).then(|| format!("{PAGE} has the term {term}, and {path} has no such type"))
}

/// Goal: each term of the glossary is a type, in the file that the glossary names.
#[test]
fn each_term_is_a_type() {
    let terms = rows(&tree::text(PAGE), "## Glossary\n");

    let complaints: Vec<String> = terms
        .iter()
        .filter_map(|row| {
            let (term, path) = (row[0].trim_matches('*'), row[1].trim_matches('`'));
            unknown_term(term, path, &tree::text(path))
        })
        .collect();

    assert!(terms.len() >= TERMS_MIN, "the glossary has {} terms", terms.len());
    hold(&complaints);
    assert!(unknown_term("Bill", "a.rs", "pub struct Billing {").is_some());
}

/// Goal: each invariant names a test of this folder, or a lint of the project.
#[test]
fn each_invariant_names_its_test() {
    let invariants = rows(&tree::text(PAGE), "## What never happens\n");
    let tests: String = tree::files("tests/structure").into_iter().map(|it| it.text).collect();
    let lints = tree::text("Cargo.toml") + &tree::text(".clippy.toml");

    let names = invariants.iter().flat_map(|row| row[1].split('`').skip(1).step_by(2));
    let is_held = |name: &&str| {
        tests.contains(&format!("fn {name}()"))
            || lints.contains(&format!("\n{name} = "))
            || lints.contains(&format!("{name} = \""))
            || *name == ".clippy.toml"
    };
    let unknown: Vec<&str> = names.filter(|name| !is_held(name)).collect();

    assert!(!invariants.is_empty());
    assert!(unknown.is_empty(), "{PAGE} names what is neither test nor lint: {unknown:?}");
}

fn awaits(source: &Source) -> Option<String> {
    let mut words = source.words();
    let waits = words.any(|word| ["async", "await"].contains(&word));
    waits.then(|| format!("{} awaits: load before, commit behind", source.path))
}

/// Goal: rules are pure functions: they never wait.
#[test]
fn billing_never_awaits() {
    let sources = tree::sources("shared/billing/src");

    hold(&sources.iter().filter_map(awaits).collect::<Vec<_>>());

    let wrong = Source::read("a.rs", "async fn decide() { load().await }");
    assert!(awaits(&wrong).is_some());
}

/// Words of an account's state that no item may have as a value.
const STATES: [&str; 4] = ["disabled", "past_due", "restricted", "active"];

fn stores_a_state(source: &Source) -> Option<String> {
    let product = source.product();
    let stored = product.literals.iter().find(|it| STATES.contains(&it.text.as_str()));
    stored.map(|it| format!("{} stores {:?}: state is derived", source.path, it.text))
}

/// Goal: state is derived at each read, from facts and the time; no item has it.
#[test]
fn no_state_is_stored() {
    let sources = tree::sources("shared/store/src");

    hold(&sources.iter().filter_map(stores_a_state).collect::<Vec<_>>());

    let wrong = Source::read("a.rs", "fn write() { put(\"state\", \"disabled\") }");
    assert!(stores_a_state(&wrong).is_some());
}
