//! Phases begin and end.

use billing::time::{DAY_SECONDS, Timestamp};
use serde_json::{Map, Value, json};

use super::{EndBehaviour, Phase, PhaseItem, Schedule, ScheduleStatus, alter};
use crate::agenda::Task;
use crate::call::Params;
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::subscriptions::{self, Subscription, SubscriptionItem};

/// How long before its end a schedule's notice is given.
const NOTICE_SECONDS: i64 = 7 * DAY_SECONDS;
/// What of a phase, or of the schedule's default settings, the subscription takes over.
const TAKEN_OVER: [&str; 6] = [
    "collection_method",
    "default_payment_method",
    "default_tax_rates",
    "description",
    "add_invoice_items",
    "invoice_settings",
];

/// A phase begins or ends.
pub fn phase_due(stripe: &mut Stripe, id: &str) {
    let Some(schedule) = stripe.schedules.get(id) else { return };
    if !schedule.status.runs() {
        return;
    }
    let now = stripe.time_of(Some(&schedule.customer));
    let end = schedule.end();
    if end.is_some_and(|end| end.plus_seconds(NOTICE_SECONDS.saturating_neg()) == now) {
        let shown = stripe.shown(|stripe| &stripe.schedules, id);
        stripe.emit("subscription_schedule.expiring", shown);
    }
    let subscription = stripe.schedules.get(id).and_then(|it| it.subscription.clone());
    let renews = subscription.as_deref().and_then(|id| stripe.subscriptions.get(id));
    match (renews.is_some_and(|it| it.period_end() <= now), subscription) {
        // The renewal asks for the phase that it is to bill.
        (true, Some(subscription)) => subscriptions::period_due(stripe, &subscription),
        (_, _) => advance(stripe, id, now),
    }
}

/// A period of its subscription ends: a phase may begin with the next.
pub fn period_ends(stripe: &mut Stripe, id: &str) {
    let Some(schedule) = stripe.schedules.get(id) else { return };
    let now = stripe.time_of(Some(&schedule.customer));
    advance(stripe, id, now);
}

/// Enters all phases that have begun, and ends the schedule after its last.
pub fn advance(stripe: &mut Stripe, id: &str, now: Timestamp) {
    while let Some(schedule) = stripe.schedules.get(id) {
        if !schedule.status.runs() {
            return;
        }
        let entered = schedule.entered;
        let next = schedule.phases.get(entered).cloned();
        match next {
            Some(phase) if phase.start <= now => {
                if let Err(error) = enter(stripe, id, &phase) {
                    tracing::warn!("phase {entered} of {id} cannot begin: {error}");
                    return;
                }
            }
            Some(_) => return,
            None => {
                if schedule.end().is_some_and(|end| end <= now) {
                    finish(stripe, id, now);
                }
                return;
            }
        }
    }
}

/// The subscription becomes what a phase says.
pub fn enter(stripe: &mut Stripe, id: &str, phase: &Phase) -> Result<(), ApiError> {
    let schedule = stripe.schedules.named(id)?.clone();
    let begun = schedule.entered.saturating_add(1);
    let last = begun == schedule.phases.len();
    let cancels = last && schedule.end_behaviour == EndBehaviour::Cancel;
    let cancel_at = cancels.then_some(phase.end);
    let subscription = if let Some(subscription) = schedule.subscription.clone() {
        let current = stripe.subscriptions.named(&subscription)?.clone();
        let params = update_params(&schedule, phase, &current);
        subscriptions::update_by_schedule(stripe, &subscription, &params, cancel_at)?;
        subscription
    } else {
        let params = create_params(&schedule, phase, cancel_at);
        subscriptions::create_by_schedule(stripe, &params, id)?
    };
    alter(stripe, id, |schedule| {
        schedule.subscription = Some(subscription);
        schedule.status = ScheduleStatus::Active;
        schedule.entered = begun;
    });
    wake(stripe, id);
    Ok(())
}

