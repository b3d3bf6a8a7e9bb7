//! `POST /v1/accounts/{id}/invoices/{invoice_id}/pay`: Pay now.

use bytes::Bytes;
use http::{Method, Request};
use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use super::{
    CHARGED, INVOICES, SENT, attach, card, charged, count, disabled, finalized, id, invoice, pay,
    shop, stripe,
};
use crate::world::{access, get, kinds, post_with_key, state};

/// Goal: Pay now settles at once: the account is back with the answer, told once, and the events
/// that follow change nothing (A12, A20).
#[tokio::test]
async fn pay_now_brings_a_disabled_account_back_with_its_answer() {
    let (cloud, customer, one) = disabled().await;
    let before = kinds(&cloud, "acme").await;
    // Deliveries and queues keep still.
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);

    let (status, answer) = pay(&cloud, &one, &Value::Null).await;

    assert_eq!((status, &answer["status"]), (200, &json!("paid")), "{answer}");
    assert_eq!(answer["amount_remaining"]["amount"], json!(0));
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(access(&cloud, "acme").await, "full");
    let after = kinds(&cloud, "acme").await;
    let told = ["invoice.paid", "account.reactivated"].map(str::to_owned);
    assert_eq!(after, [before, told.to_vec()].concat());
    cloud.gate().set_mode(Mode::Free(Faults::default()), 1);
    cloud.clock().run_due().await;
    assert_eq!(kinds(&cloud, "acme").await, after, "the events changed nothing");
    assert_eq!(charged(&cloud, &customer), 4_900);
    assert_eq!(get(&cloud, INVOICES).await["data"][0]["status"], "paid");
}

/// Goal: a payment method that is named is charged, and no other.
#[tokio::test]
async fn the_payment_method_that_is_named_is_charged() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "chargeCustomerFail");
    let other = attach(&cloud, &customer, "mastercard");
    let one = invoice(&cloud, &customer, 4_900, SENT).await;

    let (status, answer) = pay(&cloud, &one, &json!({ "payment_method": other })).await;

    assert_eq!((status, &answer["status"]), (200, &json!("paid")), "{answer}");
    let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;
    assert_eq!(shown["payments"][0]["method"]["brand"], "mastercard");
}

/// Goal: a decline says why, and what comes next; nothing changes but what Stripe's event tells,
/// which changes nothing more (A13).
#[tokio::test]
async fn a_decline_says_why() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "chargeCustomerFail");
    let one = invoice(&cloud, &customer, 4_900, CHARGED).await;

    let (status, answer) = pay(&cloud, &one, &Value::Null).await;
    let told = kinds(&cloud, "acme").await;
    cloud.clock().run_due().await;

    assert_eq!((status, &answer["code"]), (402, &json!("card_declined")), "{answer}");
    assert_eq!(answer["last_attempt"]["method"]["kind"], "card");
    assert_eq!(
        (&answer["next_action_url"], &answer["next_attempt_at"]),
        (&Value::Null, &Value::Null)
    );
    assert!(answer["no_further_attempt"]["clears_by"].is_string(), "{answer}");
    assert_eq!(told.iter().filter(|kind| *kind == "invoice.payment_failed").count(), 1, "{told:?}");
    assert_eq!(kinds(&cloud, "acme").await, told, "the events changed nothing");
    assert_eq!((charged(&cloud, &customer), state(&cloud, "acme").await.as_str()), (0, "past_due"));
}

/// Goal: a payment that needs its payer leads to a page on which it can be completed.
#[tokio::test]
async fn authentication_leads_to_a_page() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "threeDSecureRequired");
    let one = invoice(&cloud, &customer, 4_900, CHARGED).await;

    let (status, answer) = pay(&cloud, &one, &Value::Null).await;

    let code = json!("authentication_required");
    assert_eq!((status, &answer["code"]), (402, &code), "{answer}");
    let page = &get(&cloud, INVOICES).await["data"][0]["hosted_invoice_url"];
    assert_eq!((&answer["next_action_url"], page.is_string()), (page, true));
}

