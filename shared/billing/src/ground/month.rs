//! The metering month and its days: calendar months and days in UTC (requirements, "Metering
//! month").
//!
//! Everything metered is counted by them on every plan; a subscription's own period is for fees,
//! seats and renewal.

use std::fmt;

use crate::time::{DAY_SECONDS, NotATime, Timestamp};

/// A calendar month in UTC, written `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Timestamp);

/// A calendar day in UTC, written `2026-11-22`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Timestamp);

impl Month {
    /// The month that an instant lies in.
    pub fn of(at: Timestamp) -> Self {
        Self(at.month().0)
    }

    /// Reads `2026-11`.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        let first = Timestamp::parse(&format!("{text}-01T00:00:00Z"));
        first.map(Self).map_err(|_| NotATime(text.chars().take(40).collect()))
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        self.0
    }

    /// The next month's first instant: sums are zero again from then on (C8).
    pub fn end(self) -> Timestamp {
        self.0.month().1
    }

    /// Its days that have begun by then.
    pub fn days_until(self, now: Timestamp) -> impl Iterator<Item = Day> {
        let end = self.end();
        let next = |day: &Day| Some(Day(day.0.plus_seconds(DAY_SECONDS)));
        std::iter::successors(Some(Day(self.0)), next)
            .take_while(move |day| day.0 < end && day.0 <= now)
    }
}

impl Day {
    /// The day that an instant lies in.
    pub fn of(at: Timestamp) -> Self {
        let within = at.clamp(Timestamp::MIN, Timestamp::MAX);
        Self(Timestamp(within.0.saturating_sub(within.0.rem_euclid(DAY_SECONDS))))
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        self.0
    }

    /// Reads `2026-11-22`.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        let first = Timestamp::parse(&format!("{text}T00:00:00Z"));
        first.map(Self).map_err(|_| NotATime(text.chars().take(40).collect()))
    }

    /// The month that it lies in.
    pub fn month(self) -> Month {
        Month::of(self.0)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().get(..7).unwrap_or_default())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().get(..10).unwrap_or_default())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_are_written_as_they_are_read() {
        let at = Timestamp::parse("2028-02-29T23:59:59Z").unwrap();
        assert_eq!(Month::of(at).to_string(), "2028-02");
        assert_eq!(Day::of(at).to_string(), "2028-02-29");
        assert_eq!(Month::parse("2028-02"), Ok(Month::of(at)));
        assert_eq!(Day::parse("2028-02-29"), Ok(Day::of(at)));
        assert_eq!(Day::of(at).month(), Month::of(at));
        assert_eq!(Month::of(at).end(), Timestamp(at.0 + 1));
        for wrong in ["2026-13", "2026", "2026-1", "2026-11-01", "", "november"] {
            assert!(Month::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_end_with_the_month_or_today() {
        let month = Month::parse("2026-11").unwrap();
        let count = |at: &str| month.days_until(Timestamp::parse(at).unwrap()).count();
        assert_eq!(count("2026-10-31T23:59:59Z"), 0);
        assert_eq!(count("2026-11-01T00:00:00Z"), 1);
        assert_eq!(count("2026-11-22T09:00:00Z"), 22);
        assert_eq!(count("2027-01-01T00:00:00Z"), 30);
    }
}
