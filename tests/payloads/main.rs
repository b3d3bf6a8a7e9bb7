//! Stripe's own payloads, of many API versions: read as facts, and posted to the webhook.
//!
//! They do not belong to this project. `STRIPE_EVENTS_DIR` names their directory, and a test
//! without it fails: `cargo test --workspace` leaves this target out, `cargo test -p tests --test
//! payloads` runs it. `events-2020/*.json` are whole events; `objects-2026/fixtures3.json` has one
//! object of each kind (from stripe/openapi), which is put into events of every type.

// A whole cloud is a deep future: the SDK, the functions and their pool within one another.
#![recursion_limit = "256"]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that goes wrong stops where it goes wrong"
)]

mod posted;
mod read;
#[expect(dead_code, reason = "shared with e2e, which uses all of it")]
#[path = "../e2e/world.rs"]
mod world;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Directory of Stripe's own payloads.
#[expect(clippy::disallowed_methods, reason = "only the operator knows where the payloads are")]
fn directory() -> PathBuf {
    let directory = std::env::var_os("STRIPE_EVENTS_DIR");
    directory.expect("STRIPE_EVENTS_DIR names the directory of Stripe's own payloads").into()
}

/// Every whole event: its file and its bytes.
fn events() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory().join("events-2020")).expect("events-2020");
    let event = |path: &Path| (path.display().to_string(), std::fs::read(path).unwrap());
    let events: Vec<_> = entries.map(|entry| event(&entry.unwrap().path())).collect();
    assert!(events.len() >= 70, "only {} events were found", events.len());
    events
}

/// One object of each kind, by the kind's name.
fn objects() -> serde_json::Map<String, Value> {
    let path = directory().join("objects-2026/fixtures3.json");
    let mut file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let Value::Object(objects) = file["resources"].take() else {
        panic!("{} has no resources", path.display());
    };
    assert!(objects.len() >= 170, "only {} objects were found", objects.len());
    objects
}
