//! Schedules: what a subscription becomes at the end of its period
//! (docs.stripe.com/billing/subscriptions/subscription-schedules).

use billing::fact::Interval;
use billing::ids::{ScheduleId, SubscriptionId};
use billing::time::Timestamp;
use stripe_billing::SubscriptionScheduleEndBehavior;
use stripe_billing::subscription_schedule::{
    CreateSubscriptionSchedule, ReleaseSubscriptionSchedule, UpdateSubscriptionSchedule,
    UpdateSubscriptionSchedulePhases, UpdateSubscriptionSchedulePhasesDiscounts,
    UpdateSubscriptionSchedulePhasesDuration, UpdateSubscriptionSchedulePhasesDurationInterval,
    UpdateSubscriptionSchedulePhasesEndDate, UpdateSubscriptionSchedulePhasesItems,
    UpdateSubscriptionSchedulePhasesProrationBehavior, UpdateSubscriptionSchedulePhasesStartDate,
    UpdateSubscriptionScheduleProrationBehavior,
};

use super::subscription::Priced;
use super::{Request, segment};

/// What a subscription is until a moment and from then on.
#[derive(Debug, Clone, Copy)]
pub struct Phases<'a> {
    /// Time at which the phase began in which it is.
    pub since: Timestamp,
    /// Time at which it becomes something else: the end of its period.
    pub until: Timestamp,
    /// What it sells until then.
    pub before: &'a [Priced],
    /// What it sells from then on.
    pub after: &'a [Priced],
    /// How often it renews from then on.
    pub interval: Interval,
    /// Its tax rates, which a phase would lose that does not name them.
    pub tax_rates: &'a [String],
    /// Its discounts, likewise.
    pub discounts: &'a [String],
}

/// `POST /v1/subscription_schedules`: takes a subscription over as it is.
pub fn create_schedule(subscription: &SubscriptionId) -> Request {
    let create = CreateSubscriptionSchedule::new().from_subscription(subscription.as_str());
    Request::of(&create)
}

/// `POST /v1/subscription_schedules/{id}`: nothing changes now, nor is anything prorated at the
/// change, which comes with a new period; afterwards the subscription goes on by itself.
pub fn set_phases(id: &ScheduleId, phases: &Phases<'_>) -> Request {
    let mut before = phase(phases.before, phases);
    before.start_date = Some(UpdateSubscriptionSchedulePhasesStartDate::Timestamp(phases.since.0));
    before.end_date = Some(UpdateSubscriptionSchedulePhasesEndDate::Timestamp(phases.until.0));
    let mut after = phase(phases.after, phases);
    let interval = match phases.interval {
        Interval::Day => UpdateSubscriptionSchedulePhasesDurationInterval::Day,
        Interval::Week => UpdateSubscriptionSchedulePhasesDurationInterval::Week,
        Interval::Month => UpdateSubscriptionSchedulePhasesDurationInterval::Month,
        Interval::Year => UpdateSubscriptionSchedulePhasesDurationInterval::Year,
    };
    after.duration = Some(UpdateSubscriptionSchedulePhasesDuration::new(interval));
    let update = UpdateSubscriptionSchedule::new(segment(id.as_str()))
        .phases(vec![before, after])
        .proration_behavior(UpdateSubscriptionScheduleProrationBehavior::None)
        .end_behavior(SubscriptionScheduleEndBehavior::Release);
    Request::of(&update)
}

fn phase(items: &[Priced], phases: &Phases<'_>) -> UpdateSubscriptionSchedulePhases {
    let items: Vec<_> = items
        .iter()
        .map(|Priced { price, quantity }| {
            let mut item = UpdateSubscriptionSchedulePhasesItems::new();
            item.price = Some(price.clone());
            item.quantity = *quantity;
            item
        })
        .collect();
    let mut phase = UpdateSubscriptionSchedulePhases::new(items);
    phase.proration_behavior = Some(UpdateSubscriptionSchedulePhasesProrationBehavior::None);
    if !phases.tax_rates.is_empty() {
        phase.default_tax_rates = Some(phases.tax_rates.to_vec());
    }
    if !phases.discounts.is_empty() {
        let discounts = phases.discounts.iter().map(|id| {
            let mut discount = UpdateSubscriptionSchedulePhasesDiscounts::new();
            discount.discount = Some(id.clone());
            discount
        });
        phase.discounts = Some(discounts.collect());
    }
    phase
}

/// `POST /v1/subscription_schedules/{id}/release`: the subscription stays as it is.
pub fn release_schedule(id: &ScheduleId) -> Request {
    Request::of(&ReleaseSubscriptionSchedule::new(segment(id.as_str())))
}
