//! What tests begin with, and change one thing of.

use crate::account::Standing;
use crate::fact::{Interval, Origin, SubscriptionSnapshot, SubscriptionStatus};
use crate::ids::{AccountId, SubscriptionId};
use crate::time::Timestamp;

/// Time at which tests begin that need no other time.
pub const NOW: Timestamp = Timestamp(1_795_338_000);

/// A subscription that renews monthly, to a plan with so many seats.
pub fn running(plan: &str, seats: u64) -> SubscriptionSnapshot {
    SubscriptionSnapshot {
        plan: plan.to_owned(),
        interval: Some(Interval::Month),
        seats,
        ..subscription(NOW, Timestamp(1_796_083_200))
    }
}

/// The standing of an account that has a subscription and owes nothing.
pub fn standing(live: &SubscriptionSnapshot) -> Standing {
    let standing = Standing::new(AccountId::parse("acme").unwrap(), "free", 0, NOW);
    Standing { subscription: Some(live.clone()), ..standing }
}

/// A running subscription to `team` with one seat, in a period that is given; all else is as when
/// nothing is told.
pub fn subscription(period_start: Timestamp, period_end: Timestamp) -> SubscriptionSnapshot {
    SubscriptionSnapshot {
        id: SubscriptionId::parse("sub_1").unwrap(),
        created: period_start,
        status: SubscriptionStatus::Active,
        suspension: None,
        origin: Origin::Bought,
        plan: "team".to_owned(),
        interval: None,
        seats: 1,
        period_start,
        period_end,
        ends_at: None,
        pending_invoice: None,
        fee: None,
        collection: None,
        net_days: None,
        pause: None,
        schedule: None,
        payment_method: None,
        card_moves: false,
        tax_rates: Vec::new(),
    }
}
