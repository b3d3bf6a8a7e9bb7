//! Reasons why what follows from a price change is not done yet.

use billing::money::Money;
use invocation::{Class, Classified};
use queue::SendError;
use runtime::telemetry::alarm;
use store::StoreError;
use stripe_client::StripeError;
use stripe_sync::SyncError;
use worker::Alarms;

/// Something is not done. What was done by then is, and the same can be run again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDone {
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe could not be called, or refused.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// A subscription and our books were not brought together.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The queue did not take a message.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Stripe sells the price for another amount than the one that is to change: the catalog was
    /// not pushed. No account is notified of the change until then.
    #[error("Stripe has the price `{price}` at {there}, not at {from}: push the catalog")]
    OtherAmount {
        /// Lookup key of the price.
        price: String,
        /// Amount at Stripe, in words.
        there: String,
        /// Amount that is to change.
        from: Money,
    },
}

impl Classified for NotDone {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Stripe(error) => error.class(),
            Self::Sync(error) => error.class(),
            Self::Send(_) => Class::Retry,
            Self::OtherAmount { .. } => Class::Never,
        }
    }
}

impl NotDone {
    /// Alarms that it rings.
    pub(crate) fn alarms(&self) -> Alarms {
        let operator = match self {
            Self::Stripe(_) | Self::Sync(SyncError::Stripe(_)) => Some(alarm::NOT_CALLABLE),
            Self::Sync(
                SyncError::Store(_)
                | SyncError::Apply(_)
                | SyncError::NotLeased(_)
                | SyncError::Missing(_),
            )
            | Self::Store(_)
            | Self::Send(_)
            | Self::OtherAmount { .. } => None,
        };
        Alarms { operator, dead: alarm::NOT_AGREED }
    }
}
