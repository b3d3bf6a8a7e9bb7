//! Reasons why a command of this crate did not succeed.

use std::fmt::{Debug, Display};

use apply::ApplyError;
use billing::ids::AccountId;
use billing::lease::NotLeased;
use billing::money::TooLarge;
use billing::opening::Left;
use invocation::entropy::NoEntropy;
use invocation::{Class, Classified};
use store::StoreError;
use stripe_client::StripeError;
use stripe_sync::SyncError;

/// Reason why a command did not succeed. `R` is what the rules refuse.
#[derive(Debug, thiserror::Error)]
pub enum Failure<R: Debug + Display> {
    /// A rule refuses the command.
    #[error("refused: {0}")]
    Refused(R),
    /// There is no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// The account has no such thing.
    #[error("the account has no such {0}")]
    Unknown(&'static str),
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe did not answer, or its answer is of no use.
    #[error("{error}")]
    Stripe {
        /// The error.
        #[source]
        error: StripeError,
        /// What is done nevertheless.
        left: Left,
    },
    /// A fact that was read at Stripe is not applied.
    #[error(transparent)]
    Unapplied(ApplyError),
    /// The lease of the account is not to be had.
    #[error(transparent)]
    NotLeased(NotLeased),
    /// Something that the books name is missing.
    #[error("{0} does not exist")]
    Missing(String),
    /// The time is up before all objects of a customer are read.
    #[error("the time is up")]
    OutOfTime,
    /// No randomness is to be had.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// A sum does not fit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl<R: Debug + Display> Failure<R> {
    /// A failure of Stripe's, for `map_err`.
    pub(crate) fn of_stripe(left: Left) -> impl Fn(StripeError) -> Self {
        move |error| Self::Stripe { error, left }
    }
}

impl<R: Debug + Display> Classified for Failure<R> {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Stripe { error, .. } => error.class(),
            // Applying a fact has its own tries.
            Self::Unapplied(_)
            | Self::Refused(_)
            | Self::NoAccount(_)
            | Self::Unknown(_)
            | Self::Missing(_)
            | Self::NotLeased(_)
            | Self::OutOfTime
            | Self::NoEntropy(_)
            | Self::TooLarge(_) => Class::Never,
        }
    }
}

impl<R: Debug + Display> From<SyncError> for Failure<R> {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) => Self::Store(error),
            SyncError::Stripe(error) => Self::Stripe { error, left: Left::Part },
            SyncError::Apply(error) => Self::Unapplied(error),
            SyncError::NotLeased(why) => Self::NotLeased(why),
            SyncError::Missing(what) => Self::Missing(what),
        }
    }
}
