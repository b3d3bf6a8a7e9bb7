//! Sessions that are confirmed, as the page and Stripe's command line do.

use serde_json::{Value, json};

use super::Shop;
use crate::field;
use crate::testing::id;

fn confirm(shop: &mut Shop, session: &str, method: &str) -> Value {
    let path = format!("/v1/payment_pages/{session}/confirm");
    shop.world.post(&path, &format!("payment_method={method}"))
}

fn payment(shop: &mut Shop, more: &str) -> String {
    let once = shop.once.clone();
    let form = format!("mode=payment&line_items[0][price]={once}&line_items[0][quantity]=2{more}");
    id(&shop.open(&form))
}

/// What was told since, without what payment methods and charges tell.
fn events(shop: &Shop, since: usize) -> Vec<&'static str> {
    shop.world.events().split_off(since)
}

#[test]
fn a_card_completes_a_payment() {
    let mut shop = Shop::new();
    let session = payment(
        &mut shop,
        "&customer_email=a@b.example&payment_intent_data[metadata][purchase]=7\
         &payment_intent_data[description]=Credits",
    );
    let since = shop.world.events().len();
    let done = confirm(&mut shop, &session, "pm_card_visa");
    for (pointer, expected) in [
        ("/status", json!("complete")),
        ("/payment_status", json!("paid")),
        ("/url", Value::Null),
        ("/customer", Value::Null),
        ("/customer_details/email", json!("a@b.example")),
    ] {
        assert_eq!(field::of(&done, pointer), &expected, "{pointer}");
    }
    let intent = field::text(&done, "/payment_intent").unwrap().to_owned();
    let intent = shop.world.get(&format!("/v1/payment_intents/{intent}"));
    assert_eq!(field::text(&intent, "/status"), Some("succeeded"));
    assert_eq!(field::integer(&intent, "/amount_received"), Some(2_000));
    assert_eq!(field::text(&intent, "/metadata/purchase"), Some("7"));
    assert_eq!(
        events(&shop, since),
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "charge.updated",
            "checkout.session.completed"
        ]
    );
}

#[test]
fn a_decline_leaves_the_session_open_and_the_next_card_pays_the_same_intent() {
    let mut shop = Shop::new();
    let session = payment(&mut shop, "");
    let path = format!("/v1/payment_pages/{session}/confirm");
    let method = "payment_method=pm_card_visa_chargeDeclinedInsufficientFunds";
    let (status, error) = shop.world.refused(&path, method);
    assert_eq!((status, field::text(&error, "/code")), (402, Some("card_declined")));
    let open = shop.world.get(&format!("/v1/checkout/sessions/{session}"));
    assert_eq!(field::text(&open, "/status"), Some("open"));
    let first = field::text(&open, "/payment_intent").unwrap().to_owned();
    let done = confirm(&mut shop, &session, "pm_card_visa");
    assert_eq!(field::text(&done, "/payment_intent"), Some(first.as_str()));
    assert_eq!(field::text(&done, "/payment_status"), Some("paid"));
    let (status, error) = shop.world.refused(&path, "payment_method=pm_card_visa");
    assert_eq!(status, 400, "{error}");
}

#[test]
fn a_card_that_is_to_be_used_later_makes_a_customer_that_has_it() {
    let mut shop = Shop::new();
    let session = payment(&mut shop, "&payment_intent_data[setup_future_usage]=off_session");
    let done = confirm(&mut shop, &session, "pm_card_visa");
    let customer = field::text(&done, "/customer").unwrap().to_owned();
    let methods = shop.world.get(&format!("/v1/customers/{customer}/payment_methods"));
    assert_eq!(field::rows(&methods, "/data").count(), 1);
}

#[test]
fn a_direct_debit_completes_unpaid_and_is_told_of_later() {
    for (iban, kind, status) in [
        ("DE89370400440532013000", "checkout.session.async_payment_succeeded", "paid"),
        ("DE62370400440532013001", "checkout.session.async_payment_failed", "unpaid"),
    ] {
        let mut shop = Shop::new();
        let session = payment(&mut shop, "&payment_method_types[0]=sepa_debit");
        let form = format!(
            "type=sepa_debit&sepa_debit[iban]={iban}&billing_details[name]=A\
             &billing_details[email]=a@b.example"
        );
        let method = id(&shop.world.post("/v1/payment_methods", &form));
        let done = confirm(&mut shop, &session, &method);
        assert_eq!(field::text(&done, "/status"), Some("complete"));
        assert_eq!(field::text(&done, "/payment_status"), Some("unpaid"));
        shop.world.advance(600);
        let later = shop.world.get(&format!("/v1/checkout/sessions/{session}"));
        assert_eq!(field::text(&later, "/payment_status"), Some(status));
        assert_eq!(shop.world.events().iter().filter(|told| **told == kind).count(), 1);
    }
}

