//! Plans and packs that are sold: the price of a new customer now, and announced prices (D1, D10).

use std::collections::BTreeMap;

use billing::price_change::{PriceChange, Stage, in_force};
use billing::time::Timestamp;
use catalog::sold::{Part, PlanPriceKey};
use catalog::{Beyond, Catalog, Plan, PlanPrice, Renews, Sold, Terms};
use serde::Serialize;

use crate::money::MoneyView;

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlanView {
    /// Id of the plan.
    pub id: String,
    /// Name of the plan.
    pub name: String,
    /// A price for each interval.
    pub prices: Vec<PriceView>,
    /// Units of each resource that may be used without being refused or restricted; null without a
    /// limit.
    pub limits: BTreeMap<String, Option<u64>>,
    /// Units of each resource that a month includes; null for any number.
    pub included: BTreeMap<String, Option<u64>>,
    /// What the plan says of each resource.
    pub resources: Vec<ResourceView>,
    /// True for a plan with seats.
    pub seats: bool,
    /// Most seats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats_max: Option<u32>,
    /// True for a plan that only staff can give to an account.
    pub staff_only: bool,
    /// Day on which the plan renews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renews: Option<&'static str>,
}

/// A resource in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PlanResourceView"))]
pub struct ResourceView {
    /// Id of the resource.
    pub id: String,
    /// Name of the resource.
    pub name: String,
    /// One unit of it.
    pub unit: String,
    /// Units that a month includes; null for any number.
    pub included: Option<u64>,
    /// What holds beyond: `nothing`, `refuse`, `restrict`, `priced` or `credits`.
    pub beyond: &'static str,
    /// Prices of units beyond, where they are priced.
    pub tiers: Vec<TierView>,
}

/// One step of a graduated price, for units beyond what is included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TierView {
    /// Last unit of the step, counted from the first beyond; null for the last step.
    pub up_to: Option<u64>,
    /// Price of a unit in minor units, with decimals.
    pub unit_amount: String,
    /// Currency of the price.
    pub currency: String,
}

/// A plan as the members of an account see it: without prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberPlanView {
    /// Id of the plan.
    pub id: String,
    /// Name of the plan.
    pub name: String,
    /// Units of each resource that may be used without being refused or restricted; null without a
    /// limit.
    pub limits: BTreeMap<String, Option<u64>>,
    /// Units of each resource that a month includes; null for any number.
    pub included: BTreeMap<String, Option<u64>>,
    /// True for a plan with seats.
    pub seats: bool,
}

/// A pack of credits as the members of an account see it: without its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberPackView {
    /// Id of the pack.
    pub id: String,
    /// Name of the pack.
    pub name: String,
    /// Tokens in the pack.
    pub tokens: u64,
}

impl From<PlanView> for MemberPlanView {
    fn from(plan: PlanView) -> Self {
        let PlanView { id, name, limits, included, seats, .. } = plan;
        Self { id, name, limits, included, seats }
    }
}

impl From<PackView> for MemberPackView {
    fn from(PackView { id, name, tokens, price: _ }: PackView) -> Self {
        Self { id, name, tokens }
    }
}

impl ResourceView {
    fn of(terms: &Terms, catalog: &Catalog) -> Self {
        let resource = catalog.resource(&terms.resource);
        let (beyond, tiers) = match &terms.beyond {
            Beyond::Nothing => ("nothing", [].as_slice()),
            Beyond::Refuse => ("refuse", [].as_slice()),
            Beyond::Restrict => ("restrict", [].as_slice()),
            Beyond::Credits => ("credits", [].as_slice()),
            Beyond::Priced(tiers) => ("priced", tiers.as_slice()),
        };
        let tiers = tiers.iter().map(|tier| TierView {
            up_to: tier.up_to,
            unit_amount: tier.unit_amount.to_string(),
            currency: catalog.currency.as_str().to_owned(),
        });
        Self {
            id: terms.resource.clone(),
            name: resource.map(|resource| resource.name.clone()).unwrap_or_default(),
            unit: resource.map(|resource| resource.unit.clone()).unwrap_or_default(),
            included: terms.included,
            beyond,
            tiers: tiers.collect(),
        }
    }
}

