//! Collection of an unpaid invoice by Stripe: its attempts, and a stop of it.

use super::earlier;
use crate::fact::{Collection, InvoiceEvent, InvoiceSnapshot, InvoiceStatus};
use crate::time::Timestamp;

/// Stripe's attempts to collect an invoice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts {
    /// The earliest moment at which an attempt is known to have been made.
    pub tried_at: Option<Timestamp>,
    /// The first failed attempt known.
    pub failed_at: Option<Timestamp>,
    /// How many Stripe counts.
    pub count: u32,
    /// Time at which Stripe tries next.
    pub next_at: Option<Timestamp>,
}

/// Collection of a finalized invoice by Stripe itself: `auto_advance`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advance {
    /// The latest moment at which it was on. A later one alone is no change.
    pub on_at: Option<Timestamp>,
    /// The latest moment at which it was off.
    pub off_at: Option<Timestamp>,
}

impl Attempts {
    pub(super) fn learn(&mut self, event: InvoiceEvent, told: &InvoiceSnapshot, at: Timestamp) {
        let failed = match event {
            InvoiceEvent::PaymentFailed | InvoiceEvent::PaymentActionRequired => true,
            InvoiceEvent::Created
            | InvoiceEvent::Finalized
            | InvoiceEvent::Updated
            | InvoiceEvent::Paid
            | InvoiceEvent::PaymentSucceeded
            | InvoiceEvent::Voided
            | InvoiceEvent::MarkedUncollectible
            | InvoiceEvent::Deleted
            | InvoiceEvent::Overdue => false,
        };
        if failed {
            self.failed_at = earlier(self.failed_at, Some(at));
        }
        if failed || told.attempted {
            self.tried_at = earlier(self.tried_at, Some(at));
            let told = (told.attempt_count, told.next_attempt_at);
            (self.count, self.next_at) = (self.count, self.next_at).max(told);
        }
    }
}

impl Advance {
    pub(super) fn learn(&mut self, told: &InvoiceSnapshot, at: Timestamp) {
        let is_open = told.status == InvoiceStatus::Open;
        match told.auto_advance.filter(|_| is_open && told.collection == Collection::Automatic) {
            Some(true) => self.on_at = self.on_at.max(Some(at)),
            // Stopped by us while advice holds it: it was not taken out of collection.
            Some(false) if told.held => {}
            Some(false) => self.off_at = self.off_at.max(Some(at)),
            None => {}
        }
    }

    /// True if it was on after finalization and was switched off. An invoice that was never
    /// collected by itself was not taken out of collection.
    pub fn is_stopped(&self) -> bool {
        self.on_at.is_some() && self.off_at >= self.on_at
    }
}
