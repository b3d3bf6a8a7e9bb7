//! Dates as people read them, in UTC.

use billing::time::Timestamp;
use time::{Month, OffsetDateTime};

/// Such as `22 November 2026`.
pub fn day(at: Timestamp) -> String {
    let date = date(at);
    format!("{} {} {}", date.day(), month(date.month()), date.year())
}

/// Such as `22 Nov 2026`.
pub fn short_day(at: Timestamp) -> String {
    let date = date(at);
    let month: String = month(date.month()).chars().take(3).collect();
    format!("{} {month} {}", date.day(), date.year())
}

/// From and to, such as `1 Nov 2026 – 1 Dec 2026`; one day alone when they are the same.
pub fn period(from: Timestamp, to: Timestamp) -> String {
    let (from, to) = (short_day(from), short_day(to));
    if from == to { from } else { format!("{from} – {to}") }
}

fn date(at: Timestamp) -> OffsetDateTime {
    let within = at.clamp(Timestamp::MIN, Timestamp::MAX);
    OffsetDateTime::from_unix_timestamp(within.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn month(month: Month) -> &'static str {
    match month {
        Month::January => "January",
        Month::February => "February",
        Month::March => "March",
        Month::April => "April",
        Month::May => "May",
        Month::June => "June",
        Month::July => "July",
        Month::August => "August",
        Month::September => "September",
        Month::October => "October",
        Month::November => "November",
        Month::December => "December",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_within_a_day_is_that_day() {
        let from = Timestamp(1_795_338_000);
        assert_eq!(day(from), "22 November 2026");
        assert_eq!(period(from, from.plus_seconds(60)), "22 Nov 2026");
        assert_eq!(period(from, from.plus_seconds(86_400)), "22 Nov 2026 – 23 Nov 2026");
    }
}
