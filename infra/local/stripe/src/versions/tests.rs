//! What each version says is the same fact to our own reader, and callers get the version that they
//! ask for.

use serde_json::json;
use stripe_wire::event_type::{EventType, PaymentEvent};
use stripe_wire::wire::{Parsed, parse};

use super::*;
use crate::engine::Asked;
use crate::testing::{NOW, World};

const INVOICE: &str = include_str!("../../../../../tests/fixtures/invoice.2026-09-30.endive.json");
const CREDIT_NOTE: &str =
    include_str!("../../../../../tests/fixtures/credit_note.2026-09-30.endive.json");
const SUBSCRIPTION: &str =
    include_str!("../../../../../tests/fixtures/subscription.2026-09-30.endive.json");
const CUSTOMER: &str =
    include_str!("../../../../../tests/fixtures/customer.2026-09-30.endive.json");

const TAX_ID: &str = r#"{
    "id": "txi_1", "object": "tax_id", "country": "DE", "created": 1795338000, "customer": "cus_1", "customer_account": null,
    "livemode": false, "owner": { "type": "customer", "customer": "cus_1" }, "type": "eu_vat", "value": "DE123456789",
    "verification": { "status": "pending", "verified_address": null, "verified_name": null }
}"#;

const METHOD: &str = r#"{
    "id": "pm_1", "object": "payment_method", "card": { "brand": "visa", "exp_month": 1, "exp_year": 2034, "last4": "4242" },
    "created": 1795338000, "customer": "cus_1", "livemode": false, "metadata": {}, "type": "card"
}"#;

const SESSION: &str = r#"{
    "id": "cs_test_1", "object": "checkout.session", "amount_subtotal": 500, "amount_total": 595, "currency": "eur",
    "customer": "cus_1", "customer_account": null, "metadata": { "tollgate_purchase": "buy_1" }, "mode": "payment",
    "payment_intent": "pi_1", "payment_status": "paid", "status": "complete", "ui_mode": "hosted_page"
}"#;
const PAYMENT_INTENT: &str = r#"{
    "id": "pi_1", "object": "payment_intent", "amount": 595, "currency": "eur", "customer": "cus_1", "latest_charge": null,
    "last_payment_error": { "code": "card_declined", "decline_code": "generic_decline", "message": "No.",
        "payment_method": { "id": "pm_1", "object": "payment_method", "type": "card" }, "type": "card_error" },
    "metadata": { "tollgate_purchase": "buy_1" }, "payment_method": null, "status": "requires_payment_method"
}"#;
const REFUND: &str = r#"{
    "id": "re_1", "object": "refund", "amount": 595, "charge": "ch_1", "currency": "eur", "payment_intent": "pi_1",
    "status": "succeeded"
}"#;
const DISPUTE: &str = r#"{
    "id": "du_1", "object": "dispute", "amount": 595, "charge": "ch_1", "currency": "eur", "payment_intent": "pi_1",
    "status": "lost"
}"#;

fn stripe() -> Stripe {
    World::new().engine.stripe
}

fn version(text: &str) -> Version {
    Version::asked(Some(text)).unwrap()
}

fn object_of(event_type: EventType) -> Value {
    let text = match event_type {
        EventType::Invoice(_) => INVOICE,
        EventType::CreditNote(_) => CREDIT_NOTE,
        EventType::Subscription(_) => SUBSCRIPTION,
        EventType::CustomerUpdated | EventType::CustomerDeleted => CUSTOMER,
        EventType::TaxId(_) => TAX_ID,
        EventType::Method(_) => METHOD,
        EventType::Payment(PaymentEvent::Session(_)) => SESSION,
        EventType::Payment(PaymentEvent::Intent(_)) => PAYMENT_INTENT,
        EventType::Payment(PaymentEvent::Refund(_)) => REFUND,
        EventType::Payment(PaymentEvent::Dispute(_)) => DISPUTE,
    };
    serde_json::from_str(text).unwrap()
}

fn event(event_type: EventType, object: &Value) -> Value {
    json!({
        "id": "evt_1", "object": "event", "api_version": API_VERSION, "created": NOW.0,
        "data": { "object": object }, "livemode": false, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null }, "type": event_type.as_str(),
    })
}

/// What an event says, with the version taken off in which it says so.
#[track_caller]
fn said(event: &Value) -> Parsed {
    let mut parsed = parse(event.to_string().as_bytes()).unwrap();
    match &mut parsed {
        Parsed::Fact { event: meta, .. } | Parsed::Payment { event: meta, .. } => {
            assert_eq!(meta.api_version.take().as_deref(), event["api_version"].as_str());
        }
        Parsed::Unused(head) | Parsed::Thin(head) | Parsed::WithoutCustomer(head) => {
            panic!("{head:?} was not used")
        }
    }
    parsed
}

#[test]
fn every_event_that_we_use_is_the_same_fact_in_every_version() {
    let stripe = stripe();
    for event_type in EventType::ALL {
        let newest = event(event_type, &object_of(event_type));
        let expected = said(&newest);
        for version in Version::known() {
            let written = version.rewrite_event(&stripe, newest.clone());
            assert_eq!(written["api_version"], version.as_str());
            assert_eq!(said(&written), expected, "{event_type:?} in {version}");
        }
    }
}

