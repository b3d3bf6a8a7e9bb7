//! What staff correct, as they see it: counted usage, and invoices by credit notes.

use billing::ids::CreditNoteId;
use billing::invoice::Invoice;
use billing::money::Money;
use billing::usage::correction::Correction;
use billing::words::Word;
use serde::Serialize;

use crate::invoices::{CreditNoteView, credit_note};
use crate::money::MoneyView;

/// A correction of counted usage.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CorrectionView {
    id: String,
    /// Month whose counters it changed.
    period: String,
    resource: String,
    /// Units that it added; below zero where it took some off.
    quantity: i64,
    /// Units of the month before it.
    used_before: u64,
    /// Units of the month behind it.
    used: u64,
    /// Units by day; of a gauge the day on which its level was set.
    daily: Vec<CorrectedDayView>,
    reason: String,
    at: String,
}

/// A day's part of a correction.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CorrectedDayView {
    date: String,
    quantity: i64,
}

impl From<&Correction> for CorrectionView {
    fn from(correction: &Correction) -> Self {
        let daily = correction
            .days
            .iter()
            .map(|(day, quantity)| CorrectedDayView { date: day.to_string(), quantity: *quantity });
        Self {
            id: correction.id.clone(),
            period: correction.month.to_string(),
            resource: correction.resource.clone(),
            quantity: correction.quantity,
            used_before: correction.before,
            used: correction.after,
            daily: daily.collect(),
            reason: correction.reason.clone(),
            at: correction.at.to_string(),
        }
    }
}

/// A credit note that staff gave, and its invoice as it is then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GivenNoteView {
    /// The note.
    #[serde(flatten)]
    pub note: CreditNoteView,
    /// Stripe's id of the invoice.
    pub invoice: String,
    /// Status of the invoice.
    pub invoice_status: Option<&'static str>,
    /// Amount of the invoice that is still to be paid.
    pub amount_remaining: MoneyView,
}

impl GivenNoteView {
    /// View of a note of an invoice; none where the invoice does not have it.
    pub fn of(id: &CreditNoteId, invoice: &Invoice) -> Option<Self> {
        let money = |amount: i64| Money::new(amount, invoice.currency).into();
        Some(Self {
            note: credit_note(id, invoice.credit_notes.get(id)?, money),
            invoice: invoice.id.to_string(),
            invoice_status: invoice.status.map(Word::word),
            amount_remaining: money(invoice.remaining()),
        })
    }
}
