//! A subscription as the contract shows it.

use billing::account::{PendingChange, Standing};
use billing::fact::{Collection, Interval, SubscriptionSnapshot};
use billing::money::Money;
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct SubscriptionView {
    plan: String,
    status: Option<&'static str>,
    interval: Option<&'static str>,
    seats: Option<u64>,
    period: Option<Period>,
    /// Nothing when it does not renew.
    renews_at: Option<String>,
    next_renewal: Option<Money>,
    pending_change: Option<PendingView>,
    cancel_at_period_end: bool,
    ends_at: Option<String>,
    /// A change waits for the customer to authenticate its payment.
    payment_pending: bool,
    collection: &'static str,
}

#[derive(Debug, Serialize)]
struct Period {
    start: String,
    end: String,
}

#[derive(Debug, Serialize)]
struct PendingView {
    plan: String,
    interval: &'static str,
    seats: u64,
    effective_at: String,
}

impl SubscriptionView {
    /// Of an account, with what its next renewal costs.
    pub(crate) fn of(standing: &Standing, next_renewal: Option<Money>) -> Self {
        let live = standing.live_subscription();
        let at = |at: Timestamp| at.to_string();
        let period = |live: &SubscriptionSnapshot| Period {
            start: at(live.period_start),
            end: at(live.period_end),
        };
        let renews = live.filter(|live| live.ends_at.is_none());
        let collection = live.and_then(|live| live.collection).unwrap_or(standing.collection);
        Self {
            plan: standing.plan().to_owned(),
            status: live.map(|live| live.status.word()),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            period: live.map(period),
            renews_at: renews.map(|live| at(live.period_end)),
            next_renewal,
            pending_change: standing.pending.as_ref().map(PendingView::of),
            cancel_at_period_end: live.is_some_and(|live| live.ends_at == Some(live.period_end)),
            ends_at: live.and_then(|live| live.ends_at).map(at),
            payment_pending: live.is_some_and(|live| live.pending_invoice.is_some()),
            collection: Collection::word(collection),
        }
    }
}

impl PendingView {
    fn of(pending: &PendingChange) -> Self {
        Self {
            plan: pending.plan.clone(),
            interval: pending.interval.word(),
            seats: pending.seats,
            effective_at: pending.at.to_string(),
        }
    }
}
