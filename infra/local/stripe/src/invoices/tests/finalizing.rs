use serde_json::json;

use super::{amounts, customer, customer_with, draft, events_of, fields, get, open};
use crate::agenda::Task;
use crate::deliveries;
use crate::testing::{World, id};

const HOUR: i64 = 3_600;

#[test]
fn finalization_gives_a_number_links_and_a_payment_intent() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = draft(&mut world, &customer, 4_900, "");
    let prefix = world.get(&format!("/v1/customers/{customer}"))["invoice_prefix"].clone();
    let prefix = prefix.as_str().unwrap().to_owned();

    let events = events_of(&mut world, |world| {
        let open = world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
        let names = ["status", "number", "effective_at", "status_transitions/finalized_at"];
        let (at, number) = (json!(world.now.0), json!(format!("{prefix}-0001")));
        assert_eq!(fields(&open, names), [json!("open"), number, at.clone(), at]);
        let page = format!("http://127.0.0.1:3001/i/{invoice}");
        let pdf = format!("{page}/pdf");
        let names = ["hosted_invoice_url", "invoice_pdf", "attempted", "ending_balance"];
        assert_eq!(fields(&open, names), [json!(page), json!(pdf), json!(false), json!(0)]);
        assert_eq!(amounts(&open), [4_900, 0, 4_900]);
    });

    assert_eq!(events, ["payment_intent.created", "invoice.updated", "invoice.finalized"]);
    let path = "expand[]=payments&expand[]=confirmation_secret&expand[]=payments.data.payment.payment_intent";
    let shown = world.get(&format!("/v1/invoices/{invoice}?{path}"));
    let payment = &shown["payments"]["data"][0];
    let names = ["amount_requested", "amount_paid", "is_default", "status", "payment/type"];
    let expected = [json!(4_900), json!(null), json!(true), json!("open"), json!("payment_intent")];
    assert_eq!(fields(payment, names), expected);
    let intent = &payment["payment"]["payment_intent"];
    assert_eq!(
        fields(intent, ["amount", "status"]),
        [json!(4_900), json!("requires_payment_method")]
    );
    assert_eq!(shown["confirmation_secret"]["client_secret"], intent["client_secret"]);
    let second = open(&mut world, &customer, 100);
    assert_eq!(get(&mut world, &second)["number"], format!("{prefix}-0002"));
    let (status, error) = world.refused(&format!("/v1/invoices/{invoice}/finalize"), "");
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("already finalized"), "{error}");
}

#[test]
fn the_customer_stands_on_it_as_it_was_then() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 4_900);
    world.post(&format!("/v1/customers/{customer}"), "name=New&email=new@acme.example");
    let names = ["customer_name", "customer_email"];
    let then = fields(&get(&mut world, &invoice), names);
    assert_eq!(then, [json!("Acme"), json!("billing@acme.example")]);
}

#[test]
fn an_advancing_draft_becomes_final_after_one_hour_and_is_collected() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = draft(&mut world, &customer, 4_900, "auto_advance=true");
    let at = world.now.0 + HOUR;
    let names = ["automatically_finalizes_at", "next_payment_attempt"];
    assert_eq!(fields(&get(&mut world, &invoice), names), [json!(at), json!(at)]);

    world.advance(HOUR - 1);
    assert_eq!(get(&mut world, &invoice)["status"], "draft");
    world.advance(1);
    let paid = get(&mut world, &invoice);

    let names =
        ["status", "attempt_count", "attempted", "auto_advance", "status_transitions/paid_at"];
    let expected = [json!("paid"), json!(1), json!(true), json!(false), json!(at)];
    assert_eq!(fields(&paid, names), expected);
    assert_eq!(
        fields(&paid, ["automatically_finalizes_at", "webhooks_delivered_at"])[0],
        json!(null)
    );
    assert_eq!(amounts(&paid), [4_900, 4_900, 0]);
}

