//! Paused subscriptions run again (docs.stripe.com/api/subscriptions/resume): a trial that ended
//! without a payment method paused them. The payment is tried at once, whatever `payment_behavior`
//! says.
//!
//! An invoice for the new period is final at once. Paid, or marked uncollectible, it makes the
//! subscription active; void, it leaves it paused.

//!
//! A caller can pause one too (docs.stripe.com/api/subscriptions/pause). Time that is paid and not
//! used is not credited here: `bill_for` and `invoicing_behavior` are refused.

use serde_json::{Value, json};

use super::change::{self, Asked, Final, Prorations};
use super::invoicing::{self, Outcome};
use super::update::read;
use super::{
    BillingMode, InvoiceNews, Subscription, SubscriptionStatus, alter, items, trial, wake,
};
use crate::agenda::Task;
use crate::call::Call;
use crate::error::ApiError;
use crate::invoices::{Collection, InvoiceStatus};
use crate::settings::INCOMPLETE_SECONDS;
use crate::stripe::Stripe;

/// `POST /v1/subscriptions/{subscription}/resume`.
pub fn resume(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (id, params) = (call.id().to_owned(), &call.params);
    let subscription = stripe.subscriptions.named(&id)?.clone();
    if subscription.status != SubscriptionStatus::Paused {
        let message = format!(
            "Only paused subscriptions can be resumed, and {id} is `{}`.",
            subscription.status.as_str()
        );
        return Err(ApiError::invalid(message));
    }
    if subscription.collection != Collection::Automatic {
        let message = "Only subscriptions with `collection_method` set to \
                       `charge_automatically` can be resumed.";
        return Err(ApiError::invalid(message));
    }
    let now = stripe.time_of(Some(&subscription.customer));
    let unchanged = params.has("billing_cycle_anchor") && !read::anchor_now(params);
    let mut base = subscription.clone();
    base.status = SubscriptionStatus::Active;
    let prorations = match (unchanged, read::prorations(params)) {
        (false, _) => Prorations::None,
        (true, asked) => asked,
    };
    if unchanged {
        // Its items are billed from now to the end of the period that the anchor gives.
        for place in 0..base.items.len() {
            let Some(mut item) = base.items.get(place).cloned() else { continue };
            item.period = items::cycle(stripe, base.anchor, &item, now);
            item.billed.clear();
            base.items.splice(place..=place, [item]);
        }
    }
    let asked = Asked {
        items: Vec::new(),
        prorations,
        date: params.time("proration_date").unwrap_or(now),
        anchor_now: !unchanged,
        trial: None,
        end: None,
        now,
    };
    let mut change = if unchanged {
        change::rest_of_period(stripe, &base, &asked)
    } else {
        change::propose(stripe, &base, &asked)
    };
    change.invoices = change.invoices || !unchanged;
    change.status = None;
    begin(stripe, &id, &change);
    Ok(stripe.shown(|stripe| &stripe.subscriptions, &id))
}

fn begin(stripe: &mut Stripe, id: &str, change: &change::Change) {
    let before = stripe.shown(|stripe| &stripe.subscriptions, id);
    let invoice = change::apply(stripe, id, change, Final::AtOnce);
    let Some(subscription) = stripe.subscriptions.get_mut(id) else { return };
    subscription.resumption.clone_from(&invoice);
    let has_method = stripe
        .subscriptions
        .get(id)
        .is_some_and(|subscription| trial::payment_method(stripe, subscription).is_some());
    let after = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit_update("customer.subscription.updated", &before, after);
    let Some(invoice) = invoice else {
        runs(stripe, id);
        return;
    };
    match invoicing::bill(stripe, id, &invoice, has_method) {
        Outcome::Paid => runs(stripe, id),
        Outcome::Waits | Outcome::RequiresAction | Outcome::Failed(_) => {
            let Some(subscription) = stripe.subscriptions.get(id) else { return };
            let customer = subscription.customer.clone();
            let expires = stripe.time_of(Some(&customer)).plus_seconds(INCOMPLETE_SECONDS);
            stripe.schedule(Some(&customer), expires, Task::SubscriptionExpires(id.to_owned()));
        }
    }
}

