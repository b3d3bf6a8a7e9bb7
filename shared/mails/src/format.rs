//! Money, dates and months as people write them in texts.

use billing::money::{Money, grouped};
use billing::month::Month;
use billing::time::Timestamp;
use time::OffsetDateTime;

/// Money with grouped digits and the code behind: `12,400.00 EUR`.
pub fn money(money: Money) -> String {
    money.to_string().replacen('-', "−", 1)
}

/// A whole number with grouped digits.
pub fn number(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

/// A moment: `1 April 2026, 09:00 UTC`.
pub fn moment(at: Timestamp) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp(at.0) else { return at.to_string() };
    format!("{}, {:02}:{:02} UTC", day(at), time.hour(), time.minute())
}

/// A day: `1 April 2026`.
pub fn day(at: Timestamp) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp(at.0) else { return at.to_string() };
    format!("{} {} {}", time.day(), time.month(), time.year())
}

/// A metering month by its name in the API: `March 2026`.
pub fn month(text: &str) -> String {
    let month = Month::parse(text).ok();
    let time = month.and_then(|it| OffsetDateTime::from_unix_timestamp(it.start().0).ok());
    time.map_or_else(|| text.to_owned(), |time| format!("{} {}", time.month(), time.year()))
}
