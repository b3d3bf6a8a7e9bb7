//! The story of `tests/e2e/table_story.rs`, told to another DynamoDB and to the embedded table: our
//! store sees the same of both.
//!
//! `TOLLGATE_DYNAMODB_URL` says where the other one listens, and the test fails without it: `cargo
//! test --workspace` leaves this target out, `.ci/run` starts AWS's own DynamoDB Local for it.

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

#[expect(dead_code, reason = "shared with e2e, which uses all of it")]
#[path = "../e2e/stripe.rs"]
mod stripe;
#[path = "../e2e/table_story.rs"]
mod table_story;
#[expect(dead_code, reason = "shared with e2e, which uses all of it")]
#[path = "../e2e/world.rs"]
mod world;

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::table_story::tell;
use crate::world::{TABLE, cloud};

/// Where the other DynamoDB listens, such as `http://127.0.0.1:8000`.
#[expect(
    clippy::disallowed_methods,
    reason = "only the operator knows where the other one listens"
)]
fn other_url() -> String {
    let url = std::env::var("TOLLGATE_DYNAMODB_URL");
    url.expect("TOLLGATE_DYNAMODB_URL says where another DynamoDB listens")
}

/// Makes a table past any client: the body is the template's own.
fn create_table(url: &str, body: &Value) {
    let address = url.strip_prefix("http://").expect("an http:// URL").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{url}: {error}"));
    let body = body.to_string();
    let credential = "Credential=local/20261122/eu-central-1/dynamodb/aws4_request";
    let length = body.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: {length}\r\n\
         X-Amz-Target: DynamoDB_20120810.CreateTable\r\n\
         Authorization: AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Goal: our store sees the same of the embedded table and of another DynamoDB.
#[tokio::test]
async fn another_dynamodb_answers_the_same() {
    let url = other_url();
    let cloud = cloud().await;
    let table = format!("Tollgate-{}", std::process::id());
    let mut body = cloud.template().tables[TABLE].clone();
    body["TableName"] = json!(table);
    create_table(&url, &body);

    let embedded = tell(cloud.dynamodb_url(), TABLE).await;
    let other = tell(&url, &table).await;

    for (embedded, other) in embedded.iter().zip(&other) {
        assert_eq!(other, embedded, "{url} differs from the embedded table");
    }
    assert_eq!(other.len(), embedded.len());
}
