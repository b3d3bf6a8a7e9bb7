//! Times and money in words, as the pages show them.

use billing::time::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

/// `2026-11-22T09:00:00Z` as a person reads it.
pub fn time(rfc3339: &str) -> Markup {
    html! { time datetime=(rfc3339) { (readable(rfc3339)) } }
}

fn readable(rfc3339: &str) -> String {
    rfc3339.trim_end_matches('Z').replacen('T', " ", 1)
}

/// Microseconds, in milliseconds with a tenth.
pub fn milliseconds(microseconds: u64) -> String {
    let tenths = microseconds.div_euclid(100);
    format!("{}.{} ms", tenths.div_euclid(10), tenths.rem_euclid(10))
}

/// Money, or a list of it, with its minor units as they are; anything else as text.
pub fn money(value: &Value) -> String {
    if let Some(list) = value.as_array() {
        return list.iter().map(money).collect::<Vec<_>>().join(", ");
    }
    let amount = value.get("amount").and_then(Value::as_i64);
    let currency = value.get("currency").and_then(Value::as_str);
    match (amount, currency) {
        (Some(amount), Some(currency)) => in_major_units(amount, currency),
        _ => plain(value),
    }
}

/// What is owed; nothing is a dash, in whichever currency.
pub fn owed(value: &Value) -> String {
    let nothing = value.get("amount").and_then(Value::as_i64) == Some(0);
    if nothing { "–".to_owned() } else { money(value) }
}

/// Stripe's currencies without minor units, and those with three digits of them, differ from the
/// rest.
fn in_major_units(amount: i64, currency: &str) -> String {
    let digits: usize = match currency {
        "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "vnd"
        | "vuv" | "xaf" | "xof" | "xpf" => 0,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
        _ => 2,
    };
    let sign = if amount < 0 { "−" } else { "" };
    let currency = currency.to_uppercase();
    let text = amount.unsigned_abs().to_string();
    let padded = format!("{text:0>width$}", width = digits.saturating_add(1));
    let split = padded.len().saturating_sub(digits);
    match padded.split_at_checked(split) {
        Some((major, "")) => format!("{sign}{major} {currency}"),
        Some((major, minor)) => format!("{sign}{major}.{minor} {currency}"),
        None => format!("{sign}{padded} {currency}"),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) if Timestamp::parse(text).is_ok() => readable(text),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn money_is_shown_in_its_own_units() {
        for (value, text) in [
            (json!({ "amount": 1050, "currency": "eur" }), "10.50 EUR"),
            (json!({ "amount": 5, "currency": "eur" }), "0.05 EUR"),
            (json!({ "amount": -5, "currency": "usd" }), "−0.05 USD"),
            (json!({ "amount": 1050, "currency": "jpy" }), "1050 JPY"),
            (json!({ "amount": 1050, "currency": "kwd" }), "1.050 KWD"),
            (
                json!([{ "amount": 0, "currency": "eur" }, { "amount": 1, "currency": "jpy" }]),
                "0.00 EUR, 1 JPY",
            ),
            (json!(null), "–"),
            (json!("active"), "active"),
        ] {
            assert_eq!(money(&value), text);
        }
    }
}
