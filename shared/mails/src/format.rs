//! Money, dates and months as people write them in texts.

use billing::money::Money;
use billing::month::Month;
use billing::time::Timestamp;
use time::OffsetDateTime;

/// Money with grouped digits and the code behind: `12,400.00 EUR`.
pub fn money(money: Money) -> String {
    let plain = money.to_string();
    let (number, code) = plain.split_once(' ').unwrap_or((&plain, ""));
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("−", rest));
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{decimals} {code}", grouped(whole))
}

/// A whole number with grouped digits.
pub fn number(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    let length = digits.len();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && length.saturating_sub(place).checked_rem(3) == Some(0) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
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
