use serde_json::json;

use super::{
    add_card, amounts, customer, customer_with, customer_with_account, draft, events_of, fields,
    get, open,
};
use crate::testing::{World, id};

fn pay(invoice: &str) -> String {
    format!("/v1/invoices/{invoice}/pay")
}

#[test]
fn a_payment_makes_it_paid_and_is_told_in_stripes_order() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 4_900);

    let events = events_of(&mut world, |world| {
        let paid = world.post(&pay(&invoice), "");
        assert_eq!(amounts(&paid), [4_900, 4_900, 0]);
        let names = ["status", "attempt_count", "attempted"];
        assert_eq!(fields(&paid, names), [json!("paid"), json!(1), json!(true)]);
    });

    let expected = [
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ];
    assert_eq!(events, expected);
    let (status, error) = world.refused(&pay(&invoice), "");
    assert_eq!((status, &error["message"]), (400, &json!("Invoice is already paid")));
    assert_eq!(error["type"], "invalid_request_error");
    let payment =
        &world.get(&format!("/v1/invoice_payments?invoice={invoice}&status=paid"))["data"][0];
    assert_eq!(fields(payment, ["amount_paid", "amount_requested"]), [json!(4_900), json!(4_900)]);
}

#[test]
fn a_draft_becomes_final_when_it_is_paid() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = draft(&mut world, &customer, 4_900, "");
    assert_eq!(world.post(&pay(&invoice), "")["status"], "paid");
    let empty = id(&world.post("/v1/invoices", &format!("customer={customer}")));
    assert_eq!(world.post(&pay(&empty), "")["status"], "paid");
}

#[test]
fn without_a_payment_method_nothing_is_tried() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 4_900);
    let events = events_of(&mut world, |world| {
        let (status, error) = world.refused(&pay(&invoice), "");
        assert_eq!((status, &error["code"]), (400, &json!("resource_missing")));
    });
    assert_eq!(events, Vec::<&str>::new());
    assert_eq!(get(&mut world, &invoice)["attempted"], false);
}

#[test]
fn the_payment_method_is_the_given_one_the_invoices_or_the_customers_in_this_order() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_chargeCustomerFail");
    let form = format!("customer={customer}");
    let good = id(&world.post("/v1/payment_methods/pm_card_visa/attach", &form));
    let by_customer = open(&mut world, &customer, 1_000);
    assert_eq!(world.refused(&pay(&by_customer), "").0, 402);
    let by_invoice = open(&mut world, &customer, 1_000);
    world.post(&format!("/v1/invoices/{by_invoice}"), &format!("default_payment_method={good}"));
    assert_eq!(world.post(&pay(&by_invoice), "")["status"], "paid");
    let paid = world.post(&pay(&by_customer), &format!("payment_method={good}"));
    assert_eq!(paid["status"], "paid");

    let (_, other) = customer_with(&mut world, "pm_card_visa");
    let third = open(&mut world, &customer, 1_000);
    let (status, error) = world.refused(&pay(&third), &format!("payment_method={other}"));
    assert_eq!((status, &error["param"]), (400, &json!("payment_method")));
}

#[test]
fn a_decline_answers_402_leaves_it_open_and_counts_the_first_time_only() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_chargeCustomerFail");
    let invoice = open(&mut world, &customer, 4_900);

    let events = events_of(&mut world, |world| {
        let (status, error) = world.refused(&pay(&invoice), "");
        assert_eq!((status, &error["code"]), (402, &json!("card_declined")));
    });

    let expected = [
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.updated",
        "invoice.payment_failed",
    ];
    assert_eq!(events, expected);
    world.refused(&pay(&invoice), "");
    let open = get(&mut world, &invoice);
    let names = ["status", "attempt_count", "attempted", "next_payment_attempt"];
    assert_eq!(fields(&open, names), [json!("open"), json!(1), json!(true), json!(null)]);
    assert_eq!(world.get(&format!("/v1/customers/{customer}"))["delinquent"], false);
}

#[test]
fn authentication_is_an_error_of_its_own_and_the_payment_can_still_come() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_authenticationRequired");
    let invoice = open(&mut world, &customer, 4_900);

    let events = events_of(&mut world, |world| {
        let (status, error) = world.refused(&pay(&invoice), "");
        let code = "invoice_payment_intent_requires_action";
        assert_eq!((status, &error["code"]), (402, &json!(code)));
    });

    let expected = [
        "payment_intent.requires_action",
        "invoice.updated",
        "invoice.payment_failed",
        "invoice.payment_action_required",
    ];
    assert_eq!(events, expected);
    let payment = &world.get(&format!("/v1/invoice_payments?invoice={invoice}"))["data"][0];
    let intent = payment["payment"]["payment_intent"].as_str().unwrap().to_owned();
    crate::payment_intents::authenticate(&mut world.engine.stripe, &intent, true).unwrap();
    let paid = get(&mut world, &invoice);
    assert_eq!(fields(&paid, ["status", "attempt_count"]), [json!("paid"), json!(1)]);
}

