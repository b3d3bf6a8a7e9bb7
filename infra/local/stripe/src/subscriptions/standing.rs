//! What becomes of a subscription when something becomes of its invoices.
//!
//! Its newest invoice that is final and not void decides: unpaid after a failed payment it makes
//! the subscription past due; paid or marked uncollectible it makes it active again, whatever older
//! ones say (docs.stripe.com/billing/subscriptions/overview, "Subscription statuses").

use super::{Subscription, SubscriptionStatus, alter, cancel, invoicing, resume, update, wake};
use crate::invoices::{self, InvoiceStatus};
use crate::payment_intents::PaymentStatus;
use crate::settings::AfterRetries;
use crate::stripe::Stripe;

/// What became of an invoice of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceNews {
    /// It is paid, or nothing was due.
    Paid,
    /// A payment failed or the customer has to authenticate.
    PaymentFailed,
    /// All tries of the retry schedule have failed.
    RetriesExhausted,
    /// It was sent, and its due date has passed.
    DueDatePassed,
    /// It is void.
    Voided,
    /// It was marked uncollectible.
    MarkedUncollectible,
}

/// Something became of an invoice of a subscription.
pub fn invoice_changed(stripe: &mut Stripe, id: &str, invoice: &str, news: InvoiceNews) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    if subscription.status.ended() {
        return;
    }
    if subscription.pending_update.as_ref().is_some_and(|pending| pending.invoice == invoice) {
        update::pending_invoice_changed(stripe, id, news);
        return;
    }
    if subscription.resumption.as_deref() == Some(invoice) {
        resume::invoice_changed(stripe, id, news);
        return;
    }
    if decides(stripe, invoice) {
        return;
    }
    match news {
        InvoiceNews::Paid => {
            keep_payment_method(stripe, id, invoice);
            settled(stripe, id);
        }
        InvoiceNews::Voided | InvoiceNews::MarkedUncollectible => settled(stripe, id),
        InvoiceNews::PaymentFailed | InvoiceNews::DueDatePassed => failed(stripe, id, invoice),
        InvoiceNews::RetriesExhausted => exhausted(stripe, id, invoice),
    }
}

/// True if an invoice was made to decide on an update: it says nothing of the subscription.
fn decides(stripe: &Stripe, invoice: &str) -> bool {
    stripe.invoices.get(invoice).is_some_and(|invoice| invoice.pending_update)
}

/// The newest invoice that is final, not void, and does not decide on an update.
fn newest<'a>(
    stripe: &'a Stripe,
    subscription: &Subscription,
) -> Option<&'a crate::invoices::Invoice> {
    stripe.invoices.iter().rev().find(|invoice| {
        invoice.subscription.as_deref() == Some(&subscription.id)
            && !invoice.pending_update
            && !matches!(invoice.status, InvoiceStatus::Draft | InvoiceStatus::Void)
    })
}

/// An invoice is settled: the subscription runs, if its newest is.
fn settled(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let owed =
        newest(stripe, subscription).is_some_and(|invoice| invoice.status == InvoiceStatus::Open);
    let runs = match subscription.status {
        SubscriptionStatus::Incomplete => {
            // Only its payment makes it run: a void first invoice does not.
            newest(stripe, subscription)
                .is_some_and(|invoice| invoice.status == InvoiceStatus::Paid)
        }
        SubscriptionStatus::PastDue | SubscriptionStatus::Unpaid => !owed,
        SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::Paused
        | SubscriptionStatus::Canceled => false,
    };
    if !runs {
        return;
    }
    let began = subscription.status == SubscriptionStatus::Incomplete;
    alter(stripe, id, |subscription| subscription.status = SubscriptionStatus::Active);
    if began {
        wake(stripe, id);
    }
}

/// A payment failed: past due, if it is the newest invoice's.
fn failed(stripe: &mut Stripe, id: &str, invoice: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let newest = newest(stripe, subscription);
    if newest.is_some_and(|newest| newest.id != invoice)
        || subscription.status != SubscriptionStatus::Active
    {
        return;
    }
    alter(stripe, id, |subscription| subscription.status = SubscriptionStatus::PastDue);
}

/// All tries have failed: what the account's settings say.
fn exhausted(stripe: &mut Stripe, id: &str, invoice: &str) {
    failed(stripe, id, invoice);
    let past_due = stripe
        .subscriptions
        .get(id)
        .is_some_and(|subscription| subscription.status == SubscriptionStatus::PastDue);
    match stripe.settings.after_retries {
        AfterRetries::MarkUnpaid if past_due => {
            alter(stripe, id, |subscription| subscription.status = SubscriptionStatus::Unpaid);
        }
        AfterRetries::Cancel if past_due => cancel::for_failed_payment(stripe, id),
        AfterRetries::MarkUnpaid | AfterRetries::Cancel | AfterRetries::LeavePastDue => {}
    }
}

/// `payment_settings[save_default_payment_method]=on_subscription`.
fn keep_payment_method(stripe: &mut Stripe, id: &str, invoice: &str) {
    let paid_with = stripe.payment_intents.iter().rev().find(|intent| {
        intent.invoice.as_deref() == Some(invoice) && intent.status == PaymentStatus::Succeeded
    });
    let Some(method) = paid_with.and_then(|intent| intent.payment_method.clone()) else { return };
    alter(stripe, id, |subscription| {
        if subscription.saves_payment_method {
            subscription.default_payment_method = Some(method);
        }
    });
}

/// The first payment did not come within 23 hours: it never ran, and its invoice is void.
pub fn incomplete_expires(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    if subscription.status == SubscriptionStatus::Paused {
        resume::expires(stripe, id);
        return;
    }
    if subscription.status != SubscriptionStatus::Incomplete {
        return;
    }
    expire(stripe, id);
}

/// Ends a subscription that never ran.
pub fn expire(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let now = stripe.time_of(Some(&subscription.customer));
    let (invoice, schedule) = (subscription.latest_invoice.clone(), subscription.schedule.clone());
    alter(stripe, id, |subscription| {
        subscription.status = SubscriptionStatus::IncompleteExpired;
        subscription.ended_at = Some(now);
    });
    if let Some(invoice) = invoice
        && invoicing::status(stripe, &invoice) == Some(InvoiceStatus::Open)
        && let Err(error) = invoices::void(stripe, &invoice)
    {
        tracing::warn!("the invoice of {id} is not void: {error}");
    }
    if let Some(schedule) = schedule {
        crate::schedules::subscription_ended(stripe, &schedule);
    }
}