#[test]
fn a_sent_one_that_advances_is_sent_after_its_hour() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let form = "auto_advance=true&collection_method=send_invoice&days_until_due=7";
    let invoice = draft(&mut world, &customer, 4_900, form);
    let events = events_of(&mut world, |world| world.advance(HOUR));
    let expected =
        ["payment_intent.created", "invoice.updated", "invoice.finalized", "invoice.sent"];
    assert_eq!(events, expected);
    let open = get(&mut world, &invoice);
    let due = world.now.0 + 7 * 86_400;
    let names = ["due_date", "next_payment_attempt", "attempted"];
    assert_eq!(fields(&open, names), [json!(due), json!(null), json!(false)]);
}

#[test]
fn a_draft_can_be_stopped_and_set_going_again() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = draft(&mut world, &customer, 4_900, "auto_advance=true");
    let path = format!("/v1/invoices/{invoice}");
    world.post(&path, "auto_advance=false");
    world.advance(2 * HOUR);
    assert_eq!(get(&mut world, &invoice)["status"], "draft");
    let going = world.post(&path, "auto_advance=true");
    assert_eq!(going["automatically_finalizes_at"], world.now.0 + HOUR);
    world.advance(HOUR);
    assert_eq!(get(&mut world, &invoice)["status"], "paid");
}

#[test]
fn an_endpoint_that_does_not_take_the_news_holds_the_draft_for_72_hours_at_most() {
    for (answers_after, final_after) in [(5, 6), (80, 72)] {
        let mut world = World::new();
        let customer = customer(&mut world);
        let stripe = &mut world.engine.stripe;
        deliveries::register(stripe, "https://a.example/hook", &["invoice.created"], None);
        let invoice = draft(&mut world, &customer, 4_900, "auto_advance=true");
        let mut became_final = None;
        for hour in 1..=80 {
            if hour > answers_after {
                let now = world.now;
                while let Some(sent) = deliveries::take_due(&mut world.engine.stripe, now) {
                    let stripe = &mut world.engine.stripe;
                    deliveries::answered(stripe, sent.delivery, Some(200), now);
                }
            }
            world.advance(HOUR);
            if became_final.is_none() && get(&mut world, &invoice)["status"] == "open" {
                became_final = Some(hour);
            }
        }
        assert_eq!(became_final, Some(final_after), "answers after {answers_after} hours");
    }
}

#[test]
fn on_a_test_clock_its_hour_is_the_clocks_and_nobody_is_waited_for() {
    let mut world = World::new();
    let stripe = &mut world.engine.stripe;
    deliveries::register(stripe, "https://a.example/hook", &["invoice.created"], None);
    let then = world.now.0 + 40 * 86_400;
    let form = format!("frozen_time={then}");
    let clock = id(&world.post("/v1/test_helpers/test_clocks", &form));
    let form = format!("name=Acme&email=a@acme.example&test_clock={clock}");
    let customer = id(&world.post("/v1/customers", &form));
    let invoice = draft(&mut world, &customer, 4_900, "auto_advance=true");
    let names = ["test_clock", "created", "automatically_finalizes_at"];
    let expected = [json!(clock), json!(then), json!(then + HOUR)];
    assert_eq!(fields(&get(&mut world, &invoice), names), expected);

    let path = format!("/v1/test_helpers/test_clocks/{clock}/advance");
    world.post(&path, &format!("frozen_time={}", then + HOUR));
    world.advance(60);

    let open = get(&mut world, &invoice);
    let names = ["status", "status_transitions/finalized_at"];
    assert_eq!(fields(&open, names), [json!("open"), json!(then + HOUR)]);
    let told = world.engine.stripe.events.iter().find(|event| event.kind == "invoice.finalized");
    assert_eq!(told.unwrap().created.0, then + HOUR);
}

#[test]
fn nothing_due_is_paid_at_once() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = id(&world.post("/v1/invoices", &format!("customer={customer}")));
    let events = events_of(&mut world, |world| {
        let paid = world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
        let names = ["status", "attempted", "attempt_count"];
        assert_eq!(fields(&paid, names), [json!("paid"), json!(true), json!(0)]);
    });
    let expected = [
        "invoice.updated",
        "invoice.finalized",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ];
    assert_eq!(events, expected);
    let payments = world.get(&format!("/v1/invoice_payments?invoice={invoice}"));
    assert_eq!(payments["data"], json!([]));
}

