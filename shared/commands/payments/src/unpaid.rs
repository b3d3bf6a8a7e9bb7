//! Reasons why an invoice is not paid on request, other than a decline.

use apply::ApplyError;
use billing::ids::AccountId;
use billing::paying::Refused;
use invocation::{Class, Classified};
use store::StoreError;
use stripe_client::StripeError;
use stripe_requests::Refusal;

use crate::Failure;

/// Reason why an invoice is not paid.
#[derive(Debug, thiserror::Error)]
pub enum Unpaid {
    /// There is no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// A rule refuses it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is nothing on file to charge.
    #[error("there is no payment method on file")]
    NoMethod,
    /// Stripe does not take the payment method.
    #[error("Stripe does not take the payment method: {0}")]
    Method(Refusal),
    /// Stripe refuses to try.
    #[error("Stripe refuses the payment: {0}")]
    ByStripe(Refusal),
    /// Stripe failed: it is open whether the payment was made.
    #[error(transparent)]
    Stripe(StripeError),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ApplyError> for Unpaid {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(error) => Self::Store(error),
            ApplyError::UnknownCustomer(_) | ApplyError::UnknownPayment(_) => {
                Self::Store(StoreError::Unavailable(error.to_string()))
            }
        }
    }
}

impl From<StripeError> for Unpaid {
    fn from(error: StripeError) -> Self {
        Self::Stripe(error)
    }
}

impl From<Failure> for Unpaid {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NoAccount(account) => Self::NoAccount(account),
            Failure::NoInvoice(_) => Self::Refused(Refused::Unknown),
            Failure::Store(error) => Self::Store(error),
        }
    }
}

impl Classified for Unpaid {
    fn class(&self) -> Class {
        match self {
            Self::NoAccount(_)
            | Self::Refused(_)
            | Self::NoMethod
            | Self::Method(_)
            | Self::ByStripe(_) => Class::Never,
            Self::Stripe(error) => error.class(),
            Self::Store(error) => error.class(),
        }
    }
}
