//! Reasons why a payer is not invoiced yet.

use billing::closing::NotClosed;
use billing::time::NotATime;
use invocation::{Class, Classified};
use queue::SendError;
use runtime::entropy::NoEntropy;
use runtime::telemetry::alarm;
use store::StoreError;
use stripe_sync::SyncError;
use worker::Alarms;

/// A payer is not invoiced. Steps before the failed one are done, and the same can be run again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// The month cannot be read.
    #[error(transparent)]
    Month(#[from] NotATime),
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe could not be called, or its answer could not be applied.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The month is not closed: its plan is not in the catalog, or no real sum is that large.
    #[error(transparent)]
    NotClosed(#[from] NotClosed),
    /// No token could be drawn.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The account has no customer at Stripe: it is still being opened, or never was. The next
    /// day's run tries again.
    #[error("the account has no customer at Stripe")]
    NoCustomer,
    /// Sub-accounts that the account pays for have not closed the month: they are messages now.
    #[error("{0} sub-accounts have not closed the month")]
    SubAccounts(usize),
    /// Messages of sub-accounts could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Stripe refuses to make the invoice. The bill says so.
    #[error("Stripe refuses the invoice: {0}")]
    Refused(String),
}

impl Classified for RunError {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Sync(error) => error.class(),
            Self::NotClosed(NotClosed::DaysDiffer(_)) => Class::Conflict,
            Self::Entropy(_) | Self::SubAccounts(_) | Self::Send(_) => Class::Retry,
            Self::NotClosed(NotClosed::UnknownPlan(_)) => Class::Operator,
            Self::Month(_)
            | Self::NotClosed(NotClosed::TooLarge(_))
            | Self::NoCustomer
            | Self::Refused(_) => Class::Never,
        }
    }
}

impl RunError {
    /// Alarms that it rings.
    pub(crate) fn alarms(&self) -> Alarms {
        let operator = match self {
            Self::Sync(SyncError::Stripe(_)) => Some(alarm::NOT_CALLABLE),
            Self::NotClosed(NotClosed::UnknownPlan(_)) => Some(alarm::NOT_INVOICED),
            Self::Month(_)
            | Self::Store(_)
            | Self::Sync(_)
            | Self::NotClosed(NotClosed::TooLarge(_) | NotClosed::DaysDiffer(_))
            | Self::Entropy(_)
            | Self::SubAccounts(_)
            | Self::Send(_)
            | Self::NoCustomer
            | Self::Refused(_) => None,
        };
        Alarms { operator, dead: alarm::NOT_INVOICED }
    }
}
