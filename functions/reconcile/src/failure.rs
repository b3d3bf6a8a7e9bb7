//! Reasons why books and Stripe are not compared yet.

use apply::ApplyError;
use invocation::{Class, Classified};
use queue::SendError;
use store::StoreError;
use stripe_client::StripeError;
use stripe_sync::SyncError;

/// Reason why something is not compared yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe failed.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// A fact is not applied yet.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A subscription is not settled yet.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A message was not sent.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl ReconcileError {
    /// True if Stripe failed.
    pub(crate) fn is_of_stripe(&self) -> bool {
        matches!(self, Self::Stripe(_) | Self::Sync(SyncError::Stripe(_)))
    }
}

impl Classified for ReconcileError {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Stripe(error) => error.class(),
            Self::Apply(error) => error.class(),
            Self::Sync(error) => error.class(),
            Self::Send(_) => Class::Retry,
        }
    }
}
