//! Counted attributes: they change by what is added to them, and no item that holds them is put as
//! a whole.

use crate::rust::Source;
use crate::{hold, tree};

/// What makes the keys of items with counted attributes.
const COUNTED: [&str; 5] =
    ["keys::usage(", "keys::usage_day(", "keys::gauges(", "keys::credits(", "keys::tokens("];

/// Complaints about a file of the store that puts such an item.
fn complaints(source: &Source) -> Vec<String> {
    let code = source.product().squeezed();
    let puts = COUNTED.iter().filter(|key| code.contains(&format!("Writer::item({key}")));
    puts.map(|key| format!("{} puts an item of `{key}..)`: add to it", source.path)).collect()
}

/// Goal: what others counted meanwhile is never written over.
#[test]
fn counters_are_only_added_to() {
    let store = tree::sources("shared/store/src");
    let all: String = store.iter().map(|source| source.product().squeezed()).collect();
    for key in COUNTED {
        assert!(all.contains(key), "has {key}..) moved?");
    }
    hold(&store.iter().flat_map(complaints).collect::<Vec<_>>());
}

#[test]
fn a_counter_that_is_put_is_found() {
    let text = "fn a() { Writer::item(\n keys::usage_day(&account, day), \"usage_day\", 1) }";
    assert_eq!(complaints(&Source::read("shared/store/src/x.rs", text)).len(), 1);
}
