//! Trials: the notice before they end, and what pays when they do
//! (docs.stripe.com/billing/subscriptions/trials/free-trials).

use billing::time::DAY_SECONDS;

use super::{Subscription, SubscriptionStatus};
use crate::agenda::Task;
use crate::customers;
use crate::stripe::Stripe;

/// How long before its end a trial's notice is given.
const NOTICE_SECONDS: i64 = 3 * DAY_SECONDS;

/// What an invoice of a subscription would be paid with.
pub fn payment_method(stripe: &Stripe, subscription: &Subscription) -> Option<String> {
    let own = subscription.default_payment_method.clone();
    own.or_else(|| subscription.default_source.clone())
        .or_else(|| customers::default_payment_method(stripe, &subscription.customer))
}

/// Tells that a trial ends: three days before, or at once when it is shorter.
pub fn announce_end(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let Some(end) = subscription.trial_end() else { return };
    let customer = subscription.customer.clone();
    let notice = end.plus_seconds(NOTICE_SECONDS.saturating_neg());
    if notice > stripe.time_of(Some(&customer)) {
        stripe.schedule(Some(&customer), notice, Task::TrialWillEnd(id.to_owned()));
    } else {
        tell(stripe, id);
    }
}

/// A trial ends in three days.
pub fn trial_will_end(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get(id) else { return };
    let now = stripe.time_of(Some(&subscription.customer));
    // A trial that was moved has its own notice.
    let due = subscription
        .trial_end()
        .is_some_and(|end| end.plus_seconds(NOTICE_SECONDS.saturating_neg()) == now);
    if due && subscription.status == SubscriptionStatus::Trialing {
        tell(stripe, id);
    }
}

fn tell(stripe: &mut Stripe, id: &str) {
    let shown = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit("customer.subscription.trial_will_end", shown);
}