/// The current phase was changed: the subscription becomes what it says now, if that is something
/// else.
pub fn reenter(
    stripe: &mut Stripe,
    id: &str,
    phase: &Phase,
    was: Option<&Phase>,
) -> Result<(), ApiError> {
    let schedule = stripe.schedules.named(id)?.clone();
    let Some(subscription) = schedule.subscription.clone() else { return Ok(()) };
    let last = schedule.entered == schedule.phases.len();
    let cancels = last && schedule.end_behaviour == EndBehaviour::Cancel;
    let cancel_at = cancels.then_some(phase.end);
    let current = stripe.subscriptions.named(&subscription)?.clone();
    let same = was.is_some_and(|was| was.items == phase.items && was.start == phase.start);
    let mut params = update_params(&schedule, phase, &current);
    if same {
        params.0.remove("items");
    }
    for name in ["add_invoice_items", "billing_cycle_anchor", "trial_end"] {
        if same {
            params.0.remove(name);
        }
    }
    subscriptions::change_by_schedule(stripe, &subscription, &params, cancel_at)
}

/// Puts down when it has to be looked at next.
pub fn wake(stripe: &mut Stripe, id: &str) {
    let Some(schedule) = stripe.schedules.get(id).cloned() else { return };
    let now = stripe.time_of(Some(&schedule.customer));
    let starts = schedule.phases.get(schedule.entered).map(|phase| phase.start);
    let notice = schedule.end().map(|end| end.plus_seconds(NOTICE_SECONDS.saturating_neg()));
    for at in [starts, schedule.end(), notice].into_iter().flatten().filter(|at| *at > now) {
        stripe.schedule(Some(&schedule.customer), at, Task::SchedulePhase(id.to_owned()));
    }
}

/// After the last phase.
fn finish(stripe: &mut Stripe, id: &str, now: Timestamp) {
    let Some(schedule) = stripe.schedules.get(id) else { return };
    match (schedule.end_behaviour, schedule.subscription.clone()) {
        (EndBehaviour::Release, _) => release(stripe, id, now),
        (EndBehaviour::Cancel, Some(subscription)) => {
            subscriptions::end_by_schedule(stripe, &subscription);
        }
        (EndBehaviour::Cancel, None) => {}
    }
}

/// The subscription goes on without the schedule.
pub fn release(stripe: &mut Stripe, id: &str, now: Timestamp) {
    let Some(schedule) = stripe.schedules.get_mut(id) else { return };
    let subscription = schedule.subscription.take();
    schedule.released_subscription.clone_from(&subscription);
    schedule.released_at = Some(now);
    schedule.status = ScheduleStatus::Released;
    let shown = stripe.shown(|stripe| &stripe.schedules, id);
    stripe.emit("subscription_schedule.released", shown);
    if let Some(subscription) = subscription {
        subscriptions::alter(stripe, &subscription, |it| it.schedule = None);
    }
}

/// A subscription is over: its schedule is too.
pub fn subscription_ended(stripe: &mut Stripe, id: &str) {
    let Some(schedule) = stripe.schedules.get(id) else { return };
    if !schedule.status.runs() {
        return;
    }
    let now = stripe.time_of(Some(&schedule.customer));
    let completed = schedule.end_behaviour == EndBehaviour::Cancel
        && schedule.end().is_some_and(|end| end <= now);
    let ended = schedule.subscription.as_deref().and_then(|id| stripe.subscriptions.get(id));
    let reason = ended.and_then(|ended| ended.cancellation.get("reason")?.as_str());
    let delinquent = reason == Some("payment_failed");
    let Some(schedule) = stripe.schedules.get_mut(id) else { return };
    let kind = if completed {
        schedule.status = ScheduleStatus::Completed;
        schedule.completed_at = Some(now);
        "subscription_schedule.completed"
    } else {
        schedule.status = ScheduleStatus::Canceled;
        schedule.canceled_at = Some(now);
        if delinquent { "subscription_schedule.aborted" } else { "subscription_schedule.canceled" }
    };
    let shown = stripe.shown(|stripe| &stripe.schedules, id);
    stripe.emit(kind, shown);
}