/// Goal: a debit is on its way, alone, and pays the invoice when the money comes.
#[tokio::test]
async fn a_debit_is_on_its_way() {
    let (cloud, customer) = shop().await;
    let debit = "type=sepa_debit&sepa_debit[iban]=DE08370400440532013003&billing_details[name]=Ann\
                 &billing_details[email]=ann@acme.example";
    let debit = id(&stripe(&cloud, "payment_methods", debit));
    stripe(&cloud, &format!("payment_methods/{debit}/attach"), &format!("customer={customer}"));
    card(&cloud, &customer, "visa");
    let one = invoice(&cloud, &customer, 4_900, SENT).await;

    let by_debit = json!({ "payment_method": debit });
    let (status, answer) = pay(&cloud, &one, &by_debit).await;
    let (again, problem) = pay(&cloud, &one, &Value::Null).await;
    cloud.clock().advance("10m").await.unwrap();

    assert_eq!((status, answer), (202, json!({ "status": "processing" })));
    assert_eq!((again, &problem["code"]), (409, &json!("payment_in_progress")), "{problem}");
    let shown = get(&cloud, &format!("{INVOICES}/{one}")).await;
    assert_eq!(
        (&shown["status"], &shown["payments"][0]["method"]["kind"]),
        (&json!("paid"), &json!("sepa_debit"))
    );
}

/// Goal: what is not payable says what became of it, and nothing is charged.
#[tokio::test]
async fn what_is_not_payable_says_what_became_of_it() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    let form = format!("customer={customer}&currency=eur&auto_advance=false");
    let draft = id(&stripe(&cloud, "invoices", &form));
    let paid = invoice(&cloud, &customer, 100, SENT).await;
    stripe(&cloud, &format!("invoices/{paid}/pay"), "paid_out_of_band=true");
    let void = invoice(&cloud, &customer, 100, SENT).await;
    stripe(&cloud, &format!("invoices/{void}/void"), "");
    let zero = invoice(&cloud, &customer, 0, SENT).await;
    let small = invoice(&cloud, &customer, 10, CHARGED).await;
    cloud.clock().run_due().await;

    for (invoice, code) in [
        (&draft, "being_prepared"),
        (&paid, "paid"),
        (&void, "void"),
        (&zero, "nothing_due"),
        (&small, "settled_by_balance"),
    ] {
        let (status, answer) = pay(&cloud, invoice, &Value::Null).await;
        let got = (status, &answer["code"], &answer["reasons"][0]["code"]);
        assert_eq!(got, (409, &json!("invoice_not_payable"), &json!(code)), "{answer}");
    }
    assert_eq!(pay(&cloud, "in_unknown", &Value::Null).await.0, 404);
    assert_eq!(charged(&cloud, &customer), 0);
}

/// Goal: another product's invoice is shown as owed, and is paid on its own page, not here.
#[tokio::test]
async fn another_products_invoice_is_left_to_it() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    let price =
        "currency=eur&unit_amount=30000&recurring[interval]=month&product_data[name]=Hosting";
    let price = id(&stripe(&cloud, "prices", price));
    let form = format!(
        "customer={customer}&items[0][price]={price}&collection_method=send_invoice&days_until_due=9"
    );
    let other = stripe(&cloud, "subscriptions", &form);
    let one = other["latest_invoice"].as_str().unwrap().to_owned();
    let (_, invoice) = cloud.stripe().call(Method::GET, &format!("/v1/invoices/{one}"), "");
    if invoice["status"] == "draft" {
        stripe(&cloud, &format!("invoices/{one}/finalize"), "");
    }
    cloud.clock().run_due().await;

    let (status, answer) = pay(&cloud, &one, &Value::Null).await;

    assert_eq!((status, &answer["reasons"][0]["code"]), (409, &json!("other_product")), "{answer}");
    assert_eq!(
        (charged(&cloud, &customer), get(&cloud, INVOICES).await["data"][0]["id"] == one),
        (0, true)
    );
}

