//! Errors of counting, and what helps against each.

use billing::ids::BatchId;
use invocation::{Class, Classified};
use store::StoreError;

/// Reason why a batch is not counted, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// The id was used before, for a batch with another body.
    #[error("the batch_id `{0}` was used before, with another body")]
    OtherContent(BatchId),
    /// The table failed. A part may be counted: the same batch again counts the rest.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classified for CountError {
    fn class(&self) -> Class {
        match self {
            Self::OtherContent(_) => Class::Never,
            Self::Store(error) => error.class(),
        }
    }
}