/// What the renewal at a time would bill, with the phase that begins by then.
pub fn foresee(stripe: &mut Stripe, subscription: &mut Subscription, at: Timestamp) {
    let schedule = subscription.schedule.as_deref().and_then(|id| stripe.schedules.get(id));
    let Some(schedule) = schedule.cloned() else { return };
    let phase = schedule.phases.get(schedule.entered).filter(|phase| phase.start <= at);
    let Some(phase) = phase else { return };
    let params = update_params(&schedule, phase, subscription);
    subscriptions::foresee_update(stripe, subscription, &params, phase.start.min(at));
}

/// The parameters of the subscription that a schedule will begin with, when it has not begun.
pub fn first_phase(stripe: &Stripe, id: Option<&str>) -> Option<Params> {
    let schedule = stripe.schedules.get(id?)?;
    let phase = schedule.phases.first().filter(|_| schedule.entered == 0)?;
    Some(create_params(schedule, phase, None))
}

/// The parameters of the subscription that begins with a phase.
fn create_params(schedule: &Schedule, phase: &Phase, cancel_at: Option<Timestamp>) -> Params {
    let mut params = settings(schedule, phase);
    params.insert("customer".to_owned(), json!(schedule.customer));
    let items: Vec<Value> = phase.items.iter().map(new_item).collect();
    params.insert("items".to_owned(), json!(items));
    let mode = match schedule.mode {
        subscriptions::BillingMode::Classic => "classic",
        subscriptions::BillingMode::Flexible => "flexible",
    };
    params.insert("billing_mode".to_owned(), json!({ "type": mode }));
    params.extend(phase.trial_end.map(|at| ("trial_end".to_owned(), json!(at.0))));
    params.extend(cancel_at.map(|at| ("cancel_at".to_owned(), json!(at.0))));
    Params(params)
}

/// The parameters of the update that a phase makes: items of a price that stays are kept.
fn update_params(schedule: &Schedule, phase: &Phase, current: &Subscription) -> Params {
    let mut params = settings(schedule, phase);
    let mut items = Vec::new();
    for own in &current.items {
        match phase.items.iter().find(|item| item.price == own.price) {
            Some(item) => items.push(kept_item(own, item)),
            None => items.push(json!({ "id": own.id, "deleted": true })),
        }
    }
    for item in &phase.items {
        if !current.items.iter().any(|own| own.price == item.price) {
            items.push(new_item(item));
        }
    }
    params.insert("items".to_owned(), json!(items));
    let anchor = phase.params.text("billing_cycle_anchor");
    if anchor.or_else(|| schedule.defaults.text("billing_cycle_anchor")) == Some("phase_start") {
        params.insert("billing_cycle_anchor".to_owned(), json!({ "type": "now" }));
    }
    params.extend(phase.trial_end.map(|at| ("trial_end".to_owned(), json!(at.0))));
    Params(params)
}

/// What a phase says of the subscription besides its items, or the schedule says of all phases.
fn settings(schedule: &Schedule, phase: &Phase) -> Map<String, Value> {
    let mut params = Map::new();
    for name in TAKEN_OVER {
        let said = phase.params.get(name).or_else(|| schedule.defaults.get(name));
        params.extend(said.map(|value| (name.to_owned(), value.clone())));
    }
    let within = params.get("invoice_settings").and_then(|settings| settings.get("days_until_due"));
    if let Some(days) = within.cloned() {
        params.insert("days_until_due".to_owned(), days);
    }
    for name in ["metadata", "proration_behavior"] {
        params.extend(phase.params.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    params
}

fn new_item(item: &PhaseItem) -> Value {
    json!({
        "price": item.price,
        "quantity": item.quantity,
        "tax_rates": item.tax_rates,
        "metadata": item.metadata,
    })
}

fn kept_item(own: &SubscriptionItem, item: &PhaseItem) -> Value {
    json!({
        "id": own.id,
        "quantity": item.quantity,
        "tax_rates": item.tax_rates,
        "metadata": item.metadata,
    })
}
