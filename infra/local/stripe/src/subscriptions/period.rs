//! When periods begin and end: always counted from the billing cycle anchor, to the second.
//!
//! An anchor on the 31st bills on the last day of shorter months and on the 31st again where there
//! is one (docs.stripe.com/billing/subscriptions/billing-cycle). Calendar months are those of UTC;
//! days and weeks are 24 hours and seven times as long.

use billing::time::{DAY_SECONDS, Timestamp};
use time::{Date, Month, OffsetDateTime};

use crate::prices::{Interval, Recurring};

/// From and to.
pub type Period = (Timestamp, Timestamp);

/// The period of a price that holds an instant, with this anchor, which may lie after it. A
/// boundary belongs to the period that it begins.
pub fn cycle(anchor: Timestamp, every: Recurring, at: Timestamp) -> Period {
    let count = every.count.max(1);
    match every.interval {
        Interval::Day => fixed(anchor, count.saturating_mul(DAY_SECONDS), at),
        Interval::Week => fixed(anchor, count.saturating_mul(DAY_SECONDS).saturating_mul(7), at),
        Interval::Month => calendar(anchor, count, at),
        Interval::Year => calendar(anchor, count.saturating_mul(12), at),
    }
}

/// So many intervals later.
pub fn after(start: Timestamp, every: Recurring) -> Timestamp {
    cycle(start, every, start).1
}

/// True if two prices recur alike: 12 months are a year, seven days a week.
pub fn alike(one: Recurring, other: Recurring) -> bool {
    units(one) == units(other)
}

/// True if items of these prices can stand in one subscription: all intervals are multiples of the
/// shortest (docs.stripe.com/billing/subscriptions/mixed-interval). A day divides everything.
pub fn aligned(prices: &[Recurring]) -> bool {
    let (shortest_days, shortest_months) = (
        prices.iter().filter_map(|price| units(*price).ok()).min(),
        prices.iter().filter_map(|price| units(*price).err()).min(),
    );
    prices.iter().all(|price| match (units(*price), shortest_days, shortest_months) {
        (Ok(days), Some(shortest), _) => days.is_multiple_of(shortest),
        (Err(_), Some(days), _) if days > 1 => false,
        (Err(months), _, Some(shortest)) => months.is_multiple_of(shortest),
        (Ok(_), None, _) | (Err(_), _, None) => true,
    })
}

/// Days, or months.
fn units(every: Recurring) -> Result<u64, u64> {
    let count = every.count.max(1).unsigned_abs();
    match every.interval {
        Interval::Day => Ok(count),
        Interval::Week => Ok(count.saturating_mul(7)),
        Interval::Month => Err(count),
        Interval::Year => Err(count.saturating_mul(12)),
    }
}

fn fixed(anchor: Timestamp, step: i64, at: Timestamp) -> Period {
    let since = at.0.saturating_sub(anchor.0).rem_euclid(step.max(1));
    let start = Timestamp(at.0.saturating_sub(since));
    (start, start.plus_seconds(step))
}

fn calendar(anchor: Timestamp, step: i64, at: Timestamp) -> Period {
    let between = month_number(at).saturating_sub(month_number(anchor));
    let mut nth = between.div_euclid(step.max(1));
    if boundary(anchor, step, nth) > at {
        nth = nth.saturating_sub(1);
    }
    if boundary(anchor, step, nth.saturating_add(1)) <= at {
        nth = nth.saturating_add(1);
    }
    (boundary(anchor, step, nth), boundary(anchor, step, nth.saturating_add(1)))
}

fn boundary(anchor: Timestamp, step: i64, nth: i64) -> Timestamp {
    plus_months(anchor, step.saturating_mul(nth))
}

/// So many months later, or earlier, on the same day or on the last of a shorter month.
pub fn plus_months(anchor: Timestamp, months: i64) -> Timestamp {
    let from = moment(anchor);
    let number = month_number(anchor).saturating_add(months);
    let (Ok(year), Ok(month)) =
        (i32::try_from(number.div_euclid(12)), u8::try_from(number.rem_euclid(12)))
    else {
        return anchor;
    };
    let month = Month::January.nth_next(month);
    let day = from.day().min(month.length(year));
    Date::from_calendar_date(year, month, day)
        .map_or(anchor, |date| Timestamp(from.replace_date(date).unix_timestamp()))
}

/// Months since the year 0.
fn month_number(at: Timestamp) -> i64 {
    let at = moment(at);
    i64::from(at.year())
        .saturating_mul(12)
        .saturating_add(i64::from(u8::from(at.month())).saturating_sub(1))
}

