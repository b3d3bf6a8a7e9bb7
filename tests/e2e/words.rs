//! Events whose words, customers or form we do not know: the money that they tell of counts, and
//! none becomes a dead letter (XF1, XF2).

use local::Running;
use serde_json::{Value, json};

use crate::letters::dead_letters;
use crate::stripe::{Invoice, event};
use crate::world::{NOW, cloud, get, open_account, post, state};

const NEW: &str = "brand_new";

/// Goal: nothing waits for a retry or for an operator.
async fn nothing_is_left(cloud: &Running) {
    assert_eq!(cloud.queues().messages("RetryQueue").unwrap().len(), 0, "a fact waits");
    assert_eq!(dead_letters(cloud).await, []);
}

/// Goal: an unknown status loses neither the debt nor its payment, in whatever event it comes.
#[tokio::test]
async fn an_invoice_with_an_unknown_status_is_owed_and_paid() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &renamed(invoice.payment_failed(NOW)), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");

    post(&cloud, &renamed(invoice.paid(NOW + 1)), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");

    // A late event with another new word does not bring the debt back.
    let late = event("evt_late", "invoice.updated", NOW, &invoice.object);
    post(&cloud, &renamed(late), "unchanged").await;
    assert_eq!(state(&cloud, "acme").await, "active");
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["outstanding"]["amount"], 0, "{account}");
    nothing_is_left(&cloud).await;
}

/// The event with a status that nobody knows.
fn renamed(mut event: Value) -> Value {
    event["data"]["object"]["status"] = json!(NEW);
    event
}

/// Goal: objects of customers that only Accounts v2 knows, and thin events, are answered 200 and
/// leave nothing behind.
#[tokio::test]
async fn what_names_no_customer_and_what_is_thin_is_ignored() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW)
        .with("customer", Value::Null)
        .with("customer_account", json!("acct_1"));
    post(&cloud, &invoice.paid(NOW), "ignored").await;

    for (id, kind) in [
        ("evt_thin_1", "v1.invoice.paid"),
        ("evt_thin_2", "v1.invoice.paid"),
        ("evt_thin_3", "v2.core.health.event_generation_failure.resolved"),
    ] {
        let thin = json!({
            "id": id, "object": "v2.core.event", "type": kind, "livemode": false,
            "created": "2026-11-18T09:30:00.000Z", "related_object": {"id": "in_1"},
        });
        post(&cloud, &thin, "ignored").await;
    }
    nothing_is_left(&cloud).await;
}
