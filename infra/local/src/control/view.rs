//! What the pages show, gathered: the API's own answers, read leniently.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::deliveries::Delivery;
use crate::entry::staff_page;

/// The first page.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// Time, and whether it stands.
    pub clock: ClockView,
    /// Newest first.
    pub deliveries: Vec<Delivery>,
    /// All queues.
    pub queues: Vec<QueueView>,
    /// Those made since the start.
    pub accounts: Vec<AccountRow>,
    /// Addresses and keys, by name.
    pub access: Vec<(&'static str, String)>,
}

/// The clock.
#[derive(Debug, Clone, Default)]
pub struct ClockView {
    /// RFC 3339.
    pub now: String,
    /// True if it stands between moves.
    pub frozen: bool,
}

/// A queue.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// Can be received now.
    pub visible: usize,
    /// Being handled, or waiting to be tried again.
    pub in_flight: usize,
    /// Waiting for their first time.
    pub delayed: usize,
    /// True if other queues' dead letters come here.
    pub holds_dead_letters: bool,
    /// What is in it.
    pub messages: Vec<MessageView>,
}

/// A message in a queue.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MessageView {
    /// SQS's id.
    pub id: String,
    /// Time at which it was sent.
    pub sent_at: String,
    /// Time from which on it can be received.
    pub visible_at: String,
    /// How often it was received.
    pub receives: u32,
    /// Reason why it is a dead letter.
    pub reason: Option<String>,
    /// The first characters of its text.
    pub excerpt: String,
}

/// An account in the list.
#[derive(Debug, Clone, Default)]
pub struct AccountRow {
    /// Its id.
    pub id: String,
    /// What the API says of it.
    pub account: Account,
    /// `full`, `cached_only` or `none`.
    pub access: String,
}

/// An account, as far as the pages show it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Such as `past_due`.
    pub state: String,
    /// Its plan.
    pub plan: Option<String>,
    /// What is owed: money, or a list of it.
    pub outstanding: Value,
    /// Time at which it will be disabled.
    pub disables_on: Option<String>,
    /// Stripe's id.
    pub stripe_customer_id: Option<String>,
}

/// The page of one account.
#[derive(Debug, Clone, Default)]
pub struct AccountPage {
    /// Time, and whether it stands.
    pub clock: ClockView,
    /// The account.
    pub row: AccountRow,
    /// Reason why it is in its state.
    pub state: Explanation,
    /// What its outstanding sum is made of.
    pub outstanding: Explanation,
    /// Newest first.
    pub timeline: Vec<Entry>,
}

/// A value and the entries that made it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Explanation {
    /// The value.
    pub value: Value,
    /// Oldest first.
    pub because: Vec<Entry>,
    /// What would change it.
    pub clears_by: Vec<Clears>,
}

/// What stands in the way, and what would change it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Clears {
    /// What is the case.
    pub detail: String,
    /// What would change it.
    pub clears_by: String,
}

/// An entry of the timeline.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// When.
    pub at: String,
    /// What kind.
    pub kind: String,
    /// In words.
    pub summary: String,
    /// By what.
    pub cause: Cause,
    /// Field by field.
    pub changes: Vec<Change>,
}

/// What caused an entry.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// Such as `stripe_event`.
    pub r#type: String,
    /// Its id.
    pub id: String,
}

/// One field that changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Change {
    /// Which.
    pub field: String,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    data: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Access {
    access: String,
}

/// Most characters of a message's text that are shown.
const EXCERPT_CHARACTERS_MAX: usize = 400;

