//! Alarms that are to ring once: for each value, or once a day.
//!
//! Each is remembered in the memory of a warm function. Another function logs it again, so nothing
//! here may decide more than a log line.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use billing::time::{DAY_SECONDS, Timestamp};

/// Most values that are remembered. Values beyond that count as seen: a sender of ever new values
/// must not fill the log.
pub const VALUES_MAX: usize = 100;

/// Values that were met.
#[derive(Debug)]
pub struct FirstTime<T>(Mutex<BTreeSet<T>>);

impl<T> Default for FirstTime<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Ord + Clone> FirstTime<T> {
    /// True when the value was not met before; it counts as met from now on.
    pub fn is_first(&self, value: &T) -> bool {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.len() < VALUES_MAX && values.insert(value.clone())
    }
}

/// Time of the last ring of an alarm that rings once a day.
#[derive(Debug, Default)]
pub struct Daily(Mutex<Option<Timestamp>>);

impl Daily {
    /// True when a day has passed since it was last true.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|at| now >= at.plus_seconds(DAY_SECONDS));
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a value rings once, and a sender of ever new values does not fill the log.
    #[test]
    fn a_value_is_first_once_and_values_are_bounded() {
        let met = FirstTime::default();
        assert_eq!([1, 2, 1].map(|value| met.is_first(&value)), [true, true, false]);

        let rings = (0..2 * VALUES_MAX).filter(|value| met.is_first(value)).count();
        assert_eq!(rings, VALUES_MAX - 2);
    }

    /// Goal: a state that lasts rings once a day, not once an event.
    #[test]
    fn a_daily_alarm_is_due_a_day_later() {
        let daily = Daily::default();
        let seen = [0, 1, DAY_SECONDS - 1, DAY_SECONDS, DAY_SECONDS + 1];
        let rings = seen.map(|second| daily.is_due(Timestamp(second)));
        assert_eq!(rings, [true, false, false, true, false]);
    }
}
