//! What 2025-03-31.basil took away: which payment, subscription and tax an invoice and its lines
//! name, the period of a subscription as a whole, and the invoice of a payment.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::rewriting::{Fields, Target, add, id, remove};
use crate::prices;
use crate::shelf::Object;

/// As all versions before it show an object.
pub fn before(to: &Target<'_>, kind: &str, fields: &mut Fields) {
    match kind {
        "invoice" => invoice(to, fields),
        "line_item" => line(to, fields),
        "invoiceitem" => invoice_item(to, fields),
        "subscription" => subscription(fields),
        "subscription_item" => {
            remove(fields, &["current_period_start", "current_period_end"]);
            add(fields, "billing_thresholds", Value::Null);
        }
        "credit_note" => credit_note(fields),
        "credit_note_line_item" => without_tax(fields),
        "payment_intent" => {
            let found = fields.get("id").and_then(Value::as_str);
            let found = found.and_then(|id| to.stripe.payment_intents.get(id));
            add(fields, "invoice", found.and_then(|intent| intent.invoice.clone()));
        }
        "charge" => {
            let intent = fields.get("payment_intent").and_then(id);
            let found = intent.and_then(|id| to.stripe.payment_intents.get(id));
            add(fields, "invoice", found.and_then(|intent| intent.invoice.clone()));
        }
        "plan" => add(fields, "aggregate_usage", Value::Null),
        "price" => {
            if let Some(recurring) = fields.get_mut("recurring").and_then(Value::as_object_mut) {
                add(recurring, "aggregate_usage", Value::Null);
            }
        }
        "checkout.session" => add(fields, "shipping_details", Value::Null),
        _ => {}
    }
}

fn invoice(to: &Target<'_>, fields: &mut Fields) {
    let parent = &fields.remove("parent").unwrap_or_default();
    let details = at(parent, "subscription_details");
    let subscription = at(details, "subscription").clone();
    let metadata = json!({ "metadata": at(details, "metadata") });
    add(fields, "subscription_details", if details.is_object() { metadata } else { Value::Null });
    // The pinned version has the field too, and leaves it empty.
    fields.insert("subscription".to_owned(), subscription);
    let taxes = fields.remove("total_taxes").unwrap_or_default();
    fields.insert("tax".to_owned(), tax(&taxes));
    fields.insert("total_tax_amounts".to_owned(), tax_amounts(&taxes));
    for name in ["application_fee_amount", "discount", "quote", "transfer_data"] {
        add(fields, name, Value::Null);
    }
    remove(fields, &["amount_overpaid", "confirmation_secret", "payments"]);
    payment(to, fields);
}

/// What paid it, or is to pay it.
fn payment(to: &Target<'_>, fields: &mut Fields) {
    let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
    let intents = to.stripe.payment_intents.iter().rev();
    let intent = intents
        .filter(|intent| intent.created <= to.at)
        .find(|intent| intent.invoice.as_deref() == Some(id));
    let charges = to.stripe.charges.iter().rev();
    let charge = charges
        .filter(|charge| charge.created <= to.at)
        .find(|charge| intent.is_some_and(|intent| intent.id == charge.payment_intent));
    let paid = fields.get("status").and_then(Value::as_str) == Some("paid");
    let outside = out_of_band(to, id);
    add(fields, "payment_intent", intent.map(|intent| intent.id.clone()));
    add(fields, "charge", charge.map(|charge| charge.id.clone()));
    add(fields, "paid", paid);
    add(fields, "paid_out_of_band", paid && outside > 0);
    let amount = |name: &str| fields.get(name).and_then(Value::as_i64).unwrap_or(0);
    if outside > 0 {
        // Only what came through Stripe counted as paid.
        let paid = amount("amount_paid").saturating_sub(outside).max(0);
        let remaining = amount("amount_due").saturating_sub(paid);
        fields.insert("amount_paid".to_owned(), json!(paid));
        fields.insert("amount_remaining".to_owned(), json!(remaining));
    }
}

/// What was paid of an invoice outside of Stripe, in minor units.
fn out_of_band(to: &Target<'_>, invoice: &str) -> i64 {
    let payments = to.stripe.invoice_payments.iter().filter(|it| it.invoice == invoice);
    let payments = payments.map(|payment| payment.json(to.stripe));
    let outside = payments.filter(|payment| {
        let paid_at = at(at(payment, "status_transitions"), "paid_at").as_i64();
        at(at(payment, "payment"), "type") == "payment_record"
            && paid_at.is_some_and(|at| at <= to.at.0)
    });
    outside.filter_map(|payment| at(&payment, "amount_paid").as_i64()).fold(0, i64::saturating_add)
}

fn line(to: &Target<'_>, fields: &mut Fields) {
    let parent = &fields.remove("parent").unwrap_or_default();
    let of_subscription = at(parent, "type") == "subscription_item_details";
    let details =
        if of_subscription { "subscription_item_details" } else { "invoice_item_details" };
    let details = at(parent, details);
    let kind = if of_subscription && at(details, "invoice_item").is_null() {
        "subscription"
    } else {
        "invoiceitem"
    };
    add(fields, "type", kind);
    add(fields, "proration", at(details, "proration") == true);
    let credited = at(at(details, "proration_details"), "credited_items");
    add(fields, "proration_details", json!({ "credited_items": credited }));
    fields.insert("subscription".to_owned(), at(details, "subscription").clone());
    for name in ["subscription_item", "invoice_item"] {
        if !at(details, name).is_null() {
            add(fields, name, at(details, name).clone());
        }
    }
    add(fields, "tax_rates", own_tax_rates(to, fields));
    priced(to, fields);
    without_tax(fields);
}

