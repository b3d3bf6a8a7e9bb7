//! Tests that `cargo test` leaves out: CI runs each by name, and only they depend on the
//! environment.

use crate::rust::Source;
use crate::{hold, tree};

/// Tests that read a variable as a switch and check as much without it.
const SWITCHES: [(&str, &str); 9] = [
    ("tests/commands/worker/sweep.rs", "sweeps more accounts"),
    ("tests/e2e/invoicing/outage.rs", "bills more payers"),
    ("tests/e2e/cost.rs", "writes the table of costs instead of comparing with it"),
    ("tests/structure/readme.rs", "writes README's dollars instead of comparing with them"),
    ("tests/structure/openapi.rs", "writes openapi.json before it compares with it"),
    ("tests/e2e/credits/walk.rs", "walks through more histories, or replays one"),
    ("tests/e2e/paying/races.rs", "races by more seeds"),
    ("tests/e2e/mails/pages.rs", "writes the expected mails before it compares with them"),
    ("tests/e2e/walk.rs", "walks through more histories, or replays one"),
];

/// Names of the test targets of a manifest that `cargo test` leaves out.
fn left_out(manifest: &str) -> Vec<String> {
    let targets = manifest.split("\n[").filter(|section| section.starts_with("[test]]"));
    let left_out = targets.filter(|target| target.lines().any(|line| line == "test = false"));
    let names = left_out.filter_map(|target| {
        target.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
    });
    names.map(str::to_owned).collect()
}

fn not_run(names: &[String], ci: &str) -> Vec<String> {
    let is_run = |name: &str| {
        let words: Vec<&str> = ci.split(|c: char| c.is_whitespace() || "()".contains(c)).collect();
        words.windows(2).any(|pair| pair == ["--test", name])
    };
    let missing = names.iter().filter(|name| !is_run(name));
    missing.map(|name| format!(".ci/run does not run `--test {name}`: nobody does")).collect()
}

fn reads_a_variable(source: &Source, names: &[String]) -> Option<String> {
    let path = &source.path;
    let is_excused = SWITCHES.iter().any(|(known, _)| known == path)
        || names.iter().any(|name| path.starts_with(&format!("tests/{name}/")));
    let reads = source.tests().contains("env::var");
    (reads && !is_excused).then(|| {
        format!("{path} reads a variable in a test: make it a target of its own that fails without")
    })
}

/// Goal: a test that needs data or a server of its own is run by CI, and no other passes because a
/// variable is not set.
#[test]
fn what_cargo_test_leaves_out_is_run_by_name() {
    let names = left_out(&tree::text("tests/Cargo.toml"));
    let sources = ["shared", "functions", "infra", "tests"].into_iter().flat_map(tree::sources);

    let mut complaints = not_run(&names, &tree::text(".ci/run"));
    complaints.extend(sources.filter_map(|source| reads_a_variable(&source, &names)));

    assert!(!names.is_empty(), "no target is left out: has the manifest changed?");
    hold(&complaints);
}

#[test]
fn a_test_that_nobody_runs_is_found() {
    let manifest =
        "[package]\n\n[[test]]\nname = \"e2e\"\n\n[[test]]\nname = \"data\"\ntest = false\n";
    let names = left_out(manifest);
    assert_eq!(names, ["data"]);
    assert_eq!(not_run(&names, "cargo test --test database").len(), 1);
    assert!(not_run(&names, "TESTS=(--test data)").is_empty());

    let code = "#[test]\nfn a() { std::env::var(\"DATA\"); }\n";
    let reads = |path: &str| reads_a_variable(&Source::read(path, code), &names).is_some();
    assert!(reads("tests/e2e/a.rs"));
    assert!(!reads("tests/data/main.rs"));
}