/// The price of a plan for an interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PriceView {
    /// The interval.
    pub interval: &'static str,
    /// Amount of the plan.
    pub amount: MoneyView,
    /// Amount of each seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_amount: Option<MoneyView>,
    /// Announced changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub announced: Vec<AnnouncedView>,
}

/// An announced change: one of the two amounts is another from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnnouncedView {
    /// The moment.
    pub effective_at: String,
    /// Amount of the plan from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<MoneyView>,
    /// Amount of each seat from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_amount: Option<MoneyView>,
}

/// A pack of credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PackView {
    /// Id of the pack.
    pub id: String,
    /// Name of the pack.
    pub name: String,
    /// Tokens in the pack.
    pub tokens: u64,
    /// Price of the pack.
    pub price: MoneyView,
}

impl PlanView {
    /// Views of all plans that are still sold.
    pub fn all(catalog: &Catalog, changes: &[PriceChange], now: Timestamp) -> Vec<Self> {
        let sold = catalog.plans.iter().filter(|plan| plan.sold != Sold::NotAnyMore);
        sold.map(|plan| Self::of((plan, catalog), changes, now)).collect()
    }

    fn of((plan, catalog): (&Plan, &Catalog), changes: &[PriceChange], now: Timestamp) -> Self {
        let renews = match plan.renews {
            Renews::OnTheFirst => "on_the_first",
            Renews::OnTheDay => "on_the_day",
        };
        let terms = || plan.terms.iter();
        let prices = plan.prices.iter();
        Self {
            id: plan.id.clone(),
            name: plan.name.clone(),
            prices: prices.map(|price| PriceView::of((plan, price), changes, now)).collect(),
            limits: terms().map(|terms| (terms.resource.clone(), terms.limit())).collect(),
            included: terms().map(|terms| (terms.resource.clone(), terms.included)).collect(),
            resources: terms().map(|terms| ResourceView::of(terms, catalog)).collect(),
            seats: plan.seats_max.is_some(),
            seats_max: plan.seats_max,
            staff_only: match plan.sold {
                Sold::ByStaff => true,
                Sold::ToAll | Sold::NotAnyMore => false,
            },
            renews: (!plan.prices.is_empty()).then_some(renews),
        }
    }
}

impl PriceView {
    fn of((plan, price): (&Plan, &PlanPrice), changes: &[PriceChange], now: Timestamp) -> Self {
        let key = |part| PlanPriceKey::new(&plan.id, price.interval, part).lookup_key();
        let amount = |amount, part| MoneyView::from(in_force(amount, &key(part), changes, now));
        let announced = [Part::Plan, Part::Seat].into_iter().flat_map(|part| {
            let key = key(part);
            let ahead = changes.iter().filter(move |it| it.price == key && is_ahead(it, now));
            ahead.map(move |change| AnnouncedView::of(change, part))
        });
        Self {
            interval: price.interval.as_str(),
            amount: amount(price.amount, Part::Plan),
            seat_amount: price.seat_amount.map(|seat| amount(seat, Part::Seat)),
            announced: announced.collect(),
        }
    }
}

impl AnnouncedView {
    fn of(change: &PriceChange, part: Part) -> Self {
        Self {
            effective_at: change.effective_at.to_string(),
            amount: (part == Part::Plan).then(|| MoneyView::from(change.to)),
            seat_amount: (part == Part::Seat).then(|| MoneyView::from(change.to)),
        }
    }
}

impl PackView {
    /// Views of all packs.
    pub fn all(catalog: &Catalog) -> Vec<Self> {
        let packs = catalog.packs.iter().map(|pack| Self {
            id: pack.id.clone(),
            name: pack.name.clone(),
            tokens: pack.tokens,
            price: MoneyView::from(pack.price),
        });
        packs.collect()
    }
}

fn is_ahead(change: &PriceChange, now: Timestamp) -> bool {
    change.stage == Stage::Announced && now < change.effective_at
}
