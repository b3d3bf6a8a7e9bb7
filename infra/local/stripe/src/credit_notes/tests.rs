//! Credit notes by what they do to their invoices.

mod refunding;

use serde_json::{Value, json};

use crate::invoices::tests::{
    amounts, customer, customer_with, draft, events_of, fields, get, open,
};
use crate::testing::{World, id};

const NOTES: &str = "/v1/credit_notes";

fn pay(world: &mut World, invoice: &str) {
    world.post(&format!("/v1/invoices/{invoice}/pay"), "");
}

/// A note about an amount, with other parameters.
fn note(world: &mut World, invoice: &str, form: &str) -> Value {
    world.post(NOTES, &format!("invoice={invoice}&{form}"))
}

fn vat(world: &mut World, inclusive: bool) -> String {
    let form = format!("display_name=VAT&percentage=19&inclusive={inclusive}");
    id(&world.post("/v1/tax_rates", &form))
}

/// The first line of an invoice.
fn line(world: &mut World, invoice: &str) -> String {
    id(&get(world, invoice)["lines"]["data"][0])
}

#[test]
fn the_command_lines_recipe_lowers_an_open_invoice() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 4_900);

    let events = events_of(&mut world, |world| {
        let form = "lines[0][type]=custom_line_item&lines[0][unit_amount]=1000\
                    &lines[0][quantity]=1&lines[0][description]=Courtesy";
        let note = note(world, &invoice, form);
        let names = ["amount", "type", "status", "pre_payment_amount", "post_payment_amount"];
        let expected =
            [json!(1_000), json!("pre_payment"), json!("issued"), json!(1_000), json!(0)];
        assert_eq!(fields(&note, names), expected);
        let line = &note["lines"]["data"][0];
        let names = ["amount", "quantity", "unit_amount", "unit_amount_decimal", "type"];
        let kind = json!("custom_line_item");
        let expected = [json!(1_000), json!(1), json!(1_000), json!("1000"), kind];
        assert_eq!(fields(line, names), expected);
        let number = get(world, &invoice)["number"].as_str().unwrap().to_owned();
        assert_eq!(note["number"], json!(format!("{number}-CN-01")));
    });

    assert_eq!(events, ["credit_note.created", "invoice.updated"]);
    let left = get(&mut world, &invoice);
    assert_eq!(amounts(&left), [3_900, 0, 3_900]);
    assert_eq!(left["pre_payment_credit_notes_amount"], 1_000);
    let path =
        format!("/v1/invoice_payments?invoice={invoice}&expand[]=data.payment.payment_intent");
    let payment = &world.get(&path)["data"][0];
    let names = ["amount_requested", "payment/payment_intent/amount"];
    assert_eq!(fields(payment, names), [json!(3_900), json!(3_900)]);
}

#[test]
fn a_note_that_leaves_nothing_closes_the_invoice_as_paid_without_a_payment() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 4_900);
    note(&mut world, &invoice, "amount=900");
    let events = events_of(&mut world, |world| {
        note(world, &invoice, "amount=4000");
    });
    let expected =
        ["credit_note.created", "payment_intent.canceled", "invoice.updated", "invoice.paid"];
    assert_eq!(events, expected);
    let paid = get(&mut world, &invoice);
    assert_eq!(amounts(&paid), [0, 0, 0]);
    let names = ["status", "attempted", "pre_payment_credit_notes_amount"];
    assert_eq!(fields(&paid, names), [json!("paid"), json!(false), json!(4_900)]);
}

#[test]
fn a_void_note_raises_what_is_due_again_while_the_invoice_is_open() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 4_900);
    let first = id(&note(&mut world, &invoice, "amount=900"));
    let second = id(&note(&mut world, &invoice, "amount=1000"));
    let void = |note: &str| format!("{NOTES}/{note}/void");

    let events = events_of(&mut world, |world| {
        let voided = world.post(&void(&first), "");
        let at = json!(world.now.0);
        assert_eq!(fields(&voided, ["status", "voided_at"]), [json!("void"), at]);
    });

    assert_eq!(events, ["credit_note.voided", "invoice.updated"]);
    // 4900 - 1000 = 3900
    assert_eq!(amounts(&get(&mut world, &invoice)), [3_900, 0, 3_900]);
    assert_eq!(world.refused(&void(&first), "").0, 400);
    pay(&mut world, &invoice);
    assert_eq!(world.refused(&void(&second), "").0, 400);
    let paid = get(&mut world, &invoice);
    assert_eq!(amounts(&paid), [3_900, 3_900, 0], "what was paid is what was left");
    let third = note(&mut world, &invoice, "amount=500&out_of_band_amount=500");
    let number = paid["number"].as_str().unwrap();
    assert_eq!(third["number"], json!(format!("{number}-CN-03")), "a void note keeps its number");
}

