//! What is answered: the state that is set now.

use billing::account::Standing;
use billing::fact::{Collection, Interval};
use billing::money::Money;
use billing::profile::Profile;
use billing::words::Word;
use serde::Serialize;

/// How an account pays.
#[derive(Debug, Serialize)]
pub(crate) struct CollectionView {
    collection: &'static str,
    net_days: Option<u32>,
}

/// What an account has, and at which prices.
#[derive(Debug, Serialize)]
pub(crate) struct PlanView {
    plan: String,
    interval: Option<&'static str>,
    seats: Option<u64>,
    prices: Option<PricesView>,
    period: Option<Period>,
    partner: bool,
    #[serde(flatten)]
    collection: CollectionView,
}

#[derive(Debug, Serialize)]
struct PricesView {
    amount: Money,
    seat_amount: Option<Money>,
}

#[derive(Debug, Serialize)]
struct Period {
    start: String,
    end: String,
}

impl CollectionView {
    pub(crate) fn of(standing: &Standing) -> Self {
        let is_sent = standing.collection == Collection::Manual;
        Self {
            collection: standing.collection.word(),
            net_days: is_sent.then_some(standing.net_days),
        }
    }
}

impl PlanView {
    pub(crate) fn of(standing: &Standing, profile: &Profile) -> Self {
        let live = standing.live_subscription();
        let prices = live.and_then(|live| live.fee).map(|fee| PricesView {
            amount: Money::new(fee.plan_amount, fee.currency),
            seat_amount: fee.seat_amount.map(|amount| Money::new(amount, fee.currency)),
        });
        Self {
            plan: standing.plan().to_owned(),
            interval: live.and_then(|live| live.interval).map(Interval::word),
            seats: live.map(|live| live.seats),
            prices,
            period: live.map(|live| Period {
                start: live.period_start.to_string(),
                end: live.period_end.to_string(),
            }),
            partner: profile.partner,
            collection: CollectionView::of(standing),
        }
    }
}
