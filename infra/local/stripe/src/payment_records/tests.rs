use serde_json::{Value, json};

use crate::subscriptions::tests::Shop;
use crate::testing::{World, id};

/// A payment of 49.00 by bank transfer, or of another amount; the form that reports it.
fn transfer(customer: &str, amount: i64) -> String {
    format!(
        "amount_requested[value]={amount}&amount_requested[currency]=eur&initiated_at=1795338000\
         &customer_details[customer]={customer}&payment_method_details[type]=custom\
         &outcome=guaranteed&guaranteed[guaranteed_at]=1795338000"
    )
}

fn report(world: &mut World, customer: &str, amount: i64) -> String {
    id(&world.post("/v1/payment_records/report_payment", &transfer(customer, amount)))
}

/// The first invoice of a monthly subscription for 49.00 whose card is declined.
fn unpaid(shop: &mut Shop, terms: &str) -> String {
    shop.card("pm_card_chargeCustomerFail");
    let price = shop.price(4_900, "month");
    let subscription = id(&shop.subscribe(&price, 1, terms));
    id(&shop.latest_invoice(&subscription))
}

/// Goal: a subscription's invoice that is charged takes no part of what remains, and all of it.
#[test]
fn a_charged_subscription_invoice_takes_no_part() {
    let mut shop = Shop::without_card();
    let invoice = unpaid(&mut shop, "");
    let attach = format!("/v1/invoices/{invoice}/attach_payment");
    let customer = shop.customer.clone();

    let part = report(&mut shop.world, &customer, 2_000);
    let (status, error) = shop.world.refused(&attach, &format!("payment_record={part}"));
    assert_eq!((status, &error["param"]), (400, &json!("payment_record")), "{error}");

    let whole = report(&mut shop.world, &customer, 4_900);
    let paid = shop.world.post(&attach, &format!("payment_record={whole}"));
    assert_eq!(paid["status"], "paid");
}

/// Goal: one that is sent takes parts.
#[test]
fn a_sent_subscription_invoice_takes_parts() {
    let mut shop = Shop::without_card();
    let invoice = unpaid(&mut shop, "&collection_method=send_invoice&days_until_due=30");
    shop.world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    let customer = shop.customer.clone();

    let part = report(&mut shop.world, &customer, 2_000);
    let attach = format!("/v1/invoices/{invoice}/attach_payment");
    let attached = shop.world.post(&attach, &format!("payment_record={part}"));

    assert_eq!(attached["amount_remaining"], 2_900);
}

/// Goal: money that went back is reported once, in parts or as all that is left; the invoice that
/// was paid with it stays paid.
#[test]
fn a_refund_is_reported_of_what_is_left() {
    let mut world = World::new();
    let customer = id(&world.post("/v1/customers", "email=a@acme.example"));
    let form = format!(
        "customer={customer}&collection_method=send_invoice&days_until_due=30&currency=eur"
    );
    let invoice = id(&world.post("/v1/invoices", &form));
    let item = format!("customer={customer}&invoice={invoice}&amount=4900&currency=eur");
    world.post("/v1/invoiceitems", &item);
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    let record = report(&mut world, &customer, 4_900);
    let attach = format!("/v1/invoices/{invoice}/attach_payment");
    assert_eq!(world.post(&attach, &format!("payment_record={record}"))["status"], "paid");

    let path = format!("/v1/payment_records/{record}/report_refund");
    let of = |amount: i64| {
        format!(
            "outcome=refunded&refunded[refunded_at]=1795338000&processor_details[type]=custom\
             &amount[value]={amount}&amount[currency]=eur"
        )
    };
    let refunded = |answer: &Value| answer["amount_refunded"]["value"].clone();
    assert_eq!(refunded(&world.post(&path, &of(900))), 900);
    for (case, form) in [("more than is left", of(4_001)), ("nothing", of(0))] {
        let (status, error) = world.refused(&path, &form);
        assert_eq!((status, &error["param"]), (400, &json!("amount[value]")), "{case}");
    }
    let (status, error) = world.refused(&path, &of(100).replace("=eur", "=usd"));
    assert_eq!((status, &error["param"]), (400, &json!("amount[currency]")));
    let all = of(0).replace("&amount[value]=0&amount[currency]=eur", "");
    assert_eq!(refunded(&world.post(&path, &all)), 4_900);
    assert_eq!(world.refused(&path, &all).0, 400, "nothing is left");

    assert_eq!(world.get(&format!("/v1/invoices/{invoice}"))["status"], "paid");
}
