//! Money is a whole number of minor units in one currency; there is no other representation.
//!
//! A minor unit is what Stripe's API counts in: cents for `eur`, whole yen for `jpy`, thousandths
//! for `kwd`. Amounts pass through as they came, whatever the currency's decimals; only pages and
//! messages ever place a decimal point ([`Currency::decimals`]).

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 code in lower case, as Stripe writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The code is not three letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a currency: three letters are expected, such as `eur`")]
pub struct NotACurrency(pub String);

impl Currency {
    /// Reads a code in either case.
    pub fn parse(code: &str) -> Result<Self, NotACurrency> {
        match code.as_bytes() {
            [a, b, c] if code.bytes().all(|letter| letter.is_ascii_alphabetic()) => {
                let lower = [a, b, c].map(u8::to_ascii_lowercase);
                Ok(Self(lower))
            }
            _ => Err(NotACurrency(code.chars().take(16).collect())),
        }
    }

    /// The code, lower case.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters get in, so the fallback is unreachable.
        str::from_utf8(&self.0).unwrap_or("xxx")
    }

    /// How many decimals a person writes, by Stripe's list (docs.stripe.com/currencies). Only for
    /// text: amounts are never scaled.
    pub fn decimals(self) -> u32 {
        match self.as_str() {
            "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf"
            | "vnd" | "vuv" | "xaf" | "xof" | "xpf" => 0,
            "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
            _ => 2,
        }
    }
}

impl Currency {
    /// The least that can be charged, and what every charge is a multiple of, in minor units, by
    /// Stripe's list (docs.stripe.com/currencies): the last digit of three decimals is zero, and
    /// crowns of Iceland and shillings of Uganda are whole although they are written with two
    /// decimals.
    pub fn chargeable(self) -> i64 {
        match (self.as_str(), self.decimals()) {
            ("isk" | "ugx", _) => 100,
            (_, 3) => 10,
            _ => 1,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(code: String) -> Result<Self, NotACurrency> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

/// An amount in the minor units of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// What they are units of.
    pub currency: Currency,
}

/// A sum does not fit into 64 bits. Waiting does not help; no real sum is that large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the amounts are too large to add up")]
pub struct TooLarge;

/// A text is no amount of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount such as 50 or 50.00 is expected")]
pub struct NotAnAmount;

impl Money {
    /// Reads an amount as people type it, without its currency: `50`, `50.00`, `1,250.00`. Nothing
    /// is rounded: more decimals than the currency has are refused.
    ///
    /// # Errors
    /// [`NotAnAmount`], for an amount below zero too.
    pub fn typed(text: &str, currency: Currency) -> Result<Self, NotAnAmount> {
        let text = text.trim().replace(',', "");
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let decimals = usize::try_from(currency.decimals()).map_err(|_| NotAnAmount)?;
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(rest) || rest.len() > decimals {
            return Err(NotAnAmount);
        }
        let digits = format!("{whole}{rest:0<decimals$}");
        let amount = digits.parse().map_err(|_| NotAnAmount)?;
        Ok(Self::new(amount, currency))
    }

    /// So many minor units of a currency.
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// So many minor units more, exactly.
    pub fn plus(self, amount: i64) -> Result<Self, TooLarge> {
        let sum = self.amount.checked_add(amount).ok_or(TooLarge)?;
        Ok(Self { amount: sum, ..self })
    }
}

/// Digits in groups of three: `12,400`.
pub fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(place);
        if place > 0 && left.checked_rem(3) == Some(0) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// As a person writes it: `12,400.50 EUR`, `1,250 JPY`, `1.250 KWD`, `-0.05 USD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_u64.saturating_pow(decimals);
        let magnitude = self.amount.unsigned_abs();
        let sign = if self.amount < 0 { "-" } else { "" };
        let whole = grouped(&magnitude.checked_div(unit).unwrap_or(magnitude).to_string());
        let code = self.currency.as_str().to_ascii_uppercase();
        match (usize::try_from(decimals), magnitude.checked_rem(unit)) {
            (Ok(width), Some(rest)) if width > 0 => {
                write!(f, "{sign}{whole}.{rest:0width$} {code}")
            }
            _ => write!(f, "{sign}{whole} {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let typed = |text, code| {
            let money = Money::typed(text, Currency::parse(code).unwrap());
            money.map(|money| money.amount).ok()
        };
        assert_eq!(typed("50", "eur"), Some(5_000));
        assert_eq!(typed(" 1,250.5 ", "eur"), Some(125_050));
        assert_eq!(typed("0.05", "usd"), Some(5));
        assert_eq!(typed("1250", "jpy"), Some(1_250));
        for wrong in ["", "-5", "5.001", "5 EUR", ".5", "1e3", "99999999999999999999"] {
            assert_eq!(typed(wrong, "eur"), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_is_three_letters_in_either_case() {
        assert_eq!(Currency::parse("EUR"), Currency::parse("eur"));
        for wrong in ["", "eu", "euro", "e1r", "€", "eür"] {
            assert!(Currency::parse(wrong).is_err(), "{wrong:?} was taken for a currency");
        }
    }

    #[test]
    fn money_reads_as_a_person_writes_it() {
        for (amount, currency, text) in [
            (1250, "eur", "12.50 EUR"),
            (5, "usd", "0.05 USD"),
            (-5, "usd", "-0.05 USD"),
            (1250, "jpy", "1,250 JPY"),
            (1_240_050, "eur", "12,400.50 EUR"),
            (1250, "kwd", "1.250 KWD"),
            (0, "eur", "0.00 EUR"),
            (i64::MAX, "eur", "92,233,720,368,547,758.07 EUR"),
            (i64::MIN, "eur", "-92,233,720,368,547,758.08 EUR"),
        ] {
            let money = Money::new(amount, Currency::parse(currency).unwrap());
            assert_eq!(money.to_string(), text);
        }
    }
}
