//! Time as billing sees it: whole seconds, in UTC, always an argument.
//!
//! Stripe counts in Unix seconds, and so do we. A *month* is a calendar month in UTC: the metering
//! month of limits, allocations, alerts and arrears (requirements, "Ambiguities, settled").

use std::fmt;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time};

/// A number of seconds; named where it is a setting or a limit.
pub const DAY_SECONDS: i64 = 86_400;

/// Unix seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// The text is not a date and time as RFC 3339 writes them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: RFC 3339 is expected, such as `2026-11-01T00:00:00Z`")]
pub struct NotATime(pub String);

impl Timestamp {
    /// The largest time we write: the end of the year 9999. Sums stop there.
    pub const MAX: Self = Self(253_402_300_799);
    /// The smallest: the start of 1970.
    pub const MIN: Self = Self(0);

    /// This long afterwards (or before, when negative), held within [`Self::MIN`] and
    /// [`Self::MAX`].
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds)).clamp(Self::MIN, Self::MAX)
    }

    /// Reads RFC 3339; fractions of a second are dropped.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(|at| Self(at.unix_timestamp()))
            .map_err(|_| NotATime(text.chars().take(40).collect()))
    }

    /// The metering month that this instant lies in: its first instant and the next month's.
    pub fn month(self) -> (Self, Self) {
        let date = self.date();
        let first = Date::from_calendar_date(date.year(), date.month(), 1).unwrap_or(date);
        let year = if date.month() == Month::December {
            date.year().saturating_add(1)
        } else {
            date.year()
        };
        let next = Date::from_calendar_date(year, date.month().next(), 1).unwrap_or(Date::MAX);
        (Self::midnight(first), Self::midnight(next))
    }

    /// The same time of the same day, months later; the last day of a month that has no such day.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let within = self.clamp(Self::MIN, Self::MAX);
        let at =
            OffsetDateTime::from_unix_timestamp(within.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (mut year, mut month) = (at.year(), at.month());
        for _ in 0..months {
            month = month.next();
            year = if month == Month::January { year.saturating_add(1) } else { year };
        }
        let day = at.day().min(month.length(year));
        let date = Date::from_calendar_date(year, month, day).unwrap_or(Date::MAX);
        Self(date.with_time(at.time()).assume_utc().unix_timestamp()).min(Self::MAX)
    }

    fn midnight(date: Date) -> Self {
        Self(date.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp())
    }

    fn date(self) -> Date {
        OffsetDateTime::from_unix_timestamp(self.clamp(Self::MIN, Self::MAX).0)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .date()
    }
}

/// RFC 3339 in UTC, to the second: `2026-11-01T00:00:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = (*self).clamp(Self::MIN, Self::MAX);
        let at =
            OffsetDateTime::from_unix_timestamp(within.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        f.write_str(&at.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins_across_years_and_leap_days() {
        for (at, start, end) in [
            ("2026-11-22T08:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2028-02-29T00:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            ("2026-11-01T00:30:00+01:00", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ] {
            let (from, until) = Timestamp::parse(at).unwrap().month();
            assert_eq!((from.to_string(), until.to_string()), (start.into(), end.into()));
        }
    }

    #[test]
    fn months_later_is_the_same_day_where_there_is_one() {
        for (at, months, later) in [
            ("2026-11-22T08:00:00Z", 1, "2026-12-22T08:00:00Z"),
            ("2026-01-31T00:00:00Z", 1, "2026-02-28T00:00:00Z"),
            ("2026-01-31T00:00:00Z", 2, "2026-03-31T00:00:00Z"),
            ("2028-02-29T00:00:00Z", 12, "2029-02-28T00:00:00Z"),
            ("2026-12-31T23:59:59Z", 0, "2026-12-31T23:59:59Z"),
        ] {
            let found = Timestamp::parse(at).unwrap().plus_months(months);
            assert_eq!(found.to_string(), later);
        }
        assert_eq!(Timestamp(i64::MAX).plus_months(5), Timestamp::MAX);
    }

    #[test]
    fn sums_stay_within_the_calendar() {
        assert_eq!(Timestamp(i64::MAX).plus_seconds(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp(5).plus_seconds(-10), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59Z");
        let (_, end) = Timestamp::MAX.month();
        assert!(end >= Timestamp(Timestamp::MAX.0 - DAY_SECONDS));
    }
}
