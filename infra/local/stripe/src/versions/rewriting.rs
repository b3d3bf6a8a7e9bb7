//! The walk through an answer: each object within it is rewritten, and then what is within that.

use billing::time::Timestamp;
use serde_json::{Map, Value};

use super::{Version, basil, smaller};
use crate::stripe::Stripe;

/// The fields of an object.
pub type Fields = Map<String, Value>;

/// What everything is rewritten to.
pub struct Target<'a> {
    /// The version.
    pub version: Version,
    /// Where to look up what the object does not say itself.
    pub stripe: &'a Stripe,
    /// As of when.
    pub at: Timestamp,
}

/// Rewrites a value and all objects within it.
pub fn rewrite(to: &Target<'_>, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            object(to, fields);
            for field in fields.values_mut() {
                rewrite(to, field);
            }
        }
        Value::Array(rows) => {
            for row in rows {
                rewrite(to, row);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// One object, the newest change first.
fn object(to: &Target<'_>, fields: &mut Fields) {
    let Some(kind) = fields.get("object").and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    if fields.get("deleted").and_then(Value::as_bool) == Some(true) && kind != "price" {
        return;
    }
    if to.version.is_before("2026-03-25") {
        smaller::before_dahlia(&kind, fields);
    }
    if to.version.is_before("2025-05-28") {
        smaller::before_partial_payments(&kind, fields);
    }
    if to.version.is_before("2025-03-31") {
        basil::before(to, &kind, fields);
    }
    if to.version.is_before("2024-04-10") {
        smaller::before_marketing_features(&kind, fields);
    }
    if to.version.is_before("2022-11-15") {
        smaller::before_latest_charge(to, &kind, fields);
    }
    if to.version.is_before("2020-08-27") {
        smaller::before_2020_08_27(to, &kind, fields);
    }
}

/// Sets a field, unless the object has it.
pub fn add(fields: &mut Fields, name: &str, value: impl Into<Value>) {
    fields.entry(name.to_owned()).or_insert_with(|| value.into());
}

/// Takes fields away.
pub fn remove(fields: &mut Fields, names: &[&str]) {
    for name in names {
        fields.remove(*name);
    }
}

/// The id in a field that names another object, which may be expanded.
pub fn id(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id").and_then(Value::as_str))
}
