//! The operations on test clocks.

use billing::time::Timestamp;
use serde_json::{Value, json};

use super::{TestClock, customers};
use crate::agenda::Task;
use crate::call::Call;
use crate::error::ApiError;
use crate::list;
use crate::prices::Recurring;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::subscriptions::period;

/// How far a clock without subscriptions can go at once: two years.
const MONTHS_MAX: i64 = 24;

pub fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    if params.has("customer") {
        return Err(ApiError::not_simulated("customer"));
    }
    let frozen_time = params.time("frozen_time").ok_or_else(|| ApiError::missing("frozen_time"))?;
    let id = stripe.ids.next("clock");
    stripe.test_clocks.add(TestClock {
        id: id.clone(),
        created: stripe.now(),
        frozen_time,
        target: None,
        name: params.text("name").map(str::to_owned),
    });
    let clock = stripe.shown(|stripe| &stripe.test_clocks, &id);
    stripe.emit("test_helpers.test_clock.created", clock.clone());
    Ok(clock)
}

pub fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.test_clocks.named(call.id())?.json(stripe))
}

pub fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    list::page(stripe, call, "/v1/test_helpers/test_clocks", stripe.test_clocks.iter())
}

/// The clock arrives with the next request or run of the simulator.
pub fn advance(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (id, params) = (call.id(), &call.params);
    let clock = stripe.test_clocks.named(id)?;
    let to = params.time("frozen_time").ok_or_else(|| ApiError::missing("frozen_time"))?;
    if clock.target.is_some() {
        let message = "Test clock advancement underway - cannot perform modifications.";
        return Err(ApiError { status: 429, ..ApiError::invalid(message) });
    }
    if to <= clock.frozen_time {
        let message = format!(
            "You can only advance a test clock forward: its frozen time is {}.",
            clock.frozen_time.0
        );
        return Err(ApiError::invalid(message).param("frozen_time"));
    }
    let (limit, why) = furthest(stripe, clock);
    if to > limit {
        let message = format!(
            "You cannot advance a test clock more than {why} from its current frozen time at a \
             time: the furthest is {}.",
            limit.0
        );
        return Err(ApiError::invalid(message).param("frozen_time"));
    }
    if let Some(clock) = stripe.test_clocks.get_mut(id) {
        clock.target = Some(to);
    }
    let clock = stripe.shown(|stripe| &stripe.test_clocks, id);
    stripe.emit("test_helpers.test_clock.advancing", clock.clone());
    // On the simulator's own clock, not on this one.
    stripe.schedule(None, stripe.now(), Task::TestClockArrives(id.to_owned()));
    Ok(clock)
}

/// How far a clock can go at once: two intervals of the shortest subscription on it, or two years.
fn furthest(stripe: &Stripe, clock: &TestClock) -> (Timestamp, &'static str) {
    let on_it = |customer: &str| {
        let customer = stripe.customers.get(customer);
        customer.and_then(|customer| customer.test_clock.as_ref()) == Some(&clock.id)
    };
    let subscriptions = stripe.subscriptions.iter();
    let subscriptions = subscriptions.filter(|it| !it.status.ended() && on_it(&it.customer));
    let prices = subscriptions.flat_map(|subscription| &subscription.items);
    let prices = prices.filter_map(|item| stripe.prices.get(&item.price)?.recurring);
    let ends = prices.map(|recurring| {
        let twice = Recurring { count: recurring.count.saturating_mul(2), ..recurring };
        period::after(clock.frozen_time, twice)
    });
    match ends.min() {
        Some(end) => (end, "two intervals of its shortest subscription"),
        None => (period::plus_months(clock.frozen_time, MONTHS_MAX), "two years"),
    }
}

/// Its customers go with it.
pub fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let clock = stripe.test_clocks.named(id)?.json(stripe);
    let living: Vec<String> = customers(stripe, id).map(|customer| customer.id.clone()).collect();
    for customer in living {
        crate::customers::remove(stripe, &customer);
    }
    stripe.forget_test_clock(id);
    stripe.emit("test_helpers.test_clock.deleted", clock);
    Ok(json!({ "id": id, "object": "test_helpers.test_clock", "deleted": true }))
}
