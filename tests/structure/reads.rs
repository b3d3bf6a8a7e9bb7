//! Reads of the table: consistent, and in one crate.

use crate::rust::Source;
use crate::{hold, tree};

/// Calls of the SDK that read.
const READS: [&str; 4] = [".get_item()", ".batch_get_item()", ".query()", ".scan()"];

/// Complaints about a file of the store: a read that may see what is already out of date.
fn inconsistent(source: &Source) -> Vec<String> {
    let code = source.product().code;
    // An index has no consistent reads: what it says is only whom to look at.
    let functions = code.split("fn ").filter(|it| !it.contains(".index_name("));
    let functions = functions.map(|it| it.split_whitespace().collect::<String>());
    let wrong = functions.filter(|function| {
        let reads: usize = READS.iter().map(|read| function.matches(read).count()).sum();
        reads > function.matches(".consistent_read(true)").count()
    });
    let complaints = wrong.map(|function| {
        let name = function.split(['(', '<']).next().unwrap_or_default().to_owned();
        format!("{}: `{name}` reads without .consistent_read(true)", source.path)
    });
    complaints.collect()
}

/// Complaints about a file outside the store that reads the table itself.
fn past_the_store(source: &Source) -> Vec<String> {
    let code = source.product().squeezed();
    let calls = READS.iter().filter(|read| code.contains(**read));
    calls.map(|call| format!("{} calls {call}: the store is the only way", source.path)).collect()
}

/// Goal: a decision rests on what the table holds, not on what it held a moment ago.
#[test]
fn every_read_is_consistent() {
    let store = tree::sources("shared/store/src");
    let all: String = store.iter().map(Source::squeezed).collect();
    assert!(all.contains(".query()") && all.contains(".batch_get_item()"), "have reads moved?");
    hold(&store.iter().flat_map(inconsistent).collect::<Vec<_>>());
}

/// Goal: the store is the only way to the table.
#[test]
fn only_the_store_reads_the_table() {
    let others = ["shared", "functions"].into_iter().flat_map(tree::sources);
    let others = others.filter(|source| !source.path.starts_with("shared/store/"));
    hold(&others.flat_map(|source| past_the_store(&source)).collect::<Vec<_>>());
}

#[test]
fn an_inconsistent_read_is_found() {
    let text = "async fn a() { c.query()\n  .consistent_read(true).send() }\n\
                async fn b() { c.get_item().send() }\n\
                fn c() { c.query().consistent_read(false).send() }";
    let source = Source::read("shared/x/src/lib.rs", text);
    assert_eq!(inconsistent(&source).len(), 2);
    assert_eq!(past_the_store(&source).len(), 2);
}
