//! Changes of a price that staff announced (C2).

use billing::price_change::{Announced, PriceChange, Stage};
use billing::words::Word;
use serde::Serialize;

use crate::money::MoneyView;

/// A change of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceChangeView {
    /// Id of the change.
    pub id: String,
    /// Lookup key of the price.
    pub price: String,
    /// Plan of the price.
    pub plan: String,
    /// Interval of the price.
    pub interval: &'static str,
    /// Amount until then.
    pub amount: MoneyView,
    /// Amount from then on.
    pub new_amount: MoneyView,
    /// Time of the announcement.
    pub announced_at: String,
    /// Moment from which on new subscriptions pay the new amount.
    pub effective_at: String,
    /// Stage of the change.
    pub state: &'static str,
    /// Time of the withdrawal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<String>,
    /// True once Stripe has the new price: from then on accounts are told.
    pub at_stripe: bool,
}

/// A change of a price that a subscription pays, announced and not applied yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnnouncedPriceView {
    /// `plan`, or `seat` for each seat.
    pub part: &'static str,
    /// Amount until then, without tax.
    pub amount: MoneyView,
    /// Amount from then on, without tax.
    pub new_amount: MoneyView,
    /// Time at which the account was notified.
    pub announced_at: String,
    /// Moment from which on new subscriptions pay the new amount.
    pub effective_at: String,
    /// Next renewal, where that is charged the new amount; null where a later one is.
    pub applies_at: Option<String>,
}

impl AnnouncedPriceView {
    /// View of a change ahead of a subscription.
    pub fn of(change: &Announced) -> Self {
        Self {
            part: change.part.word(),
            amount: change.from.into(),
            new_amount: change.to.into(),
            announced_at: change.told_at.to_string(),
            effective_at: change.effective_at.to_string(),
            applies_at: change.applies_at.map(|at| at.to_string()),
        }
    }
}

impl PriceChangeView {
    /// View of a change.
    pub fn of(change: &PriceChange) -> Self {
        let (state, withdrawn_at) = match change.stage {
            Stage::Announced => ("announced", None),
            Stage::InForce => ("in_force", None),
            Stage::Withdrawn { at } => ("withdrawn", Some(at.to_string())),
        };
        Self {
            id: change.id.clone(),
            price: change.price.clone(),
            plan: change.plan.clone(),
            interval: change.interval.word(),
            amount: MoneyView::from(change.from),
            new_amount: MoneyView::from(change.to),
            announced_at: change.announced_at.to_string(),
            effective_at: change.effective_at.to_string(),
            state,
            withdrawn_at,
            at_stripe: change.prices.is_some(),
        }
    }
}