/// Goal: nothing on file is said as such; a payment method of another customer's is a wrong field.
#[tokio::test]
async fn a_payment_method_is_needed() {
    let (cloud, customer) = shop().await;
    let one = invoice(&cloud, &customer, 4_900, SENT).await;
    let other = id(&stripe(&cloud, "customers", "name=Other"));
    let strangers = attach(&cloud, &other, "visa");

    let (none, problem) = pay(&cloud, &one, &Value::Null).await;
    let (wrong, field) = pay(&cloud, &one, &json!({ "payment_method": strangers })).await;
    let (unknown, _) = pay(&cloud, &one, &json!({ "method": "pm_1" })).await;

    assert_eq!((none, &problem["code"]), (402, &json!("payment_method_required")), "{problem}");
    assert_eq!((wrong, &field["fields"][0]["field"]), (422, &json!("payment_method")), "{field}");
    assert_eq!((unknown, charged(&cloud, &customer), charged(&cloud, &other)), (422, 0, 0));
}

/// Goal: the sixth attempt within an hour is told when to come back, and goes through then.
#[tokio::test]
async fn attempts_are_limited_by_the_hour() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "chargeCustomerFail");
    let one = invoice(&cloud, &customer, 4_900, SENT).await;
    for attempt in 0..5 {
        assert_eq!(pay(&cloud, &one, &Value::Null).await.0, 402, "{attempt}");
    }
    card(&cloud, &customer, "visa");

    let request = Request::post(format!("{INVOICES}/{one}/pay"))
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(Bytes::new())
        .unwrap();
    let answer = Box::pin(cloud.send(request)).await;
    cloud.clock().advance("1h").await.unwrap();
    let (status, _) = pay(&cloud, &one, &Value::Null).await;

    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "3600");
    assert_eq!((status, charged(&cloud, &customer)), (200, 4_900));
}

/// Goal: a request that is sent again is answered as the first was, and charges nothing.
#[tokio::test]
async fn a_request_that_is_sent_again_charges_nothing() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "chargeCustomerFail");
    let one = invoice(&cloud, &customer, 4_900, SENT).await;
    let path = format!("{INVOICES}/{one}/pay");
    let declined = post_with_key(&cloud, &path, "k1", &json!({})).await;
    card(&cloud, &customer, "visa");

    let again = post_with_key(&cloud, &path, "k1", &json!({})).await;
    let other = post_with_key(&cloud, &path, "k1", &json!({ "payment_method": "pm_1" })).await;

    assert_eq!((declined.0, &again), (402, &declined));
    assert_eq!((other.0, &other.1["code"]), (409, &json!("idempotency_key_reused")));
    assert_eq!(charged(&cloud, &customer), 0);
}

/// Goal: who paid elsewhere a moment ago finds the invoice paid: Stripe is believed, and settled.
#[tokio::test]
async fn an_invoice_that_was_paid_elsewhere_is_settled() {
    let (cloud, customer) = shop().await;
    card(&cloud, &customer, "visa");
    let one = invoice(&cloud, &customer, 4_900, SENT).await;
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), 1);
    stripe(&cloud, &format!("invoices/{one}/pay"), "");

    let (status, answer) = pay(&cloud, &one, &Value::Null).await;

    assert_eq!((status, &answer["reasons"][0]["code"]), (409, &json!("paid")), "{answer}");
    assert_eq!(count(&cloud, "invoice.paid").await, 1);
    assert_eq!(charged(&cloud, &customer), 4_900);
}

/// Goal: an invoice of another account's is unknown, whoever's key it is.
#[tokio::test]
async fn another_accounts_invoice_is_unknown() {
    let (cloud, _) = shop().await;
    let other = id(&stripe(&cloud, "customers", "name=Other&email=o@other.example"));
    card(&cloud, &other, "visa");
    let strangers = finalized(&cloud, &other, 4_900, CHARGED);

    assert_eq!(pay(&cloud, &strangers, &Value::Null).await.0, 404);
    assert_eq!(charged(&cloud, &other), 0);
}
