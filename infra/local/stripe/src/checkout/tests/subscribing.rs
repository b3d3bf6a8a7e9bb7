//! Sessions that begin a subscription or save a payment method.

use serde_json::{Value, json};

use super::Shop;
use crate::field;
use crate::testing::id;

fn confirm(shop: &mut Shop, session: &str, method: &str) -> Value {
    let path = format!("/v1/payment_pages/{session}/confirm");
    shop.world.post(&path, &format!("payment_method={method}"))
}

/// A session for five seats at 20 € a month.
fn subscription(shop: &mut Shop, more: &str) -> String {
    let monthly = shop.monthly.clone();
    let form =
        format!("mode=subscription&line_items[0][price]={monthly}&line_items[0][quantity]=5{more}");
    id(&shop.open(&form))
}

fn text(object: &Value, pointer: &str) -> String {
    field::text(object, pointer).unwrap_or_default().to_owned()
}

#[test]
fn a_paid_session_begins_a_subscription_that_keeps_its_card_for_itself() {
    let mut shop = Shop::new();
    let tax = shop.tax(false);
    let customer = id(&shop.world.post("/v1/customers", "email=ada@shop.example"));
    let more = format!(
        "&customer={customer}&subscription_data[metadata][account]=acme\
         &subscription_data[default_tax_rates][0]={tax}"
    );
    let session = subscription(&mut shop, &more);
    let open = shop.world.get(&format!("/v1/checkout/sessions/{session}"));
    assert_eq!(field::integer(&open, "/amount_total"), Some(11_900));
    let done = confirm(&mut shop, &session, "pm_card_visa");
    assert_eq!(text(&done, "/payment_status"), "paid");
    assert_eq!(field::of(&done, "/payment_intent"), &Value::Null);

    let made = shop.world.get(&format!("/v1/subscriptions/{}", text(&done, "/subscription")));
    assert_eq!(text(&made, "/status"), "active");
    assert_eq!(text(&made, "/metadata/account"), "acme");
    assert_eq!(field::integer(&made, "/items/data/0/quantity"), Some(5));
    assert!(text(&made, "/default_payment_method").starts_with("pm_"));
    assert_eq!(text(&made, "/latest_invoice"), text(&done, "/invoice"));
    let customer = shop.world.get(&format!("/v1/customers/{customer}"));
    let own = field::of(&customer, "/invoice_settings/default_payment_method");
    assert_eq!(own, &Value::Null, "only the subscription's default is set");
    let invoice = shop.world.get(&format!("/v1/invoices/{}", text(&done, "/invoice")));
    assert_eq!(
        (text(&invoice, "/status"), field::integer(&invoice, "/total")),
        ("paid".to_owned(), Some(11_900))
    );
    let events = shop.world.events();
    let place = |kind: &str| events.iter().position(|told| *told == kind).unwrap();
    assert!(place("customer.subscription.created") < place("checkout.session.completed"));
    assert!(place("invoice.paid") < place("checkout.session.completed"));
}

#[test]
fn a_declined_session_shows_no_subscription_and_the_next_card_pays_the_same_one() {
    let mut shop = Shop::new();
    let session = subscription(&mut shop, "&customer_email=ada@shop.example");
    let path = format!("/v1/payment_pages/{session}/confirm");
    let (status, _) = shop.world.refused(&path, "payment_method=pm_card_chargeCustomerFail");
    assert_eq!(status, 402);
    let open = shop.world.get(&format!("/v1/checkout/sessions/{session}"));
    for pointer in ["/subscription", "/invoice", "/customer"] {
        assert_eq!(field::of(&open, pointer), &Value::Null, "{pointer}");
    }
    let done = confirm(&mut shop, &session, "pm_card_mastercard");
    assert_eq!(text(&done, "/payment_status"), "paid");
    let all = shop.world.get("/v1/subscriptions?status=all");
    assert_eq!(field::rows(&all, "/data").count(), 1);
    let made = shop.world.get(&format!("/v1/subscriptions/{}", text(&done, "/subscription")));
    assert_eq!(text(&made, "/status"), "active");
    let method = text(&made, "/default_payment_method");
    let method = shop.world.get(&format!("/v1/payment_methods/{method}"));
    assert_eq!(text(&method, "/card/brand"), "mastercard");
}

