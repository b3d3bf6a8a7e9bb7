//! Values as an English reader writes them: money, numbers, dates.

use billing::money::{Money, grouped};
use billing::month::{Day, Month};
use billing::time::Timestamp;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Sign of a value below zero: a minus, not a hyphen.
fn sign(is_negative: bool) -> &'static str {
    if is_negative { "\u{2212}" } else { "" }
}

/// A whole number: `−12,400`.
pub(crate) fn number(number: i128) -> String {
    format!("{}{}", sign(number < 0), grouped(&number.unsigned_abs().to_string()))
}

/// An amount: `−12,400.00 EUR`.
pub(crate) fn money(money: Money) -> String {
    let magnitude = Money { amount: money.amount.saturating_abs(), ..money };
    format!("{}{magnitude}", sign(money.amount < 0))
}

/// Year, month and day of a moment, in UTC.
fn parts(at: Timestamp) -> (String, &'static str, String) {
    // `2026-11-30T12:00:00Z`.
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    let month: usize = part(5, 7).parse().unwrap_or(1);
    let name = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or_default();
    let day = part(8, 10).trim_start_matches('0').to_owned();
    (part(0, 4), name, day)
}

/// A day: `1 April 2026`.
pub(crate) fn date(at: Timestamp) -> String {
    let (year, month, day) = parts(at);
    format!("{day} {month} {year}")
}

/// The last day before a moment, on which what ends with that moment ends.
pub(crate) fn last_day(at: Timestamp) -> String {
    date(at.plus_seconds(-1))
}

/// A day without its year: `1 April`.
pub(crate) fn day(day: Day) -> String {
    let at = Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap_or(Timestamp::MIN);
    let (_, month, number) = parts(at);
    format!("{number} {month}")
}

/// A moment: `1 April 2026, 14:05 UTC`.
pub(crate) fn instant(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}, {} UTC", date(at), text.get(11..16).unwrap_or_default())
}

/// A month: `April 2026`.
pub(crate) fn month(month: Month) -> String {
    let (year, name, _) = parts(month.start());
    format!("{name} {year}")
}

/// A period by its first and last day: `1 to 30 November 2026`. The moment behind the last is not
/// part of it.
pub(crate) fn period((start, end): (Timestamp, Timestamp)) -> String {
    let last = end.plus_seconds(-1).max(start);
    let (from, to) = (parts(start), parts(last));
    if from == to {
        date(start)
    } else if (&from.0, from.1) == (&to.0, to.1) {
        format!("{} to {} {} {}", from.2, to.2, to.1, to.0)
    } else if from.0 == to.0 {
        format!("{} {} to {} {} {}", from.2, from.1, to.2, to.1, to.0)
    } else {
        format!("{} to {}", date(start), date(last))
    }
}

#[cfg(test)]
mod tests {
    use billing::money::Currency;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn values_are_written_for_people() {
        let of = |amount, code| money(Money::new(amount, Currency::parse(code).unwrap()));
        assert_eq!(of(1_240_000, "eur"), "12,400.00 EUR");
        assert_eq!(of(-6_519, "usd"), "\u{2212}65.19 USD");
        assert_eq!(of(1_234_567, "jpy"), "1,234,567 JPY");
        assert_eq!(of(5, "usd"), "0.05 USD");
        assert_eq!(number(1_000), "1,000");
        assert_eq!(number(-999), "\u{2212}999");
        assert_eq!(number(12_345_678), "12,345,678");
        assert_eq!(date(at("2026-04-01T23:59:59Z")), "1 April 2026");
        assert_eq!(instant(at("2026-11-30T14:05:09Z")), "30 November 2026, 14:05 UTC");
    }

    #[test]
    fn periods_name_their_last_day() {
        let of = |start, end| period((at(start), at(end)));
        let [november, december] = ["2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"];
        assert_eq!(of(november, december), "1 to 30 November 2026");
        assert_eq!(
            of("2026-11-15T10:00:00Z", "2026-12-15T10:00:00Z"),
            "15 November to 15 December 2026"
        );
        assert_eq!(of(december, "2027-12-01T00:00:00Z"), "1 December 2026 to 30 November 2027");
        assert_eq!(of(november, "2026-11-02T00:00:00Z"), "1 November 2026");
    }
}