/// The rates that were set for the line itself.
fn own_tax_rates(to: &Target<'_>, fields: &Fields) -> Vec<Value> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let invoice = to.stripe.invoices.get(text("invoice"));
    let line = invoice.and_then(|invoice| invoice.lines.iter().find(|it| it.id == text("id")));
    let ids = line.into_iter().flat_map(|line| &line.tax_rates);
    let rates = ids.filter_map(|id| to.stripe.tax_rates.get(id));
    rates.map(|rate| rate.json(to.stripe)).collect()
}

/// A pending item. What it is a part of stood at its top.
fn invoice_item(to: &Target<'_>, fields: &mut Fields) {
    let parent = &fields.remove("parent").unwrap_or_default();
    let details = at(parent, "subscription_details");
    add(fields, "subscription", at(details, "subscription").clone());
    if !at(details, "subscription_item").is_null() {
        add(fields, "subscription_item", at(details, "subscription_item").clone());
    }
    let unit = fields.get("pricing").map(|pricing| at(pricing, "unit_amount_decimal").clone());
    let unit = unit.unwrap_or_default();
    let whole = unit.as_str().and_then(|unit| unit.parse::<i64>().ok());
    add(fields, "unit_amount", whole);
    add(fields, "unit_amount_decimal", unit);
    priced(to, fields);
}

/// The whole price, and the plan where it recurs, in place of their ids.
fn priced(to: &Target<'_>, fields: &mut Fields) {
    let pricing = &fields.remove("pricing").unwrap_or_default();
    let price = id(at(at(pricing, "price_details"), "price"));
    let price = price.and_then(|id| to.stripe.prices.get(id));
    let plan = price.filter(|price| price.recurring.is_some());
    add(fields, "price", price.map_or(Value::Null, |price| price.json(to.stripe)));
    add(fields, "plan", plan.map_or(Value::Null, |price| prices::plan_json(to.stripe, price)));
}

fn subscription(fields: &mut Fields) {
    let items = fields.get("items").map(|items| at(items, "data").clone()).unwrap_or_default();
    let items = items.as_array().cloned().unwrap_or_default();
    let time = |item: &Value, name: &str| at(item, name).as_i64();
    // The whole began with its newest item's period and ends with the first that ends.
    let start = items.iter().filter_map(|item| time(item, "current_period_start")).max();
    let end = items.iter().filter_map(|item| time(item, "current_period_end")).min();
    add(fields, "current_period_start", start);
    add(fields, "current_period_end", end);
    add(fields, "discount", Value::Null);
    add(fields, "billing_thresholds", Value::Null);
    let only = match items.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    add(fields, "plan", only.map(|item| at(item, "plan").clone()));
    add(fields, "quantity", only.map(|item| at(item, "quantity").clone()));
}

fn credit_note(fields: &mut Fields) {
    let refunds = fields.remove("refunds").unwrap_or_default();
    let refund = refunds.as_array().and_then(|refunds| refunds.first());
    add(fields, "refund", refund.map(|refund| at(refund, "refund").clone()));
    let taxes = fields.remove("total_taxes").unwrap_or_default();
    add(fields, "tax_amounts", tax_amounts(&taxes));
}

/// The taxes of a line in their older words, and what it comes to without them.
fn without_tax(fields: &mut Fields) {
    let taxes = fields.remove("taxes").unwrap_or_default();
    let inclusive = taxes.as_array().into_iter().flatten();
    let inclusive = inclusive.filter(|tax| at(tax, "tax_behavior") == "inclusive");
    let inclusive = inclusive.filter_map(|tax| at(tax, "amount").as_i64());
    let inclusive = inclusive.fold(0, i64::saturating_add);
    let amount = fields.get("amount").and_then(Value::as_i64).unwrap_or(0);
    let without = amount.saturating_sub(inclusive);
    let quantity = fields.get("quantity").and_then(Value::as_i64).filter(|quantity| *quantity > 0);
    let each = Decimal::from(without).checked_div(Decimal::from(quantity.unwrap_or(1)));
    add(fields, "amount_excluding_tax", without);
    add(fields, "unit_amount_excluding_tax", each.map(|each| each.normalize().to_string()));
    add(fields, "tax_amounts", tax_amounts(&taxes));
}

/// The sum of taxes; null without any.
fn tax(taxes: &Value) -> Value {
    let taxes = taxes.as_array().filter(|taxes| !taxes.is_empty());
    let sum = taxes.map(|taxes| {
        let amounts = taxes.iter().filter_map(|tax| at(tax, "amount").as_i64());
        amounts.fold(0, i64::saturating_add)
    });
    json!(sum)
}

fn tax_amounts(taxes: &Value) -> Value {
    let taxes = taxes.as_array().into_iter().flatten();
    let amounts = taxes.map(|tax| {
        json!({
            "amount": at(tax, "amount"),
            "inclusive": at(tax, "tax_behavior") == "inclusive",
            "tax_rate": at(at(tax, "tax_rate_details"), "tax_rate"),
            "taxability_reason": at(tax, "taxability_reason"),
            "taxable_amount": at(tax, "taxable_amount"),
        })
    });
    Value::Array(amounts.collect())
}

/// A field; null when it is not there.
fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}