#[test]
fn a_trial_needs_no_payment_and_keeps_the_card_for_its_end() {
    let mut shop = Shop::new();
    let session = subscription(&mut shop, "&subscription_data[trial_period_days]=14");
    let done = confirm(&mut shop, &session, "pm_card_visa");
    assert_eq!(text(&done, "/payment_status"), "no_payment_required");
    let path = format!("/v1/subscriptions/{}", text(&done, "/subscription"));
    let made = shop.world.get(&path);
    assert_eq!(text(&made, "/status"), "trialing");
    assert!(text(&made, "/default_payment_method").starts_with("pm_"));
    shop.world.advance(15 * 86_400);
    assert_eq!(text(&shop.world.get(&path), "/status"), "active");
}

#[test]
fn a_trial_can_begin_without_a_card() {
    let mut shop = Shop::new();
    let more = "&subscription_data[trial_period_days]=14&payment_method_collection=if_required\
                &subscription_data[trial_settings][end_behavior][missing_payment_method]=cancel";
    let session = subscription(&mut shop, more);
    let done = shop.world.post(&format!("/v1/payment_pages/{session}/confirm"), "");
    assert_eq!(text(&done, "/status"), "complete");
    let path = format!("/v1/subscriptions/{}", text(&done, "/subscription"));
    assert_eq!(text(&shop.world.get(&path), "/status"), "trialing");
    shop.world.advance(15 * 86_400);
    assert_eq!(text(&shop.world.get(&path), "/status"), "canceled");
}

#[test]
fn price_data_and_what_is_bought_once_go_into_the_first_invoice() {
    let mut shop = Shop::new();
    let once = shop.once.clone();
    let more = format!(
        "&line_items[1][quantity]=1&line_items[1][price]={once}\
         &line_items[2][quantity]=1&line_items[2][price_data][currency]=eur\
         &line_items[2][price_data][unit_amount]=300\
         &line_items[2][price_data][recurring][interval]=month\
         &line_items[2][price_data][product_data][name]=Support"
    );
    let session = subscription(&mut shop, &more);
    let done = confirm(&mut shop, &session, "pm_card_visa");
    assert_eq!(field::integer(&done, "/amount_total"), Some(11_300));
    let invoice = shop.world.get(&format!("/v1/invoices/{}", text(&done, "/invoice")));
    assert_eq!(field::integer(&invoice, "/amount_paid"), Some(11_300));
}

#[test]
fn a_setup_session_saves_a_card() {
    let mut shop = Shop::new();
    let customer = id(&shop.world.post("/v1/customers", "email=ada@shop.example"));
    let form = format!(
        "mode=setup&customer={customer}&payment_method_types[0]=card\
         &setup_intent_data[metadata][account]=acme&setup_intent_data[description]=Card"
    );
    let open = shop.open(&form);
    assert_eq!(text(&open, "/payment_status"), "no_payment_required");
    assert!(text(&open, "/setup_intent").starts_with("seti_"));
    let done = confirm(&mut shop, &id(&open), "pm_card_visa");
    assert_eq!(text(&done, "/status"), "complete");
    let intent = shop.world.get(&format!("/v1/setup_intents/{}", text(&done, "/setup_intent")));
    assert_eq!(text(&intent, "/status"), "succeeded");
    assert_eq!(text(&intent, "/metadata/account"), "acme");
    assert_eq!(text(&intent, "/description"), "Card");
    let methods = shop.world.get(&format!("/v1/customers/{customer}/payment_methods"));
    assert_eq!(field::rows(&methods, "/data").count(), 1);
}

#[test]
fn a_declined_setup_leaves_the_session_open() {
    let mut shop = Shop::new();
    let customer = id(&shop.world.post("/v1/customers", "email=ada@shop.example"));
    let form = format!("mode=setup&customer={customer}&currency=eur");
    let session = id(&shop.open(&form));
    let path = format!("/v1/payment_pages/{session}/confirm");
    let (status, _) = shop.world.refused(&path, "payment_method=pm_card_chargeDeclined");
    assert_eq!(status, 402);
    let open = shop.world.get(&format!("/v1/checkout/sessions/{session}"));
    assert_eq!(text(&open, "/status"), "open");
    assert_eq!(field::of(&open, "/currency"), &json!("eur"));
}

#[test]
fn an_expired_setup_session_cancels_its_intent() {
    let mut shop = Shop::new();
    let open = shop.open("mode=setup&currency=eur");
    shop.world.post(&format!("/v1/checkout/sessions/{}/expire", id(&open)), "");
    let intent = shop.world.get(&format!("/v1/setup_intents/{}", text(&open, "/setup_intent")));
    assert_eq!(text(&intent, "/status"), "canceled");
}
