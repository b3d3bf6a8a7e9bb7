//! A line of an invoice as it is shown, and its pricing.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::totals::{line_taxes, tax_json};
use super::{Invoice, Line};
use crate::coupons;
use crate::stripe::Stripe;

/// A line as Stripe shows it.
pub(crate) fn line(stripe: &Stripe, invoice: &Invoice, line: &Line) -> Value {
    let taxes: Vec<Value> = line_taxes(stripe, invoice, line).iter().map(tax_json).collect();
    let item = line.invoice_item.as_deref().and_then(|id| stripe.invoice_items.get(id));
    let description = Some(&line.description).filter(|text| !text.is_empty());
    json!({
        "id": line.id,
        "object": "line_item",
        "amount": line.amount,
        "currency": invoice.currency,
        "description": description,
        "discount_amounts": discounted(stripe, invoice, line),
        "discountable": item.map_or(!line.proration, |item| item.discountable),
        "discounts": [],
        "invoice": invoice.id,
        "livemode": false,
        "metadata": line.metadata.json(),
        "parent": parent(line),
        "period": { "end": line.period.1.0, "start": line.period.0.0 },
        "pretax_credit_amounts": [],
        "pricing": pricing(stripe, line, item.and_then(|item| item.unit_amount)),
        "quantity": line.quantity,
        "quantity_decimal": line.quantity.map(|quantity| quantity.to_string()),
        "subscription": line.subscription,
        "subtotal": line.amount,
        "taxes": taxes,
    })
}

/// What each discount takes off a line.
fn discounted(stripe: &Stripe, invoice: &Invoice, line: &Line) -> Vec<Value> {
    let Some(place) = invoice.lines.iter().position(|it| it.id == line.id) else {
        return Vec::new();
    };
    let taken = coupons::taken(stripe, invoice);
    let taken =
        invoice.discounts.iter().zip(&taken).map(
            |(discount, taken)| json!({ "amount": taken.get(place), "discount": discount.id }),
        );
    taken.collect()
}

/// What a line came from: an item of a subscription, or else an invoice item, where it is either. A
/// proration is both.
fn parent(line: &Line) -> Value {
    let proration_details = json!({ "credited_items": credited(line) });
    match (&line.subscription_item, &line.invoice_item) {
        (Some(item), _) => json!({
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": line.invoice_item,
                "proration": line.proration,
                "proration_details": proration_details,
                "subscription": line.subscription,
                "subscription_item": item,
            },
            "type": "subscription_item_details",
        }),
        (None, None) => Value::Null,
        (None, Some(item)) => json!({
            "invoice_item_details": {
                "invoice_item": item,
                "proration": line.proration,
                "proration_details": proration_details,
                "subscription": line.subscription,
            },
            "subscription_item_details": null,
            "type": "invoice_item_details",
        }),
    }
}

/// The lines that a credit takes back; Stripe shows those of one invoice.
pub(crate) fn credited(line: &Line) -> Option<Value> {
    let (invoice, _) = line.credited.first()?;
    let lines = line.credited.iter().filter(|(of, _)| of == invoice);
    let lines: Vec<&str> = lines.map(|(_, line)| line.as_str()).collect();
    Some(json!({ "invoice": invoice, "invoice_line_items": lines }))
}

/// How a line's amount came about. An amount without a price has no price details here: the one-off
/// price that Stripe makes for it is not simulated.
pub(crate) fn pricing(stripe: &Stripe, line: &Line, unit_amount: Option<Decimal>) -> Value {
    let price = line.price.as_deref().and_then(|id| stripe.prices.get(id));
    let each = || {
        let quantity = line.quantity.filter(|quantity| *quantity > 0).unwrap_or(1);
        Decimal::from(line.amount).checked_div(Decimal::from(quantity))
    };
    let unit_amount = unit_amount.or_else(|| match price {
        Some(price) => price.unit_amount,
        None => each(),
    });
    let unit_amount = unit_amount.map(|amount| amount.normalize().to_string());
    match price {
        Some(price) => json!({
            "price_details": { "price": price.id, "product": price.product },
            "type": "price_details",
            "unit_amount_decimal": unit_amount,
        }),
        None => json!({ "type": "price_details", "unit_amount_decimal": unit_amount }),
    }
}
