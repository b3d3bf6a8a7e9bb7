//! Changes of subscriptions, and whether they wait for their payment.
//!
//! `payment_behavior` decides what a payment that fails makes of the change: `allow_incomplete` and
//! `default_incomplete` make it all the same and leave the subscription past due,
//! `error_if_incomplete` undoes it, `pending_if_incomplete` keeps it until its invoice is paid, for
//! 23 hours at most (docs.stripe.com/billing/subscriptions/pending-updates).

pub(crate) mod by_schedule;
pub mod extras;
mod pending;
pub mod read;
pub mod settings;

use super::change::{self, Change, Final};
use super::create::{no_payment_method, requires_action};
use super::invoicing::{self, Outcome};
use super::{Subscription, SubscriptionStatus, alter, trial, wake};
use crate::call::Params;
use crate::error::ApiError;
use crate::invoices::{Collection, Line};
use crate::stripe::Stripe;

pub use pending::pending_update_expires;
pub use pending::{discard as discard_pending, invoice_changed as pending_invoice_changed};

/// What is known to Stripe and would make a difference, but is not simulated.
const REFUSED: [&str; 6] = [
    "application_fee_percent",
    "billing_schedules",
    "billing_thresholds",
    "on_behalf_of",
    "pending_invoice_item_interval",
    "transfer_data",
];
/// What of a subscription that is over can still be changed.
const AFTER_THE_END: [&str; 2] = ["metadata", "cancellation_details"];
/// What changes the bills of a subscription: not while its first payment is to come.
const BILLING: [&str; 9] = [
    "add_invoice_items",
    "billing_cycle_anchor",
    "cancel_at",
    "cancel_at_period_end",
    "collection_method",
    "items",
    "pause_collection",
    "trial_end",
    "trial_from_plan",
];

/// What becomes of a change whose payment fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PaymentBehaviour {
    Allow,
    Default,
    Error,
    Pending,
}

/// Changes a subscription by parameters as `POST /v1/subscriptions/{id}` takes them.
pub fn update(stripe: &mut Stripe, id: &str, params: &Params) -> Result<(), ApiError> {
    settings::refuse(params, &REFUSED)?;
    let subscription = stripe.subscriptions.named(id)?.clone();
    allowed(&subscription, params)?;
    let behaviour = match params.text("payment_behavior") {
        Some("default_incomplete") => PaymentBehaviour::Default,
        Some("error_if_incomplete") => PaymentBehaviour::Error,
        Some("pending_if_incomplete") => PaymentBehaviour::Pending,
        _ => PaymentBehaviour::Allow,
    };
    let mut next = subscription.clone();
    settings::apply(stripe, &mut next, params)?;
    settings::collection(&mut next, params)?;
    next.metadata.update(params);
    let asked = read::asked(stripe, &next, params)?;
    read::cancelling(&mut next, &asked, params)?;
    let extras = extras::read(stripe, &next, params)?;
    let change = change::propose(stripe, &next, &asked);
    if behaviour == PaymentBehaviour::Pending {
        pending::check(&subscription, params)?;
        if change.invoices {
            let waiting = pending::Waiting { next, change, extras };
            pending::wait(stripe, waiting, &asked, params);
            return Ok(());
        }
    }
    make(stripe, next, &change, extras, behaviour)
}

fn make(
    stripe: &mut Stripe,
    mut next: Subscription,
    change: &Change,
    extras: Vec<Line>,
    behaviour: PaymentBehaviour,
) -> Result<(), ApiError> {
    let own_id = next.id.clone();
    let id = own_id.as_str();
    let may_fail = change.invoices
        && (behaviour == PaymentBehaviour::Error || trial::payment_method(stripe, &next).is_none());
    let saved = may_fail.then(|| stripe.clone());
    let before = stripe.shown(|stripe| &stripe.subscriptions, id);
    if changes_bills(change, &next) {
        pending::discard(stripe, id);
    }
    let trial_moved = change.trial != next.trial || change.status.is_some();
    next.pending_update.clone_from(&stripe.subscriptions.named(id)?.pending_update);
    for line in extras {
        crate::invoice_items::create(stripe, &next.customer, &next.currency, line);
    }
    stripe.subscriptions.add(next);
    let invoice = change::apply(stripe, id, change, Final::AtOnce);
    let after = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit_update("customer.subscription.updated", &before, after.clone());
    if change.status == Some(SubscriptionStatus::Paused) {
        stripe.emit("customer.subscription.paused", after);
    } else if trial_moved {
        trial::announce_end(stripe, id);
    }
    if let Some(invoice) = invoice
        && let Err(error) = pay(stripe, id, &invoice, behaviour)
        && let Some(saved) = saved
    {
        *stripe = saved;
        return Err(error);
    }
    wake(stripe, id);
    Ok(())
}

fn changes_bills(change: &Change, next: &Subscription) -> bool {
    change.invoices || change.items != next.items || change.anchor != next.anchor
}

/// Collects the invoice of a change at once.
fn pay(
    stripe: &mut Stripe,
    id: &str,
    invoice: &str,
    behaviour: PaymentBehaviour,
) -> Result<(), ApiError> {
    let Some(subscription) = stripe.subscriptions.get(id) else { return Ok(()) };
    if subscription.pause.is_some() {
        invoicing::pause(stripe, id, invoice);
        return Ok(());
    }
    let automatic = subscription.collection == Collection::Automatic;
    let tries = automatic && subscription.status != SubscriptionStatus::Unpaid;
    let has_method = trial::payment_method(stripe, subscription).is_some();
    let collects = tries && has_method && behaviour != PaymentBehaviour::Default;
    match invoicing::bill(stripe, id, invoice, collects) {
        Outcome::Waits if tries && behaviour == PaymentBehaviour::Default => {
            alter(stripe, id, |subscription| {
                if subscription.status == SubscriptionStatus::Active {
                    subscription.status = SubscriptionStatus::PastDue;
                }
            });
            Ok(())
        }
        Outcome::Waits if tries && !has_method => Err(no_payment_method()),
        Outcome::RequiresAction if behaviour == PaymentBehaviour::Error => Err(requires_action()),
        Outcome::Failed(error) if behaviour == PaymentBehaviour::Error => Err(error),
        Outcome::Paid | Outcome::Waits | Outcome::RequiresAction | Outcome::Failed(_) => Ok(()),
    }
}

/// Whether a subscription, as it stands, can be changed so.
fn allowed(subscription: &Subscription, params: &Params) -> Result<(), ApiError> {
    if subscription.status.ended()
        && let Some(name) = params.0.keys().find(|name| !AFTER_THE_END.contains(&name.as_str()))
    {
        let message = "A canceled subscription can only update its cancellation_details and \
                       metadata.";
        return Err(ApiError::invalid(message).param(name.as_str()));
    }
    if subscription.status == SubscriptionStatus::Incomplete
        && let Some(name) = BILLING.iter().find(|name| params.has(name))
    {
        let message = format!(
            "The subscription {} is `incomplete`: its first invoice has to be paid before `{name}` \
             can be updated.",
            subscription.id
        );
        return Err(ApiError::invalid(message).param(*name));
    }
    let cancels = params.has("cancel_at") || params.has("cancel_at_period_end");
    match &subscription.schedule {
        Some(schedule) if cancels => {
            let message = format!(
                "The subscription is managed by the subscription schedule `{schedule}`, and \
                 updating any cancelation behavior directly is not allowed. Please update the \
                 schedule instead."
            );
            Err(ApiError::invalid(message))
        }
        _ => Ok(()),
    }
}
