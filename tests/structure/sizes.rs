//! Sizes and names of files: what a reader can take in at once, and find again.

use crate::rust::Source;
use crate::{hold, tree};

/// Most lines of a source file.
const LINES_MAX: usize = 400;
/// Most lines of code of a function's `main.rs`: configuration in, function out.
const MAIN_LINES_MAX: usize = 15;

/// Files that are longer, each with the reason why cutting it would make it worse.
const LONGER: [(&str, &str); 0] = [];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 11] = [
    "common", "core", "data", "helper", "helpers", "manager", "misc", "service", "types", "util",
    "utils",
];

fn too_long(path: &str, lines: usize, longer: &[(&str, &str)]) -> Option<String> {
    let excused = longer.iter().any(|(known, _)| *known == path);
    match (lines > LINES_MAX, excused) {
        (true, false) => Some(format!(
            "{path} has {lines} lines: cut it where its subject changes ({LINES_MAX} at most)"
        )),
        (false, true) => Some(format!("{path} is short again: take it out of {}", file!())),
        (true, true) | (false, false) => None,
    }
}

/// Goal: a source file can be read at one sitting.
#[test]
fn source_files_are_short() {
    let sources = ["shared", "functions", "infra", "tests"].into_iter().flat_map(tree::sources);
    let lines = |source: &Source| source.code.lines().count();
    let complaints = sources.filter_map(|source| too_long(&source.path, lines(&source), &LONGER));
    hold(&complaints.collect::<Vec<_>>());
}

#[test]
fn a_long_file_is_found() {
    let longer = [("b.rs", "a table")];
    assert!(too_long("a.rs", 401, &longer).is_some());
    assert!(too_long("a.rs", 400, &longer).is_none());
    assert!(too_long("b.rs", 401, &longer).is_none());
    assert!(too_long("b.rs", 400, &longer).is_some(), "an excuse that is not needed");
}

fn lines_of_code(source: &Source) -> usize {
    source.code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// Goal: a function's `main.rs` has no rule in it that a test could not reach.
#[test]
fn main_is_configuration_in_and_function_out() {
    let mains = tree::sources("functions").into_iter();
    let mains = mains.filter(|source| source.path.ends_with("/main.rs"));
    let wrong = mains.filter(|source| lines_of_code(source) > MAIN_LINES_MAX);
    let complaints = wrong.map(|source| {
        let (path, lines) = (&source.path, lines_of_code(&source));
        format!("{path} has {lines} lines of code, {MAIN_LINES_MAX} at most: move them to lib.rs")
    });
    hold(&complaints.collect::<Vec<_>>());
    assert_eq!(lines_of_code(&Source::read("main.rs", "//! A.\n\nfn main() {\n}\n")), 2);
}

fn empty_name(path: &str) -> Option<String> {
    let empty = path
        .split('/')
        .find(|part| EMPTY_NAMES.contains(&part.split('.').next().unwrap_or_default()))?;
    Some(format!("{path}: `{empty}` says nothing; name it after what is inside"))
}

/// Goal: a file's name says what is inside.
#[test]
fn names_of_files_say_something() {
    let files = tree::files("");
    hold(&files.iter().filter_map(|file| empty_name(&file.path)).collect::<Vec<_>>());
    assert!(empty_name("shared/store/src/util.rs").is_some());
    assert!(empty_name("shared/common/src/lib.rs").is_some());
    assert!(empty_name("shared/store/src/load.rs").is_none());
}
