//! Parents and sub-accounts: a parent's list, high-level usage, and what staff set. No type here
//! has room for money.

use billing::account::Standing;
use billing::family::listed::ListedSubAccount;
use billing::family::{AccountKind, BookedModel};
use billing::ids::AccountId;
use billing::time::Timestamp;
use billing::usage::{Allowance, Kind, Usage};
use billing::words::Word;
use catalog::Region;
use serde::Serialize;

/// A sub-account in its parent's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubAccountView {
    /// Id of the sub-account.
    pub id: String,
    /// Name of the sub-account.
    pub name: String,
    /// `sub_account`.
    pub kind: &'static str,
    /// Id of its parent.
    pub parent_id: String,
    /// Region in which its data is processed.
    pub processing_region: String,
    /// `bill_to_parent` or `bill_to_sub_account`.
    pub billing_model: &'static str,
    /// Billing model that is booked.
    pub booked_model: Option<BookedModelView>,
    /// Time of the opening.
    pub created_at: String,
}

/// A booked billing model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BookedModelView {
    /// The model from then on.
    pub billing_model: &'static str,
    /// Its cut line.
    pub effective_at: String,
}

/// Time from which a billing model is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveView {
    /// The time.
    pub effective_at: String,
}

/// High-level usage of a sub-account in a month (B9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubAccountUsageView {
    /// Id of the sub-account.
    pub id: String,
    /// Name of the sub-account.
    pub name: String,
    /// Billing model now.
    pub billing_model: &'static str,
    /// The month.
    pub period: String,
    /// Every resource that is reported by events.
    pub resources: Vec<UsedView>,
}

/// Use of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UsedView {
    /// Id of the resource.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Name of one unit.
    pub unit: String,
    /// Units used; the last level of a gauge.
    pub used: u64,
}

/// An account that staff converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FamilyView {
    /// Id of the account.
    pub id: String,
    /// `standard`, `parent` or `sub_account`.
    pub kind: &'static str,
    /// Number of its sub-accounts; null for another kind.
    pub sub_accounts: Option<u32>,
    /// Number of sub-accounts that it may have; null for another kind.
    pub sub_account_limit: Option<u32>,
}

/// A region in which data is processed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegionView {
    /// Id of the region.
    pub id: String,
    /// Name for people.
    pub name: String,
}

impl SubAccountView {
    /// View of a sub-account of a parent.
    pub fn of(parent: &AccountId, listed: &ListedSubAccount, now: Timestamp) -> Self {
        let booked = listed.booked.filter(|booked| booked.at > now);
        Self {
            id: listed.id.to_string(),
            name: listed.name.clone(),
            kind: AccountKind::SubAccount.word(),
            parent_id: parent.to_string(),
            processing_region: listed.processing_region.clone(),
            billing_model: listed.model_at(now).word(),
            booked_model: booked.map(BookedModelView::of),
            created_at: listed.created_at.to_string(),
        }
    }
}

impl BookedModelView {
    fn of(BookedModel { model, at }: BookedModel) -> Self {
        Self { billing_model: model.word(), effective_at: at.to_string() }
    }
}

impl SubAccountUsageView {
    /// View of what a sub-account used of each resource.
    pub fn of(
        listed: &ListedSubAccount,
        (period, counted): (String, &Usage),
        resources: &[Allowance],
        now: Timestamp,
    ) -> Self {
        let used = |it: &Allowance| match it.kind {
            Kind::Sum => counted.sum(&it.resource),
            Kind::Gauge => counted.held.get(&it.resource).map_or(0, |held| held.level),
        };
        let resources = resources.iter().map(|it| UsedView {
            id: it.resource.clone(),
            name: it.name.clone(),
            unit: it.unit.clone(),
            used: used(it),
        });
        Self {
            id: listed.id.to_string(),
            name: listed.name.clone(),
            billing_model: listed.model_at(now).word(),
            period,
            resources: resources.collect(),
        }
    }
}

impl FamilyView {
    /// View of an account's family.
    pub fn of(standing: &Standing) -> Self {
        let parent = standing.family.as_parent();
        Self {
            id: standing.account.to_string(),
            kind: standing.family.kind().word(),
            sub_accounts: parent.map(|parent| parent.sub_accounts),
            sub_account_limit: parent.map(|parent| parent.limit),
        }
    }
}

impl RegionView {
    /// View of a region.
    pub fn of(region: &Region) -> Self {
        Self { id: region.id.clone(), name: region.name.clone() }
    }
}
