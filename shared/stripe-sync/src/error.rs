//! Why our books and Stripe are not brought together yet.

use apply::Unsettled;
use store::StoreError;
use stripe_client::AskError;

/// Our books and Stripe may still differ. What was done by then is done, and the same can be run again.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The table did not play along.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe did not answer, or refused.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// A fact could not be settled.
    #[error(transparent)]
    Settle(#[from] Unsettled),
    /// There is no such account, or no such subscription at Stripe. Waiting does not help.
    #[error("{0} does not exist")]
    Missing(String),
}

impl SyncError {
    /// Whether the same may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Ask(error) => error.is_transient(),
            Self::Settle(error) => error.is_transient(),
            Self::Missing(_) => false,
        }
    }
}
