use serde_json::json;

use super::{
    add_card, customer, customer_with, customer_with_account, draft, events_of, fields, get, open,
};
use crate::testing::World;

const DAY: i64 = 86_400;

/// An invoice whose first automatic try was now.
fn collected(world: &mut World, customer: &str) -> String {
    let invoice = draft(world, customer, 4_900, "");
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "auto_advance=true");
    world.advance(0);
    invoice
}

#[test]
fn a_failed_collection_is_tried_again_by_the_schedule_until_it_is_exhausted() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_chargeCustomerFail");
    let invoice = collected(&mut world, &customer);

    // Again after 3, 5 and 7 days more: on days 3, 8 and 15.
    for (attempt, days) in [(1, 3), (2, 5), (3, 7)] {
        let open = get(&mut world, &invoice);
        let next = json!(world.now.0 + days * DAY);
        let names = ["attempt_count", "next_payment_attempt", "status"];
        assert_eq!(fields(&open, names), [json!(attempt), next, json!("open")]);
        world.advance(days * DAY - 1);
        assert_eq!(get(&mut world, &invoice)["attempt_count"], attempt);
        world.advance(1);
    }
    let open = get(&mut world, &invoice);
    let names = ["attempt_count", "next_payment_attempt", "status"];
    assert_eq!(fields(&open, names), [json!(4), json!(null), json!("open")]);
    let failures = world.events().into_iter().filter(|kind| *kind == "invoice.payment_failed");
    assert_eq!(failures.count(), 4);
    assert_eq!(world.get(&format!("/v1/customers/{customer}"))["delinquent"], true);
}

#[test]
fn the_schedule_takes_the_card_that_is_the_default_by_then() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_chargeCustomerFail");
    let invoice = collected(&mut world, &customer);
    add_card(&mut world, &customer, "pm_card_visa");
    assert_eq!(get(&mut world, &invoice)["status"], "open", "a new card alone pays nothing");
    let events = events_of(&mut world, |world| world.advance(3 * DAY));
    assert_eq!(get(&mut world, &invoice)["status"], "paid");
    assert_eq!(events.last(), Some(&"customer.updated"), "not delinquent any more: {events:?}");
    assert_eq!(world.get(&format!("/v1/customers/{customer}"))["delinquent"], false);
}

#[test]
fn a_final_refusal_is_not_tried_again_with_the_same_card() {
    for card in ["pm_card_authenticationRequired", "pm_card_in"] {
        let mut world = World::new();
        let (customer, _) = customer_with(&mut world, card);
        let invoice = collected(&mut world, &customer);
        assert_eq!(get(&mut world, &invoice)["attempt_count"], 1, "{card}");

        let events = events_of(&mut world, |world| world.advance(3 * DAY));

        assert_eq!(events, ["invoice.updated"], "{card}");
        let open = get(&mut world, &invoice);
        let next = json!(world.now.0 + 5 * DAY);
        let names = ["attempt_count", "next_payment_attempt"];
        assert_eq!(
            fields(&open, names),
            [json!(2), next],
            "{card}: it counts, and nothing is charged"
        );
        add_card(&mut world, &customer, "pm_card_visa");
        world.advance(5 * DAY);
        let paid = get(&mut world, &invoice);
        assert_eq!(fields(&paid, ["attempt_count", "status"]), [json!(3), json!("paid")], "{card}");
    }
}

#[test]
fn without_a_payment_method_the_first_try_fails_and_later_ones_wait_for_one() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = collected(&mut world, &customer);
    assert_eq!(world.events().last(), Some(&"customer.updated"), "delinquent");
    let failures = |world: &World| {
        world.events().into_iter().filter(|kind| *kind == "invoice.payment_failed").count()
    };
    assert_eq!(failures(&world), 1);
    world.advance(3 * DAY);
    assert_eq!(failures(&world), 1);
    add_card(&mut world, &customer, "pm_card_visa");
    world.advance(5 * DAY);
    assert_eq!(get(&mut world, &invoice)["status"], "paid");
}

#[test]
fn manual_tries_do_not_move_the_schedule() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_chargeCustomerFail");
    let invoice = collected(&mut world, &customer);
    let next = get(&mut world, &invoice)["next_payment_attempt"].clone();
    world.advance(DAY);
    world.refused(&format!("/v1/invoices/{invoice}/pay"), "");
    let open = get(&mut world, &invoice);
    assert_eq!(fields(&open, ["attempt_count", "next_payment_attempt"]), [json!(1), next]);
}

#[test]
fn an_invoice_that_does_not_advance_is_not_tried_again() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_chargeCustomerFail");
    let invoice = collected(&mut world, &customer);
    let path = format!("/v1/invoices/{invoice}");
    assert_eq!(world.post(&path, "auto_advance=false")["next_payment_attempt"], json!(null));
    let events = events_of(&mut world, |world| world.advance(30 * DAY));
    assert_eq!(events, Vec::<&str>::new());
    let again = world.post(&path, "auto_advance=true");
    assert_eq!(again["next_payment_attempt"], world.now.0 + 3_600);
}

#[test]
fn a_debit_that_fails_later_is_tried_again_and_counts_once() {
    let mut world = World::new();
    let customer = customer_with_account(&mut world, "DE78370400440532013004");
    let invoice = collected(&mut world, &customer);
    let under_way = get(&mut world, &invoice);
    let names = ["attempt_count", "next_payment_attempt"];
    assert_eq!(fields(&under_way, names), [json!(1), json!(null)]);
    world.advance(180);
    let open = get(&mut world, &invoice);
    let next = json!(world.now.0 + 3 * DAY);
    assert_eq!(fields(&open, names), [json!(1), next]);
}

#[test]
fn a_due_date_that_passes_makes_the_customer_delinquent_and_is_told_where_asked_for() {
    for (tells, expected) in
        [(false, vec!["customer.updated"]), (true, vec!["customer.updated", "invoice.overdue"])]
    {
        let mut world = World::new();
        world.engine.stripe.settings.tells_overdue = tells;
        let customer = customer(&mut world);
        let form = "collection_method=send_invoice&days_until_due=7";
        let invoice = draft(&mut world, &customer, 4_900, form);
        world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
        let events = events_of(&mut world, |world| world.advance(7 * DAY));
        assert_eq!(events, expected);
        world.post(&format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
        assert_eq!(world.get(&format!("/v1/customers/{customer}"))["delinquent"], false);
    }
}

#[test]
fn an_invoice_that_is_paid_in_time_is_never_overdue() {
    let mut world = World::new();
    world.engine.stripe.settings.tells_overdue = true;
    let customer = customer(&mut world);
    let form = "collection_method=send_invoice&days_until_due=7";
    let invoice = draft(&mut world, &customer, 4_900, form);
    world.post(&format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
    open(&mut world, &customer, 100);
    assert_eq!(events_of(&mut world, |world| world.advance(30 * DAY)), Vec::<&str>::new());
}