#[test]
fn a_paid_session_makes_a_paid_invoice_when_asked() {
    let mut shop = Shop::new();
    let tax = shop.tax(false);
    let customer = id(&shop.world.post("/v1/customers", "name=Acme&balance=-500"));
    let more = format!(
        "&line_items[0][tax_rates][0]={tax}&customer={customer}&invoice_creation[enabled]=true\
         &invoice_creation[invoice_data][description]=Thanks"
    );
    let session = payment(&mut shop, &more);
    let done = confirm(&mut shop, &session, "pm_card_visa");
    let invoice = field::text(&done, "/invoice").unwrap().to_owned();
    let invoice = shop.world.get(&format!("/v1/invoices/{invoice}?expand[]=payments"));
    for (pointer, expected) in [
        ("/status", json!("paid")),
        ("/total", json!(2_380)),
        ("/amount_paid", json!(2_380)),
        ("/amount_remaining", json!(0)),
        ("/description", json!("Thanks")),
        ("/starting_balance", json!(-500)),
        ("/ending_balance", json!(-500)),
        ("/payments/data/0/payment/payment_intent", done["payment_intent"].clone()),
    ] {
        assert_eq!(field::of(&invoice, pointer), &expected, "{pointer}");
    }
    assert_eq!(field::rows(&invoice, "/payments/data").count(), 1);
    let events = shop.world.events();
    assert_eq!(events.iter().filter(|kind| **kind == "payment_intent.created").count(), 1);
}

#[test]
fn a_wrong_amount_is_not_confirmed() {
    let mut shop = Shop::new();
    let session = payment(&mut shop, "");
    let path = format!("/v1/payment_pages/{session}/confirm");
    let form = "payment_method=pm_card_visa&expected_amount=1";
    let (status, error) = shop.world.refused(&path, form);
    assert_eq!((status, field::text(&error, "/param")), (400, Some("expected_amount")));
    let page = shop.world.get(&format!("/v1/payment_pages/{session}"));
    assert_eq!(field::integer(&page, "/amount_total"), Some(2_000));
}

#[test]
fn an_expired_session_cancels_its_payment_intent() {
    let mut shop = Shop::new();
    let session = payment(&mut shop, "");
    let path = format!("/v1/payment_pages/{session}/confirm");
    shop.world.refused(&path, "payment_method=pm_card_chargeDeclined");
    shop.world.advance(86_400);
    let expired = shop.world.get(&format!("/v1/checkout/sessions/{session}"));
    let intent = field::text(&expired, "/payment_intent").unwrap().to_owned();
    let intent = shop.world.get(&format!("/v1/payment_intents/{intent}"));
    assert_eq!(field::text(&intent, "/status"), Some("canceled"));
}

#[test]
fn a_customer_that_was_deleted_meanwhile_can_not_pay() {
    let mut shop = Shop::new();
    let customer = id(&shop.world.post("/v1/customers", "name=Acme"));
    let session = payment(&mut shop, &format!("&customer={customer}"));
    shop.world.delete(&format!("/v1/customers/{customer}"));
    let path = format!("/v1/payment_pages/{session}/confirm");
    let (status, error) = shop.world.refused(&path, "payment_method=pm_card_visa");
    assert_eq!((status, field::text(&error, "/code")), (400, Some("resource_missing")));
}

#[test]
fn what_is_asked_of_the_payment_intent_is_told_with_its_creation() {
    let mut shop = Shop::new();
    let more = "&payment_intent_data[receipt_email]=a@b.example\
                &payment_intent_data[shipping][name]=Ada\
                &payment_intent_data[shipping][address][line1]=Street+1";
    let session = payment(&mut shop, more);
    confirm(&mut shop, &session, "pm_card_visa");
    let created = shop.world.get("/v1/events?type=payment_intent.created");
    let intent = field::of(&created, "/data/0/data/object");
    assert_eq!(field::text(intent, "/receipt_email"), Some("a@b.example"));
    assert_eq!(field::text(intent, "/shipping/name"), Some("Ada"));
}
