//! Settlements that come after their invoice disabled the account.

use crate::account::{Bearing, Standing};
use crate::fact::{BillingReason, Collection, InvoiceEvent};
use crate::invoice::Invoice;
use crate::journal::{Entry, Kind};

impl Standing {
    /// Remembers that an invoice was settled only after it had disabled the account: what was
    /// overdue by then stays in force in its place (see [`crate::state`]). Judged by what no order
    /// of facts can hide: a due date or a failed attempt, and the time of the settlement at Stripe.
    pub(super) fn remember_late_settlement(
        &mut self,
        known: Option<&Invoice>,
        invoice: &Invoice,
        entry: &Entry,
    ) {
        let Some(terms) = &invoice.terms else { return };
        // Invoices that may never have counted cannot have disabled anybody.
        let may_not_count = matches!(
            terms.reason,
            BillingReason::SubscriptionCreate | BillingReason::SubscriptionUpdate
        );
        let out_of_collection = known.is_some_and(|known| match known.bearing() {
            Bearing::Full | Bearing::First => false,
            Bearing::Stopped | Bearing::Paused => true,
        });
        let never_late = self.grace_seconds == 0 || may_not_count || out_of_collection;
        if never_late || invoice.is_owed() {
            return;
        }
        let settled_at = if invoice.has_ended() { invoice.ended_at } else { Some(entry.at) };
        let failed_late = matches!(
            entry.kind,
            Kind::Invoice(InvoiceEvent::PaymentFailed | InvoiceEvent::PaymentActionRequired)
        );
        let missed_at = match terms.collection {
            Collection::Manual => terms.due_at,
            Collection::Automatic if failed_late => Some(entry.at),
            Collection::Automatic => known.and_then(Invoice::missed_at),
        };
        let (Some(missed_at), Some(settled_at)) = (missed_at, settled_at) else {
            return;
        };
        let fixed = known.and_then(|known| known.deadline);
        let disabled_at = fixed
            .filter(|fixed| fixed.missed_at == missed_at)
            .map_or(self.rules().disables_at(missed_at), |fixed| fixed.disables_at);
        if disabled_at <= settled_at {
            self.disabled_until = self.disabled_until.max(Some(settled_at));
        }
    }
}