#[test]
fn a_direct_debit_is_under_way_before_it_pays() {
    let mut world = World::new();
    let customer = customer_with_account(&mut world, "DE08370400440532013003");
    let invoice = open(&mut world, &customer, 4_900);
    let waiting = world.post(&pay(&invoice), "");
    assert_eq!(fields(&waiting, ["status", "attempted"]), [json!("open"), json!(true)]);
    let (status, error) = world.refused(&pay(&invoice), "");
    assert_eq!((status, &error["code"]), (400, &json!("payment_intent_unexpected_state")));
    assert_eq!(world.refused(&format!("/v1/invoices/{invoice}/void"), "").0, 400);
    world.advance(180);
    let paid = get(&mut world, &invoice);
    assert_eq!(fields(&paid, ["status", "attempt_count"]), [json!("paid"), json!(1)]);
}

#[test]
fn out_of_band_pays_all_that_remains_without_a_payment_event() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 4_900);

    let events = events_of(&mut world, |world| {
        let paid = world.post(&pay(&invoice), "paid_out_of_band=true");
        assert_eq!(paid["status"], "paid");
        assert_eq!(amounts(&paid), [4_900, 4_900, 0]);
        assert_eq!(paid["attempted"], false);
    });

    let expected =
        ["invoice.updated", "invoice.paid", "invoice_payment.paid", "payment_intent.canceled"];
    assert_eq!(events, expected);
    let shown = world.get(&format!("/v1/invoices/{invoice}?expand[]=amount_paid_off_stripe"));
    assert_eq!(shown["amount_paid_off_stripe"], 4_900);
}

#[test]
fn a_bank_transfer_pays_a_part_and_the_next_one_the_rest() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 5_000);
    let attach = format!("/v1/invoices/{invoice}/attach_payment");
    let mut transfer = |amount: i64| {
        let form = format!(
            "amount_requested[value]={amount}&amount_requested[currency]=eur&initiated_at=1795338000\
             &customer_details[customer]={customer}&payment_method_details[type]=custom\
             &outcome=guaranteed&guaranteed[guaranteed_at]=1795338000"
        );
        let record = id(&world.post("/v1/payment_records/report_payment", &form));
        let before = world.events().len();
        let invoice = world.post(&attach, &format!("payment_record={record}"));
        assert_eq!(world.refused(&attach, &format!("payment_record={record}")).0, 400);
        (invoice, world.events().split_off(before))
    };

    let (part, events) = transfer(2_000);
    assert_eq!(part["status"], "open");
    assert_eq!(amounts(&part), [5_000, 2_000, 3_000]);
    assert_eq!(events, ["invoice.updated", "invoice_payment.paid"]);

    // 3000 remain; 500 of 3500 are too much and become credit.
    let (paid, events) = transfer(3_500);
    assert_eq!(paid["status"], "paid");
    assert_eq!(amounts(&paid), [5_000, 5_000, 0]);
    assert_eq!(paid["amount_overpaid"], 500);
    let expected = [
        "invoice.updated",
        "invoice.paid",
        "invoice_payment.paid",
        "customer.updated",
        "invoice.overpaid",
        "payment_intent.canceled",
    ];
    assert_eq!(events, expected);
    assert_eq!(world.get(&format!("/v1/customers/{customer}"))["balance"], -500);
}

#[test]
fn what_remains_after_a_part_is_charged() {
    let mut world = World::new();
    let (customer, card) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 5_000);
    let form = format!(
        "amount=2000&currency=eur&customer={customer}&payment_method={card}&confirm=true&off_session=true"
    );
    let intent = id(&world.post("/v1/payment_intents", &form));
    let attach = format!("/v1/invoices/{invoice}/attach_payment");
    let part = world.post(&attach, &format!("payment_intent={intent}"));
    assert_eq!(amounts(&part), [5_000, 2_000, 3_000]);
    assert_eq!(world.refused(&format!("/v1/invoices/{invoice}/void"), "").0, 400);
    let paid = world.post(&pay(&invoice), "");
    assert_eq!(amounts(&paid), [5_000, 5_000, 0]);
    let payments = world.get(&format!("/v1/invoice_payments?invoice={invoice}"))["data"].clone();
    let paid: Vec<_> =
        payments.as_array().unwrap().iter().map(|it| it["amount_paid"].clone()).collect();
    assert_eq!(paid, [json!(2_000), json!(3_000)]);
}

#[test]
fn what_is_written_off_can_still_be_paid_or_made_void() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 5_000);
    let path = format!("/v1/invoices/{invoice}/mark_uncollectible");
    let events = events_of(&mut world, |world| {
        let off = world.post(&path, "");
        let at = json!(world.now.0);
        let names = ["status", "status_transitions/marked_uncollectible_at", "amount_remaining"];
        assert_eq!(fields(&off, names), [json!("uncollectible"), at, json!(5_000)]);
    });
    assert_eq!(events, ["invoice.updated", "invoice.marked_uncollectible"]);
    assert_eq!(world.refused(&path, "").0, 400);
    add_card(&mut world, &customer, "pm_card_visa");
    assert_eq!(world.post(&pay(&invoice), "")["status"], "paid");

    let second = open(&mut world, &customer, 5_000);
    world.post(&format!("/v1/invoices/{second}/mark_uncollectible"), "");
    assert_eq!(world.post(&format!("/v1/invoices/{second}/void"), "")["status"], "void");
}

#[test]
fn sources_that_are_not_simulated_are_refused() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 5_000);
    for (form, param) in [("forgive=true", "forgive"), ("mandate=mandate_1", "mandate")] {
        assert_eq!(world.refused(&pay(&invoice), form).1["param"], param);
    }
    assert_eq!(get(&mut world, &invoice)["attempted"], false);
}
