//! A reason: one condition that holds an account back.

use serde::Serialize;

use crate::ids::InvoiceId;
use crate::money::Money;
use crate::time::Timestamp;

/// One condition that holds an account back, and what would clear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable, `snake_case`.
    pub code: String,
    /// What is the case.
    pub detail: String,
    /// What would change it.
    pub clears_by: String,
    /// The invoice that it is about.
    #[serde(skip)]
    pub invoice: Option<OwedInvoice>,
}

/// An invoice that a reason is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedInvoice {
    /// Stripe's id.
    pub id: InvoiceId,
    /// What remains to be paid.
    pub remaining: Money,
    /// Time from which it is overdue.
    pub due_at: Timestamp,
    /// The number that is printed on it, where it was read.
    pub number: Option<String>,
    /// Page on which it can be paid, where it was read.
    pub pay_url: Option<String>,
}

impl Reason {
    /// A reason that is about no invoice.
    pub fn new(code: &str, detail: impl Into<String>, clears_by: impl Into<String>) -> Self {
        let (detail, clears_by) = (detail.into(), clears_by.into());
        Self { code: code.to_owned(), detail, clears_by, invoice: None }
    }
}
