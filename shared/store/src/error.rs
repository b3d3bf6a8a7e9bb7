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
    /// What the caller's `If-Match` stands for has changed meanwhile: nothing was written. Waiting
    /// does not help.
    #[error("the resource changed since its tag was given")]
    PreconditionFailed,
    /// Too much at once. Waiting helps.
    #[error("the table is throttled: {0}")]
    Throttled(String),
    /// No answer, or not a useful one: the call may or may not have taken effect. Loading again
    /// tells; waiting helps.
    #[error("the table did not answer: {0}")]
    Unavailable(String),
    /// The request is not allowed, or the table is not there. Waiting helps only if an operator
    /// corrects the deployment.
    #[error("the table refused the request: {0}")]
    Rejected(String),
    /// The request itself is wrong, such as an item that is too large. Waiting does not help.
    #[error("the table does not take the request: {0}")]
    Invalid(String),
    /// The invocation ends before the table may have answered: nothing was asked. A later one can
    /// ask.
    #[error("too little time is left to ask the table")]
    OutOfTime,
    /// An item cannot be read back. Waiting does not help.
    #[error("the item {pk} / {sk} cannot be read: {what}")]
    Corrupt {
        /// Its partition key.
        pk: String,
        /// Its sort key.
        sk: String,
        /// What is wrong with it.
        what: String,
    },
    /// A part was read that was not asked for: the code that reads it is wrong. Waiting does not
    /// help.
    #[error("{0:?} was not loaded")]
    NotLoaded(Part),
}

impl Classified for StoreError {
    fn class(&self) -> Class {
        match self {
            Self::Conflict => Class::Conflict,
            Self::Throttled(_) | Self::Unavailable(_) | Self::OutOfTime => Class::Retry,
            Self::Rejected(_) => Class::Operator,
            Self::PreconditionFailed
            | Self::Invalid(_)
            | Self::Corrupt { .. }
            | Self::NotLoaded(_) => Class::Never,
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
            "AccessDeniedException"
            | "ResourceNotFoundException"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "IncompleteSignatureException"
            | "MissingAuthenticationTokenException"
            | "KMSAccessDeniedException"
            | "KMSDisabledException"
            | "KMSInvalidStateException"
            | "KMSNotFoundException" => Self::Rejected(text),
            "ValidationException"
            | "ValidationError"
            | "SerializationException"
            | "ItemCollectionSizeLimitExceeded"
            | "ItemCollectionSizeLimitExceededException" => Self::Invalid(text),
            _ => Self::Unavailable(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: each code of DynamoDB's has the class of what helps against it.
    #[test]
    fn codes_have_the_class_of_what_helps() {
        for (code, class) in [
            ("ProvisionedThroughputExceededException", Class::Retry),
            ("ThrottlingException", Class::Retry),
            ("RequestLimitExceeded", Class::Retry),
            ("InternalServerError", Class::Retry),
            ("TransactionConflictException", Class::Conflict),
            ("ConditionalCheckFailedException", Class::Conflict),
            ("AccessDeniedException", Class::Operator),
            ("ResourceNotFoundException", Class::Operator),
            ("UnrecognizedClientException", Class::Operator),
            ("ValidationException", Class::Never),
            ("ValidationError", Class::Never),
            ("ItemCollectionSizeLimitExceeded", Class::Never),
        ] {
            assert_eq!(StoreError::of_code(code, String::new()).class(), class, "{code}");
        }
    }
}
