//! A booked change under the subscription as Stripe has it: kept, in force, moved, or undone.
//!
//! Somebody at Stripe may release the schedule, move the period, or end the subscription. What the
//! customer booked is then moved to the end of the period that runs, or undone with an entry:
//! never lost in silence.

use crate::account::{PendingChange, Standing};
use crate::fact::SubscriptionSnapshot;
use crate::journal::{Entry, Kind, Value};
use crate::plan_change::Target;
use crate::time::Timestamp;
use crate::words::Word;

/// State of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booking {
    /// It stands as it is.
    Stands,
    /// It has taken effect.
    InForce,
    /// It comes at the end of the period that runs, and its schedule is to be made.
    Moved(PendingChange),
    /// There is nothing to change any more.
    Undone,
}

/// Compares a booking with the running subscription; none runs once it has ended.
pub fn booking(pending: &PendingChange, live: Option<&SubscriptionSnapshot>) -> Booking {
    let Some(live) = live else { return Booking::Undone };
    let is_in_force = Target::of(live).as_ref() == Some(&Target::booked(pending));
    if is_in_force && live.period_start >= pending.at {
        return Booking::InForce;
    }
    // Stripe tells of the new period before its schedule has changed the items.
    let changes_now = live.period_start == pending.at && live.schedule.is_some();
    if live.period_end == pending.at || changes_now {
        return Booking::Stands;
    }
    Booking::Moved(PendingChange { at: live.period_end, booked: false, ..pending.clone() })
}

impl Standing {
    /// Brings the booking in line with the running subscription, as of a moment. The entry that
    /// says so, if something is to be said.
    pub(crate) fn settle_booking(&mut self, at: Timestamp) -> Option<Entry> {
        let pending = self.pending.clone()?;
        let live = self.live_subscription();
        let about = self.subscription.as_ref().map(|subscription| subscription.id.to_string());
        let about = about.as_deref();
        match booking(&pending, live) {
            Booking::Stands => None,
            Booking::InForce => {
                self.pending = None;
                None
            }
            Booking::Moved(moved) => {
                let entry = Entry::new(at, Kind::ChangeBooked, about);
                let times = (Some(Value::Time(pending.at)), Some(Value::Time(moved.at)));
                let entry = described(entry, &pending, Named::After);
                self.pending = Some(moved);
                Some(entry.with("effective_at", times.0, times.1))
            }
            Booking::Undone => {
                self.pending = None;
                let entry = Entry::new(at, Kind::ChangeUndone, about);
                Some(described(entry, &pending, Named::Before))
            }
        }
    }
}

/// Side of an entry on which a booking stands.
#[derive(Clone, Copy)]
enum Named {
    Before,
    After,
}

fn described(entry: Entry, pending: &PendingChange, named: Named) -> Entry {
    let seats = i64::try_from(pending.seats).ok().map(Value::Number);
    let values = [
        ("plan", Some(Value::Text(pending.plan.clone()))),
        ("interval", Some(Value::Text(pending.interval.word().to_owned()))),
        ("seats", seats),
    ];
    values.into_iter().fold(entry, |entry, (name, value)| match named {
        Named::Before => entry.with(name, value, None),
        Named::After => entry.with(name, None, value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Interval;
    use crate::ids::ScheduleId;
    use crate::samples::{NOW, running, standing};
    use crate::time::DAY_SECONDS;

    const LATER: Timestamp = Timestamp(NOW.0 + 40 * DAY_SECONDS);

    /// Three seats of Team with Personal booked for the end of the period.
    fn booked() -> (SubscriptionSnapshot, PendingChange) {
        let live = running("team", 3);
        let target = Target { plan: "personal".to_owned(), interval: Interval::Month, seats: 1 };
        let pending = PendingChange { booked: true, ..target.at(live.period_end) };
        (live, pending)
    }

    /// Goal: a booking stands, takes effect, moves with the period, or is undone with the
    /// subscription.
    #[test]
    fn a_booking_follows_the_subscription() {
        let (live, pending) = booked();
        let schedule = Some(ScheduleId::parse("sub_sched_1").unwrap());
        let renewed = SubscriptionSnapshot {
            period_start: live.period_end,
            period_end: LATER,
            ..live.clone()
        };
        let changing = SubscriptionSnapshot { schedule: schedule.clone(), ..renewed.clone() };
        let plan = "personal".to_owned();
        let in_force = SubscriptionSnapshot { plan, seats: 1, ..changing.clone() };
        let moved = SubscriptionSnapshot { period_end: LATER, schedule, ..live.clone() };
        let later = PendingChange { at: LATER, booked: false, ..pending.clone() };
        for (live, expected) in [
            (Some(live), Booking::Stands),
            (Some(changing), Booking::Stands),
            (Some(in_force), Booking::InForce),
            (Some(renewed), Booking::Moved(later.clone())),
            (Some(moved), Booking::Moved(later)),
            (None, Booking::Undone),
        ] {
            assert_eq!(booking(&pending, live.as_ref()), expected, "{live:?}");
        }
    }

    /// Goal: what is moved or undone is said.
    #[test]
    fn a_moved_or_undone_booking_has_an_entry() {
        let (live, pending) = booked();
        let mut standing = standing(&live);
        standing.pending = Some(pending);
        assert_eq!(standing.settle_booking(NOW), None);

        standing.subscription.as_mut().unwrap().period_end = LATER;
        let entry = standing.settle_booking(NOW).unwrap();
        assert_eq!((entry.kind, standing.pending.clone().unwrap().at), (Kind::ChangeBooked, LATER));
        assert_eq!(standing.settle_booking(NOW), None, "it is said once");

        standing.subscription.as_mut().unwrap().status = crate::fact::SubscriptionStatus::Canceled;
        let entry = standing.settle_booking(NOW).unwrap();
        assert_eq!((entry.kind, standing.pending), (Kind::ChangeUndone, None));
    }
}
