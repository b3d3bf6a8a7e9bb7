//! Spend alerts by the front door: the threshold, and one notification a month (A21, A22, E8).

mod checks;
mod input;
mod months;

use http::Method;
use local::Running;
use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use crate::world::{get, kinds, vendor};

/// Path of the alert of `acme`.
const ALERT: &str = "/v1/accounts/acme/alert";

/// Sets the threshold of `acme`.
async fn set(cloud: &Running, amount: i64) -> Value {
    let body = json!({ "threshold": { "amount": amount, "currency": "usd" } });
    let (status, answer) = vendor(cloud, Method::PUT, ALERT, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Amounts of `acme`'s notifications by month, the newest first.
async fn history(cloud: &Running) -> Vec<(String, i64)> {
    let page = get(cloud, &format!("{ALERT}/history")).await;
    let all = page["data"].as_array().expect("notifications").iter();
    all.map(|it| {
        (it["period"].as_str().unwrap().to_owned(), it["amount"]["amount"].as_i64().unwrap())
    })
    .collect()
}

/// Entries of `acme`'s journal about a notification.
async fn triggered(cloud: &Running) -> usize {
    kinds(cloud, "acme").await.iter().filter(|kind| *kind == "alert.triggered").count()
}

/// Reports that many sessions of `acme` at a moment.
async fn sessions(cloud: &Running, batch: &str, count: u64, at: &str) {
    let event = json!({ "account": "acme", "resource": "sessions", "quantity": count, "at": at });
    let body = json!({ "batch_id": batch, "events": [event] });
    let (status, answer) = vendor(cloud, Method::POST, "/v1/usage", &body).await;
    assert_eq!((status, &answer["rejected"]), (202, &json!([])), "{answer}");
}

/// A message that asks for a check of `acme`, as an event of Lambda's.
fn check(month: &str, walked_at: i64) -> String {
    let body = json!({
        "check": { "account": "acme", "month": month, "walked_at": walked_at },
    });
    let record = json!({
        "messageId": format!("check-{month}-{walked_at}"), "receiptHandle": "r",
        "body": body.to_string(), "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {}, "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:AlertQueue",
        "awsRegion": "us-east-1",
    });
    json!({ "Records": [record] }).to_string()
}

/// Runs checks at once, in the order of a seed.
async fn together(cloud: &Running, seed: u64, events: &[String]) {
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
    let checks = events.iter().map(|event| cloud.pool().invoke("AlertCheck", event));
    let ended = Box::pin(futures_util::future::join_all(checks)).await;
    cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
    assert!(ended.iter().all(|it| it.answer.is_ok()), "seed {seed}");
}
