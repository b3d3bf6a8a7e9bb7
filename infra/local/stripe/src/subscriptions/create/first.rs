//! The first invoice of a subscription, and what its payment makes of the subscription.

use billing::time::Timestamp;

use crate::agenda::Task;
use crate::call::Params;
use crate::error::ApiError;
use crate::invoices::{Collection, Line};
use crate::settings::INCOMPLETE_SECONDS;
use crate::stripe::Stripe;
use crate::subscriptions::invoicing::{self, Occasion, Outcome, instant};
use crate::subscriptions::update::extras;
use crate::subscriptions::{
    Billed, Source, Subscription, SubscriptionStatus, items, lines, proration, trial, wake,
};

/// What becomes of a subscription whose first payment fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PaymentBehaviour {
    /// It stays incomplete.
    Allow,
    /// It is not tried at first.
    Default,
    /// There is no subscription.
    Error,
}

/// How a subscription begins.
#[derive(Debug)]
pub struct First {
    behaviour: PaymentBehaviour,
    /// True if time before the anchor is billed.
    pub prorates: bool,
    /// What is bought once, with the first invoice.
    extras: Vec<Line>,
}

impl First {
    /// What a request says of the first invoice.
    pub fn read(
        stripe: &mut Stripe,
        subscription: &Subscription,
        params: &Params,
    ) -> Result<Self, ApiError> {
        let behaviour = match params.text("payment_behavior") {
            Some("default_incomplete") => PaymentBehaviour::Default,
            Some("error_if_incomplete") => PaymentBehaviour::Error,
            Some("pending_if_incomplete") => {
                let message = "`pending_if_incomplete` is only supported when updating a \
                               subscription.";
                return Err(ApiError::invalid(message).param("payment_behavior"));
            }
            _ => PaymentBehaviour::Allow,
        };
        let prorates = params.text("proration_behavior") != Some("none");
        let extras = extras::read(stripe, subscription, params)?;
        Ok(Self { behaviour, prorates, extras })
    }

    fn may_fail(&self, stripe: &Stripe, subscription: &Subscription) -> bool {
        match self.behaviour {
            PaymentBehaviour::Default => false,
            PaymentBehaviour::Error => true,
            PaymentBehaviour::Allow => trial::payment_method(stripe, subscription).is_none(),
        }
    }
}

/// Puts a subscription up, with its first invoice. Answers with its id. A refusal leaves nothing
/// behind.
pub fn begin(
    stripe: &mut Stripe,
    mut subscription: Subscription,
    first: &First,
) -> Result<String, ApiError> {
    let id = subscription.id.clone();
    let before = first.may_fail(stripe, &subscription).then(|| stripe.clone());
    let planned = plan(stripe, &mut subscription, first.prorates);
    let by_schedule = subscription.schedule.is_some();
    let waits = by_schedule || subscription.collection != Collection::Automatic;
    if waits && subscription.status == SubscriptionStatus::Incomplete {
        subscription.status = SubscriptionStatus::Active;
    }
    let now = subscription.created;
    let occasion = Occasion {
        reason: "subscription_create",
        period: instant(now),
        by_itself: waits,
        takes_pending: true,
        decides: false,
    };
    let mut extra_items = Vec::new();
    for line in first.extras.iter().cloned() {
        let (customer, currency) = (&subscription.customer, &subscription.currency);
        extra_items.push(crate::invoice_items::create(stripe, customer, currency, line));
    }
    let (mut own, direct) = invoicing::write(stripe, &mut subscription, planned, false);
    own.extend(extra_items);
    let new = invoicing::new_invoice(stripe, &subscription, direct, own, occasion);
    stripe.subscriptions.add(subscription);
    let invoice = invoicing::make(stripe, &id, new);
    if let Err(error) = pay(stripe, &id, invoice.as_deref(), waits, first.behaviour) {
        if let Some(before) = before {
            *stripe = before;
        }
        return Err(error);
    }
    announce(stripe, &id);
    Ok(id)
}

