//! What goes wrong between us and the table, and whether waiting helps.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use invocation::{Class, Classified};

use crate::part::Part;

/// The table did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer was faster: nothing was written. Load and decide again.
    #[error("the items changed since they were read")]
    Conflict,
    /// Too much at once. Waiting helps.
    #[error("the table is throttled: {0}")]
    Throttled(String),
    /// No answer, or not a useful one: the call may or may not have taken effect. Loading again tells;
    /// waiting helps.
    #[error("the table did not answer: {0}")]
    Unavailable(String),
    /// The request is wrong or not allowed. Waiting helps only if somebody mends the deployment.
    #[error("the table refused the request: {0}")]
    Rejected(String),
    /// An item can not be read back. Waiting does not help.
    #[error("the item {pk} / {sk} can not be read: {what}")]
    Corrupt {
        /// Its partition key.
        pk: String,
        /// Its sort key.
        sk: String,
        /// What is wrong with it.
        what: String,
    },
    /// A part was read that was not asked for: the code that reads it is wrong. Waiting does not help.
    #[error("{0:?} was not loaded")]
    NotLoaded(Part),
}

impl Classified for StoreError {
    fn class(&self) -> Class {
        match self {
            Self::Conflict => Class::Conflict,
            Self::Throttled(_) | Self::Unavailable(_) => Class::Retry,
            Self::Rejected(_) => Class::Operator,
            Self::Corrupt { .. } | Self::NotLoaded(_) => Class::Never,
        }
    }
}

impl StoreError {
    /// Of any call but a transaction.
    pub(crate) fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        R: std::fmt::Debug,
    {
        let text = DisplayErrorContext(error).to_string();
        let SdkError::ServiceError(service) = error else {
            return Self::Unavailable(text);
        };
        Self::of_code(service.err().code().unwrap_or_default(), text)
    }

    /// Of a transaction: a failed condition or a conflict means that another writer was faster.
    pub(crate) fn of_transaction<R>(error: &SdkError<TransactWriteItemsError, R>) -> Self
    where
        R: std::fmt::Debug,
    {
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
            error.as_service_error()
        else {
            return Self::of(error);
        };
        let text = DisplayErrorContext(error).to_string();
        let codes = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code());
        let mut verdict = Self::Unavailable(text.clone());
        for code in codes {
            match code {
                "ConditionalCheckFailed" | "TransactionConflict" => return Self::Conflict,
                "None" => {}
                other => verdict = Self::of_code(other, text.clone()),
            }
        }
        verdict
    }

    fn of_code(code: &str, text: String) -> Self {
        match code {
            "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "ThrottlingException"
            | "ThrottlingError"
            | "RequestLimitExceeded" => Self::Throttled(text),
            "TransactionConflictException" | "ConditionalCheckFailedException" => Self::Conflict,
            "ValidationException"
            | "ValidationError"
            | "AccessDeniedException"
            | "ResourceNotFoundException"
            | "UnrecognizedClientException"
            | "ItemCollectionSizeLimitExceeded" => Self::Rejected(text),
            _ => Self::Unavailable(text),
        }
    }
}