#[test]
fn callers_are_answered_in_their_version_and_unknown_ones_are_refused() {
    let mut world = World::new();
    let mut ask = |version: Option<&str>| {
        let asked = Asked {
            path: "/v1/nothing".to_owned(),
            key: Some("sk_test_1234567890".to_owned()),
            version: version.map(str::to_owned),
            ..Asked::default()
        };
        let answer = world.engine.request(&asked, NOW);
        (answer.status, answer.version.as_str(), answer.body)
    };
    for (asked, answered) in [
        (None, API_VERSION),
        (Some("2020-03-02"), "2020-03-02"),
        (Some("2026-10-28.endive"), "2026-10-28.endive"),
    ] {
        let (status, version, _) = ask(asked);
        assert_eq!((status, version), (404, answered));
    }
    for unknown in ["2019-12-03", "2024-09-30", "2026-09-30.clover", "latest", ""] {
        let (status, _, body) = ask(Some(unknown));
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("Invalid Stripe API version: "), "{message}");
        assert_eq!(status, 400, "{unknown}");
    }
}

#[test]
fn an_invoice_before_basil_names_its_subscription_tax_and_payment() {
    let stripe = stripe();
    let mut invoice = object_of(EventType::ALL[0]);
    invoice["total_taxes"] = json!([{
        "amount": 190, "tax_behavior": "exclusive", "tax_rate_details": { "tax_rate": "txr_1" },
        "taxability_reason": "standard_rated", "taxable_amount": 1_000, "type": "tax_rate_details",
    }]);
    let subscription = invoice["parent"]["subscription_details"]["subscription"].clone();
    assert!(subscription.is_string());

    let old = version("2024-09-30.acacia").rewrite(&stripe, invoice.clone());

    assert_eq!(old["subscription"], subscription);
    assert_eq!(old["tax"], 190);
    assert_eq!(old["total_tax_amounts"][0]["tax_rate"], "txr_1");
    assert_eq!(old["total_tax_amounts"][0]["inclusive"], false);
    assert_eq!(old["paid"], invoice["status"] == "paid");
    for name in ["payment_intent", "charge", "paid_out_of_band"] {
        assert!(old.get(name).is_some(), "{name}");
    }
    for name in ["parent", "total_taxes", "amount_overpaid"] {
        assert!(old.get(name).is_none(), "{name}");
    }
    let line = &old["lines"]["data"][0];
    for name in ["price", "plan", "type", "proration", "tax_amounts"] {
        assert!(line.get(name).is_some(), "{name}: {line:#}");
    }
    assert_eq!(version("2025-03-31.basil").rewrite(&stripe, invoice.clone()), invoice);
}

#[test]
fn a_subscription_before_basil_has_one_period_in_previous_attributes_too() {
    let stripe = stripe();
    let mut subscription: Value = serde_json::from_str(SUBSCRIPTION).unwrap();
    let mut items = subscription["items"].clone();
    items["data"][0]["current_period_end"] = json!(5);
    items["data"][0]["current_period_start"] = json!(3);
    subscription["cancel_at_period_end"] = json!(true);
    let mut updated = event(EventType::ALL[0], &subscription);
    updated["data"]["previous_attributes"] =
        json!({ "cancel_at_period_end": false, "items": { "data": items["data"] } });

    let old = version("2024-06-20").rewrite_event(&stripe, updated.clone());

    let previous = &old["data"]["previous_attributes"];
    assert_eq!(
        *previous,
        json!({
            "cancel_at_period_end": false, "current_period_end": 5, "current_period_start": 3,
        })
    );
    let object = &old["data"]["object"];
    let period_end = &subscription["items"]["data"][0]["current_period_end"];
    assert_eq!(object["current_period_end"], *period_end);
    assert!(object["items"]["data"][0].get("current_period_end").is_none());
    let same = version("2025-03-31.basil").rewrite_event(&stripe, updated.clone());
    assert_eq!(same["data"]["previous_attributes"], updated["data"]["previous_attributes"]);
}

#[test]
fn what_is_within_lists_and_expanded_is_rewritten_too() {
    let stripe = stripe();
    let session = json!({ "object": "checkout.session", "id": "cs_1", "ui_mode": "hosted_page" });
    let subscription: Value = serde_json::from_str(SUBSCRIPTION).unwrap();
    let list = json!({ "object": "list", "data": [
        session, { "id": "in_1", "object": "invoice", "customer": {
            "id": "cus_1", "object": "customer", "subscriptions": {
                "object": "list", "data": [subscription],
            },
        } },
    ] });
    let old = version("2020-03-02").rewrite(&stripe, list);
    assert_eq!(old["data"][0]["ui_mode"], "hosted");
    let customer = &old["data"][1]["customer"];
    assert!(customer["tax_ids"].is_object() || customer.get("tax_ids").is_some());
    assert!(customer["subscriptions"]["data"][0]["current_period_end"].is_i64());
}
