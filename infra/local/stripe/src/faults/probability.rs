//! A probability in millionths: no float decides anything.

use serde::{Deserialize, Serialize};

/// How probable something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Probability(u32);

/// What is certain.
const MILLION: u32 = 1_000_000;

impl Probability {
    /// A million: always.
    pub const ALWAYS: Self = Self(MILLION);

    /// So many in a hundred.
    pub const fn percent(percent: u32) -> Self {
        let percent = if percent > 100 { 100 } else { percent };
        Self(percent.saturating_mul(10_000))
    }

    /// Reads `0`, `0.05` or `1`; none outside of 0 to 1.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
        let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let millionths = digits.parse::<u32>().ok()?;
        let total = whole.checked_mul(MILLION)?.checked_add(millionths)?;
        (total <= MILLION).then_some(Self(total))
    }

    /// True if it happens, by a number below the given limit. Nothing is drawn for what cannot
    /// happen: turning a fault off keeps the rest of a run.
    pub fn happens(self, draw: impl FnOnce(u64) -> u64) -> bool {
        self.0 > 0 && draw(u64::from(MILLION)) < u64::from(self.0)
    }
}

/// As [`Probability::parse`] reads it.
impl std::fmt::Display for Probability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, fraction) = (self.0 / MILLION, self.0 % MILLION);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}
