//! Reasons why an invoice is not read.

use apply::ApplyError;
use billing::ids::{AccountId, InvoiceId};
use store::StoreError;

/// Reason why an invoice is not read.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no such account.
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// The account has no such invoice, or only a draft of it.
    #[error("the account has no invoice {0}")]
    NoInvoice(InvoiceId),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(error) => Self::Store(error),
            ApplyError::UnknownCustomer(_) | ApplyError::UnknownPayment(_) => {
                Self::Store(StoreError::Unavailable(error.to_string()))
            }
        }
    }
}
