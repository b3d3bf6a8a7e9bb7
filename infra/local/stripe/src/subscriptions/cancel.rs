//! The end of a subscription (docs.stripe.com/billing/subscriptions/cancel).
//!
//! Its open and draft invoices are no longer collected by themselves. Pending invoice items stay,
//! and are billed by a last invoice when it ends with its period; a cancellation at once bills them
//! only with `invoice_now`.

use billing::time::Timestamp;
use serde_json::Value;

use super::invoicing::{self, Occasion, instant};
use super::{Subscription, SubscriptionStatus, proration, standing, update};
use crate::call::Params;
use crate::error::ApiError;
use crate::invoice_items;
use crate::invoices::{Collection, InvoiceStatus, Line};
use crate::schedules;
use crate::stripe::Stripe;

/// Reason why a subscription ended, in Stripe's words.
const REQUESTED: &str = "cancellation_requested";
const PAYMENT_FAILED: &str = "payment_failed";

/// Ends a subscription now.
pub fn cancel(stripe: &mut Stripe, id: &str, params: &Params) -> Result<(), ApiError> {
    let subscription = stripe.subscriptions.named(id)?;
    if subscription.status.ended() {
        return Err(ApiError::not_found("subscription", id));
    }
    let now = stripe.time_of(Some(&subscription.customer));
    update::discard_pending(stripe, id);
    update::settings::cancellation_details(stripe, id, params);
    if stripe.subscriptions.named(id)?.status == SubscriptionStatus::Incomplete {
        standing::expire(stripe, id);
        return Ok(());
    }
    let credits = match params.flag("prorate") {
        Some(true) => unused(stripe, id, now),
        Some(false) | None => Vec::new(),
    };
    let mut own = Vec::new();
    if let Some(subscription) = stripe.subscriptions.get(id) {
        let (customer, currency) = (subscription.customer.clone(), subscription.currency.clone());
        for line in credits {
            own.push(invoice_items::create(stripe, &customer, &currency, line));
        }
    }
    end(stripe, id, now, Some(REQUESTED));
    if params.flag("invoice_now") == Some(true) {
        last_invoice(stripe, id, now, LastInvoice::Now);
    }
    Ok(())
}

/// Credits for what is left of its periods, and what stands billed of them.
fn unused(stripe: &mut Stripe, id: &str, now: Timestamp) -> Vec<Line> {
    let Some(subscription) = stripe.subscriptions.get(id) else { return Vec::new() };
    let subscription: Subscription = subscription.clone();
    let mut credits = Vec::new();
    for item in &subscription.items {
        let (mut item, end) = (item.clone(), item.period.1);
        credits.extend(proration::credits(stripe, &subscription, &mut item, now, end));
    }
    credits
}

/// Its time has come: `cancel_at`, or the end of its period.
pub fn at_its_time(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let now = stripe.time_of(Some(&subscription.customer));
    update::discard_pending(stripe, id);
    end(stripe, id, now, None);
    last_invoice(stripe, id, now, LastInvoice::LikeARenewal);
}

/// Its trial ended without a payment method.
pub fn for_missing_payment_method(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let now = stripe.time_of(Some(&subscription.customer));
    end(stripe, id, now, None);
}

/// All tries to collect failed.
pub fn for_failed_payment(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let now = stripe.time_of(Some(&subscription.customer));
    update::discard_pending(stripe, id);
    end(stripe, id, now, Some(PAYMENT_FAILED));
}

fn end(stripe: &mut Stripe, id: &str, now: Timestamp, reason: Option<&str>) {
    let Some(subscription) = stripe.subscriptions.get_mut(id) else { return };
    subscription.status = SubscriptionStatus::Canceled;
    subscription.ended_at = Some(now);
    subscription.canceled_at.get_or_insert(now);
    if let Some(reason) = reason {
        subscription.cancellation.insert("reason".to_owned(), Value::from(reason));
        subscription.canceled_at = Some(now);
    }
    let schedule = subscription.schedule.clone();
    let shown = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit("customer.subscription.deleted", shown);
    stop_collecting(stripe, id);
    if let Some(schedule) = schedule {
        schedules::subscription_ended(stripe, &schedule);
    }
}

/// Its open and draft invoices do not advance by themselves any more.
fn stop_collecting(stripe: &mut Stripe, id: &str) {
    let advancing = stripe.invoices.iter().filter(|invoice| {
        invoice.subscription.as_deref() == Some(id)
            && invoice.auto_advance
            && matches!(invoice.status, InvoiceStatus::Draft | InvoiceStatus::Open)
    });
    let advancing: Vec<String> = advancing.map(|invoice| invoice.id.clone()).collect();
    for invoice in advancing {
        let before = stripe.shown(|stripe| &stripe.invoices, &invoice);
        if let Some(invoice) = stripe.invoices.get_mut(&invoice) {
            invoice.auto_advance = false;
        }
        let after = stripe.shown(|stripe| &stripe.invoices, &invoice);
        stripe.emit_update("invoice.updated", &before, after);
    }
}

/// How the last invoice comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastInvoice {
    /// It is final at once.
    Now,
    /// It is a draft for an hour.
    LikeARenewal,
}

/// Bills the invoice items that are left, if there are any.
fn last_invoice(stripe: &mut Stripe, id: &str, now: Timestamp, how: LastInvoice) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let (customer, currency) = (&subscription.customer, &subscription.currency);
    let own = invoice_items::pending(stripe, customer, currency, Some(id));
    let (reason, period) = match how {
        LastInvoice::Now => ("subscription_update", instant(now)),
        LastInvoice::LikeARenewal => ("subscription_cycle", (subscription.period_start(), now)),
    };
    let by_itself = how == LastInvoice::LikeARenewal && invoicing::advances(subscription);
    let occasion = Occasion { reason, period, by_itself, takes_pending: false, decides: false };
    let automatic = subscription.collection == Collection::Automatic;
    let new = invoicing::new_invoice(stripe, subscription, Vec::new(), own, occasion);
    if let Some(invoice) = invoicing::make(stripe, id, new)
        && how == LastInvoice::Now
    {
        let _ = invoicing::bill(stripe, id, &invoice, automatic);
    }
}
