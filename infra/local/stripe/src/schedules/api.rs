//! The operations on schedules.

use billing::time::Timestamp;
use serde_json::Value;

use super::phases::{self, moment};
use super::{EndBehaviour, Phase, Schedule, ScheduleStatus, alter, run};
use crate::call::{Call, Params};
use crate::customers;
use crate::error::ApiError;
use crate::list::{self, Range};
use crate::routes::Route;
use crate::stripe::Stripe;
use crate::subscriptions::{self, BillingMode};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/subscription_schedules", create),
    Route::get("/v1/subscription_schedules", list_all),
    Route::get("/v1/subscription_schedules/{schedule}", read),
    Route::post("/v1/subscription_schedules/{schedule}", update),
    Route::post("/v1/subscription_schedules/{schedule}/cancel", cancel),
    Route::post("/v1/subscription_schedules/{schedule}/release", release),
];

/// What is known to Stripe and would make a difference, but is not simulated.
const REFUSED: [&str; 2] = ["customer_account", "pause_schedules"];
const REFUSED_DEFAULTS: [&str; 4] =
    ["application_fee_percent", "billing_thresholds", "on_behalf_of", "transfer_data"];

fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    subscriptions::refuse(params, &REFUSED)?;
    let defaults = defaults(params)?;
    match params.text("from_subscription") {
        Some(subscription) => from_subscription(stripe, params, subscription),
        None => from_phases(stripe, params, defaults),
    }
}

fn defaults(params: &Params) -> Result<Params, ApiError> {
    let defaults = params.within("default_settings").unwrap_or_default();
    subscriptions::refuse(&defaults, &REFUSED_DEFAULTS)?;
    Ok(defaults)
}

/// A schedule of a subscription that is there: one phase, which is its current period.
fn from_subscription(
    stripe: &mut Stripe,
    params: &Params,
    subscription: &str,
) -> Result<Value, ApiError> {
    let others = ["customer", "default_settings", "end_behavior", "phases", "start_date"];
    if let Some(other) = others.iter().find(|name| params.has(name)) {
        let message = format!("You cannot set `{other}` if `from_subscription` is set.");
        return Err(ApiError::invalid(message).param(*other));
    }
    let from = stripe.subscriptions.given(subscription, "from_subscription")?.clone();
    if let Some(schedule) = &from.schedule {
        let message = format!(
            "You cannot migrate a subscription that is already attached to a schedule: {schedule}."
        );
        return Err(ApiError::invalid(message).param("from_subscription"));
    }
    if from.status.ended() || from.status == subscriptions::SubscriptionStatus::Incomplete {
        let message = format!(
            "You cannot create a subscription schedule from a subscription that is `{}`.",
            from.status.as_str()
        );
        return Err(ApiError::invalid(message).param("from_subscription"));
    }
    let id = stripe.ids.next("sub_sched");
    let now = stripe.time_of(Some(&from.customer));
    let cancels = from.cancel_at.is_some();
    let mut schedule = blank(id.clone(), now, &from.customer, params);
    schedule.status = ScheduleStatus::Active;
    schedule.mode = from.mode;
    schedule.subscription = Some(from.id.clone());
    schedule.phases = vec![phases::of_subscription(&from)];
    schedule.entered = 1;
    schedule.end_behaviour = if cancels { EndBehaviour::Cancel } else { EndBehaviour::Release };
    stripe.schedules.add(schedule);
    subscriptions::alter(stripe, &from.id, |it| it.schedule = Some(id.clone()));
    created(stripe, &id);
    run::wake(stripe, &id);
    Ok(stripe.shown(|stripe| &stripe.schedules, &id))
}

/// A schedule that makes its subscription, now or later.
fn from_phases(stripe: &mut Stripe, params: &Params, defaults: Params) -> Result<Value, ApiError> {
    let customer = params.required("customer")?;
    customers::living(stripe, customer, "customer")?;
    let now = stripe.time_of(Some(customer));
    let start = moment(params, "start_date", now).ok_or_else(|| ApiError::missing("start_date"))?;
    if start < now {
        // Time that has passed would be billed.
        return Err(ApiError::not_simulated("start_date"));
    }
    let before = stripe.clone();
    let phases = phases::read(stripe, &params.list("phases"), start, now)?;
    let id = stripe.ids.next("sub_sched");
    let mut schedule = blank(id.clone(), now, customer, params);
    schedule.phases = phases;
    schedule.defaults = defaults;
    schedule.end_behaviour = end_behaviour(params, EndBehaviour::Release);
    let first = schedule.phases.first().cloned();
    stripe.schedules.add(schedule);
    created(stripe, &id);
    run::wake(stripe, &id);
    if let Some(first) = first.filter(|first| first.start <= now)
        && let Err(error) = run::enter(stripe, &id, &first)
    {
        *stripe = before;
        return Err(error);
    }
    Ok(stripe.shown(|stripe| &stripe.schedules, &id))
}

fn blank(id: String, now: Timestamp, customer: &str, params: &Params) -> Schedule {
    let mode = params.within("billing_mode").unwrap_or_default();
    Schedule {
        id,
        created: now,
        customer: customer.to_owned(),
        status: ScheduleStatus::NotStarted,
        subscription: None,
        released_subscription: None,
        phases: Vec::new(),
        entered: 0,
        end_behaviour: EndBehaviour::Release,
        defaults: Params::default(),
        mode: match mode.text("type") {
            Some("classic") => BillingMode::Classic,
            _ => BillingMode::Flexible,
        },
        canceled_at: None,
        completed_at: None,
        released_at: None,
        metadata: params.metadata(),
    }
}

