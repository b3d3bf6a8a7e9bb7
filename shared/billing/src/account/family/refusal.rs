//! Reasons why something about a family is refused.

use super::BookedModel;
use crate::state::State;
use crate::time::Timestamp;

/// Reason why an account is not converted, or its limit is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConversionRefusal {
    /// The account is a sub-account itself.
    #[error("the account is a sub-account")]
    IsSubAccount,
    /// Neither a partner's nor on a negotiated plan (B1).
    #[error("the account is neither a partner's nor on a negotiated plan")]
    NotEligible,
    /// The account has usage of its own in the current month (B3).
    #[error("the account has usage of its own")]
    HasUsage,
    /// The parent has sub-accounts.
    #[error("the account has {0} sub-accounts")]
    SubAccountsLeft(u32),
    /// The account is no parent.
    #[error("the account is no parent")]
    NotAParent,
    /// The account is closed.
    #[error("the account is closed")]
    Closed(State),
}

/// Reason why something about sub-accounts is refused to their parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FamilyRefusal {
    /// The account is no parent: also a sub-account, which has none of its own.
    #[error("the account is no parent")]
    NotAParent,
    /// The parent has no such sub-account.
    #[error("there is no such sub-account")]
    Unknown,
    /// The parent has as many sub-accounts as it may have.
    #[error("the account has {0} sub-accounts already")]
    TooMany(u32),
    /// The parent opened as many sub-accounts as it may open in an hour.
    #[error("no more can be opened before {0}")]
    TooFast(Timestamp),
    /// Another billing model is booked.
    #[error("another billing model is booked for {}", .0.at)]
    ModelBooked(BookedModel),
    /// A change of the sub-account's own subscription is booked.
    #[error("a change of the subscription is booked")]
    ChangeBooked,
    /// The parent, or the sub-account, is closed.
    #[error("the account is closed")]
    Closed(State),
}
