use serde_json::json;

use super::{add_card, amounts, customer_with, draft, events_of, fields, get};
use crate::testing::{World, id};

const DAY: i64 = 86_400;

/// A subscription of 20.00 a month, and its first invoice.
fn subscribe(world: &mut World, customer: &str, form: &str) -> (String, String) {
    let product = id(&world.post("/v1/products", "name=Team"));
    let form_of_price =
        format!("product={product}&currency=eur&unit_amount=2000&recurring[interval]=month");
    let price = id(&world.post("/v1/prices", &form_of_price));
    let form = format!("customer={customer}&items[0][price]={price}&{form}");
    let subscription = world.post("/v1/subscriptions", &form);
    let invoice = subscription["latest_invoice"].as_str().unwrap().to_owned();
    (id(&subscription), invoice)
}

/// The renewal after 30 days, that is still a draft.
fn renewal(world: &mut World, subscription: &str) -> String {
    world.advance(30 * DAY);
    let list = world.get(&format!("/v1/invoices?subscription={subscription}&status=draft"));
    id(&list["data"][0])
}

#[test]
fn its_parent_is_the_subscription_with_the_metadata_of_then() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let (subscription, invoice) = subscribe(&mut world, &customer, "metadata[plan]=team");
    let paid = get(&mut world, &invoice);
    let names = ["status", "billing_reason", "parent/subscription_details/subscription"];
    let of = json!(subscription);
    assert_eq!(fields(&paid, names), [json!("paid"), json!("subscription_create"), of]);
    let line = &paid["lines"]["data"][0]["parent"];
    let names = ["type", "subscription_item_details/proration", "invoice_item_details"];
    let expected = [json!("subscription_item_details"), json!(false), json!(null)];
    assert_eq!(fields(line, names), expected);

    world.post(&format!("/v1/subscriptions/{subscription}"), "metadata[plan]=other");
    let then = get(&mut world, &invoice)["parent"]["subscription_details"]["metadata"].clone();
    assert_eq!(then, json!({ "plan": "team" }));
    let draft = renewal(&mut world, &subscription);
    let now = get(&mut world, &draft)["parent"]["subscription_details"]["metadata"].clone();
    assert_eq!(now, json!({ "plan": "other" }));
}

#[test]
fn its_card_goes_before_the_customers_and_its_draft_can_not_be_deleted() {
    let mut world = World::new();
    let (customer, good) = customer_with(&mut world, "pm_card_visa");
    let form = format!("default_payment_method={good}");
    let (subscription, _) = subscribe(&mut world, &customer, &form);
    add_card(&mut world, &customer, "pm_card_chargeCustomerFail");

    let draft = renewal(&mut world, &subscription);
    let path = format!("/v1/invoices/{draft}");
    let (status, body) = world.send(http::Method::DELETE, &path, "");
    let message = "You can't delete invoices created by subscriptions.";
    assert_eq!((status, &body["error"]["message"]), (400, &json!(message)));

    world.advance(3_600);
    assert_eq!(get(&mut world, &draft)["status"], "paid");
}

#[test]
fn a_renewal_takes_pending_items_and_what_its_draft_gets_within_the_hour() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let (subscription, _) = subscribe(&mut world, &customer, "");
    let form = format!("customer={customer}&subscription={subscription}&amount=300");
    world.post("/v1/invoiceitems", &form);
    let other = draft(&mut world, &customer, 100, "");

    let renewal = renewal(&mut world, &subscription);
    let form = format!("customer={customer}&invoice={renewal}&amount=50");
    world.post("/v1/invoiceitems", &form);
    world.advance(3_600);

    // 20.00 for the month, 3.00 that were pending, 0.50 of the hour.
    assert_eq!(amounts(&get(&mut world, &renewal)), [2_350, 2_350, 0]);
    assert_eq!(get(&mut world, &other)["status"], "draft");
}

#[test]
fn a_renewal_that_fails_is_past_due_until_a_retry_pays_it() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let (subscription, _) = subscribe(&mut world, &customer, "");
    add_card(&mut world, &customer, "pm_card_chargeCustomerFail");
    let renewal = renewal(&mut world, &subscription);
    let path = format!("/v1/subscriptions/{subscription}");

    let events = events_of(&mut world, |world| world.advance(3_600));

    let kinds = [
        "invoice.finalized",
        "invoice.payment_failed",
        "customer.updated",
        "customer.subscription.updated",
    ];
    let told: Vec<_> = events.into_iter().filter(|kind| kinds.contains(kind)).collect();
    assert_eq!(told, kinds);
    assert_eq!(world.get(&path)["status"], "past_due");
    let open = get(&mut world, &renewal);
    let next = json!(world.now.0 + 3 * DAY);
    assert_eq!(fields(&open, ["attempt_count", "next_payment_attempt"]), [json!(1), next]);

    add_card(&mut world, &customer, "pm_card_visa");
    world.advance(3 * DAY);
    assert_eq!(get(&mut world, &renewal)["status"], "paid");
    assert_eq!(world.get(&path)["status"], "active");
}

#[test]
fn a_credit_note_over_all_of_a_renewal_brings_the_subscription_back() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let (subscription, _) = subscribe(&mut world, &customer, "");
    add_card(&mut world, &customer, "pm_card_chargeCustomerFail");
    let renewal = renewal(&mut world, &subscription);
    world.advance(3_600);
    let path = format!("/v1/subscriptions/{subscription}");
    assert_eq!(world.get(&path)["status"], "past_due");
    world.post("/v1/credit_notes", &format!("invoice={renewal}&amount=2000"));
    assert_eq!(world.get(&path)["status"], "active");
}