fn end_behaviour(params: &Params, usual: EndBehaviour) -> EndBehaviour {
    match params.text("end_behavior") {
        Some("cancel") => EndBehaviour::Cancel,
        Some(_) => EndBehaviour::Release,
        None => usual,
    }
}

fn created(stripe: &mut Stripe, id: &str) {
    let shown = stripe.shown(|stripe| &stripe.schedules, id);
    stripe.emit("subscription_schedule.created", shown);
}

fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.schedules.named(call.id())?;
    Ok(stripe.shown(|stripe| &stripe.schedules, call.id()))
}

/// The schedule that a path names, that still runs.
fn running(stripe: &Stripe, id: &str, verb: &str) -> Result<Schedule, ApiError> {
    let schedule = stripe.schedules.named(id)?;
    if schedule.status.runs() {
        return Ok(schedule.clone());
    }
    let message = format!(
        "You cannot {verb} a subscription schedule that is currently in the `{}` status. It must \
         be `not_started` or `active`.",
        schedule.status.as_str()
    );
    Err(ApiError::invalid(message))
}

/// Current and future phases are replaced; past ones stay.
fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    subscriptions::refuse(params, &REFUSED)?;
    let schedule = running(stripe, call.id(), "update")?;
    let id = schedule.id.clone();
    let now = stripe.time_of(Some(&schedule.customer));
    let mut next = schedule.clone();
    next.metadata.update(params);
    next.end_behaviour = end_behaviour(params, schedule.end_behaviour);
    if params.has("default_settings") {
        next.defaults = defaults(params)?;
    }
    if params.has("phases") {
        let past = schedule.entered.saturating_sub(1);
        let start = schedule.phases.get(past).map_or(now, |phase| phase.start);
        let read = phases::read(stripe, &params.list("phases"), start, now)?;
        next.phases.truncate(past);
        next.phases.extend(read);
        next.entered = schedule.entered.min(past);
    }
    let before = stripe.clone();
    if let Err(error) = replace(stripe, &schedule, next, params, now) {
        *stripe = before;
        return Err(error);
    }
    run::wake(stripe, &id);
    Ok(stripe.shown(|stripe| &stripe.schedules, &id))
}

/// Puts a changed schedule in place, and its current phase into the subscription.
fn replace(
    stripe: &mut Stripe,
    was: &Schedule,
    mut next: Schedule,
    params: &Params,
    now: Timestamp,
) -> Result<(), ApiError> {
    let begun = next.phases.iter().filter(|phase| phase.start <= now).count();
    next.entered = if was.status == ScheduleStatus::NotStarted { 0 } else { begun };
    let current: Option<Phase> =
        next.entered.checked_sub(1).and_then(|it| next.phases.get(it)).cloned();
    let id = next.id.clone();
    alter(stripe, &id, |schedule| *schedule = next);
    match (was.status, current) {
        (ScheduleStatus::Active, Some(mut phase)) => {
            // The call itself says what becomes of prorations, not the phase.
            let asked = params.get("proration_behavior").cloned();
            let asked = asked.unwrap_or_else(|| Value::from("create_prorations"));
            phase.params.0.insert("proration_behavior".to_owned(), asked);
            run::reenter(stripe, &id, &phase, was.current())
        }
        (_, _) => Ok(()),
    }
}

fn cancel(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let schedule = running(stripe, call.id(), "cancel")?;
    match &schedule.subscription {
        Some(subscription) => {
            // Both default to true here (docs.stripe.com/api/subscription_schedules/cancel).
            let mut params = Params::default();
            for name in ["invoice_now", "prorate"] {
                let flag = call.params.flag(name).unwrap_or(true);
                params.0.insert(name.to_owned(), Value::from(flag));
            }
            subscriptions::cancel(stripe, subscription, &params)?;
        }
        None => run::subscription_ended(stripe, &schedule.id),
    }
    Ok(stripe.shown(|stripe| &stripe.schedules, &schedule.id))
}

fn release(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let schedule = running(stripe, call.id(), "release")?;
    let now = stripe.time_of(Some(&schedule.customer));
    run::release(stripe, &schedule.id, now);
    let cancels = schedule.end_behaviour == EndBehaviour::Cancel;
    if let Some(subscription) = &schedule.subscription
        && cancels
        && call.params.flag("preserve_cancel_date") != Some(true)
    {
        subscriptions::keep_running(stripe, subscription)?;
    }
    Ok(stripe.shown(|stripe| &stripe.schedules, &schedule.id))
}

fn list_all(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    if params.has("customer_account") {
        return Err(ApiError::not_simulated("customer_account"));
    }
    let range = |name: &str, at: Option<Timestamp>| match at {
        Some(at) => Range::of(params, name).holds(at.0),
        None => !params.has(name),
    };
    let scheduled = params.flag("scheduled") == Some(true);
    let stripe = &*stripe;
    let wanted = stripe.schedules.iter().filter(|schedule| {
        params.text("customer").is_none_or(|customer| schedule.customer == customer)
            && (!scheduled || schedule.status == ScheduleStatus::NotStarted)
            && range("canceled_at", schedule.canceled_at)
            && range("completed_at", schedule.completed_at)
            && range("released_at", schedule.released_at)
    });
    list::page(stripe, call, "/v1/subscription_schedules", wanted)
}
