//! Events out (G5): what happens to accounts goes in by the front door, and the vendor's backend
//! reads it in order, once, and without what is private.

mod delivery;
mod endpoints;
mod feed;
mod objects;
pub mod receiver;

use std::collections::BTreeMap;

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{get, vendor};

/// A page of the feed with these parameters.
async fn page(cloud: &Running, query: &str) -> (Vec<Value>, String) {
    let page = get(cloud, &format!("/v1/events?{query}")).await;
    let cursor = page["next_cursor"].as_str().expect("a cursor, always").to_owned();
    (page["data"].as_array().expect("events").clone(), cursor)
}

/// Every event behind a cursor, in pages of that size, and the cursor behind them.
async fn all(
    cloud: &Running,
    (query, limit): (&str, usize),
    from: Option<&str>,
) -> (Vec<Value>, String) {
    let (mut events, mut cursor) = (Vec::new(), from.map(str::to_owned));
    loop {
        let place = cursor.as_ref().map(|it| format!("&cursor={it}")).unwrap_or_default();
        let (found, next) = page(cloud, &format!("limit={limit}{query}{place}")).await;
        cursor = Some(next.clone());
        if found.is_empty() {
            return (events, next);
        }
        assert!(found.len() <= limit);
        events.extend(found);
    }
}

/// Numbers of the events of each account, in the order in which they were read.
fn numbers(events: &[Value]) -> BTreeMap<String, Vec<u64>> {
    let mut numbers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for event in events {
        let account = event["account"].as_str().unwrap().to_owned();
        numbers.entry(account).or_default().push(event["sequence"].as_u64().unwrap());
    }
    numbers
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// Adds a member: one entry of the journal.
async fn member(cloud: &Running, account: &str, id: &str) {
    let path = format!("/v1/accounts/{account}/members/{id}");
    let body = json!({ "email": format!("{id}@people.example"), "role": "finance" });
    let (status, answer) = vendor(cloud, Method::PUT, &path, &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// Lets the stream, its relay and the publisher do what is due.
async fn published(cloud: &Running) {
    cloud.clock().advance("10s").await.unwrap();
}