#[test]
fn what_was_paid_is_given_back_exactly_by_balance_and_out_of_band() {
    let mut world = World::new();
    let (customer, _) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 4_900);
    pay(&mut world, &invoice);

    for form in [
        "amount=2000",
        "amount=2000&credit_amount=1999",
        "amount=2000&credit_amount=1500&out_of_band_amount=501",
        "amount=2000&credit_amount=-1&out_of_band_amount=2001",
        "amount=5000&credit_amount=5000",
    ] {
        let (status, _) = world.refused(NOTES, &format!("invoice={invoice}&{form}"));
        assert_eq!(status, 400, "{form}");
    }
    assert_eq!(world.get(NOTES)["data"], json!([]));

    let events = events_of(&mut world, |world| {
        let form = "amount=2000&credit_amount=1500&out_of_band_amount=500&reason=order_change";
        let note = note(world, &invoice, form);
        let names = ["type", "pre_payment_amount", "post_payment_amount", "out_of_band_amount"];
        let expected = [json!("post_payment"), json!(0), json!(2_000), json!(500)];
        assert_eq!(fields(&note, names), expected);
        let entry = note["customer_balance_transaction"].as_str().unwrap();
        let path = format!("/v1/customers/{customer}/balance_transactions/{entry}");
        let names = ["amount", "type", "credit_note", "invoice"];
        let about = [json!(-1_500), json!("credit_note"), note["id"].clone(), json!(invoice)];
        assert_eq!(fields(&world.get(&path), names), about);
    });

    assert_eq!(events, ["customer.updated", "credit_note.created", "invoice.updated"]);
    let paid = get(&mut world, &invoice);
    assert_eq!(amounts(&paid), [4_900, 4_900, 0], "what was due and paid stays");
    assert_eq!(paid["post_payment_credit_notes_amount"], 2_000);
    assert_eq!(world.get(&format!("/v1/customers/{customer}"))["balance"], -1_500);
}

#[test]
fn a_note_beyond_what_remains_is_mixed() {
    let mut world = World::new();
    let (customer, card) = customer_with(&mut world, "pm_card_visa");
    let invoice = open(&mut world, &customer, 5_000);
    let form = format!(
        "amount=2000&currency=eur&customer={customer}&payment_method={card}&confirm=true\
         &off_session=true"
    );
    let intent = id(&world.post("/v1/payment_intents", &form));
    let path = format!("/v1/invoices/{invoice}/attach_payment");
    world.post(&path, &format!("payment_intent={intent}"));

    // 3000 remain of 5000: 500 of 3500 are given back.
    let note = note(&mut world, &invoice, "amount=3500&credit_amount=500");

    let names = ["type", "pre_payment_amount", "post_payment_amount"];
    assert_eq!(fields(&note, names), [json!("mixed"), json!(3_000), json!(500)]);
    let paid = get(&mut world, &invoice);
    assert_eq!(paid["status"], "paid");
    assert_eq!(amounts(&paid), [2_000, 2_000, 0]);
}

#[test]
fn notes_are_for_final_invoices_within_their_total() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let draft = draft(&mut world, &customer, 1_000, "");
    let void = open(&mut world, &customer, 1_000);
    world.post(&format!("/v1/invoices/{void}/void"), "");
    let open = open(&mut world, &customer, 1_000);
    for form in [
        format!("invoice={draft}&amount=100"),
        format!("invoice={void}&amount=100"),
        format!("invoice={open}&amount=1001"),
        format!("invoice={open}&amount=0"),
        format!("invoice={open}"),
        format!("invoice={open}&amount=1&lines[0][type]=custom_line_item&lines[0][unit_amount]=1"),
        "invoice=in_none&amount=100".to_owned(),
    ] {
        assert_eq!(world.refused(NOTES, &form).0, 400, "{form}");
    }
    world.post(&format!("/v1/invoices/{open}/mark_uncollectible"), "");
    note(&mut world, &open, "amount=400");
    assert_eq!(amounts(&get(&mut world, &open)), [600, 0, 600]);
    note(&mut world, &open, "amount=600");
    assert_eq!(get(&mut world, &open)["status"], "paid");
}

#[test]
fn parts_of_a_line_give_back_exactly_its_tax() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let vat = vat(&mut world, false);
    let invoice = draft(&mut world, &customer, 1_000, &format!("default_tax_rates[]={vat}"));
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    let line = line(&mut world, &invoice);
    let mut parts = Vec::new();
    // 190 of tax on 1000, of 333, 666 and 1000 so far: 63.27, 126.54, 190. So 63, 127 - 63, 190 -
    // 127.
    for amount in [333, 333, 334] {
        let form = format!(
            "lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={line}\
             &lines[0][amount]={amount}"
        );
        let note = note(&mut world, &invoice, &form);
        assert_eq!(note["subtotal"], amount);
        parts.push((note["total_taxes"][0]["amount"].clone(), note["total"].clone()));
    }
    let expected = [(63, 396), (64, 397), (63, 397)].map(|(a, b)| (json!(a), json!(b)));
    assert_eq!(parts, expected);
    assert_eq!(get(&mut world, &invoice)["status"], "paid", "396 + 397 + 397 = 1190");
}