/// Gathers the first page.
pub async fn overview(cloud: &Cloud) -> Overview {
    let mut accounts = Vec::new();
    for id in cloud.directory.ids() {
        accounts.push(row(cloud, &id).await);
    }
    Overview {
        clock: clock(cloud),
        deliveries: cloud.deliveries.all(),
        queues: queues(cloud),
        accounts,
        access: vec![
            ("Gateway", cloud.addresses.gateway.clone()),
            ("Stripe", cloud.addresses.stripe.clone()),
            ("DynamoDB", cloud.addresses.dynamodb.clone()),
            ("SQS", cloud.addresses.sqs.clone()),
            ("Webhook secret", cloud.webhook_secrets().join(" ")),
            ("Vendor key", cloud.keys.now().vendor.clone()),
            ("Staff key", cloud.keys.now().staff.clone()),
            ("Support key", cloud.keys.now().support.clone()),
            ("Staff desk", staff_page(&cloud.addresses.gateway)),
        ],
    }
}

/// Gathers the page of an account.
pub async fn account(cloud: &Cloud, id: &str) -> AccountPage {
    let path = format!("/v1/accounts/{id}");
    let timeline: List = read(cloud, &format!("{path}/timeline?limit=100")).await;
    AccountPage {
        clock: clock(cloud),
        row: row(cloud, id).await,
        state: read(cloud, &format!("{path}/explain?field=state")).await,
        outstanding: read(cloud, &format!("{path}/explain?field=outstanding")).await,
        timeline: timeline.data,
    }
}

/// Accounts by the Stripe customer that they are linked to.
pub async fn accounts_by_customer(cloud: &Cloud) -> BTreeMap<String, String> {
    let mut accounts = BTreeMap::new();
    for id in cloud.directory.ids() {
        let account: Account = read(cloud, &format!("/v1/accounts/{id}")).await;
        accounts.extend(account.stripe_customer_id.map(|customer| (customer, id)));
    }
    accounts
}

/// Gathers the queues.
pub fn queues(cloud: &Cloud) -> Vec<QueueView> {
    let names = cloud.queues.names();
    let holders: Vec<String> =
        names.iter().filter_map(|name| cloud.queues.dead_letters_of(name)).collect();
    let views = names.into_iter().map(|name| {
        // A queue that is listed is there.
        let depth = cloud.queues.depth(&name).unwrap_or_default();
        let messages = cloud.queues.messages(&name).unwrap_or_default();
        QueueView {
            visible: depth.visible,
            in_flight: depth.in_flight,
            delayed: depth.delayed,
            holds_dead_letters: holders.contains(&name),
            messages: messages.iter().map(message).collect(),
            name,
        }
    });
    views.collect()
}

fn message(message: &crate::sqs::Message) -> MessageView {
    MessageView {
        id: message.id.clone(),
        sent_at: message.sent_at.to_string(),
        visible_at: message.visible_at.to_string(),
        receives: message.receives,
        reason: message.reason(),
        excerpt: message.body.chars().take(EXCERPT_CHARACTERS_MAX).collect(),
    }
}

/// The clock.
pub fn clock(cloud: &Cloud) -> ClockView {
    ClockView { now: cloud.clock.now().to_string(), frozen: cloud.clock.is_frozen() }
}

async fn row(cloud: &Cloud, id: &str) -> AccountRow {
    let path = format!("/v1/accounts/{id}");
    let access: Access = read(cloud, &format!("{path}/access")).await;
    AccountRow { id: id.to_owned(), account: read(cloud, &path).await, access: access.access }
}

/// True if there is an account of that id.
pub async fn has_account(cloud: &Cloud, id: &str) -> bool {
    ask(cloud, &format!("/v1/accounts/{id}")).await.is_some()
}

/// What the API answers to staff; nothing when it does not answer with 200.
pub(super) async fn read<T: DeserializeOwned + Default>(cloud: &Cloud, path: &str) -> T {
    let answer = ask(cloud, path).await.unwrap_or_default();
    serde_json::from_slice(&answer).unwrap_or_default()
}

/// Body of the API's answer to staff, when it answers with 200.
async fn ask(cloud: &Cloud, path: &str) -> Option<Bytes> {
    let request = Request::get(path)
        .header(AUTHORIZATION, format!("Bearer {}", cloud.keys.now().staff))
        .body(Bytes::new());
    let answer = cloud.gateway.handle(request.ok()?).await;
    (answer.status() == StatusCode::OK).then(|| answer.into_body())
}
