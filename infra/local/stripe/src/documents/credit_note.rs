//! A credit note as people read it.

use serde_json::Value;

use super::invoice::{account, customer, line};
use super::{Document, Rates, Stamp, Sum, Tone, date, tax_sums};
use crate::field;
use crate::pages::money;

/// Of a credit note and its invoice as the API shows them, with all of the note's lines.
pub fn credit_note(shown: &Value, invoice: &Value, lines: &[Value], rates: &Rates) -> Document {
    let currency = field::text(shown, "/currency").unwrap_or_default();
    let number = field::text(shown, "/number").unwrap_or_default().to_owned();
    let amount = |pointer: &str| field::integer(shown, pointer).unwrap_or(0);
    let fact = |label: &str, text: Option<String>| Some((label.to_owned(), text?));
    let of = field::text(invoice, "/number").map(str::to_owned);
    let reason = field::text(shown, "/reason").map(|reason| match reason {
        "duplicate" => "Duplicate".to_owned(),
        "fraudulent" => "Fraudulent".to_owned(),
        "order_change" => "Order change".to_owned(),
        "product_unsatisfactory" => "Product unsatisfactory".to_owned(),
        other => other.to_owned(),
    });
    let facts = [
        fact("Credit note number", Some(number.clone())),
        fact("Date of issue", date(shown, "/effective_at").or_else(|| date(shown, "/created"))),
        fact("For invoice", of),
        fact("Reason", reason),
    ];
    let void = field::text(shown, "/status") == Some("void");
    let mut sums = vec![Sum::new("Subtotal", amount("/subtotal"), currency)];
    sums.extend(tax_sums(field::rows(shown, "/total_taxes"), rates, currency));
    sums.push(Sum::strong("Total credited", amount("/total"), currency));
    sums.extend(settled(shown, currency));
    Document {
        title: "Credit note",
        number,
        stamp: Some(if void {
            Stamp { text: "Void", tone: Tone::Faded }
        } else {
            Stamp { text: "Issued", tone: Tone::Good }
        }),
        facts: facts.into_iter().flatten().collect(),
        seller: account(invoice),
        customer: customer(invoice),
        headline: format!("{} credited", money::text(amount("/total"), currency)),
        description: field::text(shown, "/memo").map(str::to_owned),
        lines: lines.iter().map(|shown| line(shown, rates, currency)).collect(),
        sums,
        footer: None,
    }
}

/// Where the money went.
fn settled(shown: &Value, currency: &str) -> Vec<Sum> {
    let refunds = field::rows(shown, "/refunds");
    let refunded = refunds.filter_map(|refund| field::integer(refund, "/amount_refunded"));
    let refunded = refunded.fold(0, i64::saturating_add);
    let outside = field::integer(shown, "/out_of_band_amount").unwrap_or(0);
    let post = field::integer(shown, "/post_payment_amount").unwrap_or(0);
    let balance = post.saturating_sub(refunded).saturating_sub(outside);
    let pre = field::integer(shown, "/pre_payment_amount").unwrap_or(0);
    [
        ("Taken off the invoice", pre),
        ("Refunded", refunded),
        ("Credited to the balance", balance),
        ("Given otherwise", outside),
    ]
    .into_iter()
    .filter(|(_, amount)| *amount != 0)
    .map(|(label, amount)| Sum::new(label, amount, currency))
    .collect()
}
