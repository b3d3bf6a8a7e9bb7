//! Reasons why counted usage is not corrected.

use crate::ids::{AccountId, InvoiceId};

/// Reason why counted usage is not corrected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionRefusal {
    /// The catalog has no such resource.
    #[error("there is no such resource")]
    UnknownResource,
    /// Deductions of credits meter the resource, and have drawn what they counted.
    #[error("the resource is metered by deductions of credits")]
    MeteredByDeductions,
    /// A parent has no usage of its own (B3).
    #[error("the account is a parent")]
    ParentAccount,
    /// The month is still to come.
    #[error("the month has not begun")]
    NotBegun,
    /// The day is of another month, or still to come.
    #[error("the day is not one of the month that has begun")]
    DayOutside,
    /// A gauge has a level, and nothing that stands on a day.
    #[error("a gauge is corrected by its level, and not on a day")]
    DayOfGauge,
    /// More would be taken off than was counted.
    #[error("only {counted} units were counted")]
    BeyondCounted {
        /// Counted units: of the day, where one is named.
        counted: u64,
    },
    /// More would be added than the plan allows.
    #[error("the plan refuses more than {limit} units")]
    OverLimit {
        /// The limit.
        limit: u64,
    },
    /// The month is closed, and its invoice is made.
    #[error("the month is invoiced")]
    Invoiced(Box<Invoiced>),
    /// The month is closed, and nothing was invoiced for it.
    #[error("the month is closed, and nothing was invoiced for it")]
    Closed,
    /// The id was used before, for other content.
    #[error("the id was used before, for other content")]
    OtherContent,
    /// Usage was counted while it was read: it is to be read again.
    #[error("usage was counted while it was read")]
    Moving,
}

/// Invoice of a closed month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoiced {
    /// Account that pays for the month.
    pub payer: AccountId,
    /// Invoice; none while it is being made, or where a parent's is not known.
    pub invoice: Option<InvoiceId>,
    /// Number that people know it by.
    pub number: Option<String>,
}
