//! The state of an account: a pure function of its standing and the time (A19, A20, C10, C11).
//!
//! Nothing stores it. A schedule that comes late or never can neither give access away nor withhold
//! it; it only notices, so that the journal, and whoever is told from it, learns of the transition.
//!
//! *Disabled* begins when an invoice passes its disabling date. It ends when nothing overdue remains
//! (A20): whoever pays one of two overdue invoices stays disabled, even while the other's own grace
//! still runs. So [`Standing::disabled_until`] remembers when an invoice past its date was last
//! settled; an invoice that was overdue by then holds the account disabled in its place.

use crate::account::{Closure, OpenInvoice, Standing};
use crate::ids::InvoiceId;
use crate::time::Timestamp;
use crate::usage::Exceeded;

/// Where an account stands. The first that holds is shown, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Closed by staff for cause.
    Terminated,
    /// Closed: by staff, or because the Stripe customer was deleted.
    Canceled,
    /// An overdue invoice has passed its grace period (A19).
    Disabled,
    /// More is used than the plan includes (C7).
    Restricted,
    /// An invoice is overdue.
    PastDue,
    /// Nothing overdue is owed.
    Active,
}

/// What the data plane may let an account do (C11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Full,
    /// What is cached; no new work (C7).
    CachedOnly,
    /// Nothing: an error on API requests.
    None,
}

/// A state that was entered, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub from: State,
    /// To where.
    pub to: State,
    /// The invoices that hold the account in the new state.
    pub because: Vec<InvoiceId>,
}

impl State {
    /// What it allows.
    pub fn access(self) -> Access {
        match self {
            Self::Terminated | Self::Canceled | Self::Disabled => Access::None,
            Self::Restricted => Access::CachedOnly,
            Self::PastDue | Self::Active => Access::Full,
        }
    }

    /// The state of an account that is over those limits as well. Closed and disabled come first;
    /// being past due does not matter as much.
    #[must_use]
    pub fn limited_by(self, exceeded: &[Exceeded]) -> Self {
        match self {
            Self::PastDue | Self::Active if !exceeded.is_empty() => Self::Restricted,
            Self::Terminated
            | Self::Canceled
            | Self::Disabled
            | Self::Restricted
            | Self::PastDue
            | Self::Active => self,
        }
    }
}

impl Access {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::CachedOnly => "cached_only",
            Self::None => "none",
        }
    }
}

impl Standing {
    /// The state at a moment, as far as money and closing go: whoever shows it adds what follows from usage
    /// ([`State::limited_by`]).
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

    /// From when an open invoice holds the account disabled: from its own date, or from when it is
    /// overdue if another invoice had disabled the account by then.
    pub fn disabling_at(&self, entry: &OpenInvoice) -> Timestamp {
        if self.disabled_until.is_some_and(|until| entry.overdue_at < until) {
            entry.overdue_at.min(entry.disables_at)
        } else {
            entry.disables_at
        }
    }

    /// When the account will be disabled if nothing is paid, or was: the earliest date of what is
    /// overdue. Nothing while nothing is.
    pub fn disables_on(&self, now: Timestamp) -> Option<Timestamp> {
        self.overdue_at(now).map(|(_, entry)| self.disabling_at(entry)).min()
    }

    /// The invoices that are overdue at a moment and count, in order of their ids.
    pub fn overdue_at(&self, at: Timestamp) -> impl Iterator<Item = (&InvoiceId, &OpenInvoice)> {
        self.counting().filter(move |(_, entry)| entry.overdue_at <= at)
    }

    /// The transitions, at their true times, from the state that the journal has last to the state at
    /// `now`: nothing when the two agree.
    pub fn transitions_until(&self, now: Timestamp) -> Vec<Transition> {
        let mut state = self.noticed.state;
        let mut transitions = Vec::new();
        let dates =
            self.counting().flat_map(|(_, entry)| [entry.overdue_at, self.disabling_at(entry)]);
        let mut moments: Vec<Timestamp> = dates
            .chain(self.closed.map(|closed| closed.at))
            .map(|at| at.max(self.noticed.since))
            .filter(|at| *at <= now)
            .chain([now])
            .collect();
        moments.sort_unstable();
        for at in moments {
            let to = self.state_at(at);
            if to != state {
                transitions.push(self.transition(at, state, to));
                state = to;
            }
        }
        transitions
    }

    fn transition(&self, at: Timestamp, from: State, to: State) -> Transition {
        let because = match to {
            State::PastDue | State::Disabled => {
                self.overdue_at(at).map(|(id, _)| id.clone()).collect()
            }
            State::Terminated | State::Canceled | State::Restricted | State::Active => Vec::new(),
        };
        Transition { at, from, to, because }
    }
}
