//! A tax rate: a percentage without floats, and the tax that it puts on one amount.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::money::TooLarge;

/// Parts of a percentage that are told apart: ten-thousandths of a percent, the four decimals that
/// Stripe keeps.
const PARTS: u32 = 10_000;
/// Decimals of a percentage.
const DECIMALS: usize = 4;

/// A percentage from 0 to 100 with at most four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Percent(u32);

/// Not a percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentage: 0 to 100 with at most four decimals, such as `19` or `8.875`")]
pub struct NotAPercentage(pub String);

impl Percent {
    /// Reads `19`, `19.0`, `8.875`: a literal of JSON without an exponent, digit by digit.
    pub fn parse(text: &str) -> Result<Self, NotAPercentage> {
        let wrong = || NotAPercentage(text.chars().take(16).collect());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let decimals = Some(decimals.trim_end_matches('0')).filter(|it| it.len() <= DECIMALS);
        let decimals = decimals.ok_or_else(wrong)?;
        if !digits(whole) || !(decimals.is_empty() || digits(decimals)) || text.ends_with('.') {
            return Err(wrong());
        }
        let parts = format!("{whole}{decimals:0<DECIMALS$}").parse().map_err(|_| wrong())?;
        let whole = Some(Self(parts)).filter(|it| it.0 <= PARTS.saturating_mul(100));
        whole.ok_or_else(wrong)
    }
}

/// `19`, `8.875`.
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, parts) = (self.0.div_euclid(PARTS), self.0.rem_euclid(PARTS));
        let decimals = format!("{parts:0DECIMALS$}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{decimals}"),
        }
    }
}

/// A rate that comes on top of prices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaxRate {
    /// How much.
    pub percent: Percent,
    /// What invoices call it.
    pub name: String,
}

/// `VAT 19 %`.
impl fmt::Display for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} %", self.name, self.percent)
    }
}

impl TaxRate {
    /// The tax on a line, in its minor units.
    pub fn on(&self, amount: i64) -> Result<i64, TooLarge> {
        let whole = i128::from(PARTS).saturating_mul(100);
        let parts = i128::from(amount).checked_mul(self.percent.0.into()).ok_or(TooLarge)?;
        let half = whole.div_euclid(2);
        let rounded = parts.abs().checked_add(half).ok_or(TooLarge)?.div_euclid(whole);
        i64::try_from(rounded.saturating_mul(parts.signum())).map_err(|_| TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(percent: &str) -> TaxRate {
        TaxRate { percent: Percent::parse(percent).unwrap(), name: "VAT".to_owned() }
    }

    #[test]
    fn percentages_are_read_without_floats_and_written_shortly() {
        for (text, written) in [
            ("19", "19"),
            ("19.0", "19"),
            ("8.875", "8.875"),
            ("0.0001", "0.0001"),
            ("07.50", "7.5"),
            ("100", "100"),
            ("0", "0"),
            ("20.00000", "20"),
        ] {
            assert_eq!(Percent::parse(text).unwrap().to_string(), written, "{text}");
        }
        for wrong in ["", ".", "19.", ".5", "-1", "+1", "1e1", "100.0001", "1.00001", "19 %", "a"] {
            let error = Percent::parse(wrong).unwrap_err();
            assert!(error.to_string().contains("is not a percentage"), "{wrong}");
        }
        let long = Percent::parse(&"9".repeat(40)).unwrap_err();
        assert_eq!(long.0.len(), 16);
    }

    /// Half a cent goes away from zero, on credits too, whatever their size.
    #[test]
    fn tax_is_rounded_half_away_from_zero() {
        for (amount, percent, tax) in [
            (1_000, "19", 190),
            (50, "19", 10), // 9.5
            (-50, "19", -10),
            (2, "19", 0),     // 0.38
            (3, "19", 1),     // 0.57
            (10, "8.875", 1), // 0.8875
            (0, "19", 0),
            (999_999, "7.7", 77_000), // 76,999.923
            (1_000, "0", 0),
            (i64::MAX, "100", i64::MAX),
            (i64::MIN, "100", i64::MIN),
        ] {
            assert_eq!(rate(percent).on(amount), Ok(tax), "{percent} % of {amount}");
        }
    }
}
