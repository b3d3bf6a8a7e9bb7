//! Test clocks (docs.stripe.com/billing/testing/test-clocks) over the simulator's own clock:
//! customers on one live by its time.
//!
//! Not simulated: clocks go only when they are deleted, not by themselves after 30 days, and no
//! existing customer can be put on one.

mod api;
#[cfg(test)]
mod tests;

use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::customers::Customer;
use crate::error::ApiError;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/test_helpers/test_clocks", api::create),
    Route::get("/v1/test_helpers/test_clocks", api::list),
    Route::get("/v1/test_helpers/test_clocks/{test_clock}", api::read),
    Route::delete("/v1/test_helpers/test_clocks/{test_clock}", api::delete),
    Route::post("/v1/test_helpers/test_clocks/{test_clock}/advance", api::advance),
];

/// Most customers that a test clock takes.
const CUSTOMERS_MAX: usize = 3;
/// Seconds after which Stripe deletes a test clock: 30 days.
const KEPT_SECONDS: i64 = DAY_SECONDS * 30;

/// A clock that stands until it is moved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TestClock {
    /// Its id.
    pub id: String,
    /// Time at which it was made, by the simulator's own clock.
    pub created: Timestamp,
    /// Where it stands.
    pub frozen_time: Timestamp,
    /// Where it was told to go, until it is there.
    pub target: Option<Timestamp>,
    /// What it is called.
    pub name: Option<String>,
}

impl Object for TestClock {
    const KIND: &'static str = "test_helpers.test_clock";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let (status, details) = match self.target {
            None => ("ready", json!({})),
            Some(target) => {
                ("advancing", json!({ "advancing": { "target_frozen_time": target.0 } }))
            }
        };
        json!({
            "id": self.id,
            "object": "test_helpers.test_clock",
            "created": self.created.0,
            "deletes_after": self.created.plus_seconds(KEPT_SECONDS).0,
            "frozen_time": self.frozen_time.0,
            "livemode": false,
            "name": self.name,
            "status": status,
            "status_details": details,
        })
    }
}

impl TestClock {
    /// The time for those who live by it.
    pub fn time(&self) -> Timestamp {
        self.frozen_time
    }

    /// Moves to a time on its way.
    pub fn arrive(&mut self, at: Timestamp) {
        self.frozen_time = self.frozen_time.max(at);
    }
}

/// Those who live by a test clock.
fn customers<'a>(stripe: &'a Stripe, id: &str) -> impl Iterator<Item = &'a Customer> {
    let living = stripe.customers.iter().filter(|customer| !customer.deleted);
    living.filter(move |customer| customer.test_clock.as_deref() == Some(id))
}

/// Whether another customer can be put on a test clock.
///
/// # Errors
///
/// `resource_missing`, and a refusal of the fourth one.
pub fn has_room(stripe: &Stripe, id: &str) -> Result<(), ApiError> {
    stripe.test_clocks.given(id, "test_clock")?;
    if customers(stripe, id).count() >= CUSTOMERS_MAX {
        let message = format!("A test clock can have up to {CUSTOMERS_MAX} customers.");
        return Err(ApiError::invalid(message).param("test_clock"));
    }
    Ok(())
}

/// Arrives where it was told to go, after everything that was due on the way.
pub fn arrive(stripe: &mut Stripe, id: &str) {
    let Some(target) = stripe.test_clocks.get(id).and_then(|clock| clock.target) else { return };
    stripe.run_test_clock(id, target);
    if let Some(clock) = stripe.test_clocks.get_mut(id) {
        clock.arrive(target);
        clock.target = None;
    }
    let clock = stripe.shown(|stripe| &stripe.test_clocks, id);
    stripe.emit("test_helpers.test_clock.ready", clock);
}
