//! The retry queue: races with the creation of accounts, foreign customers, poison, redrive.

use local::sqs::Sent;
use serde_json::{Value, json};

use crate::letters::{dead_letters, redrive_letters};
use crate::stripe::{Invoice, event};
use crate::world::{NOW, cloud, kinds, open_account, post, state};

/// Goal: an event that is faster than the creation of its account waits and is applied.
#[tokio::test]
async fn an_event_that_overtakes_its_account_waits_for_it() {
    let cloud = cloud().await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "queued").await;
    cloud.clock().advance("1m").await.unwrap();
    open_account(&cloud, "acme").await;
    cloud.clock().advance("10m").await.unwrap();
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "invoice.finalized"]);
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0);
    assert_eq!(dead_letters(&cloud).await, []);
}

/// Goal: a customer of nobody here is remembered as foreign after the last try: no dead letter, no
/// further queueing for a day; and an account that is linked later is served at once.
#[tokio::test]
async fn a_foreign_customer_is_remembered_and_not_dead_lettered() {
    let cloud = cloud().await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "queued").await;
    cloud.clock().advance("2h").await.unwrap();
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0);
    assert_eq!(dead_letters(&cloud).await, []);
    post(&cloud, &invoice.updated(NOW + 7_200), "ignored").await;
    open_account(&cloud, "acme").await;
    post(&cloud, &invoice.finalized(NOW + 7_300), "applied").await;
    cloud.clock().advance("2d").await.unwrap();
    let other = Invoice::automatic("in_9", "cus_other", 4_900, NOW);
    post(&cloud, &other.finalized(NOW), "queued").await;
}

/// Goal: a refund or a dispute of a payment that nobody knows waits for the payment's own event,
/// and is then let go: no dead letter, because people sell other things by the same account at
/// Stripe. A payment that names no purchase is not waited for.
#[tokio::test]
async fn what_is_about_a_payment_for_other_things_is_let_go() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let about = |id: &str, kind: &str, status: &str| {
        json!({
            "id": id, "object": kind, "payment_intent": "pi_shirt", "amount": 500, "currency": "eur",
            "customer": "cus_acme", "status": status,
        })
    };
    let refund = event("evt_1", "refund.created", NOW, &about("re_1", "refund", "succeeded"));
    let dispute = about("du_1", "dispute", "needs_response");
    let dispute = event("evt_2", "charge.dispute.created", NOW, &dispute);
    let payment = about("pi_shirt", "payment_intent", "succeeded");
    post(&cloud, &refund, "queued").await;
    post(&cloud, &dispute, "queued").await;
    let paid = event("evt_3", "payment_intent.succeeded", NOW, &payment);
    post(&cloud, &paid, "ignored").await;
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 2);
    cloud.clock().advance("4d").await.unwrap();
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0);
    assert_eq!(dead_letters(&cloud).await, []);
    assert_eq!(kinds(&cloud, "acme").await, ["account.created"]);
}

/// Goal: an outage says nothing about a customer. However often the table did not answer, the
/// customer becomes foreign only after it was really looked up and not found for a quarter of an
/// hour.
#[tokio::test]
async fn an_outage_makes_no_customer_foreign() {
    let cloud = cloud().await;
    // A warm webhook has its secrets.
    post(&cloud, &event("evt_1", "charge.succeeded", NOW, &json!({ "id": "ch_1" })), "ignored")
        .await;
    cloud.gate().set_away(&["DynamoDB"]);
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "queued").await;
    cloud.clock().advance("2h").await.unwrap();
    cloud.gate().set_away(&[]);
    // The first real look, within the next quarter of an hour, finds nobody: it must look again.
    cloud.clock().advance("16m").await.unwrap();
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 1, "the fact was dropped");
    open_account(&cloud, "acme").await;
    cloud.clock().advance("1h").await.unwrap();
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "invoice.finalized"]);
}

/// Goal: a customer that was linked in the very moment in which it would have been called foreign
/// stays linked, and whoever wanted to call it foreign hears of it.
#[tokio::test]
async fn a_linked_customer_is_never_called_foreign() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let host = cloud.host("RetryWorker");
    let store = store::Store::new(host.dynamodb().unwrap(), crate::world::TABLE);
    let facts = apply::Applier::new(store);
    let customer = billing::ids::CustomerId::parse("cus_acme").unwrap();
    let invocation = host.invocations().begin(billing::journal::CauseKind::Schedule, "retries");
    let remembered = facts.remember_foreign(&invocation, &customer).await;
    assert!(matches!(remembered, Err(store::StoreError::Conflict)), "{remembered:?}");
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
}

