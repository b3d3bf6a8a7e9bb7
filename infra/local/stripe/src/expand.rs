//! `expand`: ids replaced by the objects that they name (`docs.stripe.com/api/expanding_objects`).

use serde_json::Value;

use crate::error::ApiError;
use crate::invoices;
use crate::shelf::{Object, Shelf};
use crate::stripe::Stripe;

/// How deep a path may go, as at Stripe.
const DEPTH_MAX: usize = 4;

/// Expands all paths in an answer.
pub fn expand(stripe: &Stripe, answer: &mut Value, paths: &[String]) -> Result<(), ApiError> {
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        let deep = steps.iter().filter(|step| **step != "data").count();
        if deep > DEPTH_MAX {
            let message =
                format!("You cannot expand more than {DEPTH_MAX} levels of a property ({path}).");
            return Err(ApiError::invalid(message).param("expand"));
        }
        follow(stripe, answer, &steps, path)?;
    }
    Ok(())
}

fn follow(stripe: &Stripe, value: &mut Value, steps: &[&str], path: &str) -> Result<(), ApiError> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    if let Some(rows) = value.as_array_mut() {
        for row in rows {
            follow(stripe, row, steps, path)?;
        }
        return Ok(());
    }
    let included = included(stripe, value, step);
    let Some(fields) = value.as_object_mut() else { return Ok(()) };
    if let Some(included) = included {
        fields.entry((*step).to_owned()).or_insert(included);
    }
    let Some(field) = fields.get_mut(*step) else {
        if is_of_another_kind(fields, step) {
            return Ok(());
        }
        let message = format!("This property cannot be expanded ({path}).");
        return Err(ApiError::invalid(message).param("expand"));
    };
    if let Some(id) = field.as_str() {
        *field = object(stripe, step, id).unwrap_or_else(|| field.clone());
    } else if let Some(ids) = field.as_array_mut() {
        for id in ids {
            if let Some(found) = id.as_str().and_then(|text| object(stripe, step, text)) {
                *id = found;
            }
        }
    }
    follow(stripe, field, rest, path)
}

/// True for a payment of an invoice by other means than the field names: its `type` says which of
/// them it has.
fn is_of_another_kind(fields: &serde_json::Map<String, Value>, field: &str) -> bool {
    let means = ["charge", "payment_intent", "payment_record"];
    let kind = fields.get("type").and_then(Value::as_str);
    means.contains(&field) && kind.is_some_and(|kind| means.contains(&kind) && kind != field)
}

/// Fields that are left out unless they are asked for.
fn included(stripe: &Stripe, of: &Value, field: &str) -> Option<Value> {
    let id = of["id"].as_str()?;
    match (of["object"].as_str()?, field) {
        ("invoice", "payments") => Some(crate::invoice_payments::of_invoice(stripe, id)),
        ("invoice", "confirmation_secret") => Some(invoices::confirmation_secret(stripe, id)),
        ("invoice", "amount_paid_off_stripe") => Some(invoices::amount_paid_off_stripe(stripe, id)),
        ("customer", "subscriptions") => Some(crate::subscriptions::of_customer(stripe, id)),
        ("customer", "invoice_credit_balance") => crate::customers::credit_balance(stripe, id),
        ("customer", "tax") => crate::customers::tax(stripe, id),
        ("customer", "tax_ids") => Some(crate::tax_ids::of_customer(stripe, id)),
        ("customer", "sources") => Some(crate::payment_methods::sources_of(stripe, id)),
        ("charge", "refunds") => Some(crate::refunds::of_charge(stripe, id)),
        ("checkout.session", "line_items") => Some(crate::checkout::line_items(stripe, id)),
        ("item", "taxes") => crate::checkout::line_taxes(stripe, id),
        ("price" | "plan", "tiers") => crate::prices::tiers(stripe, id),
        _ => None,
    }
}

/// The object that an id names. Products, prices and the like may have ids of the caller's choice:
/// there the field says what they are.
fn object(stripe: &Stripe, field: &str, id: &str) -> Option<Value> {
    match (field, id.split_once('_').map_or("", |(prefix, _)| prefix)) {
        ("product", _) | (_, "prod") => shown(stripe, &stripe.products, id),
        ("price" | "plan" | "default_price", _) | (_, "price") => shown(stripe, &stripe.prices, id),
        ("default_source", "card") => crate::payment_methods::source_json(stripe, id),
        (_, "cus") => shown(stripe, &stripe.customers, id),
        (_, "txi") => shown(stripe, &stripe.tax_ids, id),
        (_, "cbtxn") => shown(stripe, &stripe.balance_transactions, id),
        (_, "txr") => shown(stripe, &stripe.tax_rates, id),
        (_, "pm" | "card") => shown(stripe, &stripe.payment_methods, id),
        (_, "seti") => shown(stripe, &stripe.setup_intents, id),
        (_, "pi") => shown(stripe, &stripe.payment_intents, id),
        (_, "ch" | "py") => shown(stripe, &stripe.charges, id),
        (_, "re" | "pyr") => shown(stripe, &stripe.refunds, id),
        (_, "du" | "dp") => shown(stripe, &stripe.disputes, id),
        ("schedule", _) => shown(stripe, &stripe.schedules, id),
        (_, "sub") => shown(stripe, &stripe.subscriptions, id),
        (_, "in") => shown(stripe, &stripe.invoices, id),
        (_, "ii") => shown(stripe, &stripe.invoice_items, id),
        (_, "pr") => shown(stripe, &stripe.payment_records, id),
        (_, "inpay") => shown(stripe, &stripe.invoice_payments, id),
        (_, "cn") => shown(stripe, &stripe.credit_notes, id),
        (_, "cs") => shown(stripe, &stripe.checkout_sessions, id),
        (_, "bpc") => shown(stripe, &stripe.portal_configurations, id),
        (_, "clock") => shown(stripe, &stripe.test_clocks, id),
        _ => None,
    }
}

fn shown<T: Object>(stripe: &Stripe, shelf: &Shelf<T>, id: &str) -> Option<Value> {
    shelf.get(id).map(|object| object.json(stripe))
}
