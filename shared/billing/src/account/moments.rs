//! The moments of an open invoice that its account's journal has: each once, in order, at its own
//! time (A19, F1).
//!
//! Moments follow from the standing and the time, like the state. The standing keeps the last one
//! that the journal has for each open invoice, and the index of what is due has the account until
//! the journal has the last ([`Standing::next_moment`]). So a schedule that was away for days, or
//! that failed for one account, misses nothing: what it finds late is journaled at its own time.
//!
//! An account's transition is the entry of the moment that makes it. A moment that makes none has
//! an entry of its own, and moments of one invoice that coincide have one.

use crate::account::{Noticed, OpenInvoice, Standing};
use crate::fact::InvoiceEvent;
use crate::ids::InvoiceId;
use crate::journal::{Entry, Kind, Value};
use crate::state::State;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Time of the first warning before an invoice disables its account, in seconds (F9).
pub const FIRST_WARNING_SECONDS: i64 = 3 * DAY_SECONDS;
/// Time of the last warning, in seconds (F9).
pub const LAST_WARNING_SECONDS: i64 = DAY_SECONDS;

/// Most invoices that a warning names: a record of the journal with all missed moments stays under
/// 1 KB.
const WARNED_MAX: usize = 2;

/// A moment of an open invoice, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// It is overdue.
    Overdue,
    /// It will disable the account in [`FIRST_WARNING_SECONDS`].
    FirstWarning,
    /// It will disable the account in [`LAST_WARNING_SECONDS`].
    LastWarning,
    /// It disables the account.
    Disabled,
}

/// One letter each: `a` and `b` are left for moments before an invoice is overdue.
impl Word for Moment {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Overdue, "c"),
        (Self::FirstWarning, "d"),
        (Self::LastWarning, "e"),
        (Self::Disabled, "f"),
    ];
}

impl OpenInvoice {
    /// This invoice in the place of an earlier listing of it: what the journal has stays said, as
    /// long as the dates that it named have not moved away.
    #[must_use]
    pub(super) fn in_place_of(self, before: &Self) -> Self {
        let journaled = if self.overdue_at > before.overdue_at {
            None
        } else if self.disables_at > before.disables_at {
            before.journaled.map(|last| last.min(Moment::Overdue))
        } else {
            before.journaled
        };
        Self { journaled: self.journaled.max(journaled), ..self }
    }
}

impl Standing {
    /// The time at which the next moment comes that the journal does not have yet, or came. None
    /// when it has all of them, or the account is closed: a closed account is not dunned.
    pub fn next_moment(&self) -> Option<Timestamp> {
        let open = self.counting().filter(|_| self.closed.is_none());
        open.filter_map(|(_, entry)| self.ahead(entry).map(|(_, at)| at).next()).min()
    }

    /// Moments at which open invoices that count disable the account.
    pub fn disabling_moments(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.counting().map(|(_, entry)| self.disabling_at(entry))
    }

    /// True if the journal lacks something that has come by then: a moment, or the state.
    pub fn is_behind(&self, now: Timestamp) -> bool {
        self.next_moment().is_some_and(|at| at <= now) || self.noticed.state != self.state_at(now)
    }

    /// The standing and the entries once the journal has all that has come by then.
    pub(crate) fn journaled_until(&self, now: Timestamp) -> (Self, Vec<Entry>) {
        let since = self.noticed.since;
        let dates = self.counting().flat_map(|(_, entry)| self.dates(entry).map(|(_, at)| at));
        let mut steps: Vec<Timestamp> = dates
            .chain(self.closed.map(|closed| closed.at))
            .map(|at| at.max(since))
            .filter(|at| *at <= now)
            .chain([now])
            .collect();
        steps.sort_unstable();
        steps.dedup();

        let (mut standing, mut entries) = (self.clone(), Vec::new());
        for at in steps {
            entries.extend(standing.step(at));
        }
        (standing, entries)
    }

    /// Takes over what the journal has by an earlier standing of the account.
    pub(crate) fn take_journaled(&mut self, earlier: &Self) {
        self.noticed = earlier.noticed;
        for (id, entry) in &mut self.open {
            if let Some(before) = earlier.open.get(id) {
                *entry = entry.clone().in_place_of(before);
            }
        }
    }