#[test]
fn the_balance_pays_first_and_takes_what_is_below_zero_or_too_small() {
    // Total, balance before, then: due, balance after, entries of the ledger (newest first).
    let cases = [
        ("a part: 5000 - 1200", 5_000, -1_200, 3_800, 0, vec![("applied_to_invoice", 1_200)]),
        ("all", 5_000, -6_000, 0, -1_000, vec![("applied_to_invoice", 5_000)]),
        ("a debt", 5_000, 700, 5_700, 0, vec![("applied_to_invoice", -700)]),
        ("a credit", -5_000, 0, 0, -5_000, vec![("applied_to_invoice", -5_000)]),
        ("too small", 30, 0, 0, 30, vec![("invoice_too_small", 30)]),
    ];
    for (name, total, before, due, after, entries) in cases {
        let mut world = World::new();
        let customer = customer(&mut world);
        let ledger = format!("/v1/customers/{customer}/balance_transactions");
        if before != 0 {
            world.post(&ledger, &format!("amount={before}&currency=eur"));
        }
        let invoice = draft(&mut world, &customer, total, "");
        assert_eq!(get(&mut world, &invoice)["amount_due"], due, "{name}: the draft tells");

        let open = world.post(&format!("/v1/invoices/{invoice}/finalize"), "");

        assert_eq!(open["amount_due"], due, "{name}");
        assert_eq!(open["status"], if due > 0 { "open" } else { "paid" }, "{name}");
        let balances = [json!(before), json!(after)];
        assert_eq!(fields(&open, ["starting_balance", "ending_balance"]), balances, "{name}");
        assert_eq!(world.get(&format!("/v1/customers/{customer}"))["balance"], after, "{name}");
        let kept = world.get(&ledger)["data"].as_array().unwrap().clone();
        let kept: Vec<_> = kept.iter().filter(|it| it["type"] != "adjustment").collect();
        let kept: Vec<_> = kept
            .iter()
            .map(|it| (it["type"].as_str().unwrap(), it["amount"].as_i64().unwrap()))
            .collect();
        assert_eq!(kept, entries, "{name}");
        assert_eq!(world.get(&ledger)["data"][0]["invoice"], json!(invoice), "{name}");
    }
}

#[test]
fn a_void_invoice_gives_the_balance_back_and_cancels_its_payment() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let ledger = format!("/v1/customers/{customer}/balance_transactions");
    world.post(&ledger, "amount=-1200&currency=eur");
    let invoice = open(&mut world, &customer, 5_000);
    assert_eq!(get(&mut world, &invoice)["amount_due"], 3_800);

    let events = events_of(&mut world, |world| {
        let void = world.post(&format!("/v1/invoices/{invoice}/void"), "");
        let at = json!(world.now.0);
        assert_eq!(fields(&void, ["status", "status_transitions/voided_at"]), [json!("void"), at]);
    });

    let expected =
        ["payment_intent.canceled", "invoice.updated", "invoice.voided", "customer.updated"];
    assert_eq!(events, expected);
    assert_eq!(world.get(&format!("/v1/customers/{customer}"))["balance"], -1_200);
    let entry = &world.get(&ledger)["data"][0];
    assert_eq!(fields(entry, ["type", "amount"]), [json!("unapplied_from_invoice"), json!(-1_200)]);
    let payment = &world.get(&format!("/v1/invoice_payments?invoice={invoice}"))["data"][0];
    assert_eq!(payment["status"], "canceled");
    let (_, error) = world.refused(&format!("/v1/invoices/{invoice}/void"), "");
    let message = "You can only pass in open invoices. This invoice isn't open.";
    assert_eq!(error["message"], message);
    assert_eq!(world.refused(&format!("/v1/invoices/{invoice}/pay"), "").0, 400);
}

#[test]
fn a_task_of_the_past_does_nothing() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 5_000);
    let gone = draft(&mut world, &customer, 100, "auto_advance=true");
    world.delete(&format!("/v1/invoices/{gone}"));
    for task in [Task::FinalizeInvoice(invoice.clone()), Task::CollectInvoice(invoice.clone())] {
        let now = world.now;
        world.engine.stripe.schedule(None, now, task);
    }
    let events = events_of(&mut world, |world| world.advance(2 * HOUR));
    assert_eq!(events, Vec::<&str>::new());
    assert_eq!(get(&mut world, &invoice)["attempted"], false);
}
