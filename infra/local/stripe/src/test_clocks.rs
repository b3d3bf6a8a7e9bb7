//! Test clocks (docs.stripe.com/api/test_clocks) over the simulator's own clock: customers on one live by its time.

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A clock that stands until it is moved.
#[derive(Debug, Clone)]
pub struct TestClock {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Where it stands.
    pub frozen_time: Timestamp,
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
        json!({ "id": self.id })
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

/// Arrives where it was told to go.
pub fn arrive(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}