/// What the first invoice bills.
pub fn plan(stripe: &Stripe, subscription: &mut Subscription, prorates: bool) -> Vec<Line> {
    let mut planned = Vec::new();
    let mut own = subscription.items.clone();
    for item in &mut own {
        let (start, end) = item.period;
        let whole = items::cycle(stripe, subscription.anchor, item, start);
        let amount = proration::price_of(stripe, subscription.anchor, item, item.period);
        let mut line = if subscription.trial_end().is_some() {
            lines::trial(stripe, subscription, item, item.period)
        } else if whole == item.period {
            lines::advance(stripe, subscription, item, item.period, amount)
        } else if prorates {
            lines::stub(stripe, subscription, item, item.period, amount)
        } else {
            continue;
        };
        line.metadata = subscription.metadata.clone();
        item.billed.push(Billed {
            price: item.price.clone(),
            quantity: item.quantity,
            amount: line.amount,
            period: (start, end),
            until: end,
            tax_rates: item.tax_rates.clone(),
            source: Source::Planned(planned.len()),
        });
        planned.push(line);
    }
    subscription.items = own;
    planned
}

/// Makes the first invoice final and collects it, unless it waits for its hour.
fn pay(
    stripe: &mut Stripe,
    id: &str,
    invoice: Option<&str>,
    waits: bool,
    behaviour: PaymentBehaviour,
) -> Result<(), ApiError> {
    let Some(invoice) = invoice else {
        set_active(stripe, id);
        return Ok(());
    };
    if waits {
        return Ok(());
    }
    let collects = behaviour != PaymentBehaviour::Default;
    let has_method = stripe
        .subscriptions
        .get(id)
        .is_some_and(|subscription| trial::payment_method(stripe, subscription).is_some());
    match invoicing::bill(stripe, id, invoice, collects && has_method) {
        Outcome::Paid => {
            set_active(stripe, id);
            Ok(())
        }
        Outcome::Waits if collects && !has_method => Err(no_payment_method()),
        Outcome::RequiresAction if behaviour == PaymentBehaviour::Error => Err(requires_action()),
        Outcome::Failed(error) if behaviour == PaymentBehaviour::Error => Err(error),
        Outcome::Waits | Outcome::RequiresAction | Outcome::Failed(_) => Ok(()),
    }
}

/// Stripe's answer where there is nothing to charge.
pub fn no_payment_method() -> ApiError {
    ApiError::invalid(
        "This customer has no attached payment source or default payment method. Please consider \
         adding a default payment method. For more information, visit \
         https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
    )
    .code("resource_missing")
}

/// Stripe's answer where the customer would have to authenticate.
pub fn requires_action() -> ApiError {
    ApiError::card(
        "subscription_payment_intent_requires_action",
        "Payment for this subscription requires additional user action before it can be completed \
         successfully. Payment can be completed using the PaymentIntent associated with \
         `subscription.latest_invoice`.",
    )
}

fn set_active(stripe: &mut Stripe, id: &str) {
    if let Some(subscription) = stripe.subscriptions.get_mut(id)
        && subscription.status == SubscriptionStatus::Incomplete
    {
        subscription.status = SubscriptionStatus::Active;
    }
}

/// Tells of the new subscription as it stands after the first payment, and puts down what comes
/// next.
fn announce(stripe: &mut Stripe, id: &str) {
    let Some(subscription) = stripe.subscriptions.get_mut(id) else { return };
    subscription.quiet = false;
    let (customer, status, now) =
        (subscription.customer.clone(), subscription.status, subscription.created);
    let made = stripe.shown(|stripe| &stripe.subscriptions, id);
    stripe.emit("customer.subscription.created", made);
    if status == SubscriptionStatus::Incomplete {
        let expires: Timestamp = now.plus_seconds(INCOMPLETE_SECONDS);
        stripe.schedule(Some(&customer), expires, Task::SubscriptionExpires(id.to_owned()));
    }
    trial::announce_end(stripe, id);
    wake(stripe, id);
}
