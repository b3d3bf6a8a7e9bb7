//! `GET /v1/accounts/{id}/invoices/{invoice_id}`.

use http::Method;
use local::gate::{Faults, Mode};
use serde_json::{Value, json};
use stripe_simulator::faults::{Chances, Probability};

use super::{CHARGED, INVOICES, SENT, card, id, invoice, shop, stripe, time};
use crate::world::{get, kinds, vendor};

/// Goal: lines, payments and the customer as printed are shown; a later change of the details does
/// not alter what an invoice says.
#[tokio::test]
async fn an_invoice_is_shown_whole() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    // Known before anything is owed: a new card pays what is owed by itself.
    cloud.clock().run_due().await;
    let one = invoice(&cloud, &customer, 4_900, CHARGED).await;
    stripe(&cloud, &format!("invoices/{one}/pay"), "");
    stripe(&cloud, &format!("customers/{customer}"), "name=Another");
    cloud.clock().run_due().await;

    let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;

    assert_eq!((&shown["source"], &shown["status"]), (&json!("stripe"), &json!("paid")));
    let line = &shown["lines"][0];
    assert_eq!(
        (&line["description"], &line["amount"]["amount"]),
        (&json!("Walking"), &json!(4_900))
    );
    assert_eq!(shown["customer"]["name"], json!("Acme Ltd"));
    let payment = &shown["payments"][0];
    assert_eq!(
        (&payment["status"], &payment["amount"]["amount"], &payment["at"]),
        (&json!("paid"), &json!(4_900), &json!(time(0)))
    );
    assert_eq!(payment["method"], json!({ "kind": "card", "brand": "visa", "last4": "4242" }));
    assert!(shown["receipt_url"].is_string(), "{shown}");
    assert_eq!(
        (&shown["next_attempt_at"], &shown["no_further_attempt"]),
        (&Value::Null, &Value::Null)
    );
}

/// Goal: a decline says why in plain words, and when the next try comes or why none does (A13).
#[tokio::test]
async fn a_decline_says_why_and_what_comes_next() {
    for (name, (status, code), next) in [
        ("chargeCustomerFail", ("failed", "card_declined"), None),
        (
            "authenticationRequired",
            ("authentication_required", "authentication_required"),
            Some("payment_method_needs_owner"),
        ),
    ] {
        let (cloud, customer) = shop().await;
        card(&cloud, &customer, name);
        let charged = "collection_method=charge_automatically&auto_advance=true";
        let one = invoice(&cloud, &customer, 4_900, charged).await;
        cloud.clock().advance("2h").await.unwrap();

        let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;

        let last = &shown["last_attempt"];
        assert_eq!((&last["status"], &last["code"]), (&json!(status), &json!(code)), "{shown}");
        assert!(last["detail"].as_str().unwrap().ends_with('.'), "{last}");
        assert!(shown["overdue_since"].is_string() && shown["disables_on"].is_string(), "{shown}");
        match next {
            None => assert!(shown["next_attempt_at"].is_string(), "{shown}"),
            Some(code) => assert_eq!(shown["no_further_attempt"]["code"], json!(code), "{shown}"),
        }
    }
}

/// Goal: credit notes are on their invoice, and what is left of it is lower by them.
#[tokio::test]
async fn credit_notes_are_shown_on_their_invoice() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 4_900, SENT).await;
    let note =
        stripe(&cloud, "credit_notes", &format!("invoice={one}&amount=900&reason=order_change"));
    cloud.clock().run_due().await;

    let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;

    assert_eq!(
        shown["credit_notes"],
        json!([{
            "id": id(&note), "amount": { "amount": 900, "currency": "eur" },
            "type": "pre_payment", "reason": "order_change", "status": "issued",
        }])
    );
    let amounts = ["total", "amount_due", "amount_paid", "amount_remaining"];
    let amounts = amounts.map(|name| shown[name]["amount"].as_i64().unwrap());
    assert_eq!(amounts, [4_900, 4_000, 0, 4_000]);
    assert_eq!(shown["no_further_attempt"]["code"], json!("invoice_is_sent"));
}

/// Goal: without Stripe an invoice is shown from the books, and says so.
#[tokio::test]
async fn an_invoice_is_shown_without_stripe() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 4_900, SENT).await;
    let chances = Chances { api_error: Probability::percent(100), ..Chances::default() };
    cloud.stripe().with_engine(|engine| engine.stripe.faults.set(chances));

    let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;

    assert_eq!((&shown["source"], &shown["lines"]), (&json!("books"), &Value::Null));
    assert_eq!(shown["amount_remaining"]["amount"], json!(4_900));
}

/// Goal: who comes back from Stripe's page before the webhook finds the invoice paid; the events
/// that follow change nothing. A look that learns nothing writes nothing.
#[tokio::test]
async fn a_look_applies_what_stripe_says() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 4_900, SENT).await;
    let path = format!("{INVOICES}/{one}");
    get(&cloud, &path).await;
    let before = kinds(&cloud, "acme").await;
    // Deliveries keep still from here on.
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);
    stripe(&cloud, &format!("invoices/{one}/pay"), "paid_out_of_band=true");

    let shown = get(&cloud, &path).await;
    let after = kinds(&cloud, "acme").await;
    cloud.gate().set_mode(Mode::Free(Faults::default()), 1);
    cloud.clock().run_due().await;

    assert_eq!(
        (&shown["status"], &shown["amount_remaining"]["amount"]),
        (&json!("paid"), &json!(0))
    );
    assert_eq!(after, [before, vec!["invoice.paid".to_owned()]].concat());
    assert_eq!(kinds(&cloud, "acme").await, after, "the events changed nothing");
}

/// Goal: an invoice of another account, and an id that is none, are unknown.
#[tokio::test]
async fn an_unknown_invoice_is_not_found() {
    let (cloud, customer) = shop().await;
    invoice(&cloud, &customer, 4_900, SENT).await;
    let other = id(&stripe(&cloud, "customers", "name=Other"));
    let strangers = super::finalized(&cloud, &other, 100, super::CHARGED);

    for unknown in [strangers.as_str(), "in_unknown", "../x", "in_%00"] {
        let path = format!("{INVOICES}/{unknown}");
        assert_eq!(vendor(&cloud, Method::GET, &path, &Value::Null).await.0, 404, "{unknown}");
    }
}
