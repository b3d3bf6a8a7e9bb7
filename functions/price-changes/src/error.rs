//! Why what follows from a price change is not done yet.

use billing::money::Money;
use invocation::Class;
use invocation::Classified;
use queue::SendError;
use store::StoreError;
use stripe_client::StripeError;
use stripe_sync::SyncError;

/// Something is not done. What was done by then is, and the same can be run again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDone {
    /// The table did not play along.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe did not answer, or refused.
    #[error(transparent)]
    Ask(#[from] StripeError),
    /// A subscription and our books were not brought together.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The queue did not take a message.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Stripe sells the price for another amount than the one that is to change: the catalog was not pushed. Nobody is
    /// told of the change until then.
    #[error("Stripe has the price `{price}` at {there}, not at {from}: push the catalog")]
    OtherAmount {
        /// The price's lookup key.
        price: String,
        /// What Stripe has, in words.
        there: String,
        /// What is to change.
        from: Money,
    },
}

impl NotDone {
    /// Whether the same may succeed later by itself.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Ask(error) => error.is_transient(),
            Self::Sync(error) => error.is_transient(),
            Self::Send(_) => true,
            Self::OtherAmount { .. } => false,
        }
    }

    /// Whether Stripe does not take our key.
    pub(crate) fn is_about_the_key(&self) -> bool {
        match self {
            Self::Ask(error) | Self::Sync(SyncError::Stripe(error)) => {
                error.class() == Class::Operator
            }
            Self::Sync(SyncError::Store(_) | SyncError::Apply(_) | SyncError::Missing(_))
            | Self::Store(_)
            | Self::Send(_)
            | Self::OtherAmount { .. } => false,
        }
    }
}
