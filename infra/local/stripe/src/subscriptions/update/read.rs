//! What an update, or a preview of one, asks to be changed.

use billing::time::Timestamp;
use serde_json::Value;

use super::settings;
use crate::call::Params;
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::subscriptions::change::{Asked, End, Prorations, TrialEnd};
use crate::subscriptions::items::{self, ItemChange};
use crate::subscriptions::{BillingMode, Subscription, SubscriptionItem};

/// Reads and checks what is asked of a subscription.
pub fn asked(
    stripe: &mut Stripe,
    subscription: &Subscription,
    params: &Params,
) -> Result<Asked, ApiError> {
    let now = stripe.time_of(Some(&subscription.customer));
    let changes = items::read(stripe, &params.list("items"), "items")?;
    let mut pairs = Vec::new();
    for (place, change) in changes.into_iter().enumerate() {
        let name = format!("items[{place}]");
        let new = match &change.item {
            Some(id) => {
                items::named(subscription, id, &format!("{name}[id]"))?;
                None
            }
            None => Some(items::new_item(stripe, &change, &name, now)?),
        };
        pairs.push((change, new));
    }
    let flexible = subscription.mode == BillingMode::Flexible;
    let after = after(subscription, &pairs);
    items::check(stripe, &subscription.currency, flexible, &after)?;
    let trial = trial(params, now)?;
    let anchor_now = anchor_now(params);
    if anchor_now && (subscription.trial_end().is_some() || trial.is_some()) {
        return Err(ApiError::not_simulated("billing_cycle_anchor"));
    }
    Ok(Asked {
        items: pairs,
        prorations: prorations(params),
        date: date(subscription, params, now)?,
        anchor_now,
        trial,
        end: end(subscription, params, now)?,
        now,
    })
}

/// The items that there will be, for checks only.
fn after(
    subscription: &Subscription,
    pairs: &[(ItemChange, Option<SubscriptionItem>)],
) -> Vec<SubscriptionItem> {
    let mut after = subscription.items.clone();
    for (change, new) in pairs {
        match &change.item {
            Some(id) if change.deleted => after.retain(|item| item.id != *id),
            Some(id) => {
                let item = after.iter_mut().find(|item| item.id == *id);
                if let (Some(item), Some(price)) = (item, &change.price) {
                    item.price.clone_from(price);
                }
            }
            None => after.extend(new.clone()),
        }
    }
    after
}

/// `create_prorations` unless it is said.
pub fn prorations(params: &Params) -> Prorations {
    match params.text("proration_behavior") {
        Some("none") => Prorations::None,
        Some("always_invoice") => Prorations::Invoice,
        _ => Prorations::Create,
    }
}

/// `{type: now}` since endive, `now` before it.
pub fn anchor_now(params: &Params) -> bool {
    let object = params.within("billing_cycle_anchor").unwrap_or_default();
    params.text("billing_cycle_anchor").or_else(|| object.text("type")) == Some("now")
}

fn trial(params: &Params, now: Timestamp) -> Result<Option<TrialEnd>, ApiError> {
    if params.flag("trial_from_plan") == Some(true) {
        return Err(ApiError::not_simulated("trial_from_plan"));
    }
    if params.text("trial_end") == Some("now") {
        return Ok(Some(TrialEnd::Now));
    }
    let Some(end) = params.time("trial_end") else { return Ok(None) };
    settings::trial_within(end, now)?;
    Ok(Some(TrialEnd::At(end)))
}

/// As of when prorations are worked out: within the period that runs.
fn date(
    subscription: &Subscription,
    params: &Params,
    now: Timestamp,
) -> Result<Timestamp, ApiError> {
    let Some(date) = params.time("proration_date") else { return Ok(now) };
    if date < subscription.period_start() || date > subscription.period_end() {
        let message = "Cannot specify proration date outside of current subscription period.";
        return Err(ApiError::invalid(message).param("proration_date"));
    }
    Ok(date)
}

/// `cancel_at`, in all its forms.
fn end(
    subscription: &Subscription,
    params: &Params,
    now: Timestamp,
) -> Result<Option<End>, ApiError> {
    let ends = || subscription.items.iter().map(|item| item.period.1);
    let at = match params.get("cancel_at") {
        None => return Ok(None),
        Some(Value::String(word)) => match word.as_str() {
            "" => return Ok(Some(End::Never)),
            "min_period_end" => ends().min(),
            "max_period_end" => ends().max(),
            _ => return Err(ApiError::not_simulated("cancel_at")),
        },
        Some(_) => params.time("cancel_at"),
    };
    if at.is_some_and(|at| at <= now) {
        return Err(ApiError::invalid("`cancel_at` must be in the future.").param("cancel_at"));
    }
    Ok(at.map(End::At))
}

/// Takes over when and why the subscription is to end.
pub fn cancelling(
    subscription: &mut Subscription,
    asked: &Asked,
    params: &Params,
) -> Result<(), ApiError> {
    let at_period_end = params.flag("cancel_at_period_end");
    if at_period_end == Some(true) && asked.end.is_some_and(|end| end != End::Never) {
        let message = "You may only specify one of these parameters: cancel_at, \
                       cancel_at_period_end.";
        return Err(ApiError::invalid(message).param("cancel_at_period_end"));
    }
    let was = subscription.cancel_at;
    match (at_period_end, asked.end) {
        (Some(true), _) => {
            subscription.cancel_at_period_end = true;
            subscription.cancel_at = Some(subscription.period_end());
        }
        (_, Some(end)) => {
            subscription.cancel_at_period_end = false;
            subscription.cancel_at = end.at();
        }
        (Some(false), None) if subscription.cancel_at_period_end => {
            subscription.cancel_at_period_end = false;
            subscription.cancel_at = None;
        }
        (Some(false) | None, None) => {}
    }
    if subscription.cancel_at.is_none() && was.is_some() {
        subscription.canceled_at = None;
        subscription.cancellation.clear();
    } else if subscription.cancel_at.is_some()
        && (at_period_end == Some(true) || asked.end.is_some())
    {
        subscription.canceled_at = Some(asked.now);
        let reason = Value::from("cancellation_requested");
        subscription.cancellation.insert("reason".to_owned(), reason);
    }
    settings::told_of_cancellation(subscription, params);
    Ok(())
}
