//! The state of an account: a pure function of its standing and the time (A19, A20, C10, C11).
//!
//! Nothing stores it. A schedule that comes late or never can neither give access away nor withhold
//! it; it only notices, so that the journal, and whoever is told from it, learns of the transition.
//!
//! *Disabled* begins when an invoice passes its disabling date. It ends when nothing overdue
//! remains (A20): whoever pays one of two overdue invoices stays disabled, even while the other's
//! own grace still runs. So [`Standing::disabled_until`] remembers when an invoice past its date
//! was last settled; an invoice that was overdue by then holds the account disabled in its place.

use crate::account::{Closure, OpenInvoice, Standing};
use crate::ids::InvoiceId;
use crate::state::{State, Transition};
use crate::time::Timestamp;

impl Standing {
    /// The state at a moment, as far as money and closing go: whoever shows it adds what follows
    /// from usage ([`State::limited_by`]).
    pub fn state_at(&self, at: Timestamp) -> State {
        if let Some(closed) = self.closed.filter(|closed| closed.at <= at) {
            return match closed.how {
                Closure::Terminated => State::Terminated,
                Closure::Canceled => State::Canceled,
            };
        }
        let mut state = State::Active;
        for (_, entry) in self.counting() {
            if self.disabling_at(entry) <= at {
                return State::Disabled;
            }
            if entry.overdue_at <= at {
                state = State::PastDue;
            }
        }
        state
    }

    /// Time from which an open invoice holds the account disabled: from its own date, or from when
    /// it is overdue if another invoice had disabled the account by then.
    pub fn disabling_at(&self, entry: &OpenInvoice) -> Timestamp {
        if self.disabled_until.is_some_and(|until| entry.overdue_at < until) {
            entry.overdue_at.min(entry.disables_at)
        } else {
            entry.disables_at
        }
    }

    /// Time at which the account will be disabled if nothing is paid, or was: the earliest date of
    /// what is overdue. Nothing while nothing is.
    pub fn disables_on(&self, now: Timestamp) -> Option<Timestamp> {
        self.overdue_at(now).map(|(_, entry)| self.disabling_at(entry)).min()
    }

    /// The invoices that are overdue at a moment and count, in order of their ids.
    pub fn overdue_at(&self, at: Timestamp) -> impl Iterator<Item = (&InvoiceId, &OpenInvoice)> {
        self.counting().filter(move |(_, entry)| entry.overdue_at <= at)
    }

    pub(super) fn transition(&self, at: Timestamp, from: State, to: State) -> Transition {
        let because = match to {
            State::PastDue | State::Disabled => {
                self.overdue_at(at).map(|(id, _)| id.clone()).collect()
            }
            State::Terminated | State::Canceled | State::Restricted | State::Active => Vec::new(),
        };
        Transition { at, from, to, because }
    }
}
