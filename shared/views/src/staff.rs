//! State that staff set, as the contract shows it.

use billing::account::Standing;
use billing::fact::{Collection, Interval};
use billing::money::Money;
use billing::profile::Profile;
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::accounts::PeriodView;
use crate::money::MoneyView;

/// Terms of payment of an account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CollectionView {
    collection: &'static str,
    net_days: Option<u32>,
}

/// An account that staff closed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClosedView {
    /// `terminated` or `canceled`.
    state: &'static str,
    /// Time since which it is so.
    closed_at: Option<String>,
}

/// Plan of an account, with the prices it pays.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "StaffPlanView"))]
pub struct PlanView {
    plan: String,
    interval: Option<&'static str>,
    seats: Option<u64>,
    prices: Option<PricesView>,
    period: Option<PeriodView>,
    partner: bool,
    #[serde(flatten)]
    collection: CollectionView,
}

/// Prices of a plan and of each seat.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PricesView {
    amount: MoneyView,
    seat_amount: Option<MoneyView>,
}

impl ClosedView {
    /// View of an account that was closed.
    pub fn of(standing: &Standing, now: Timestamp) -> Self {
        Self {
            state: standing.state_at(now).word(),
            closed_at: standing.closed.map(|closed| closed.at.to_string()),
        }
    }
}

impl CollectionView {
    /// View of the terms of an account.
    pub fn of(standing: &Standing) -> Self {
        let is_sent = standing.collection == Collection::Manual;
        Self {
            collection: standing.collection.word(),
            net_days: is_sent.then_some(standing.net_days),
        }
    }
}

impl PlanView {
    /// View of the plan of an account.
    pub fn of(standing: &Standing, profile: &Profile) -> Self {
        let live = standing.live_subscription();
        let prices = live.and_then(|live| live.fee).map(|fee| PricesView {
            amount: Money::new(fee.plan_amount, fee.currency).into(),
            seat_amount: fee.seat_amount.map(|amount| Money::new(amount, fee.currency).into()),
        });
        Self {
            plan: standing.plan().to_owned(),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            prices,
            period: live.map(PeriodView::of_subscription),
            partner: profile.partner,
            collection: CollectionView::of(standing),
        }
    }
}
