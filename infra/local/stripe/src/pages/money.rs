//! Amounts as people read them, by the decimals of their currency (docs.stripe.com/currencies).

use rust_decimal::Decimal;

/// Currencies without a minor unit at Stripe.
const NONE: [&str; 15] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];
/// Currencies with a thousandth as their minor unit.
const THREE: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// How many decimals the minor unit of a currency is behind the point.
pub fn decimals(currency: &str) -> usize {
    if NONE.contains(&currency) {
        0
    } else if THREE.contains(&currency) {
        3
    } else {
        2
    }
}

/// An amount of minor units, such as `€1,234.50` or `-JPY 500`.
pub fn text(amount: i64, currency: &str) -> String {
    let decimals = decimals(currency);
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals.saturating_add(1));
    let (whole, part) = digits.split_at(digits.len().saturating_sub(decimals));
    let sign = if amount < 0 { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{}{point}{part}", symbol(currency), grouped(whole))
}

/// An amount of minor units with its own decimals, as prices per unit have them: `€0.0125`.
pub fn exact(amount: Decimal, currency: &str) -> String {
    let decimals = u32::try_from(decimals(currency)).unwrap_or(0);
    let least = Decimal::new(1, decimals);
    let major = amount.saturating_mul(least).normalize();
    let scale = usize::try_from(major.scale().max(decimals)).unwrap_or(0);
    let sign = if major.is_sign_negative() { "-" } else { "" };
    let text = format!("{:.scale$}", major.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{}{point}{part}", symbol(currency), grouped(whole))
}

fn symbol(currency: &str) -> String {
    match currency {
        "eur" => "€".to_owned(),
        "usd" => "$".to_owned(),
        "gbp" => "£".to_owned(),
        other => format!("{} ", other.to_uppercase()),
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_per_unit_keep_their_decimals() {
        for (amount, currency, expected) in [
            ("980", "eur", "€9.80"),
            ("1.25", "eur", "€0.0125"),
            ("0.5", "jpy", "JPY 0.5"),
            ("120433", "eur", "€1,204.33"),
            ("-3.0", "usd", "-$0.03"),
        ] {
            assert_eq!(exact(amount.parse().unwrap(), currency), expected);
        }
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        for (amount, currency, expected) in [
            (0, "eur", "€0.00"),
            (5, "eur", "€0.05"),
            (-123_450, "eur", "-€1,234.50"),
            (123_456_789, "usd", "$1,234,567.89"),
            (500, "jpy", "JPY 500"),
            (5_120, "kwd", "KWD 5.120"),
            (i64::MIN, "gbp", "-£92,233,720,368,547,758.08"),
        ] {
            assert_eq!(text(amount, currency), expected);
        }
    }
}
