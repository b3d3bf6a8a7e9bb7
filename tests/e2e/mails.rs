//! Mails by the front door: what happens at Stripe, by the clock or in the API goes in, mails in
//! the outbox come out (A22, F1, F6).

mod broken;
mod log;
mod pages;
mod prices;
mod stories;

use std::collections::BTreeMap;

use billing::time::Timestamp;
use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::subscription::subscribed;
use crate::world::{get, vendor};

/// Log of `acme`'s mails.
const LOG: &str = "/v1/accounts/acme/mails?limit=100";

/// `acme` on `team`, with an administrator, a finance member and a member.
async fn company() -> Running {
    let cloud = subscribed("team", "month", 3).await;
    for (id, role) in [("ada", "account_administrator"), ("fin", "finance"), ("mo", "member")] {
        let body = json!({ "email": format!("{id}@acme.example"), "role": role });
        let path = format!("/v1/accounts/acme/members/{id}");
        let (status, answer) = vendor(&cloud, Method::PUT, &path, &body).await;
        assert_eq!(status, 200, "{answer}");
    }
    // What was bought before anybody was a member is mailed to the billing address.
    cloud.clock().advance("5m").await.unwrap();
    cloud
}

async fn until(cloud: &Running, time: &str) {
    cloud.clock().advance_to(Timestamp::parse(time).unwrap()).await;
}

async fn alert_at(cloud: &Running, amount: i64) {
    let body = json!({ "threshold": { "amount": amount, "currency": "usd" } });
    let (status, answer) = vendor(cloud, Method::PUT, "/v1/accounts/acme/alert", &body).await;
    assert_eq!(status, 200, "{answer}");
}

/// Number of mails to each recipient whose subject has these words.
fn sent(cloud: &Running, words: &str) -> BTreeMap<String, usize> {
    let mut sent = BTreeMap::new();
    for mail in cloud.outbox().mails().iter().filter(|mail| mail.subject.contains(words)) {
        *sent.entry(mail.to.clone()).or_default() += 1;
    }
    sent
}

/// One mail to each of them.
fn one_each(recipients: &[&str]) -> BTreeMap<String, usize> {
    recipients.iter().map(|to| ((*to).to_owned(), 1)).collect()
}

const ADA: &str = "ada@acme.example";
const FIN: &str = "fin@acme.example";
const BILLING: &str = "billing@acme.example";

/// Template and status of each mail of the log, the oldest first.
async fn log(cloud: &Running) -> Vec<(String, String)> {
    let page = get(cloud, LOG).await;
    let all = page["data"].as_array().expect("mails").iter().rev();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|mail| (text(&mail["template"]), text(&mail["status"]))).collect()
}

/// Records of the journal whose mails are not decided yet.
pub(crate) async fn undecided(cloud: &Running) -> usize {
    let index = crate::world::dynamodb(cloud).scan().table_name("Table").index_name("due");
    let items = index.send().await.unwrap();
    let is_notify = |item: &&std::collections::HashMap<_, _>| {
        let item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue> =
            item;
        item["due_pk"].as_s().unwrap().starts_with("NOTIFY#")
    };
    items.items().iter().filter(is_notify).count()
}
