use serde_json::{Value, json};

use super::{customer, fields, get};
use crate::testing::{World, id};

fn rate(world: &mut World, percentage: &str, inclusive: bool) -> String {
    let form = format!("display_name=VAT&percentage={percentage}&inclusive={inclusive}");
    id(&world.post("/v1/tax_rates", &form))
}

fn invoice(world: &mut World, customer: &str, default: &str, lines: &[(i64, &str)]) -> Value {
    let form = format!("customer={customer}");
    let form =
        if default.is_empty() { form } else { format!("{form}&default_tax_rates[]={default}") };
    let invoice = id(&world.post("/v1/invoices", &form));
    for (amount, rates) in lines {
        let mut form = format!("customer={customer}&invoice={invoice}&amount={amount}");
        for rate in rates.split(' ').filter(|rate| !rate.is_empty()) {
            form.push_str("&tax_rates[]=");
            form.push_str(rate);
        }
        world.post("/v1/invoiceitems", &form);
    }
    get(world, &invoice)
}

const TOTALS: [&str; 4] = ["subtotal", "subtotal_excluding_tax", "total_excluding_tax", "total"];

#[test]
fn taxes_are_rounded_on_each_line_and_then_added_up() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let vat = rate(&mut world, "15", false);
    // Stripe's own example: 0.43 x 15 % = 0.0645, rounded 0.06; 4.84 x 15 % = 0.726, rounded 0.73.
    let invoice = invoice(&mut world, &customer, &vat, &[(43, ""), (484, "")]);
    assert_eq!(fields(&invoice, TOTALS), [527, 527, 527, 606].map(|it| json!(it)));
    let expected = json!([{
        "amount": 79,
        "tax_behavior": "exclusive",
        "tax_rate_details": { "tax_rate": vat },
        "taxability_reason": "not_available",
        "taxable_amount": 527,
        "type": "tax_rate_details",
    }]);
    assert_eq!(invoice["total_taxes"], expected);
    assert_eq!(invoice["lines"]["data"][0]["taxes"][0]["amount"], 6);
}

#[test]
fn halves_are_rounded_away_from_zero_on_both_sides() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let vat = rate(&mut world, "19", false);
    // 50 x 19 % = 9.5 is 10; -50 x 19 % = -9.5 is -10; 150 x 19 % = 28.5 is 29.
    let lines = [(50, ""), (-50, ""), (150, "")];
    let invoice = invoice(&mut world, &customer, &vat, &lines);
    assert_eq!(fields(&invoice, TOTALS), [150, 150, 150, 179].map(|it| json!(it)));
}

#[test]
fn an_inclusive_tax_is_within_the_amount() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let vat = rate(&mut world, "19", true);
    // 1000 / 1.19 = 840.34; 840.34 x 19 % = 159.66, rounded 160.
    let invoice = invoice(&mut world, &customer, "", &[(1_000, &vat)]);
    assert_eq!(fields(&invoice, TOTALS), [1_000, 840, 840, 1_000].map(|it| json!(it)));
    let tax = &invoice["total_taxes"][0];
    let names = ["amount", "tax_behavior", "taxable_amount"];
    assert_eq!(fields(tax, names), [json!(160), json!("inclusive"), json!(840)]);
}

#[test]
fn a_lines_own_rates_stand_for_the_invoices() {
    let mut world = World::new();
    let customer = customer(&mut world);
    let vat = rate(&mut world, "19", false);
    let city = rate(&mut world, "8.875", false);
    let state = rate(&mut world, "6.25", false);
    let both = format!("{city} {state}");
    // 1000 x 19 % = 190; 200 x 8.875 % = 17.75, rounded 18; 200 x 6.25 % = 12.5, rounded 13.
    let invoice = invoice(&mut world, &customer, &vat, &[(1_000, ""), (200, &both)]);
    assert_eq!(fields(&invoice, TOTALS), [1_200, 1_200, 1_200, 1_421].map(|it| json!(it)));
    assert_eq!(invoice["default_tax_rates"][0]["id"], json!(vat));
    let taxes: Vec<_> =
        invoice["total_taxes"].as_array().unwrap().iter().map(|it| &it["amount"]).collect();
    assert_eq!(taxes, [190, 18, 13]);
}

#[test]
fn reverse_charge_and_exemption_take_the_tax_away() {
    for (exempt, reason) in [("reverse", "reverse_charge"), ("exempt", "customer_exempt")] {
        let mut world = World::new();
        let customer = customer(&mut world);
        world.post(&format!("/v1/customers/{customer}"), &format!("tax_exempt={exempt}"));
        let vat = rate(&mut world, "19", false);
        let shown = invoice(&mut world, &customer, &vat, &[(1_000, "")]);
        assert_eq!(fields(&shown, TOTALS), [1_000; 4].map(|it| json!(it)));
        let tax = &shown["total_taxes"][0];
        assert_eq!(fields(tax, ["amount", "taxability_reason"]), [json!(0), json!(reason)]);
        let invoice = id(&shown);
        world.post(&format!("/v1/invoices/{invoice}/finalize"), "");
        world.post(&format!("/v1/customers/{customer}"), "tax_exempt=none");
        let later = get(&mut world, &invoice);
        assert_eq!(fields(&later, ["total", "customer_tax_exempt"]), [json!(1_000), json!(exempt)]);
    }
}