/// Goal: of a batch of ten, nine are done and the tenth reaches the dead-letter queue with its
/// reason.
#[tokio::test]
async fn poison_does_not_take_the_batch_with_it() {
    let cloud = cloud().await;
    // Ten facts of ten accounts that do not exist yet.
    for index in 0..9 {
        let customer = format!("cus_a{index}");
        let invoice = Invoice::automatic(&format!("in_{index}"), &customer, 4_900, NOW);
        post(&cloud, &invoice.finalized(NOW), "queued").await;
    }
    for index in 0..9 {
        open_account(&cloud, &format!("a{index}")).await;
    }
    let sent = Sent { body: "{\"this\": \"is no message\"}".to_owned(), ..Sent::default() };
    cloud.queues().send("RetryQueue", sent).unwrap();
    cloud.clock().advance("10m").await.unwrap();
    for index in 0..9 {
        let kinds = kinds(&cloud, &format!("a{index}")).await;
        assert_eq!(kinds, ["account.created", "invoice.finalized"]);
    }
    let letters = dead_letters(&cloud).await;
    assert_eq!(letters.len(), 1);
    let reason = letters[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("cannot be read"), "{reason}");
}

/// Goal: a fact that could not be settled is a dead letter with its reason; mended and redriven
/// twice, it acts once.
#[tokio::test]
async fn a_dead_letter_that_is_redriven_twice_acts_once() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    // The account's standing is damaged by hand: what cannot be read, no retry can help.
    let table = Table::of(&cloud);
    let good = table.get("ACCOUNT#acme", "STANDING").await;
    let mut bad = good.clone();
    bad.insert("grace".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("soon".to_owned()));
    table.put(bad).await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "dead_lettered").await;
    let letters = dead_letters(&cloud).await;
    let reason = letters[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("grace"), "{reason}");
    let body = letters[0].body.clone();

    table.put(good).await;
    assert_eq!(redrive_letters(&cloud).await, 1);
    cloud.clock().run_due().await;
    cloud.queues().send("RetryQueue", Sent { body, ..Sent::default() }).unwrap();
    cloud.clock().run_due().await;
    assert_eq!(kinds(&cloud, "acme").await, ["account.created", "invoice.finalized"]);
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(dead_letters(&cloud).await, []);
}

/// Goal: an unreadable event that comes to the retry queue again is a dead letter with a reason,
/// and does no harm.
#[tokio::test]
async fn an_unreadable_event_stays_a_dead_letter() {
    let cloud = cloud().await;
    let broken = Invoice::automatic("in_1", "cus_acme", 4_900, NOW).with("currency", json!(7));
    post(&cloud, &broken.finalized(NOW), "dead_lettered").await;
    let body = dead_letters(&cloud).await.remove(0).body;
    cloud.queues().send("RetryQueue", Sent { body, ..Sent::default() }).unwrap();
    cloud.clock().run_due().await;
    let letters = dead_letters(&cloud).await;
    assert_eq!(letters.len(), 2);
    for letter in letters {
        let body: Value = serde_json::from_str(&letter.body).unwrap();
        assert_eq!(body["event"]["id"], "evt_in_1_invoice_finalized_1795338000");
        assert!(letter.reason.is_some(), "{letter:?}");
    }
}

/// The table itself, for a test that damages it by hand.
pub struct Table(aws_sdk_dynamodb::Client);

pub type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;

impl Table {
    pub fn of(cloud: &local::Running) -> Self {
        // Not a function's host: its calls would be held to a function's policy.
        Self(crate::world::dynamodb(cloud))
    }

    pub async fn get(&self, pk: &str, sk: &str) -> Item {
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let get = self.0.get_item().table_name(crate::world::TABLE);
        let answer = get.key("pk", text(pk)).key("sk", text(sk)).send().await.unwrap();
        answer.item.expect("the item exists")
    }

    pub async fn put(&self, item: Item) {
        let put = self.0.put_item().table_name(crate::world::TABLE);
        put.set_item(Some(item)).send().await.unwrap();
    }
}
