//! Objects of events: what the routes answer, without what is private, and without a price where a
//! parent pays.

use super::*;
use crate::family::{add_child, family};
use crate::subscription::{card, subscribed};

/// Everything that an event must not show.
const PRIVATE: [&str; 5] = ["@", "://", "whsec_", "tg_", "hosted_invoice_url"];

/// Goal: the events of a customer's month have the types of the contract, show their objects, and
/// nothing private.
#[tokio::test]
async fn a_customers_month_has_its_events() {
    let cloud = subscribed("team", "month", 3).await;
    member(&cloud, "acme", "ada").await;
    let alert = json!({ "threshold": { "amount": 7_000, "currency": "usd" } });
    for (method, body) in [(Method::PUT, &alert), (Method::DELETE, &Value::Null)] {
        vendor(&cloud, method, "/v1/accounts/acme/alert", body).await;
    }
    let key = json!({ "role": "finance", "name": "Reports" });
    let (status, _) = vendor(&cloud, Method::POST, "/v1/accounts/acme/api-keys", &key).await;
    assert_eq!(status, 201);
    card(&cloud, "pm_card_chargeCustomerFail");
    cloud.clock().advance("1mo").await.unwrap();

    let (events, _) = all(&cloud, ("", 100), None).await;

    let seen = types(&events);
    for wanted in [
        "account.created",
        "subscription.started",
        "invoice.finalized",
        "invoice.paid",
        "member.created",
        "alert.updated",
        "alert.removed",
        "api_key.created",
        "subscription.renewed",
        "invoice.payment_failed",
        "account.disable_scheduled",
        "account.past_due",
        "account.disabled",
        "subscription.paused",
    ] {
        assert!(seen.contains(&wanted), "no {wanted}: {seen:?}");
    }
    for event in &events {
        let text = event.to_string();
        for private in PRIVATE {
            assert!(!text.contains(private), "{private} in {text}");
        }
        assert!(event["data"]["object"].is_object(), "{text}");
        assert!(event["data"]["actor"]["type"].is_string(), "{text}");
    }
    let numbers = numbers(&events);
    assert!(numbers["acme"].iter().copied().eq((1..).take(events.len())), "{numbers:?}");
    let of = |kind: &str| events.iter().find(|it| it["type"] == kind).unwrap();
    assert_eq!(of("account.disabled")["data"]["object"]["id"], "acme");
    assert_eq!(of("invoice.paid")["data"]["object"]["status"], "paid");
    assert_eq!(of("member.created")["data"]["object"]["role"], "finance");
    assert_eq!(of("member.created")["data"]["actor"]["type"], "api");
    assert_eq!(of("api_key.created")["data"]["object"]["name"], "Reports");
}

/// Goal: events of a sub-account whose parent pays carry no price, and an opening is an event of
/// both.
#[tokio::test]
async fn events_of_a_child_carry_no_price() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    member(&cloud, "north", "ada").await;
    cloud.clock().advance("2mo").await.unwrap();

    let (own, _) = all(&cloud, ("&account=north", 100), None).await;
    let (parents, _) = all(&cloud, ("&account=group", 100), None).await;

    assert!(types(&own).contains(&"sub_account.created"), "{:?}", types(&own));
    assert!(types(&own).contains(&"member.created"));
    for event in &own {
        let text = event.to_string();
        for priced in ["amount", "currency", "outstanding", "price", "balance"] {
            assert!(!text.contains(priced), "{priced} in {text}");
        }
    }
    let opened = parents.iter().find(|it| it["type"] == "sub_account.created").unwrap();
    assert_eq!(opened["data"]["object"]["id"], "north");
}
