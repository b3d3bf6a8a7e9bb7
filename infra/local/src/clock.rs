//! The virtual clock: wall time plus an offset, or frozen; it moves on demand.
//!
//! Moving it runs nothing by itself: [`crate::timeline::Timeline`] moves it from one due time to
//! the next and lets fall due what does.

use std::sync::{Arc, Mutex};

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use time::{Date, Month, OffsetDateTime};
use tokio::sync::watch;

use crate::tasks::lock;

/// Longest single move, in years: a typing error should not walk through millennia.
pub const ADVANCE_YEARS_MAX: i64 = 100;

/// A clock that everything in one cloud reads.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    reading: Mutex<Reading>,
    wall: runtime::Clock,
    moved: watch::Sender<u64>,
}

#[derive(Debug, Clone, Copy)]
enum Reading {
    /// It stands until it is moved.
    Frozen(Timestamp),
    /// Wall time plus so many seconds.
    Running(i64),
}

impl VirtualClock {
    /// Frozen at a time, or running with the wall's.
    pub fn new(frozen_at: Option<Timestamp>) -> Self {
        Self(Arc::new(Shared {
            reading: Mutex::new(frozen_at.map_or(Reading::Running(0), Reading::Frozen)),
            wall: runtime::Clock::system(),
            moved: watch::Sender::new(0),
        }))
    }

    /// Sets it back, for a history to be told before anything else runs.
    pub fn set_back(&self, seconds: i64) {
        let mut reading = lock(&self.0.reading);
        *reading = match *reading {
            Reading::Frozen(at) => Reading::Frozen(at.plus_seconds(seconds.saturating_neg())),
            Reading::Running(offset) => Reading::Running(offset.saturating_sub(seconds)),
        };
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match *lock(&self.0.reading) {
            Reading::Frozen(at) => at,
            Reading::Running(offset) => self.0.wall.now().plus_seconds(offset),
        }
    }

    /// True if it stands still between moves.
    pub fn is_frozen(&self) -> bool {
        matches!(*lock(&self.0.reading), Reading::Frozen(_))
    }

    /// Sets it; it never goes backwards, because what fell due has been done.
    pub fn move_to(&self, to: Timestamp) {
        let to = to.max(self.now());
        {
            let mut reading = lock(&self.0.reading);
            *reading = match *reading {
                Reading::Frozen(_) => Reading::Frozen(to),
                Reading::Running(_) => Reading::Running(to.0.saturating_sub(self.0.wall.now().0)),
            };
        }
        self.0.moved.send_modify(|moves| *moves = moves.wrapping_add(1));
    }

    /// Tells of each move.
    pub fn moves(&self) -> watch::Receiver<u64> {
        self.0.moved.subscribe()
    }

    /// For functions.
    pub fn for_functions(&self) -> runtime::Clock {
        let clock = self.clone();
        runtime::Clock::new(move || clock.now())
    }
}

/// A clock as it is kept: it goes on from the time that it showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// A clock that stood.
    Frozen(Timestamp),
    /// A clock that ran.
    Running(Timestamp),
}

impl VirtualClock {
    /// As it is now.
    pub fn kept(&self) -> Kept {
        let now = self.now();
        if self.is_frozen() { Kept::Frozen(now) } else { Kept::Running(now) }
    }

    /// Goes on from what was kept, wherever it stands: backwards, too.
    pub fn go_on(&self, kept: Kept) {
        *lock(&self.0.reading) = match kept {
            Kept::Frozen(at) => Reading::Frozen(at),
            Kept::Running(at) => Reading::Running(at.0.saturating_sub(self.0.wall.now().0)),
        };
        self.0.moved.send_modify(|moves| *moves = moves.wrapping_add(1));
    }
}

/// A length of time on the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// Seconds.
    Seconds(i64),
    /// Calendar months: the same day and time, or the month's last day.
    Months(i64),
}

