//! The end of a period: the next one, and its invoice.
//!
//! The invoice is a draft for an hour, then it becomes final and is collected
//! (docs.stripe.com/billing/invoices/subscription). It bills the items whose period ended for their
//! next one, and takes pending invoice items with it.

use billing::time::Timestamp;
use serde_json::Value;

use super::invoicing::{self, Occasion};
use super::period::Period;
use super::{
    Billed, MissingPaymentMethod, Source, Subscription, SubscriptionStatus, cancel, items, lines,
    proration, trial, wake,
};
use crate::invoices::Line;
use crate::stripe::Stripe;

/// A period or trial ends, or the time has come to end it.
pub fn period_due(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let now = stripe.time_of(Some(&subscription.customer));
    if subscription.status.ended() {
        return;
    }
    resume_collection(stripe, id, now);
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    if subscription.cancel_at.is_some_and(|at| at <= now) {
        cancel::at_its_time(stripe, id);
        return;
    }
    let runs = match subscription.status {
        SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::PastDue
        | SubscriptionStatus::Unpaid => true,
        SubscriptionStatus::Incomplete
        | SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::Paused
        | SubscriptionStatus::Canceled => false,
    };
    if runs && subscription.period_end() <= now {
        if let Some(schedule) = subscription.schedule.clone() {
            crate::schedules::period_ends(stripe, &schedule);
        }
        match trial_ends(stripe, id, now) {
            AfterTrial::Goes => renew(stripe, id, now),
            AfterTrial::Stops => {}
        }
    }
    wake(stripe, id);
}

fn resume_collection(stripe: &mut Stripe, id: &str, now: Timestamp) {
    super::alter(stripe, id, |subscription| {
        let over =
            subscription.pause.and_then(|pause| pause.resumes_at).is_some_and(|at| at <= now);
        if over {
            subscription.pause = None;
        }
    });
}

enum AfterTrial {
    Goes,
    Stops,
}

/// A trial that ends without a payment method may cancel or pause the subscription.
fn trial_ends(stripe: &mut Stripe, id: &str, now: Timestamp) -> AfterTrial {
    let Some(subscription) = stripe.subscriptions.get(id) else { return AfterTrial::Stops };
    if subscription.trial_end().is_none_or(|end| end > now) {
        return AfterTrial::Goes;
    }
    let missing = trial::payment_method(stripe, subscription).is_none();
    match subscription.missing_payment_method {
        MissingPaymentMethod::Cancel if missing => {
            cancel::for_missing_payment_method(stripe, id);
            AfterTrial::Stops
        }
        MissingPaymentMethod::Pause if missing => {
            super::alter(stripe, id, |subscription| {
                subscription.status = SubscriptionStatus::Paused;
            });
            let shown = stripe.shown(|stripe| &stripe.subscriptions, id);
            stripe.emit("customer.subscription.paused", shown);
            AfterTrial::Stops
        }
        MissingPaymentMethod::Cancel
        | MissingPaymentMethod::Pause
        | MissingPaymentMethod::CreateInvoice => AfterTrial::Goes,
    }
}

/// Begins the next periods of all items whose period is over, and makes their invoice.
fn renew(stripe: &mut Stripe, id: &str, now: Timestamp) {
    let before = stripe.shown(|stripe| &stripe.subscriptions, id);
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let mut next = subscription.clone();
    let ended = (next.period_start(), now);
    let planned = advance(stripe, &mut next, now);
    if next.status == SubscriptionStatus::Trialing {
        next.status = SubscriptionStatus::Active;
    }
    let new = invoicing::new_invoice(stripe, &next, planned, Vec::new(), occasion(&next, ended));
    stripe.subscriptions.add(next);
    let invoice = invoicing::make(stripe, id, new);
    told(stripe, id, &before);
    if let Some(invoice) = invoice {
        invoicing::pause(stripe, id, &invoice);
    }
}

fn told(stripe: &mut Stripe, id: &str, before: &Value) {
    let after = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit_update("customer.subscription.updated", before, after);
}

/// How a renewal's invoice comes about, for a period that ends.
pub fn occasion(subscription: &Subscription, ended: Period) -> Occasion {
    Occasion {
        reason: "subscription_cycle",
        period: ended,
        by_itself: invoicing::advances(subscription),
        takes_pending: true,
        decides: false,
    }
}

/// Moves the items whose period is over to their next one, and says what is billed for it.
pub fn advance(stripe: &Stripe, subscription: &mut Subscription, now: Timestamp) -> Vec<Line> {
    let mut planned = Vec::new();
    let mut own = subscription.items.clone();
    for item in own.iter_mut().filter(|item| item.period.1 <= now) {
        let start = item.period.1;
        let (whole_start, whole_end) = items::cycle(stripe, subscription.anchor, item, start);
        let end = subscription.cancel_at.map_or(whole_end, |at| whole_end.min(at));
        let amount = proration::price_of(stripe, subscription.anchor, item, (start, end));
        item.period = (start, end);
        let mut line = if (whole_start, whole_end) == item.period {
            lines::advance(stripe, subscription, item, item.period, amount)
        } else {
            lines::stub(stripe, subscription, item, item.period, amount)
        };
        // The stub of a trial that ends before the anchor is billed like a period.
        line.proration = false;
        line.metadata = subscription.metadata.clone();
        item.billed = vec![Billed {
            price: item.price.clone(),
            quantity: item.quantity,
            amount,
            period: item.period,
            until: end,
            tax_rates: item.tax_rates.clone(),
            source: Source::Planned(planned.len()),
        }];
        planned.push(line);
    }
    subscription.items = own;
    planned
}
