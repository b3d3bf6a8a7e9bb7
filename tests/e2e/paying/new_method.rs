//! A new card on file pays what is owed (A11, money rule 10).

use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use super::{CHARGED, INVOICES, SENT, attach, card, charged, count, invoice, shop, stripe};
use crate::world::{get, has_fired, script, state, vendor};

/// The payment method that the subscription shows.
async fn shown(cloud: &Running) -> Value {
    get(cloud, "/v1/accounts/acme/subscription").await["payment_method"].clone()
}

/// Invoices of some cents whose card is declined, charged by Stripe itself, the oldest first.
async fn owed(cloud: &Running, customer: &str, cents: &[i64]) -> Vec<String> {
    card(cloud, customer, "chargeCustomerFail");
    let charged = "collection_method=charge_automatically&auto_advance=true";
    let mut owed = Vec::new();
    for cents in cents {
        owed.push(invoice(cloud, customer, *cents, charged).await);
        cloud.clock().advance("2h").await.unwrap();
    }
    owed
}

/// Attempts at the customer's invoices so far, those that failed too.
fn attempts(cloud: &Running, customer: &str) -> usize {
    let path = format!("/v1/charges?customer={customer}&limit=100");
    let (_, charges) = cloud.stripe().call(Method::GET, &path, "");
    charges["data"].as_array().expect("charges").len()
}

async fn statuses(cloud: &Running, invoices: &[String]) -> Vec<String> {
    let mut statuses = Vec::new();
    for id in invoices {
        let one = get(cloud, &format!("{INVOICES}/{id}")).await;
        statuses.push(one["status"].as_str().unwrap().to_owned());
    }
    statuses
}

/// Goal: another default card pays everything that is owed and charged by itself, the oldest first,
/// and brings the account back; what is sent, and what a transfer is reported for, waits.
#[tokio::test]
async fn a_new_card_pays_what_is_owed() {
    let (cloud, customer) = shop().await;
    let owed = owed(&cloud, &customer, &[1_000, 2_000]).await;
    let sent = invoice(&cloud, &customer, 4_000, SENT).await;
    let advised = invoice(&cloud, &customer, 8_000, CHARGED).await;
    let advice = json!({
        "reference": "T-1", "paid_on": "2026-11-22",
        "amount": { "amount": 8_000, "currency": "eur" },
    });
    let path = format!("{INVOICES}/{advised}/payment-advice");
    assert_eq!(vendor(&cloud, Method::POST, &path, &advice).await.0, 201);
    assert_eq!(state(&cloud, "acme").await, "past_due");

    card(&cloud, &customer, "visa");
    cloud.clock().run_due().await;

    assert_eq!(statuses(&cloud, &owed).await, ["paid", "paid"]);
    assert_eq!(statuses(&cloud, &[sent, advised]).await, ["open", "open"]);
    assert_eq!((charged(&cloud, &customer), count(&cloud, "invoice.paid").await), (3_000, 2));
    assert_eq!(state(&cloud, "acme").await, "active");
    let method = shown(&cloud).await;
    assert_eq!((&method["brand"], &method["last4"]), (&json!("visa"), &json!("4242")));
    assert_eq!((&method["problem"], &method["is_being_tried"]), (&Value::Null, &json!(false)));
}

/// Goal: a card that is declined is tried once for each invoice, however often it is told of; a
/// decline that is for good ends it at once.
#[tokio::test]
async fn a_declined_card_is_not_tried_again() {
    for (name, tried, problem) in [
        ("chargeCustomerFail", 2, "card_declined"),
        // Stripe makes no charge of it at all.
        ("authenticationRequired", 0, "authentication_required"),
    ] {
        let (cloud, customer) = shop().await;
        owed(&cloud, &customer, &[1_000, 2_000]).await;
        let before = attempts(&cloud, &customer);
        let other = attach(&cloud, &customer, "visa");
        let bad = stripe(
            &cloud,
            &format!("payment_methods/pm_card_{name}/attach"),
            &format!("customer={customer}"),
        );
        let bad = bad["id"].as_str().unwrap().to_owned();
        let set = |card: &str| {
            let form = format!("invoice_settings[default_payment_method]={card}");
            stripe(&cloud, &format!("customers/{customer}"), &form);
        };
        set(&bad);
        cloud.clock().run_due().await;
        let after = attempts(&cloud, &customer);
        assert_eq!(shown(&cloud).await["problem"], problem, "{name}");

        stripe(&cloud, &format!("customers/{customer}"), "name=Another");
        cloud.clock().run_due().await;

        assert_eq!(after - before, tried, "{name}");
        assert_eq!(attempts(&cloud, &customer), after, "{name}: tried again");
        set(&other);
        cloud.clock().run_due().await;
        assert_eq!(charged(&cloud, &customer), 3_000, "{name}");
    }
}

/// Goal: a card that its bank renewed counts as new, though it keeps its id.
#[tokio::test]
async fn a_renewed_card_is_new() {
    let (cloud, customer) = shop().await;
    let owed = owed(&cloud, &customer, &[1_000]).await;
    let (_, read) = cloud.stripe().call(Method::GET, &format!("/v1/customers/{customer}"), "");
    let method = read["invoice_settings"]["default_payment_method"].as_str().unwrap().to_owned();
    cloud.clock().run_due().await;
    assert_eq!(charged(&cloud, &customer), 0);

    cloud.stripe().with_engine(|engine| {
        stripe_simulator::payment_methods::automatically_update(&mut engine.stripe, &method)
            .unwrap();
    });
    cloud.clock().run_due().await;

    assert_eq!(statuses(&cloud, &owed).await, ["paid"]);
    assert_eq!(charged(&cloud, &customer), 1_000);
}

/// Goal: whichever call a crash hits, the new card pays each invoice once.
#[tokio::test]
async fn a_crash_at_any_call_pays_each_once() {
    for call in 1..60 {
        let (cloud, customer) = shop().await;
        let owed = owed(&cloud, &customer, &[1_000, 2_000]).await;
        let kill = Script::at("Collections", call, Fault::KillAfter);
        script(&cloud, &kill);
        card(&cloud, &customer, "visa");
        cloud.clock().run_due().await;
        let fired = has_fired(&cloud, &kill);
        cloud.clock().advance("1h").await.unwrap();

        assert_eq!(statuses(&cloud, &owed).await, ["paid", "paid"], "call {call}");
        assert_eq!(charged(&cloud, &customer), 3_000, "call {call}");
        assert_eq!(count(&cloud, "invoice.paid").await, 2, "call {call}");
        if !fired {
            assert!(call > 12, "two payments have only {call} calls");
            return;
        }
    }
    panic!("the trial never ends");
}