/// An instant as a calendar has it, in UTC.
pub fn moment(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.clamp(Timestamp::MIN, Timestamp::MAX).0)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A day as invoice lines write it: `22 Nov 2026`.
pub fn day(at: Timestamp) -> String {
    let at = moment(at);
    let month: String = at.month().to_string().chars().take(3).collect();
    format!("{:02} {month} {}", at.day(), at.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn every(count: i64, interval: Interval) -> Recurring {
        Recurring { interval, count, metered: false }
    }

    fn shown((from, to): Period) -> (String, String) {
        (from.to_string(), to.to_string())
    }

    #[test]
    fn an_anchor_on_the_31st_bills_at_the_end_of_each_month_and_on_the_31st_again() {
        let anchor = at("2027-01-31T10:30:05Z");
        let month = every(1, Interval::Month);
        let mut ends = Vec::new();
        let mut next = anchor;
        for _ in 0..6 {
            next = cycle(anchor, month, next).1;
            ends.push(next.to_string());
        }
        assert_eq!(
            ends,
            [
                "2027-02-28T10:30:05Z",
                "2027-03-31T10:30:05Z",
                "2027-04-30T10:30:05Z",
                "2027-05-31T10:30:05Z",
                "2027-06-30T10:30:05Z",
                "2027-07-31T10:30:05Z",
            ]
        );
        let leap = cycle(anchor, month, at("2028-02-15T00:00:00Z"));
        assert_eq!(
            shown(leap),
            ("2028-01-31T10:30:05Z".to_owned(), "2028-02-29T10:30:05Z".to_owned())
        );
    }

    #[test]
    fn an_instant_lies_in_the_period_that_it_begins() {
        let rows = "
            month 2026-11-22T09:00:00Z 2026-12-22T09:00:00Z 2026-12-22T09:00:00Z 2027-01-22T09:00:00Z
            month 2026-11-22T09:00:00Z 2026-12-22T08:59:59Z 2026-11-22T09:00:00Z 2026-12-22T09:00:00Z
            month 2027-01-01T00:00:00Z 2026-11-22T09:00:00Z 2026-11-01T00:00:00Z 2026-12-01T00:00:00Z
            year 2027-01-01T00:00:00Z 2026-11-22T09:00:00Z 2026-01-01T00:00:00Z 2027-01-01T00:00:00Z
            week 2026-11-27T09:00:00Z 2026-11-22T09:00:00Z 2026-11-20T09:00:00Z 2026-11-27T09:00:00Z
            year 2028-02-29T12:00:00Z 2029-03-01T00:00:00Z 2029-02-28T12:00:00Z 2030-02-28T12:00:00Z
            year 2028-02-29T12:00:00Z 2032-02-29T12:00:00Z 2032-02-29T12:00:00Z 2033-02-28T12:00:00Z
            3month 2026-11-30T00:00:00Z 2027-03-15T00:00:00Z 2027-02-28T00:00:00Z 2027-05-30T00:00:00Z
            10day 2026-11-22T09:00:00Z 2026-12-05T00:00:00Z 2026-12-02T09:00:00Z 2026-12-12T09:00:00Z
            2year 2026-11-22T09:00:00Z 2028-11-22T08:59:59Z 2026-11-22T09:00:00Z 2028-11-22T09:00:00Z
        ";
        for row in rows.lines().filter(|row| !row.trim().is_empty()) {
            let words: Vec<&str> = row.split_whitespace().collect();
            let unit = words[0].trim_start_matches(|it: char| it.is_ascii_digit());
            let count = words[0].trim_end_matches(unit).parse().unwrap_or(1);
            let price = every(count, Interval::named(unit).unwrap());
            let found = cycle(at(words[1]), price, at(words[2]));
            assert_eq!(shown(found), (words[3].to_owned(), words[4].to_owned()), "{row}");
        }
    }

    #[test]
    fn intervals_stand_together_as_stripe_lists_them() {
        use Interval::{Day, Month, Week, Year};
        for (one, other, expected) in [
            (every(1, Month), every(3, Month), true),
            (every(1, Month), every(1, Year), true),
            (every(1, Day), every(1, Week), true),
            (every(1, Day), every(3, Month), true),
            (every(1, Day), every(2, Year), true),
            (every(2, Week), every(4, Week), true),
            (every(2, Month), every(3, Month), false),
            (every(4, Month), every(6, Month), false),
            (every(1, Week), every(1, Month), false),
            (every(2, Day), every(1, Week), false),
            (every(5, Month), every(1, Year), false),
        ] {
            assert_eq!(aligned(&[one, other]), expected, "{one:?} {other:?}");
            assert_eq!(aligned(&[other, one]), expected, "{other:?} {one:?}");
        }
        assert!(alike(every(12, Month), every(1, Year)) && alike(every(7, Day), every(1, Week)));
        assert!(!alike(every(1, Month), every(1, Year)));
    }

    #[test]
    fn days_are_written_as_on_invoices() {
        assert_eq!(day(at("2020-09-01T17:42:28Z")), "01 Sep 2020");
    }
}
