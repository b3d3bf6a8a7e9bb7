//! Subscription schedules (docs.stripe.com/billing/subscriptions/subscription-schedules): phases,
//! one after the other.
//!
//! A phase that begins when a period ends changes what the renewal bills; one that begins in
//! between is prorated as its `proration_behavior` says. The first invoice of a subscription that a
//! schedule starts is a draft for an hour, like a renewal's. A direct change of the subscription
//! leaves the phases as they were: a booked phase keeps its items. (Stripe splits the current phase
//! then.)

mod api;
mod json;
mod phases;
mod run;

#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::call::Params;
use crate::metadata::Metadata;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::subscriptions::BillingMode;

pub use api::ROUTES;
pub use run::{first_phase, foresee, period_ends, phase_due, subscription_ended};

/// Where a schedule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScheduleStatus {
    /// Its first phase has not begun.
    NotStarted,
    /// It runs.
    Active,
    /// Its phases and its subscription are over.
    Completed,
    /// Its subscription goes on without it.
    Released,
    /// It was cancelled.
    Canceled,
}

impl ScheduleStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Released => "released",
            Self::Canceled => "canceled",
        }
    }

    /// True if it still does something.
    pub fn runs(self) -> bool {
        matches!(self, Self::NotStarted | Self::Active)
    }
}

/// What becomes of the subscription after the last phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndBehaviour {
    /// It goes on.
    Release,
    /// It ends.
    Cancel,
}

/// A subscription schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Schedule {
    /// `sub_sched_...`
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// Where it stands.
    pub status: ScheduleStatus,
    /// The subscription that it manages.
    pub subscription: Option<String>,
    /// The one that it managed.
    pub released_subscription: Option<String>,
    /// Past, current and future phases.
    pub phases: Vec<Phase>,
    /// How many of them have begun.
    pub entered: usize,
    /// What becomes of the subscription after the last phase.
    pub end_behaviour: EndBehaviour,
    /// `default_settings` as they were given.
    pub defaults: Params,
    /// How its subscription works prorations out.
    pub mode: BillingMode,
    /// Time at which it was cancelled.
    pub canceled_at: Option<Timestamp>,
    /// Time at which it was completed.
    pub completed_at: Option<Timestamp>,
    /// Time at which its subscription was released.
    pub released_at: Option<Timestamp>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

/// A phase of a schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Time at which it begins.
    pub start: Timestamp,
    /// Time at which it ends.
    pub end: Timestamp,
    /// ISO 4217, lower case.
    pub currency: String,
    /// What the subscription has then.
    pub items: Vec<PhaseItem>,
    /// Time at which its trial ends.
    pub trial_end: Option<Timestamp>,
    /// What was said of it, besides.
    pub params: Params,
}

/// An item of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseItem {
    /// At which price.
    pub price: String,
    /// How many.
    pub quantity: i64,
    /// Its own tax rates.
    pub tax_rates: Vec<String>,
    /// Keys and texts that the item gets.
    pub metadata: Map<String, Value>,
}

impl Schedule {
    /// The phase that runs.
    pub fn current(&self) -> Option<&Phase> {
        let place = self.entered.checked_sub(1)?;
        self.phases.get(place).filter(|_| self.status == ScheduleStatus::Active)
    }

    /// Time at which its last phase ends.
    pub fn end(&self) -> Option<Timestamp> {
        self.phases.last().map(|phase| phase.end)
    }
}

impl Object for Schedule {
    const KIND: &'static str = "subscription schedule";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        json::schedule(stripe, self)
    }
}

/// Changes a schedule and tells `subscription_schedule.updated`, if anything of it shows.
fn alter(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut Schedule)) {
    let before = stripe.shown(|stripe| &stripe.schedules, id);
    let Some(schedule) = stripe.schedules.get_mut(id) else { return };
    change(schedule);
    let after = stripe.shown(|stripe| &stripe.schedules, id);
    stripe.emit_update("subscription_schedule.updated", &before, after);
}