    /// Dates of an open invoice's moments, in order. Warnings never come before it is overdue.
    fn dates(&self, entry: &OpenInvoice) -> [(Moment, Timestamp); 4] {
        let overdue_at = entry.overdue_at;
        let disabled_at = self.disabling_at(entry).max(overdue_at);
        let before = |seconds: i64| disabled_at.plus_seconds(seconds.saturating_neg());
        [
            (Moment::Overdue, overdue_at),
            (Moment::FirstWarning, before(FIRST_WARNING_SECONDS).max(overdue_at)),
            (Moment::LastWarning, before(LAST_WARNING_SECONDS).max(overdue_at)),
            (Moment::Disabled, disabled_at),
        ]
    }

    /// The moments of an open invoice that the journal does not have, in order.
    fn ahead(&self, entry: &OpenInvoice) -> impl Iterator<Item = (Moment, Timestamp)> + use<> {
        let journaled = entry.journaled;
        self.dates(entry).into_iter().filter(move |(moment, _)| Some(*moment) > journaled)
    }

    /// Passes one date: marks each moment that has come, and says what it was.
    fn step(&mut self, at: Timestamp) -> Vec<Entry> {
        let state = self.state_at(at);
        let come: Vec<(InvoiceId, Vec<Moment>)> = self
            .counting()
            .map(|(id, entry)| {
                let come = self.ahead(entry).filter(|(_, date)| *date <= at);
                (id.clone(), come.map(|(moment, _)| moment).collect())
            })
            .filter(|(_, come): &(_, Vec<Moment>)| !come.is_empty())
            .collect();

        let entries = if state == self.noticed.state {
            self.moments_entries(at, state, &come)
        } else {
            let transition = self.transition(at, self.noticed.state, state);
            self.noticed = Noticed { state, since: at };
            vec![Entry::transition(&transition).with("disables_on", None, self.warns(at, state))]
        };
        for (id, come) in come {
            if let Some(entry) = self.open.get_mut(&id) {
                entry.journaled = entry.journaled.max(come.into_iter().max());
            }
        }
        entries
    }

    /// Entries of moments that do not change the account's state. A warning that coincides with
    /// being overdue, or that comes while the account is disabled, says nothing more.
    fn moments_entries(
        &self,
        at: Timestamp,
        state: State,
        come: &[(InvoiceId, Vec<Moment>)],
    ) -> Vec<Entry> {
        let is_open = match state {
            State::PastDue | State::Active | State::Restricted => true,
            State::Disabled => false,
            State::Terminated | State::Canceled => return Vec::new(),
        };
        let date = |id: &InvoiceId| self.open.get(id).map(|entry| self.disabling_at(entry));
        let (overdue, warned): (Vec<_>, Vec<_>) =
            come.iter().partition(|(_, come)| come.contains(&Moment::Overdue));

        let mut entries: Vec<Entry> = overdue
            .into_iter()
            .map(|(id, _)| {
                let disables_on = date(id).filter(|_| is_open).map(Value::Time);
                Entry::new(at, Kind::Invoice(InvoiceEvent::Overdue), Some(id.as_str())).with(
                    "disables_on",
                    None,
                    disables_on,
                )
            })
            .collect();

        let disables_on = warned.iter().filter_map(|(id, _)| date(id)).min();
        if let Some(disables_on) = disables_on.filter(|_| is_open) {
            let entry = Entry::new(at, Kind::AccountDisableScheduled, None);
            let mut entry = entry.with("disables_on", None, Some(Value::Time(disables_on)));
            let because = warned.iter().take(WARNED_MAX);
            entry.because = because.map(|(id, _)| id.as_str().to_owned()).collect();
            entries.push(entry);
        }
        entries
    }

    /// The date that the entry of a transition names: an account that becomes past due is told when
    /// it will be disabled.
    fn warns(&self, at: Timestamp, state: State) -> Option<Value> {
        match state {
            State::PastDue => self.disables_on(at).map(Value::Time),
            State::Terminated
            | State::Canceled
            | State::Disabled
            | State::Restricted
            | State::Active => None,
        }
    }
}

#[cfg(test)]
mod tests;
