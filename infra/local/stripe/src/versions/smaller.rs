//! Changes of the versions around basil, each with the version that brought it.

use serde_json::{Value, json};

use super::rewriting::{Fields, Target, add, remove};
use crate::shelf::Object;
use crate::{charges, payment_methods, prices, refunds, subscriptions, tax_ids};

/// 2026-03-25.dahlia: other names for how Checkout shows itself.
pub fn before_dahlia(kind: &str, fields: &mut Fields) {
    if kind != "checkout.session" {
        return;
    }
    let Some(mode) = fields.get_mut("ui_mode") else { return };
    let older = match mode.as_str() {
        Some("hosted_page") => "hosted",
        Some("embedded_page") => "embedded",
        Some("elements") => "custom",
        Some(_) | None => return,
    };
    *mode = json!(older);
}

/// 2025-05-28.basil: a credit note over an invoice that is paid in part. One that is both cannot
/// be told in older words, and stays as it is.
pub fn before_partial_payments(kind: &str, fields: &mut Fields) {
    if kind == "credit_note" && fields.get("type").and_then(Value::as_str) != Some("mixed") {
        remove(fields, &["pre_payment_amount", "post_payment_amount"]);
    }
}

/// 2024-04-10: a product's `marketing_features` were its `features`.
pub fn before_marketing_features(kind: &str, fields: &mut Fields) {
    if kind == "product"
        && let Some(features) = fields.remove("marketing_features")
    {
        fields.insert("features".to_owned(), features);
    }
}

/// 2022-11-15: a payment intent held its charges, and a charge its refunds.
pub fn before_latest_charge(to: &Target<'_>, kind: &str, fields: &mut Fields) {
    let Some(id) = fields.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
    match kind {
        "payment_intent" => {
            fields.remove("latest_charge");
            let all = to.stripe.charges.iter().rev();
            let own = all.filter(|charge| charge.payment_intent == id && charge.created <= to.at);
            let own = own.map(|charge: &charges::Charge| charge.json(to.stripe)).collect();
            let url = format!("/v1/charges?payment_intent={id}");
            add(fields, "charges", crate::list::inline(&url, own));
        }
        "charge" => add(fields, "refunds", refunds::of_charge(to.stripe, &id)),
        _ => {}
    }
}

/// 2020-08-27: customers held their subscriptions, sources and tax ids, and prices their tiers.
pub fn before_2020_08_27(to: &Target<'_>, kind: &str, fields: &mut Fields) {
    let Some(id) = fields.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
    match kind {
        "customer" => {
            add(fields, "subscriptions", subscriptions::of_customer(to.stripe, &id));
            add(fields, "sources", payment_methods::sources_of(to.stripe, &id));
            add(fields, "tax_ids", tax_ids::of_customer(to.stripe, &id));
        }
        "price" | "plan" => add(fields, "tiers", prices::tiers(to.stripe, &id)),
        "invoice" | "subscription" => add(fields, "tax_percent", Value::Null),
        _ => {}
    }
}
