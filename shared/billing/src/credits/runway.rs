//! Days for which a balance of credits lasts.

use std::collections::BTreeMap;

use crate::month::{Day, Month};
use crate::time::{DAY_SECONDS, Timestamp};

/// Days whose deductions say how fast credits are used: today and those before.
const DAYS: i64 = 30;

/// Months in which those days lie.
pub fn months(now: Timestamp) -> Vec<Month> {
    // The middle is asked for too: a February fits between the first day and the last.
    let back = [DAYS.saturating_sub(1), DAYS.checked_div(2).unwrap_or(0), 0];
    let days = back.map(|days| now.plus_seconds(days.saturating_mul(DAY_SECONDS).saturating_neg()));
    let mut months: Vec<Month> = days.map(Month::of).into();
    months.dedup();
    months
}

/// Whole days for which a balance lasts if as much is used as in the last 30 days. None where
/// nothing was used in them. `used` has the tokens of deductions by day, wherever they were taken
/// from.
pub fn days(balance: i64, used: &BTreeMap<Day, i64>, now: Timestamp) -> Option<i64> {
    let first = DAYS.saturating_sub(1).saturating_mul(DAY_SECONDS).saturating_neg();
    let range = Day::of(now.plus_seconds(first))..=Day::of(now);
    let used = used.range(range).fold(0_i64, |sum, (_, tokens)| sum.saturating_add(*tokens));
    let days = i128::from(balance.max(0)).checked_mul(DAYS.into())?;
    let days =
        Some(used).filter(|used| *used > 0).and_then(|used| days.checked_div(used.into()))?;
    Some(i64::try_from(days).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    /// Goal: 30 days count, today is one of them, and without a deduction in them nothing is said.
    #[test]
    fn the_last_30_days_say_how_long_credits_last() {
        let now = at("2026-11-30T12:00:00Z");
        let on = |day: &str, tokens: i64| (Day::parse(day).unwrap(), tokens);
        let used = |all: &[(&str, i64)]| all.iter().map(|(day, n)| on(day, *n)).collect();
        assert_eq!(days(100, &used(&[]), now), None);
        assert_eq!(days(100, &used(&[("2026-10-31", 30)]), now), None);
        assert_eq!(days(100, &used(&[("2026-11-01", 30)]), now), Some(100));
        assert_eq!(days(100, &used(&[("2026-11-01", 30), ("2026-11-30", 31)]), now), Some(49));
        assert_eq!(days(-5, &used(&[("2026-11-30", 1)]), now), Some(0));
        assert_eq!(days(i64::MAX, &used(&[("2026-11-30", 1)]), now), Some(i64::MAX));
    }

    /// Goal: every month of the window is read, also a February that it spans.
    #[test]
    fn the_window_lies_in_up_to_three_months() {
        let of = |text: &str| months(at(text)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of("2026-11-30T12:00:00Z"), ["2026-11"]);
        assert_eq!(of("2026-11-22T12:00:00Z"), ["2026-10", "2026-11"]);
        assert_eq!(of("2027-03-01T12:00:00Z"), ["2027-01", "2027-02", "2027-03"]);
    }
}
