//! The states of an account, the access that each allows, and transitions between them (A19, A20,
//! C10, C11).
//!
//! A state follows from the standing and the time: see [`crate::account::transitions`].

use crate::ids::InvoiceId;
use crate::time::Timestamp;
use crate::usage::Exceeded;
use crate::words::Word;

/// State of an account: the first that holds, in this order.
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

impl Word for State {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Terminated, "terminated"),
        (Self::Canceled, "canceled"),
        (Self::Disabled, "disabled"),
        (Self::Restricted, "restricted"),
        (Self::PastDue, "past_due"),
        (Self::Active, "active"),
    ];
}

/// Access that the data plane gives an account (C11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Full,
    /// Cached answers; no new work (C7).
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
    /// Access in this state.
    pub fn access(self) -> Access {
        match self {
            Self::Terminated | Self::Canceled | Self::Disabled => Access::None,
            Self::Restricted => Access::CachedOnly,
            Self::PastDue | Self::Active => Access::Full,
        }
    }

    /// True if an account in this state gets no service and is not billed for any (C10).
    pub fn is_unserved(self) -> bool {
        match self {
            Self::Terminated | Self::Canceled | Self::Disabled => true,
            Self::Restricted | Self::PastDue | Self::Active => false,
        }
    }

    /// Code of a refusal because of the state: none where the account may use what it has (C10).
    pub fn refusal_code(self) -> Option<&'static str> {
        match self {
            Self::Terminated => Some("account_terminated"),
            Self::Canceled => Some("account_canceled"),
            Self::Disabled => Some("account_disabled"),
            Self::Restricted | Self::PastDue | Self::Active => None,
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
