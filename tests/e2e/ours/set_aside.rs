//! Invoices that the vendor's people took out of collection: owed and shown, and nobody is overdue
//! for them.

use local::Running;
use serde_json::{Value, json};

use crate::shop::{advance, at_stripe, default_card, id, stripe, team, until};
use crate::world::{get, state};

/// The newest invoice of the customer in that status.
fn invoice(cloud: &Running, status: &str) -> Value {
    let path = format!("/v1/invoices?customer=cus_acme&status={status}&limit=1");
    at_stripe(cloud, &path)["data"][0].clone()
}

async fn owed(cloud: &Running) -> Value {
    get(cloud, "/v1/accounts/acme").await["outstanding"]["amount"].clone()
}

/// Goal: months that the vendor gives away by a pause with `mark_uncollectible` are owed, and
/// disable nobody; they stay so when the pause is over.
#[tokio::test]
async fn a_month_given_away_disables_nobody() {
    let (cloud, ours) = team().await;
    let path = format!("/v1/subscriptions/{ours}");
    stripe(&cloud, &path, "pause_collection[behavior]=mark_uncollectible");

    until(&cloud, "2026-04-30T00:00:00Z").await;

    let given = invoice(&cloud, "uncollectible");
    assert_eq!(given["status_details"]["uncollectible"]["reason"], "subscription_paused");
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(owed(&cloud).await, given["amount_due"]);

    stripe(&cloud, &path, "pause_collection=");
    advance(&cloud, "20d").await;

    assert_eq!(state(&cloud, "acme").await, "active");
}

/// Goal: an invoice whose collection was switched off after finalization makes nobody overdue,
/// tried or not; switched on again, it counts.
#[tokio::test]
async fn an_invoice_taken_out_of_collection_makes_nobody_overdue() {
    let (cloud, _) = team().await;
    default_card(&cloud, "cus_acme", "pm_card_chargeCustomerFail");
    until(&cloud, "2026-04-02T00:00:00Z").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");
    let renewal = id(&invoice(&cloud, "open"));
    let path = format!("/v1/invoices/{renewal}");

    stripe(&cloud, &path, "auto_advance=false");
    advance(&cloud, "20d").await;

    assert_eq!(state(&cloud, "acme").await, "active");
    assert_ne!(owed(&cloud).await, json!(0));

    stripe(&cloud, &path, "auto_advance=true");
    cloud.clock().run_due().await;

    assert_eq!(state(&cloud, "acme").await, "disabled");
}

/// Goal: an invoice of our customer that was never collected by itself counts as ever: it is
/// overdue after three days.
#[tokio::test]
async fn an_invoice_that_was_never_collected_by_itself_counts() {
    let (cloud, _) = team().await;
    let form = "customer=cus_acme&auto_advance=false&currency=usd";
    let made = id(&stripe(&cloud, "/v1/invoices", form));
    let item = format!("customer=cus_acme&invoice={made}&amount=700&currency=usd");
    stripe(&cloud, "/v1/invoiceitems", &item);
    stripe(&cloud, &format!("/v1/invoices/{made}/finalize"), "");

    advance(&cloud, "4d").await;

    assert_eq!(state(&cloud, "acme").await, "past_due");
}
