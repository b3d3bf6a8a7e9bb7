//! How many usage events a second are counted, against the embedded table.
//!
//! `cargo bench -p tests --bench usage` sends batches of 1,000 events over 100 accounts, two
//! resources each, to the function, one behind the other and four at once, and prints events a
//! second and the time of a batch at the median. Table, function and gate share the machine and,
//! one behind the other, one core.

#![recursion_limit = "256"]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a bench reads the clock and prints; its numbers are small"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use billing::time::Timestamp;
use futures_util::future::join_all;
use local::{Options, Running, start};
use runtime::Request;
use serde_json::{Value, json};
use usage::Usage;

/// When it all happens.
const NOW: i64 = 1_795_338_000;
/// How many accounts the events of a batch are about.
const ACCOUNTS: usize = 100;
/// Most events that a batch may have.
const EVENTS: usize = 1_000;
/// Number of batches that are sent in each way.
const BATCHES: usize = 200;
/// How many at once in the second way.
const AT_ONCE: usize = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options { clock: Some(Timestamp(NOW)), seed: Some(1), ..Options::default() };
    let cloud = Box::pin(start(options)).await.expect("the cloud starts");
    for nth in 0..ACCOUNTS {
        let account = json!({ "id": format!("a{nth}"), "name": "A", "email": "a@a.example" });
        let opened = cloud.call(cloud.vendor_key(), http::Method::POST, "/v1/accounts", &account);
        let (status, answer) = Box::pin(opened).await;
        assert_eq!(status, 201, "{answer}");
    }
    let host = cloud.host("Usage");
    let catalog = catalog::deployed().expect("the catalog is right");
    let function = Usage::new(&host, catalog).expect("the environment is complete");

    let mut each = Vec::new();
    let begun = Instant::now();
    for nth in 0..BATCHES {
        let begun = Instant::now();
        send(&cloud, &function, &format!("b{nth}")).await;
        each.push(begun.elapsed().as_micros());
    }
    println!("one behind the other: {} events a second", events_a_second(begun));
    each.sort_unstable();
    println!("  {} us a batch at the median", each[each.len() / 2]);

    let begun = Instant::now();
    for group in 0..BATCHES / AT_ONCE {
        let names: Vec<String> = (0..AT_ONCE).map(|nth| format!("c{group}-{nth}")).collect();
        join_all(names.iter().map(|name| send(&cloud, &function, name))).await;
    }
    println!("{AT_ONCE} at once: {} events a second", events_a_second(begun));
}

fn events_a_second(begun: Instant) -> u128 {
    let events = u128::try_from(BATCHES * EVENTS).unwrap_or_default();
    events * 1_000_000 / begun.elapsed().as_micros().max(1)
}

/// One batch, which must be counted.
async fn send(cloud: &Running, function: &Usage, batch: &str) {
    let event = |nth: usize| {
        let resource = ["sessions", "events"][nth / ACCOUNTS % 2];
        json!({ "account": format!("a{}", nth % ACCOUNTS), "resource": resource, "quantity": 1 })
    };
    let events: Vec<Value> = (0..EVENTS).map(event).collect();
    let body = json!({ "batch_id": batch, "events": events }).to_string();
    let key = format!("Bearer {}", cloud.vendor_key());
    let request = Request {
        method: "POST".to_owned(),
        raw_path: String::new(),
        route: "POST /v1/usage".to_owned(),
        path: BTreeMap::new(),
        query: BTreeMap::new(),
        headers: [(http::header::AUTHORIZATION, key.parse().expect("a header"))]
            .into_iter()
            .collect(),
        cookies: Vec::new(),
        body: Some(body.into_bytes()),
        id: String::new(),
        precondition: None,
    };
    let response = Box::pin(function.handle(request)).await;
    assert_eq!(response.status, 202, "{}", response.body);
    assert!(response.body.contains("\"accepted\":1000"), "{}", response.body);
}
