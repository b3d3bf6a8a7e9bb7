//! Schedule expressions as `EventBridge` Scheduler defines them, as far as we use them: `rate(...)`
//! and `cron(...)` in UTC, without `L`, `W` and `#`.

use std::collections::BTreeSet;
use std::fmt;

use billing::time::Timestamp;
use time::{Date, Duration, Month, OffsetDateTime, Time};

/// Longest rate, in days: a typing error should not mean never.
const RATE_DAYS_MAX: i64 = 3_660;

/// What is understood, for whoever wrote something else.
pub const EXPECTED: &str = "rate(5 minutes), with minutes, hours or days, or cron(15 0 * * ? *), which is minutes, hours, day \
                            of month, month, day of week and year, one of the days being `?`, of numbers, names, `*`, \
                            lists, ranges and steps, without L, W and #";

/// When a schedule fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    text: String,
    when: When,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum When {
    /// So many seconds after the schedule was made, and again and again.
    Rate(i64),
    Cron(Box<Cron>),
}

/// The values that each field allows; of the days, the one that is `?` allows all.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cron {
    minutes: BTreeSet<u16>,
    hours: BTreeSet<u16>,
    days: BTreeSet<u16>,
    months: BTreeSet<u16>,
    /// 1 is Sunday.
    weekdays: BTreeSet<u16>,
    years: BTreeSet<u16>,
}

impl Expression {
    /// Reads an expression; nothing when it is not understood ([`EXPECTED`]).
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('(')?;
        let inner = rest.strip_suffix(')')?;
        let when = match kind {
            "rate" => When::Rate(rate(inner)?),
            "cron" => When::Cron(Box::new(Cron::parse(inner)?)),
            _ => return None,
        };
        Some(Self { text: text.to_owned(), when })
    }

    /// The first time from a moment on, of a rate that fires at `at` and again and again; a cron
    /// expression fires at `at`.
    pub fn not_before(&self, at: Timestamp, moment: Timestamp) -> Timestamp {
        let When::Rate(seconds) = &self.when else { return at };
        let wait = moment.0.saturating_sub(at.0).max(0);
        let steps = wait.saturating_add(seconds.saturating_sub(1)).checked_div(*seconds);
        at.plus_seconds(steps.unwrap_or(0).saturating_mul(*seconds))
    }

    /// Time at which it fires next after it fired, or was made, at a moment; nothing when never
    /// again.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.when {
            When::Rate(seconds) => {
                Some(after.plus_seconds(*seconds)).filter(|next| *next < Timestamp::MAX)
            }
            When::Cron(cron) => cron.next(after),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn rate(text: &str) -> Option<i64> {
    let (number, unit) = text.split_once(' ')?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
    let length = number.checked_mul(seconds)?;
    (length <= RATE_DAYS_MAX.checked_mul(86_400)?).then_some(length)
}

impl Cron {
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split(' ').collect();
        let [minutes, hours, days, months, weekdays, years] = fields.as_slice() else {
            return None;
        };
        // AWS wants exactly one of them to be no condition.
        if (*days == "?") == (*weekdays == "?") {
            return None;
        }
        let day = |text: &str, from, to, names: &[&str]| match text {
            "?" => Some((from..=to).collect()),
            text => values(text, from, to, names),
        };
        let month_names =
            ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
        let weekday_names = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
        Some(Self {
            minutes: values(minutes, 0, 59, &[])?,
            hours: values(hours, 0, 23, &[])?,
            days: day(days, 1, 31, &[])?,
            months: values(months, 1, 12, &month_names)?,
            weekdays: day(weekdays, 1, 7, &weekday_names)?,
            years: values(years, 1970, 2199, &[])?,
        })
    }

    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = OffsetDateTime::from_unix_timestamp(after.0).ok()?;
        let first = after.checked_add(Duration::MINUTE)?.replace_second(0).ok()?;
        let mut date = first.date();
        let mut earliest = first.time();
        loop {
            if u16::try_from(date.year()).ok()? > *self.years.last()? {
                return None;
            }
            if self.fires_on(date)
                && let Some(time) = self.time(earliest)
            {
                return Some(Timestamp(date.with_time(time).assume_utc().unix_timestamp()));
            }
            date = self.following(date)?;
            earliest = Time::MIDNIGHT;
        }
    }

    fn fires_on(&self, date: Date) -> bool {
        let weekday = u16::from(date.weekday().number_from_sunday());
        self.fires_in_month(date)
            && self.days.contains(&u16::from(date.day()))
            && self.weekdays.contains(&weekday)
    }

    fn fires_in_month(&self, date: Date) -> bool {
        u16::try_from(date.year()).is_ok_and(|year| self.years.contains(&year))
            && self.months.contains(&u16::from(u8::from(date.month())))
    }

    /// The next date worth a look.
    fn following(&self, date: Date) -> Option<Date> {
        if self.fires_in_month(date) {
            return date.next_day();
        }
        let turns = i32::from(date.month() == Month::December);
        let year = date.year().checked_add(turns)?;
        Date::from_calendar_date(year, date.month().next(), 1).ok()
    }

    /// The first time of a day, not before another.
    fn time(&self, earliest: Time) -> Option<Time> {
        let (from_hour, from_minute) = (u16::from(earliest.hour()), u16::from(earliest.minute()));
        let mut all = self.hours.range(from_hour..).flat_map(|hour| {
            let from = if *hour == from_hour { from_minute } else { 0 };
            self.minutes.range(from..).map(move |minute| (*hour, *minute))
        });
        let (hour, minute) = all.next()?;
        Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, 0).ok()
    }
}

