//! Schedules of subscriptions.

use billing::ids::{ScheduleId, SubscriptionId};
use billing::time::Timestamp;
use invocation::Invocation;
use serde::Deserialize;
use stripe_requests::request::schedule::create_schedule;
use stripe_wire::wire::Reason;

use crate::preview::read;
use crate::{Stripe, StripeError};

/// A schedule that took a subscription over as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchedule {
    /// Its id.
    pub id: ScheduleId,
    /// Time at which the phase began that the subscription is in.
    pub since: Timestamp,
    /// Tax rates of that phase.
    pub tax_rates: Vec<String>,
    /// Discounts of that phase.
    pub discounts: Vec<String>,
}

#[derive(Deserialize)]
struct Schedule {
    id: String,
    phases: Vec<Phase>,
}

#[derive(Deserialize)]
struct Phase {
    start_date: i64,
    #[serde(default)]
    default_tax_rates: Option<Vec<Named>>,
    #[serde(default)]
    discounts: Option<Vec<Discount>>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Discount {
    #[serde(default)]
    discount: Option<String>,
}

impl Stripe {
    /// Gives a subscription a schedule, which changes nothing yet.
    pub async fn create_schedule(
        &self,
        invocation: &Invocation,
        subscription: &SubscriptionId,
    ) -> Result<NewSchedule, StripeError> {
        let answer = self.call(invocation, &create_schedule(subscription)).await?;
        let what = "a schedule";
        let Schedule { id, phases } = read(&answer.body, what)?;
        let missing = |field| StripeError::Unreadable {
            what: what.to_owned(),
            reason: Reason::Missing(field),
        };
        let id = ScheduleId::parse(&id).map_err(|_| missing("id"))?;
        let phase = phases.into_iter().next().ok_or_else(|| missing("phases"))?;
        let tax_rates = phase.default_tax_rates.into_iter().flatten().map(|rate| rate.id);
        let discounts = phase.discounts.into_iter().flatten().filter_map(|one| one.discount);
        Ok(NewSchedule {
            id,
            since: Timestamp(phase.start_date),
            tax_rates: tax_rates.collect(),
            discounts: discounts.collect(),
        })
    }
}