#[test]
fn amounts_alone_give_back_the_tax_within_them() {
    for (inclusive, total) in [(false, 1_190), (true, 1_000)] {
        let mut world = World::new();
        let customer = customer(&mut world);
        let vat = vat(&mut world, inclusive);
        let invoice = draft(&mut world, &customer, 1_000, &format!("default_tax_rates[]={vat}"));
        world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
        let (mut credited, mut taxed) = (0, 0);
        for amount in [501, 300, total - 801] {
            let note = note(&mut world, &invoice, &format!("amount={amount}"));
            assert_eq!(note["total"], amount);
            credited += note["total"].as_i64().unwrap();
            taxed += note["total_taxes"][0]["amount"].as_i64().unwrap();
        }
        // 1190 hold 190 of tax; 1000 hold 1000 - 1000 / 1.19 = 159.66, rounded 160.
        assert_eq!((credited, taxed), (total, if inclusive { 160 } else { 190 }));
        assert_eq!(get(&mut world, &invoice)["status"], "paid");
    }
}

#[test]
fn a_line_is_credited_by_units_or_by_amount_and_not_beyond_it() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = id(&world.post("/v1/invoices", &format!("customer={customer}")));
    let form = format!("customer={customer}&invoice={invoice}&unit_amount_decimal=33.5&quantity=3");
    world.post("/v1/invoiceitems", &form);
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    let line = line(&mut world, &invoice);
    let form = |how: &str| {
        format!(
            "invoice={invoice}&lines[0][type]=invoice_line_item\
             &lines[0][invoice_line_item]={line}&lines[0][{how}"
        )
    };
    // 3 x 33.5 = 100.5, rounded 101. One unit: 33.67, rounded 34; the two others: 101 - 34 = 67.
    assert_eq!(world.post(NOTES, &form("quantity]=1"))["amount"], 34);
    for refused in ["quantity]=3", "amount]=10", "amount]=102", "unit_amount]=5"] {
        assert_eq!(world.refused(NOTES, &form(refused)).0, 400, "{refused}");
    }
    assert_eq!(world.post(NOTES, &form("quantity]=2"))["amount"], 67);
    assert_eq!(get(&mut world, &invoice)["status"], "paid");
}

#[test]
fn a_line_described_anew_is_taxed_by_its_own_rates_up_to_the_invoices_tax() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let vat = vat(&mut world, false);
    let invoice = draft(&mut world, &customer, 1_000, &format!("default_tax_rates[]={vat}"));
    world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
    let form = |amount: i64| {
        format!(
            "lines[0][type]=custom_line_item&lines[0][unit_amount_decimal]={amount}.4\
             &lines[0][quantity]=1&lines[0][tax_rates][]={vat}"
        )
    };
    // 200.4 is 200; 200 x 19 % = 38.
    let note = note(&mut world, &invoice, &form(200));
    assert_eq!(fields(&note, ["subtotal", "total"]), [json!(200), json!(238)]);
    assert_eq!(note["lines"]["data"][0]["tax_rates"][0]["id"], json!(vat));
    assert_eq!(amounts(&get(&mut world, &invoice)), [952, 0, 952]);
    let plain = draft(&mut world, &customer, 1_000, "");
    world.post(&format!("/v1/invoices/{plain}/finalize"), "");
    let refused = format!("invoice={plain}&{}", form(200));
    assert_eq!(world.refused(NOTES, &refused).0, 400, "an invoice without tax gives none back");
}

#[test]
fn a_preview_keeps_nothing() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 4_900);
    let query = format!(
        "invoice={invoice}&lines[0][type]=custom_line_item&lines[0][unit_amount]=700\
         &lines[0][quantity]=2"
    );
    let events = events_of(&mut world, |world| {
        let shown = world.get(&format!("{NOTES}/preview?{query}"));
        assert_eq!(fields(&shown, ["total", "pre_payment_amount"]), [json!(1_400), json!(1_400)]);
        let lines = world.get(&format!("{NOTES}/preview/lines?{query}"));
        assert_eq!(lines["data"][0]["amount"], 1_400);
    });
    assert_eq!(events, Vec::<&str>::new());
    assert_eq!(world.get(NOTES)["data"], json!([]));
    assert_eq!(amounts(&get(&mut world, &invoice)), [4_900, 0, 4_900]);
}

#[test]
fn only_memo_and_metadata_change() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let invoice = open(&mut world, &customer, 4_900);
    let note = id(&note(&mut world, &invoice, "amount=100&memo=Sorry&metadata[ticket]=7"));
    let path = format!("{NOTES}/{note}");
    let events = events_of(&mut world, |world| {
        let changed = world.post(&path, "memo=Thanks&metadata[by]=anna");
        let names = ["memo", "metadata/ticket", "metadata/by"];
        assert_eq!(fields(&changed, names), [json!("Thanks"), json!("7"), json!("anna")]);
        world.post(&path, "memo=Thanks");
    });
    assert_eq!(events, ["credit_note.updated"]);
    let list = world.get(&format!("{NOTES}?invoice={invoice}&customer={customer}"));
    assert_eq!(list["data"][0]["id"], json!(note));
    assert_eq!(world.get(&format!("{path}/lines"))["data"], json!([]));
}
