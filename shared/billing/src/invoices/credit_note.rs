//! A credit note as we keep it: on the invoice that it corrects.
//!
//! Before payment a note lowers what is due; after payment it gives money back and leaves the
//! invoice as it is. A mixed note does both. Notes only move from issued to void, so any order of
//! the facts about one gives the same note.

use crate::fact::{CreditNoteSnapshot, CreditNoteStatus};
use crate::refusal::Refusal;

/// Most credit notes that one invoice may carry.
pub const CREDIT_NOTES_MAX: usize = 100;

/// A credit note. Amounts are minor units of its invoice's currency, never negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNote {
    /// What it takes off the amount due of an unpaid invoice.
    pub pre_payment: i64,
    /// What it gives back of a paid one.
    pub post_payment: i64,
    /// Whether it counts.
    pub status: CreditNoteStatus,
    /// Stripe's reason.
    pub reason: Option<String>,
}

impl CreditNote {
    /// What it takes off the amount due: nothing once it is void.
    pub fn takes_off(&self) -> i64 {
        match self.status {
            CreditNoteStatus::Issued => self.pre_payment,
            CreditNoteStatus::Void => 0,
        }
    }

    /// The note after one more fact about it. Other amounts under the same id are refused.
    pub fn after(known: Option<&Self>, told: &CreditNoteSnapshot) -> Result<Self, Refusal> {
        let Some(known) = known else {
            return Ok(Self {
                pre_payment: told.pre_payment,
                post_payment: told.post_payment,
                status: told.status,
                reason: told.reason.clone(),
            });
        };
        if known.pre_payment != told.pre_payment || known.post_payment != told.post_payment {
            return Err(Refusal::OtherCreditNote { id: told.id.clone() });
        }
        Ok(Self {
            status: known.status.max(told.status),
            reason: known.reason.clone().max(told.reason.clone()),
            ..known.clone()
        })
    }
}
