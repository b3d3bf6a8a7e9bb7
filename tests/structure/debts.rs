//! Nothing half done: no marks of unfinished work, no test that is skipped or waits, no path of one
//! machine.

use crate::rust::Source;
use crate::tree::File;
use crate::{hold, tree};

/// In code: macros that panic instead of work.
const UNFINISHED: [&str; 2] = ["todo!", "unimplemented!"];
/// In tests: what makes them skip, or wait for time to pass.
const NOT_IN_TESTS: [&str; 3] = ["#[ignore", "sleep(", "sleep_until("];

/// Marks of unfinished work, put together so that this file has none.
fn marks() -> [String; 3] {
    [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|parts| parts.concat())
}

/// Folders of one machine.
fn places() -> [String; 3] {
    ["work", "home", "root"].map(|folder| format!("/{folder}/"))
}

fn in_code(source: &Source) -> Vec<String> {
    let path = &source.path;
    let unfinished = UNFINISHED.iter().filter(|it| source.code.contains(**it));
    let unfinished = unfinished.map(|it| format!("{path} has `{it}`: do it, or take it out"));
    // To say what a sleep is, as for a client that is never to wait, is not to sleep.
    let tests = source.tests().replace("fn sleep(", "");
    let waits = NOT_IN_TESTS.iter().filter(|it| tests.contains(**it));
    let waits = waits.map(|it| {
        format!("{path} has `{it}` in a test: tests run always, and wait for what happens")
    });
    unfinished.chain(waits).collect()
}

fn in_text(file: &File) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let path = &file.path;
        let mut words = line.split(|c: char| !c.is_alphanumeric());
        if let Some(mark) = words.find(|word| marks().iter().any(|mark| mark == word)) {
            complaints.push(format!(
                "{path}:{number} has a {mark}: do it, or say in README that it is not done"
            ));
        }
        // `~/.cache/` and `https://example.com/home/` are no folders of one machine.
        let place = places().into_iter().find(|place| {
            line.match_indices(place.as_str()).any(|(at, _)| {
                line[..at].chars().next_back().is_none_or(|c| " \"'`=(<:".contains(c))
            })
        });
        if let Some(place) = place {
            complaints.push(format!("{path}:{number} names {place}, a folder of one machine"));
        }
    }
    complaints
}

/// Goal: what is here is done, and every test runs.
#[test]
fn no_unfinished_code_and_no_skipped_test() {
    let sources = ["shared", "functions", "infra", "tests"].into_iter().flat_map(tree::sources);
    hold(&sources.flat_map(|source| in_code(&source)).collect::<Vec<_>>());
}

/// Goal: no text promises work or names a place that only one machine has.
#[test]
fn no_marks_and_no_places() {
    hold(&tree::files("").iter().flat_map(in_text).collect::<Vec<_>>());
}

#[test]
fn debts_are_found() {
    let text = "fn a() { todo!() }\nfn b() { sleep(1) }\n#[cfg(test)]\nmod tests {\n\
                #[ignore]\nfn c() { sleep(1) }\n}\n";
    assert_eq!(in_code(&Source::read("shared/x/src/lib.rs", text)).len(), 3);
    assert_eq!(in_code(&Source::read("tests/e2e/main.rs", "// sleep(\nfn a() {}")).len(), 0);
    let [mark, ..] = marks();
    let [work, home, _] = places();
    let text = format!("// {mark}: later\ncd {work}main\n<a href=\"x.example{home}\">\n{mark}S\n");
    assert_eq!(in_text(&File { path: "README.md".to_owned(), text }).len(), 2);
}
