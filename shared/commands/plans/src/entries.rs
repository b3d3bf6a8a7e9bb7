//! Entries of the journal about plans that were booked, taken back, set or not paid for.

use billing::account::PendingChange;
use billing::journal::{Entry, Kind, Value};
use billing::plan_change::Target;
use billing::time::Timestamp;
use billing::words::Word;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn seats(seats: u64) -> Option<Value> {
    i64::try_from(seats).ok().map(Value::Number)
}

/// Entry about a change, with the plan, interval and seats that were asked for. `about` is the
/// subscription, where one runs.
pub(crate) fn wished(kind: Kind, about: Option<&str>, target: &Target, now: Timestamp) -> Entry {
    Entry::new(now, kind, about)
        .with("plan", None, Some(text(&target.plan)))
        .with("interval", None, Some(text(target.interval.word())))
        .with("seats", None, seats(target.seats))
}

/// Entry about a booking that is taken back.
pub(crate) fn undone(about: &str, pending: &PendingChange, now: Timestamp) -> Entry {
    Entry::new(now, Kind::ChangeUndone, Some(about))
        .with("plan", Some(text(&pending.plan)), None)
        .with("interval", Some(text(pending.interval.word())), None)
        .with("seats", seats(pending.seats), None)
}
