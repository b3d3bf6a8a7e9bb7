//! The operations on test clocks.

use serde_json::{Value, json};

use super::{TestClock, customers};
use crate::agenda::Task;
use crate::call::Call;
use crate::error::ApiError;
use crate::list;
use crate::shelf::Object;
use crate::stripe::Stripe;

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
    if let Some(clock) = stripe.test_clocks.get_mut(id) {
        clock.target = Some(to);
    }
    let clock = stripe.shown(|stripe| &stripe.test_clocks, id);
    stripe.emit("test_helpers.test_clock.advancing", clock.clone());
    // On the simulator's own clock, not on this one.
    stripe.schedule(None, stripe.now(), Task::TestClockArrives(id.to_owned()));
    Ok(clock)
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
