//! Previews of changes: the cost that a customer was shown, and how long it holds (D6).

use crate::money::Money;
use crate::plan_change::Target;
use crate::time::Timestamp;

/// Time for which a preview holds, in seconds.
pub const PREVIEW_SECONDS: i64 = 900;

/// Cost of a change, as it was shown to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Its id.
    pub id: String,
    /// The change.
    pub target: Target,
    /// Moment from which the rest of the period was counted.
    pub at: Timestamp,
    /// Amount that would be charged at once.
    pub due: Money,
    /// True if the change would be made at once.
    pub is_now: bool,
    /// Time until which it holds.
    pub expires_at: Timestamp,
}

/// Cost of a change as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Amount that would be charged at once.
    pub due: Money,
    /// True if the change would be made at once.
    pub is_now: bool,
}

impl Preview {
    /// True until the preview expires.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }

    /// True if the cost was counted within the period that runs: behind a renewal everything costs
    /// something else.
    pub fn is_of_period(&self, period_start: Timestamp) -> bool {
        self.at >= period_start
    }

    /// True if the change costs to the cent what was shown, and takes effect when that was said.
    pub fn agrees(&self, cost: Cost) -> bool {
        self.due == cost.due && self.is_now == cost.is_now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Interval;
    use crate::money::Currency;

    fn preview() -> Preview {
        let target = Target { plan: "team".to_owned(), interval: Interval::Month, seats: 5 };
        Preview {
            id: "pv_1".to_owned(),
            target,
            at: Timestamp(1_000),
            due: usd(398),
            is_now: true,
            expires_at: Timestamp(1_000 + PREVIEW_SECONDS),
        }
    }

    fn usd(amount: i64) -> Money {
        Money::new(amount, Currency::parse("usd").unwrap())
    }

    #[test]
    fn a_preview_holds_for_a_quarter_of_an_hour() {
        assert!(preview().is_fresh(Timestamp(1_000)));
        assert!(preview().is_fresh(Timestamp(1_899)));
        assert!(!preview().is_fresh(Timestamp(1_900)));
    }

    #[test]
    fn a_preview_of_the_period_before_a_renewal_does_not_hold() {
        assert!(preview().is_of_period(Timestamp(1_000)));
        assert!(!preview().is_of_period(Timestamp(1_001)));
    }

    #[test]
    fn another_cent_or_another_time_is_another_cost() {
        assert!(preview().agrees(Cost { due: usd(398), is_now: true }));
        assert!(!preview().agrees(Cost { due: usd(399), is_now: true }));
        assert!(!preview().agrees(Cost { due: usd(398), is_now: false }));
    }
}
