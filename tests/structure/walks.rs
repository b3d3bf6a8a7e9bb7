//! Walks through the index: only `shared/worker` goes from shard to shard and from page to page.

use crate::rust::Source;
use crate::{hold, tree};

/// Code that begins or goes on with a walk, with the folders and files that it is at home in.
///
/// A page of all accounts is no walk: it reads the newest of each shard, in one answer to a caller.
const STEPS: [(&str, &[&str]); 5] = [
    (
        "SHARDS",
        &[
            "shared/worker/",
            "shared/store/src/due.rs",
            "shared/store/src/keys",
            "shared/store/src/opened.rs",
        ],
    ),
    ("Page::first(", &["shared/worker/", "shared/queue/src/page.rs"]),
    ("PageEnd::of_texts(", &["shared/worker/", "shared/store/src/due.rs"]),
    // A place of deliveries is another thing: how far an account's events have come.
    (
        "Place{",
        &[
            "shared/worker/",
            "shared/store/src/due.rs",
            "shared/store/src/event/delivery.rs",
            "shared/billing/src/events/delivery.rs",
        ],
    ),
    ("_shard(", &["shared/store/src/"]),
];

fn complaints(source: &Source) -> Vec<String> {
    let code = source.product().squeezed();
    let strays = STEPS.iter().filter(|(step, homes)| {
        code.contains(step) && !homes.iter().any(|home| source.path.starts_with(home))
    });
    strays
        .map(|(step, _)| {
            format!(
                "{} has `{step}`: begin a walk with `Worker::begin_walk`, and go on with \
                 `Worker::walk`",
                source.path
            )
        })
        .collect()
}

/// Goal: no function walks all shards in one invocation, or has a walk of its own.
#[test]
fn only_the_worker_walks_the_index() {
    let worker: String = tree::sources("shared/worker/src").iter().map(Source::squeezed).collect();
    assert!(worker.contains("0..SHARDS") && worker.contains("Place{"), "has the walk moved?");
    let sources = ["shared", "functions"].into_iter().flat_map(tree::sources);
    hold(&sources.flat_map(|source| complaints(&source)).collect::<Vec<_>>());
}

#[test]
fn a_walk_of_its_own_is_found() {
    let text = "fn a() { for shard in 0..keys::SHARDS { store.due(Place { shard }) } }\n\
                fn b() { keys::bill_shard(3); Page::first(3, now) }";
    assert_eq!(complaints(&Source::read("functions/x/src/lib.rs", text)).len(), 4);
    assert_eq!(complaints(&Source::read("shared/worker/src/walk.rs", text)).len(), 1);
    assert_eq!(complaints(&Source::read("shared/store/src/due.rs", text)).len(), 1);
}