/// Something became of the invoice that resumes a subscription.
pub fn invoice_changed(stripe: &mut Stripe, id: &str, news: InvoiceNews) {
    match news {
        InvoiceNews::Paid | InvoiceNews::MarkedUncollectible => runs(stripe, id),
        InvoiceNews::Voided => alter(stripe, id, |subscription| subscription.resumption = None),
        InvoiceNews::PaymentFailed | InvoiceNews::RetriesExhausted | InvoiceNews::DueDatePassed => {
        }
    }
}

fn runs(stripe: &mut Stripe, id: &str) {
    let paused = stripe
        .subscriptions
        .get(id)
        .is_some_and(|subscription| subscription.status == SubscriptionStatus::Paused);
    if !paused {
        return;
    }
    alter(stripe, id, |subscription| {
        subscription.status = SubscriptionStatus::Active;
        subscription.paused_at = None;
        subscription.resumption = None;
    });
    let shown = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit("customer.subscription.resumed", shown);
    wake(stripe, id);
}

/// The invoice that resumes a subscription was not paid within 23 hours: it is void.
pub fn expires(stripe: &mut Stripe, id: &str) {
    let resumption = stripe.subscriptions.get(id).and_then(|it| it.resumption.clone());
    let Some(invoice) = resumption else { return };
    if invoicing::status(stripe, &invoice) == Some(InvoiceStatus::Open)
        && let Err(error) = crate::invoices::void(stripe, &invoice)
    {
        tracing::warn!("the invoice that resumes {id} is not void: {error}");
    }
}

/// `POST /v1/subscriptions/{subscription}/pause`.
pub fn pause(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id().to_owned();
    for refused in ["bill_for", "invoicing_behavior"] {
        if call.params.has(refused) {
            return Err(ApiError::not_simulated(refused));
        }
    }
    let subscription = stripe.subscriptions.named(&id)?;
    pausable(subscription)?;

    let now = stripe.time_of(Some(&subscription.customer.clone()));
    alter(stripe, &id, |subscription| {
        subscription.status = SubscriptionStatus::Paused;
        subscription.paused_at = Some(now);
    });
    let shown = stripe.shown(|stripe| &stripe.subscriptions, &id);
    stripe.emit("customer.subscription.paused", shown.clone());
    Ok(shown)
}

fn pausable(subscription: &Subscription) -> Result<(), ApiError> {
    let id = &subscription.id;
    let refused = match subscription.status {
        SubscriptionStatus::Active | SubscriptionStatus::PastDue | SubscriptionStatus::Trialing => {
            None
        }
        SubscriptionStatus::Incomplete
        | SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::Unpaid
        | SubscriptionStatus::Paused
        | SubscriptionStatus::Canceled => {
            Some(format!("{id} cannot be paused: it is `{}`.", subscription.status.as_str()))
        }
    };
    let refused = refused.or_else(|| {
        let flexible = subscription.mode == BillingMode::Flexible;
        let automatic = subscription.collection == Collection::Automatic;
        let message = match (flexible, automatic, &subscription.schedule) {
            (false, ..) => "Only subscriptions with flexible billing mode can be paused.",
            (_, false, _) => "Only subscriptions that are charged automatically can be paused.",
            (.., Some(_)) => "Subscriptions with a schedule cannot be paused.",
            (true, true, None) => return None,
        };
        Some(message.to_owned())
    });
    refused.map_or(Ok(()), |message| Err(ApiError::invalid(message)))
}

/// `status_details`: since when and why it is paused; null while it is not.
pub fn status_details(subscription: &Subscription) -> Value {
    if subscription.status != SubscriptionStatus::Paused {
        return Value::Null;
    }
    let (at, reason) = match subscription.paused_at {
        Some(at) => (Some(at), "pause_requested"),
        None => (subscription.trial_end(), "trial_end_without_payment_method"),
    };
    json!({
        "paused": {
            "subscription": { "type": reason },
            "transitioned_at": at.map(|at| at.0),
            "type": "subscription",
        },
    })
}
