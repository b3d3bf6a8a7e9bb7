//! State that staff set, as the contract shows it.

use billing::account::Standing;
use billing::fact::{Collection, Interval};
use billing::money::Money;
use billing::profile::Profile;
use billing::proof::{Difference, Proof};
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

/// How far our books are proven to miss nothing of Stripe's, and what was found missing.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReconciliationView {
    /// Every event before that time is applied; null before the first reading.
    proven_until: Option<String>,
    /// Time at which the objects of all accounts were last compared; null before.
    compared_at: Option<String>,
    /// Latest time whose events Stripe had forgotten before they were read; null without one. What
    /// happened then is known from objects alone.
    gap: Option<PeriodView>,
    /// What was missing in the last 90 days, newest first, at most 100.
    differences: Vec<DifferenceView>,
}

/// Something that was missing.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DifferenceView {
    found_at: String,
    /// `event_missed`, `object_differed`, `refused` or `unreadable`.
    kind: &'static str,
    /// The account, where it is known.
    account: Option<String>,
    /// Id of the event, or of the object.
    id: String,
    /// Type of the event; null for an object.
    r#type: Option<String>,
    /// Time of the event; null for an object.
    happened_at: Option<String>,
    /// True if the books have it by now; else a person must look.
    mended: bool,
}

impl ReconciliationView {
    /// View of a proof and of differences.
    pub fn of(proof: Option<&Proof>, differences: &[Difference]) -> Self {
        let gap = proof.and_then(|proof| proof.gap);
        Self {
            proven_until: proof.map(|proof| proof.proven_until.to_string()),
            compared_at: proof.and_then(|it| it.compared_at).map(|at| at.to_string()),
            gap: gap.map(PeriodView::of),
            differences: differences.iter().map(DifferenceView::of).collect(),
        }
    }
}

impl DifferenceView {
    fn of(difference: &Difference) -> Self {
        let event_type = Some(difference.event_type.clone());
        Self {
            found_at: difference.found_at.to_string(),
            kind: difference.kind.word(),
            account: difference.account.as_ref().map(ToString::to_string),
            id: difference.about.clone(),
            r#type: event_type.filter(|it| !it.is_empty()),
            happened_at: difference.happened_at.map(|at| at.to_string()),
            mended: difference.kind.is_mended(),
        }
    }
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
