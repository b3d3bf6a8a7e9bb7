//! Giving an invoice up: void, or uncollectible.

use serde::{Deserialize, Serialize};

use super::{Invoice, InvoiceStatus, change, outcome};
use crate::balance::{self, BalanceReason};
use crate::error::ApiError;
use crate::invoice_payments;
use crate::payment_intents::PaymentStatus;
use crate::stripe::Stripe;
use crate::subscriptions::InvoiceNews;

/// Makes an open or uncollectible invoice void: its balance goes back, its payment intent is
/// cancelled. One with a payment, or with a payment under way, is refused.
pub fn void(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    let invoice = stripe.invoices.named(id)?;
    if !invoice.is_payable() {
        return Err(not_open());
    }
    if invoice.amount_paid > 0 || is_processing(stripe, id) {
        let message = "You can't void an invoice that has a payment, or a payment that is \
                       processing.";
        return Err(ApiError::invalid(message));
    }
    let (customer, currency) = (invoice.customer.clone(), invoice.currency.clone());
    let (starting, ending) = invoice.balance.unwrap_or_default();
    let now = stripe.time_of(Some(&customer));
    invoice_payments::cancel_open(stripe, id, "void_invoice");
    let after = change(stripe, id, |invoice| {
        invoice.status = InvoiceStatus::Void;
        invoice.transitions.voided = Some(now);
        invoice.attempts.next = None;
    });
    stripe.emit("invoice.voided", after);
    let back = starting.saturating_sub(ending);
    if back != 0 {
        let reason = BalanceReason::UnappliedFromInvoice;
        balance::adjust(stripe, &customer, back, &currency, reason, Some(id), None);
    }
    outcome::tell(stripe, id, InvoiceNews::Voided);
    Ok(())
}

/// Reason why an invoice is uncollectible (changelog, endive 2026-09-30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GivenUp {
    /// A caller marked it.
    UserForgiven,
    /// Collection of its subscription was paused.
    SubscriptionPaused,
}

impl GivenUp {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserForgiven => "user_forgiven",
            Self::SubscriptionPaused => "subscription_paused",
        }
    }
}

/// Writes an open invoice off: it can still be paid or made void, but is not collected any more.
pub fn mark_uncollectible(stripe: &mut Stripe, id: &str, why: GivenUp) -> Result<(), ApiError> {
    let invoice = stripe.invoices.named(id)?;
    if invoice.status != InvoiceStatus::Open {
        return Err(not_open());
    }
    let now = outcome::now_of(stripe, id);
    let after = change(stripe, id, |invoice: &mut Invoice| {
        invoice.status = InvoiceStatus::Uncollectible;
        invoice.transitions.uncollectible = Some(now);
        invoice.transitions.given_up = Some(why);
        invoice.attempts.next = None;
    });
    stripe.emit("invoice.marked_uncollectible", after);
    outcome::set_delinquent(stripe, id, false);
    outcome::tell(stripe, id, InvoiceNews::MarkedUncollectible);
    Ok(())
}

fn is_processing(stripe: &Stripe, id: &str) -> bool {
    let intents = stripe.payment_intents.iter();
    let mut intents = intents.filter(|intent| intent.invoice.as_deref() == Some(id));
    intents.any(|intent| intent.status == PaymentStatus::Processing)
}

fn not_open() -> ApiError {
    ApiError::invalid("You can only pass in open invoices. This invoice isn't open.")
}
