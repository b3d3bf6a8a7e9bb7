//! An invoice as people read it.

use billing::time::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Document, DocumentLine, Rates, Stamp, Sum, Tone, address, date, tax_id, tax_of_line};
use crate::field;
use crate::pages::{countries, dates, money};

/// Of an invoice as the API shows it, with all of its lines.
pub fn invoice(shown: &Value, lines: &[Value], rates: &Rates) -> Document {
    let currency = field::text(shown, "/currency").unwrap_or_default();
    let number = field::text(shown, "/number").unwrap_or("Draft").to_owned();
    Document {
        title: "Invoice",
        stamp: Some(stamp(shown)),
        facts: facts(shown, &number),
        number,
        seller: seller(shown),
        customer: customer(shown),
        headline: headline(shown, currency),
        description: field::text(shown, "/description").map(str::to_owned),
        lines: lines.iter().map(|shown| line(shown, rates, currency)).collect(),
        sums: sums(shown, rates, currency),
        footer: field::text(shown, "/footer").map(str::to_owned),
    }
}

fn stamp(shown: &Value) -> Stamp {
    let (text, tone) = match field::text(shown, "/status").unwrap_or_default() {
        "draft" => ("Draft", Tone::Faded),
        "paid" => ("Paid", Tone::Good),
        "void" => ("Void", Tone::Faded),
        "uncollectible" => ("Uncollectible", Tone::Faded),
        _ => ("Open", Tone::Open),
    };
    Stamp { text, tone }
}

fn facts(shown: &Value, number: &str) -> Vec<(String, String)> {
    let fact = |label: &str, text: Option<String>| Some((label.to_owned(), text?));
    let issued = date(shown, "/effective_at").or_else(|| date(shown, "/created"));
    let mut facts: Vec<_> = [
        fact("Invoice number", Some(number.to_owned())),
        fact("Date of issue", issued),
        fact("Date due", date(shown, "/due_date")),
        fact("Date paid", date(shown, "/status_transitions/paid_at")),
    ]
    .into_iter()
    .flatten()
    .collect();
    facts.extend(field::rows(shown, "/custom_fields").filter_map(|own| {
        let name = field::text(own, "/name")?;
        Some((name.to_owned(), field::text(own, "/value")?.to_owned()))
    }));
    facts
}

fn seller(shown: &Value) -> Vec<String> {
    let mut lines = account(shown);
    let tax_ids = field::rows(shown, "/account_tax_ids").filter(|tax_id| tax_id.is_object());
    lines.extend(tax_ids.map(tax_id));
    lines
}

/// Whose an invoice is.
pub(super) fn account(shown: &Value) -> Vec<String> {
    let country = field::text(shown, "/account_country").map(countries::name);
    let said = [field::text(shown, "/account_name"), country];
    said.into_iter().flatten().map(str::to_owned).collect()
}

/// Who an invoice is for.
pub(super) fn customer(shown: &Value) -> Vec<String> {
    let mut lines: Vec<String> =
        field::text(shown, "/customer_name").map(str::to_owned).into_iter().collect();
    lines.extend(address(field::of(shown, "/customer_address")));
    lines.extend(field::text(shown, "/customer_email").map(str::to_owned));
    lines.extend(field::rows(shown, "/customer_tax_ids").map(tax_id));
    lines
}

fn headline(shown: &Value, currency: &str) -> String {
    let amount = |pointer: &str| money::text(field::integer(shown, pointer).unwrap_or(0), currency);
    let left = amount("/amount_remaining");
    match field::text(shown, "/status").unwrap_or_default() {
        "draft" => format!("{left} so far: this is a draft"),
        "paid" => match date(shown, "/status_transitions/paid_at") {
            Some(day) => format!("{} paid on {day}", amount("/amount_paid")),
            None => format!("{} paid", amount("/amount_paid")),
        },
        "void" => "This invoice is void: nothing is due".to_owned(),
        "uncollectible" => format!("{left} is due and not expected"),
        _ => match date(shown, "/due_date") {
            Some(day) => format!("{left} due {day}"),
            None => format!("{left} due now"),
        },
    }
}

/// A line as the API shows it, of an invoice or a credit note.
pub(super) fn line(shown: &Value, rates: &Rates, currency: &str) -> DocumentLine {
    let time = |pointer: &str| field::integer(shown, pointer).map(Timestamp);
    let period = time("/period/start").zip(time("/period/end"));
    let unit = field::text(shown, "/pricing/unit_amount_decimal");
    let unit = unit.or_else(|| field::text(shown, "/unit_amount_decimal"));
    let unit = unit.and_then(|text| text.parse::<Decimal>().ok());
    DocumentLine {
        description: field::text(shown, "/description").unwrap_or_default().to_owned(),
        period: period.filter(|(from, to)| from < to).map(|(from, to)| dates::period(from, to)),
        quantity: field::integer(shown, "/quantity"),
        unit_price: unit.map(|unit| money::exact(unit, currency)),
        tax: tax_of_line(shown, rates),
        amount: money::text(field::integer(shown, "/amount").unwrap_or(0), currency),
    }
}

fn sums(shown: &Value, rates: &Rates, currency: &str) -> Vec<Sum> {
    let amount = |pointer: &str| field::integer(shown, pointer).unwrap_or(0);
    let sum = |label: &str, amount: i64| Sum::new(label, amount, currency);
    let total = amount("/total");
    let mut sums = vec![sum("Subtotal", amount("/subtotal"))];
    if amount("/total_excluding_tax") != amount("/subtotal") {
        sums.push(sum("Total excluding tax", amount("/total_excluding_tax")));
    }
    sums.extend(super::tax_sums(field::rows(shown, "/total_taxes"), rates, currency));
    sums.push(Sum::strong("Total", total, currency));
    let applied = amount("/ending_balance").saturating_sub(amount("/starting_balance"));
    let balance = applied.saturating_neg();
    if balance != 0 && field::text(shown, "/status") != Some("draft") {
        sums.push(sum("Applied balance", balance));
    }
    for (label, pointer) in
        [("Credit notes", "/pre_payment_credit_notes_amount"), ("Paid", "/amount_paid")]
    {
        if amount(pointer) != 0 {
            sums.push(sum(label, amount(pointer).saturating_neg()));
        }
    }
    sums.push(Sum::strong("Amount due", amount("/amount_remaining"), currency));
    if amount("/post_payment_credit_notes_amount") != 0 {
        let given = amount("/post_payment_credit_notes_amount");
        sums.push(sum("Credited after payment", given));
    }
    sums
}
