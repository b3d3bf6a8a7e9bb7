//! A renewal that was voided while its account was disabled, and the rest of its period.

use crate::time::Timestamp;

/// The latest renewal that was voided while the account was disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoidedRenewal {
    /// Creation of its invoice: the period began then.
    pub at: Timestamp,
    /// Total of its invoice after discounts and tax, in minor units.
    pub total: i64,
    /// Progress towards the bill for the rest of the period.
    pub stage: Stage,
}

/// Progress towards the bill for the rest of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The account gets no service.
    Unserved,
    /// The account came back at that time, and the subscription's period is not known yet.
    Back(Timestamp),
    /// The bill is written, and its invoice is not made yet.
    Billed,
}

/// A part of a subscription's period that is charged apart from its renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// Creation of the voided renewal's invoice.
    pub renewal: Timestamp,
    /// First instant.
    pub from: Timestamp,
    /// End of the period: not part of it.
    pub until: Timestamp,
}
