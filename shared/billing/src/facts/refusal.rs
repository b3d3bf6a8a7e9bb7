//! Why a fact is not applied: it contradicts what is known.

use crate::fact::InvoiceStatus;
use crate::ids::{CreditNoteId, InvoiceId, PurchaseId};
use crate::money::{Currency, Money};
use crate::words::Word;

/// A fact that contradicts what is known. It is kept, alarmed and not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another currency under the same id.
    #[error("invoice {id} is in {known}, not in {told}")]
    OtherCurrency {
        /// The invoice.
        id: InvoiceId,
        /// What it is in.
        known: Currency,
        /// What the fact says.
        told: Currency,
    },
    /// Another amount under the same id.
    #[error("{known} minor units were due on invoice {id} at finalization, not {told}")]
    OtherAmount {
        /// The invoice.
        id: InvoiceId,
        /// What was due, in minor units.
        known: i64,
        /// What the fact says.
        told: i64,
    },
    /// Another end: what is paid cannot become void, what was finalized cannot be a deleted
    /// draft.
    #[error("invoice {id} is {}, which cannot become {}", .known.word(), .told.word())]
    OtherEnd {
        /// The invoice.
        id: InvoiceId,
        /// Where it stands.
        known: InvoiceStatus,
        /// What the fact says.
        told: InvoiceStatus,
    },
    /// Other amounts under the same credit note's id.
    #[error("credit note {id} is known with other amounts")]
    OtherCreditNote {
        /// The credit note.
        id: CreditNoteId,
    },
    /// A sum does not fit.
    #[error("the amounts of invoice {id} are too large to add up")]
    TooLarge {
        /// The invoice.
        id: InvoiceId,
    },
    /// Another price than the credits were sold at (money rule 25).
    #[error("purchase {purchase} is sold at {known}, not at {told}")]
    OtherPrice {
        /// The purchase.
        purchase: PurchaseId,
        /// What it is sold at.
        known: Money,
        /// What the fact says.
        told: Money,
    },
    /// Another payment for what is paid: one of the two is to be refunded (money rule 28).
    #[error("purchase {purchase} is paid already; the other payment is to be refunded")]
    PaidTwice {
        /// The purchase.
        purchase: PurchaseId,
    },
    /// More refunds or disputes than a purchase may carry.
    #[error("purchase {purchase} has more refunds or disputes than we keep")]
    TooManyReversals {
        /// The purchase.
        purchase: PurchaseId,
    },
    /// More credit notes than an invoice may carry.
    #[error("invoice {invoice} has more credit notes than we keep")]
    TooManyCreditNotes {
        /// The invoice.
        invoice: InvoiceId,
    },
}
