//! Changes that a schedule makes of its subscription.

use billing::time::Timestamp;

use super::{PaymentBehaviour, extras, make, pending, read, settings};
use crate::call::Params;
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::subscriptions::change::{self, Asked, Change, End, Final};
use crate::subscriptions::{Subscription, cancel, invoicing, trial, wake};

/// A phase begins: its invoice, if it has one, is like a renewal's.
pub(crate) fn update_by_schedule(
    stripe: &mut Stripe,
    id: &str,
    params: &Params,
    cancel_at: Option<Timestamp>,
) -> Result<(), ApiError> {
    let (next, change) = proposed(stripe, id, params, cancel_at)?;
    pending::discard(stripe, id);
    let before = stripe.shown(|stripe| &stripe.subscriptions, id);
    let moved = change.trial != next.trial || change.status.is_some();
    let extras = extras::read(stripe, &next, params)?;
    for line in extras {
        crate::invoice_items::create(stripe, &next.customer, &next.currency, line);
    }
    stripe.subscriptions.add(next);
    let invoice = change::apply(stripe, id, &change, Final::Later);
    let after = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit_update("customer.subscription.updated", &before, after);
    if moved {
        trial::announce_end(stripe, id);
    }
    if let Some(invoice) = invoice {
        invoicing::pause(stripe, id, &invoice);
    }
    wake(stripe, id);
    Ok(())
}

/// The current phase was changed: as an update of the subscription itself.
pub(crate) fn change_by_schedule(
    stripe: &mut Stripe,
    id: &str,
    params: &Params,
    cancel_at: Option<Timestamp>,
) -> Result<(), ApiError> {
    let (next, change) = proposed(stripe, id, params, cancel_at)?;
    let extras = extras::read(stripe, &next, params)?;
    make(stripe, next, &change, extras, PaymentBehaviour::Allow)
}

fn proposed(
    stripe: &mut Stripe,
    id: &str,
    params: &Params,
    cancel_at: Option<Timestamp>,
) -> Result<(Subscription, Change), ApiError> {
    let mut next = stripe.subscriptions.named(id)?.clone();
    settings::apply(stripe, &mut next, params)?;
    settings::collection(&mut next, params)?;
    next.metadata.update(params);
    let mut asked = read::asked(stripe, &next, params)?;
    if next.cancel_at != cancel_at || next.cancel_at_period_end {
        asked.end = Some(cancel_at.map_or(End::Never, End::At));
        next.cancel_at = cancel_at;
        next.cancel_at_period_end = false;
        next.canceled_at = cancel_at.map(|_| asked.now);
    }
    let change = change::propose(stripe, &next, &asked);
    Ok((next, change))
}

/// What a phase would make of a subscription, for a preview: prorations become pending invoice
/// items.
pub(crate) fn foresee_update(
    stripe: &mut Stripe,
    subscription: &mut Subscription,
    params: &Params,
    at: Timestamp,
) {
    let asked = settings::apply(stripe, subscription, params)
        .and_then(|()| read::asked(stripe, subscription, params));
    let Ok(asked) = asked else { return };
    let asked = Asked { now: at, date: at, ..asked };
    let change = change::propose(stripe, subscription, &asked);
    change.adopt(subscription);
    invoicing::write(stripe, subscription, change.lines, true);
}

/// The last phase is over, and the subscription with it.
pub(crate) fn end_by_schedule(stripe: &mut Stripe, id: &str) {
    if stripe.subscriptions.get(id).is_some_and(|subscription| !subscription.status.ended()) {
        cancel::at_its_time(stripe, id);
    }
}

/// A schedule that would have ended the subscription lets it go: it runs on.
pub(crate) fn keep_running(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    change_by_schedule(stripe, id, &Params::default(), None)
}
