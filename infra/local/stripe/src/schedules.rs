//! Subscription schedules (docs.stripe.com/api/subscription_schedules): phases, one after the other.

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A subscription schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
}

impl Object for Schedule {
    const KIND: &'static str = "subscription_schedule";

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

/// A phase begins or ends.
pub fn phase_due(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// A subscription is over: its schedule is too.
pub fn subscription_ended(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}