/// The text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: a number and one of s, m, h, d, w, mo, y is expected")]
pub struct NotALength(pub String);

impl Advance {
    /// Reads `90s`, `15m`, `1h`, `1d`, `2w`, `1mo` or `1y`.
    pub fn parse(text: &str) -> Result<Self, NotALength> {
        let wrong = || NotALength(text.chars().take(40).collect());
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (digits, unit) = text.split_at_checked(split).ok_or_else(wrong)?;
        let number: i64 = digits.parse().map_err(|_| wrong())?;
        let (seconds, months) = match unit {
            "s" => (1, 0),
            "m" => (60, 0),
            "h" => (3_600, 0),
            "d" => (86_400, 0),
            "w" => (604_800, 0),
            "mo" => (0, 1),
            "y" => (0, 12),
            _ => return Err(wrong()),
        };
        let seconds_max = ADVANCE_YEARS_MAX.saturating_mul(366 * 86_400);
        let months_max = ADVANCE_YEARS_MAX.saturating_mul(12);
        if months == 0 {
            let length = number.checked_mul(seconds).ok_or_else(wrong)?;
            (length <= seconds_max).then_some(Self::Seconds(length)).ok_or_else(wrong)
        } else {
            let length = number.checked_mul(months).ok_or_else(wrong)?;
            (length <= months_max).then_some(Self::Months(length)).ok_or_else(wrong)
        }
    }

    /// The time that is this much later.
    pub fn after(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Seconds(seconds) => at.plus_seconds(seconds),
            Self::Months(months) => months_after(at, months).unwrap_or(Timestamp::MAX),
        }
    }
}

fn months_after(at: Timestamp, months: i64) -> Option<Timestamp> {
    let from = OffsetDateTime::from_unix_timestamp(at.0).ok()?;
    let month = i64::from(u8::from(from.month())).checked_sub(1)?;
    let total = i64::from(from.year()).checked_mul(12)?.checked_add(month)?.checked_add(months)?;
    let year = i32::try_from(total.div_euclid(12)).ok()?;
    let month = u8::try_from(total.rem_euclid(12)).ok()?.checked_add(1)?;
    let month = Month::try_from(month).ok()?;
    let date = Date::from_calendar_date(year, month, from.day().min(month.length(year))).ok()?;
    Some(Timestamp(from.replace_date(date).unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_months_keep_the_day_where_there_is_one() {
        let at = Timestamp::parse("2026-01-31T10:00:00Z").unwrap();
        for (text, then) in [
            ("0s", "2026-01-31T10:00:00Z"),
            ("90s", "2026-01-31T10:01:30Z"),
            ("15m", "2026-01-31T10:15:00Z"),
            ("1h", "2026-01-31T11:00:00Z"),
            ("1d", "2026-02-01T10:00:00Z"),
            ("1mo", "2026-02-28T10:00:00Z"),
            ("11mo", "2026-12-31T10:00:00Z"),
            ("2y", "2028-01-31T10:00:00Z"),
        ] {
            let length = Advance::parse(text).unwrap();
            assert_eq!(length.after(at).to_string(), then, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "h", "-1h", "1 h", "1q", "101y", "99999999999999999999s", "1.5h"] {
            assert!(Advance::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_frozen_clock_stands_and_never_goes_back() {
        let clock = VirtualClock::new(Some(Timestamp(1_000)));
        assert_eq!(clock.now(), Timestamp(1_000));
        clock.move_to(Timestamp(1_500));
        clock.move_to(Timestamp(1_200));
        assert_eq!(clock.for_functions().now(), Timestamp(1_500));
    }

    #[test]
    fn a_running_clock_keeps_its_offset() {
        let clock = VirtualClock::new(None);
        let target = clock.now().plus_seconds(86_400);
        clock.move_to(target);
        assert!(clock.now() >= target && clock.now() <= target.plus_seconds(60));
    }
}
