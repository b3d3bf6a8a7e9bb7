//! While advice is pending its invoices disable nobody, for so long in all; Stripe's own retries
//! wait for as long, which takes no invoice out of collection (XD8).

use http::Method;
use serde_json::{Value, json};

use super::{
    advance, advised, approved, at_stripe, count, declined, invoice, sent, shop, staff, status_of,
};
use crate::world::{get, state, vendor};

/// Goal: an account whose transfer is on its way stays enabled past its date, is disabled on the
/// day that the setting says, and the journal has both once.
#[tokio::test]
async fn pending_advice_holds_off_the_date_for_ten_days() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    // Due on 23 November, to be disabled on 7 December.
    advance(&cloud, "14d").await;
    let advice = advised(&cloud, &[&owed], 700, "one").await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["disables_on"], "2026-12-16T09:00:00Z", "{account}");
    advance(&cloud, "9d").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");

    advance(&cloud, "2d").await;

    assert_eq!(state(&cloud, "acme").await, "disabled");
    assert_eq!(status_of(&cloud, &advice).await, "expired");
    assert_eq!(count(&cloud, "payment_advice.expired").await, 1);
    assert_eq!(count(&cloud, "account.disabled").await, 1);
    // Money that comes late is approved all the same.
    approved(&cloud, &advice, 700).await;
    assert_eq!(state(&cloud, "acme").await, "active");
}

/// Goal: advices chained over weeks hold off the date for ten days in all.
#[tokio::test]
async fn chained_advice_disables_on_the_day_that_the_setting_says() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "10d").await;
    let mut before: Option<String> = None;
    let mut days = Vec::new();
    for nth in 0..15 {
        let advice = advised(&cloud, &[&owed], 700, &format!("ref {nth}")).await;
        advance(&cloud, "1h").await;
        if let Some(before) = before.replace(advice) {
            let path = format!("/v1/accounts/acme/payment-advice/{before}");
            let (status, answer) = vendor(&cloud, Method::DELETE, &path, &Value::Null).await;
            assert_eq!((status, answer["status"].as_str()), (200, Some("withdrawn")), "{answer}");
        }
        advance(&cloud, "23h").await;
        if state(&cloud, "acme").await == "disabled" {
            days.push(10 + nth + 1);
        }
    }
    // The first advice came on day 10: its ten days end on day 20, and no later one adds any.
    assert_eq!(days, [20, 21, 22, 23, 24, 25]);
}

/// Goal: a rejection ends the hold at once.
#[tokio::test]
async fn a_rejection_ends_the_hold_at_once() {
    let (cloud, customer) = shop().await;
    let owed = sent(&cloud, &customer, (700, 1));
    advance(&cloud, "14d").await;
    let advice = advised(&cloud, &[&owed], 700, "one").await;
    advance(&cloud, "3d").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");
    let path = format!("/v1/staff/payment-advice/{advice}/reject");
    let body = serde_json::json!({ "note": "Nothing came." });

    let (status, answer) = staff(&cloud, Method::POST, &path, &body).await;

    assert_eq!(status, 200, "{answer}");
    assert_eq!(state(&cloud, "acme").await, "disabled");
    advance(&cloud, "2h").await;
    assert_eq!(count(&cloud, "account.disabled").await, 1);
}

/// Goal: Stripe does not retry an invoice whose transfer is on its way, goes on behind that, and
/// the invoice is never taken for one that was taken out of collection: it disables in the end.
#[tokio::test]
async fn stripes_own_retries_wait_for_the_transfer() {
    let (cloud, customer) = shop().await;
    let owed = declined(&cloud, &customer, 700);
    advance(&cloud, "2h").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");
    advised(&cloud, &[&owed], 700, "one").await;
    advance(&cloud, "2h").await;
    let held = invoice(&cloud, &owed);
    assert_eq!(held["auto_advance"], false, "{held}");
    assert_eq!(held["metadata"]["tollgate_held"], "transfer");
    let attempts = held["attempt_count"].clone();
    advance(&cloud, "9d").await;
    assert_eq!(invoice(&cloud, &owed)["attempt_count"], attempts, "nothing was tried meanwhile");
    assert_eq!(state(&cloud, "acme").await, "past_due");

    advance(&cloud, "2d").await;

    let free = invoice(&cloud, &owed);
    assert_eq!(free["auto_advance"], true, "{free}");
    assert_eq!(free["metadata"], serde_json::json!({}));
    advance(&cloud, "6d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled", "it was never taken out of collection");
}

/// Goal: what the vendor's people took out of collection stays out, whatever a customer advises.
#[tokio::test]
async fn what_was_taken_out_of_collection_stays_out() {
    let (cloud, customer) = shop().await;
    let owed = declined(&cloud, &customer, 700);
    advance(&cloud, "2h").await;
    at_stripe(&cloud, &format!("/v1/invoices/{owed}"), "auto_advance=false");
    advance(&cloud, "2h").await;
    let advice = advised(&cloud, &[&owed], 700, "one").await;
    advance(&cloud, "12d").await;

    let left = invoice(&cloud, &owed);
    assert_eq!(
        (&left["auto_advance"], &left["metadata"]),
        (&serde_json::json!(false), &serde_json::json!({}))
    );
    assert_eq!(status_of(&cloud, &advice).await, "expired");
}

/// Goal: an invoice with a reported transfer is not charged as well; once the advice is withdrawn
/// it is (A12, A18).
#[tokio::test]
async fn a_reported_transfer_holds_off_pay_now() {
    let (cloud, customer) = shop().await;
    crate::paying::card(&cloud, &customer, "visa");
    let invoice = sent(&cloud, &customer, (500, 5));
    advance(&cloud, "1m").await;
    let advice = advised(&cloud, &[&invoice], 500, "T-1").await;
    let pay = format!("/v1/accounts/acme/invoices/{invoice}/pay");

    let (status, refused) = vendor(&cloud, Method::POST, &pay, &json!({})).await;
    let withdraw = format!("/v1/accounts/acme/payment-advice/{advice}");
    let (withdrawn, _) = vendor(&cloud, Method::DELETE, &withdraw, &Value::Null).await;
    let (paid, answer) = vendor(&cloud, Method::POST, &pay, &json!({})).await;

    assert_eq!((status, &refused["code"]), (409, &json!("payment_advice_pending")));
    assert_eq!((withdrawn, paid, &answer["status"]), (200, 200, &json!("paid")), "{answer}");
}
