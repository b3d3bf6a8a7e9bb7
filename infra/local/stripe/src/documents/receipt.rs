//! The receipt of a payment.

use serde_json::Value;

use super::{Document, DocumentLine, Stamp, Sum, Tone, address, date};
use crate::field;
use crate::pages::{methods, money};

/// Of a charge as the API shows it. `seller` is the account's name.
pub fn receipt(shown: &Value, seller: &str) -> Document {
    let currency = field::text(shown, "/currency").unwrap_or_default();
    let amount = |pointer: &str| field::integer(shown, pointer).unwrap_or(0);
    let number = field::text(shown, "/receipt_number").or(field::text(shown, "/id"));
    let number = number.unwrap_or_default().to_owned();
    let (paid, refunded) = (amount("/amount"), amount("/amount_refunded"));
    let (text, tone) = match field::text(shown, "/status").unwrap_or_default() {
        "succeeded" if refunded > 0 && refunded >= paid => ("Refunded", Tone::Faded),
        "succeeded" => ("Paid", Tone::Good),
        "pending" => ("Pending", Tone::Open),
        _ => ("Failed", Tone::Faded),
    };
    let details = field::of(shown, "/billing_details");
    let mut customer: Vec<String> =
        field::text(details, "/name").map(str::to_owned).into_iter().collect();
    customer.extend(address(field::of(details, "/address")));
    customer.extend(field::text(details, "/email").map(str::to_owned));
    let mut facts = vec![("Receipt number".to_owned(), number.clone())];
    facts.extend(date(shown, "/created").map(|day| ("Date".to_owned(), day)));
    facts.extend(method(shown).map(|method| ("Payment method".to_owned(), method)));
    let mut sums = vec![Sum::strong("Amount paid", paid, currency)];
    if refunded > 0 {
        sums.push(Sum::new("Refunded", refunded.saturating_neg(), currency));
    }
    let description = field::text(shown, "/description").unwrap_or("Payment").to_owned();
    let price = money::text(paid, currency);
    Document {
        title: "Receipt",
        number,
        stamp: Some(Stamp { text, tone }),
        facts,
        seller: vec![seller.to_owned()],
        customer,
        headline: format!("{price} paid to {seller}"),
        description: None,
        lines: vec![DocumentLine { description, amount: price, ..DocumentLine::default() }],
        sums,
        footer: None,
    }
}

/// Such as `Visa •••• 4242`.
fn method(charge: &Value) -> Option<String> {
    let kind = field::text(charge, "/payment_method_details/type")?;
    let details = field::of(charge, "/payment_method_details").get(kind)?;
    Some(methods::label(kind, details))
}
