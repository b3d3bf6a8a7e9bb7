//! Why our books and Stripe are not brought together yet.

use apply::ApplyError;
use billing::lease::NotLeased;
use invocation::{Class, Classified};
use store::StoreError;
use stripe_client::StripeError;

/// Our books and Stripe may still differ. What was done by then is done, and the same can be run
/// again.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The table did not play along.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe did not answer, or refused.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// A fact could not be settled.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The lease of the account is not to be had.
    #[error(transparent)]
    NotLeased(#[from] NotLeased),
    /// There is no such account, or no such subscription at Stripe. Waiting does not help.
    #[error("{0} does not exist")]
    Missing(String),
}

impl Classified for SyncError {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Stripe(error) => error.class(),
            Self::Apply(error) => error.class(),
            Self::NotLeased(NotLeased::InProgress) => Class::Retry,
            Self::NotLeased(NotLeased::Overtaken) | Self::Missing(_) => Class::Never,
        }
    }
}
