//! Reasons why the steps of an account's auto-recharge cannot be taken now.

use apply::ApplyError;
use billing::money::TooLarge;
use invocation::{Class, Classified};
use runtime::telemetry::alarm;
use store::StoreError;
use stripe_client::StripeError;
use worker::Alarms;

/// A step could not be taken. Those before it are, and the same can be run again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RechargeError {
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe could not be called, or refused.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// Stripe's answer could not be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// An amount is larger than anything that is sold.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Something is missing that must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Each step led to another one, up to the most that one message takes.
    #[error("there are more steps than one message takes")]
    TooManySteps,
    /// The operating system gave no randomness.
    #[error("there is no randomness")]
    NoEntropy,
}

impl Classified for RechargeError {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Stripe(error) => error.class(),
            Self::Apply(error) => error.class(),
            Self::TooManySteps | Self::NoEntropy => Class::Retry,
            Self::Missing(_) | Self::TooLarge(_) => Class::Never,
        }
    }
}

impl RechargeError {
    /// Alarms that it rings.
    pub(crate) fn alarms(&self) -> Alarms {
        let operator = match self {
            Self::Stripe(_) => Some(alarm::NOT_CALLABLE),
            Self::Store(_)
            | Self::Apply(_)
            | Self::TooLarge(_)
            | Self::Missing(_)
            | Self::TooManySteps
            | Self::NoEntropy => None,
        };
        Alarms { operator, dead: alarm::NOT_CHARGED }
    }
}