/// The values of one field: `*`, `5`, `1,15`, `8-18`, `0/15`, `*/15`, `MON-FRI`.
fn values(text: &str, from: u16, to: u16, names: &[&str]) -> Option<BTreeSet<u16>> {
    let value = |text: &str| {
        let place = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let of_name = place.and_then(|at| u16::try_from(at).ok()?.checked_add(from));
        let value = of_name.or_else(|| text.parse().ok())?;
        (from..=to).contains(&value).then_some(value)
    };
    let mut all = BTreeSet::new();
    for part in text.split(',') {
        if part == "*" {
            all.extend(from..=to);
        } else if let Some((start, step)) = part.split_once('/') {
            let start = if start == "*" { from } else { value(start)? };
            let step: u16 = step.parse().ok().filter(|step| *step > 0)?;
            all.extend((start..=to).step_by(usize::from(step)));
        } else if let Some((first, last)) = part.split_once('-') {
            let (first, last) = (value(first)?, value(last)?);
            if first > last {
                return None;
            }
            all.extend(first..=last);
        } else {
            all.insert(value(part)?);
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, after: &str) -> Option<String> {
        let expression = Expression::parse(expression).unwrap_or_else(|| panic!("{expression}"));
        expression.next(Timestamp::parse(after).unwrap()).map(|at| at.to_string())
    }

    /// Goal: a schedule fires when AWS's documentation says that it does, strictly after it fired
    /// before.
    #[test]
    fn the_next_time_is_the_one_that_aws_means() {
        for (expression, after, expected) in [
            ("rate(5 minutes)", "2026-11-22T09:00:30Z", "2026-11-22T09:05:30Z"),
            ("rate(1 hour)", "2026-11-22T09:00:00Z", "2026-11-22T10:00:00Z"),
            ("rate(30 days)", "2026-11-22T09:00:00Z", "2026-12-22T09:00:00Z"),
            ("cron(15 0 * * ? *)", "2026-11-22T00:14:59Z", "2026-11-22T00:15:00Z"),
            ("cron(15 0 * * ? *)", "2026-11-22T00:15:00Z", "2026-11-23T00:15:00Z"),
            ("cron(0 10 * * ? *)", "2026-12-31T10:00:00Z", "2027-01-01T10:00:00Z"),
            ("cron(0 18 ? * MON-FRI *)", "2026-11-20T18:00:00Z", "2026-11-23T18:00:00Z"),
            ("cron(0 8 1 * ? *)", "2026-11-01T08:00:00Z", "2026-12-01T08:00:00Z"),
            ("cron(0/10 * ? * 2,3 *)", "2026-11-24T23:50:00Z", "2026-11-30T00:00:00Z"),
            ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-23T17:55:00Z", "2026-11-24T08:00:00Z"),
            ("cron(30 4 29 FEB ? *)", "2026-01-01T00:00:00Z", "2028-02-29T04:30:00Z"),
            ("cron(0 0 1 1 ? 2030)", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
            ("cron(*/20 1 * * ? *)", "2026-11-22T01:20:00Z", "2026-11-22T01:40:00Z"),
        ] {
            assert_eq!(next(expression, after).as_deref(), Some(expected), "{expression}");
        }
        assert_eq!(next("cron(0 0 1 1 ? 2030)", "2030-01-01T00:00:00Z"), None);
        assert_eq!(next("cron(0 0 31 2 ? *)", "2026-01-01T00:00:00Z"), None);
    }

    /// Goal: what is not understood is refused, not guessed.
    #[test]
    fn other_expressions_are_refused() {
        for text in [
            "",
            "rate(5)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(1 second)",
            "rate(9999999 days)",
            "rate(5 minutes",
            "at(2026-11-22T09:00:00)",
            "cron(0 0 * * *)",
            "cron(0 0 * * * *)",
            "cron(0 0 ? * ? *)",
            "cron(0 0 L * ? *)",
            "cron(0 0 3W * ? *)",
            "cron(0 0 ? * 6#3 *)",
            "cron(60 0 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 0 0 * ? *)",
            "cron(0 0 ? * FRI-MON *)",
            "cron(0/0 0 * * ? *)",
            "cron(0  0 * * ? *)",
            "cron(0 0 * * ? 1969)",
        ] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
    }
}
