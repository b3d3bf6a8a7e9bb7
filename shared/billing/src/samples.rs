//! What tests begin with, and change one thing of.

use crate::fact::{SubscriptionSnapshot, SubscriptionStatus};
use crate::ids::SubscriptionId;
use crate::time::Timestamp;

/// A running subscription to `team` with one seat, in a period that is given; all else is as when nothing is told.
pub fn subscription(period_start: Timestamp, period_end: Timestamp) -> SubscriptionSnapshot {
    SubscriptionSnapshot {
        id: SubscriptionId::parse("sub_1").unwrap(),
        created: period_start,
        status: SubscriptionStatus::Active,
        plan: "team".to_owned(),
        interval: None,
        seats: 1,
        period_start,
        period_end,
        ends_at: None,
        pending_invoice: None,
        fee: None,
        collection: None,
        paused: false,
        schedule: None,
        payment_method: None,
        tax_rates: Vec::new(),
    }
}
