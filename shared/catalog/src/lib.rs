//! The catalog: which plans, metered resources and credit packs are sold, and for how much (D1, D2,
//! D10).
//!
//! It is text in, checked value out: no file, no call, no clock. [`deployed`] is the catalog that
//! the functions are built with, `infra/catalog.toml`. Whatever is wrong in it is refused with its
//! line and the reason, all of it at once. [`sold`] says under which names it stands at Stripe, and
//! [`difference`] what is to be done there.

mod allowances;
mod check;
pub mod difference;
mod raw;
pub mod sold;
#[cfg(test)]
mod tests;

pub use check::AMOUNT_MAX;

use billing::cancellation::VendorCondition;
use billing::fact;
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::tax::TaxRate;
use billing::time::Timestamp;
use rust_decimal::Decimal;

/// The text that the functions are built with.
const DEPLOYED: &str = include_str!("../../../infra/catalog.toml");

/// What is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// What plans and usage are priced in (C1).
    pub currency: Currency,
    /// What credits are priced in (C1).
    pub credit_currency: Currency,
    /// Hours after a month's end for which its usage is still taken (A16).
    pub late_usage_hours: u32,
    /// Vendor in whose name mails are sent (F10).
    pub vendor: Vendor,
    /// What is metered (D2), in the order in which it is shown.
    pub resources: Vec<Resource>,
    /// Plans (D1), from the smallest to the largest; the first costs nothing.
    pub plans: Vec<Plan>,
    /// Prepaid credits (D10), from the smallest pack to the largest.
    pub packs: Vec<Pack>,
    /// Fixed tax rates (C1): each comes on top of all that is sold. Without any, tax is not ours to
    /// say.
    pub tax_rates: Vec<SoldTaxRate>,
    /// Conditions of a cancellation that only the vendor knows of (A7, A8).
    pub cancellation: Vec<VendorCondition>,
    /// Where transfers go (F10): one account for each currency at most.
    pub bank_accounts: Vec<BankAccount>,
    /// Regions in which a sub-account's data can be processed (B7).
    pub regions: Vec<Region>,
}

/// A region in which data is processed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// A bank account of the vendor's, for transfers in its currency (F10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankAccount {
    /// Currency.
    pub currency: Currency,
    /// Holder of the account.
    pub holder: String,
    /// IBAN, or the number of the account.
    pub account: String,
    /// BIC, or the routing number.
    pub bank_code: String,
    /// Bank.
    pub bank: String,
    /// Reference that the customer is to give.
    pub reference: String,
}

/// The vendor (F10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// Name.
    pub name: String,
    /// Address or page for questions.
    pub support: String,
    /// Line at the foot of mails: company and address.
    pub footer: String,
}

/// A fixed tax rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldTaxRate {
    /// Its id, which is in the metadata of Stripe's tax rate.
    pub id: String,
    /// How much, under which name.
    pub rate: TaxRate,
}

/// Something metered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its id, in usage events and answers.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What one is called: `session`, `MB`.
    pub unit: String,
    /// How it adds up.
    pub kind: ResourceKind,
    /// True if more than the first plan includes keeps an account from cancelling (A6).
    pub blocks_cancel: bool,
}

/// How usage of a resource adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// All of a month's use; zero again on the first.
    Sum,
    /// What is held now, such as storage.
    Gauge,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Who may choose it.
    pub sold: Sold,
    /// Most seats; nothing for a plan without seats.
    pub seats_max: Option<u32>,
    /// When its periods begin.
    pub renews: Renews,
    /// What it costs, for each interval that it is sold for; nothing for a plan without a fee.
    pub prices: Vec<PlanPrice>,
    /// What holds for each resource, in the order of [`Catalog::resources`].
    pub terms: Vec<Terms>,
}

/// Who may choose a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sold {
    /// Every account.
    ToAll,
    /// Staff alone set it.
    ByStaff,
    /// Nobody any more; who has it keeps it.
    NotAnyMore,
}

/// When the periods of a plan begin (C3). A plan without a fee has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renews {
    /// On the first of a month, 00:00 UTC: a calendar plan. The first purchase is pro rata until
    /// then (C4).
    OnTheFirst,
    /// On the day on which it was bought.
    OnTheDay,
}

impl Renews {
    /// Time at which the first whole period begins of what is bought at a moment: nothing for at
    /// once (C3, C4).
    pub fn anchor(self, bought: Timestamp) -> Option<Timestamp> {
        let month = Month::of(bought);
        match self {
            Self::OnTheFirst => Some(month.end()).filter(|_| month.start() != bought),
            Self::OnTheDay => None,
        }
    }
}

/// What a plan costs for an interval, without tax. It is billed in advance, at the start of each
/// period (C3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPrice {
    /// For how long.
    pub interval: Interval,
    /// The plan itself.
    pub amount: Money,
    /// Each seat, where the plan has seats.
    pub seat_amount: Option<Money>,
}

/// A billing interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// A calendar month from the anchor.
    Month,
    /// Twelve of them.
    Year,
}

/// What a plan says of a resource: how much a metering month includes, and what holds beyond it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The resource's id.
    pub resource: String,
    /// Units that are included; nothing when any number of them is.
    pub included: Option<u64>,
    /// What holds beyond.
    pub beyond: Beyond,
}

/// What holds for use beyond what a plan includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beyond {
    /// There is nothing beyond: any number of units is included.
    Nothing,
    /// It is refused.
    Refuse,
    /// The account is restricted until the next month or a larger plan (C7).
    Restrict,
    /// It is invoiced at the month's end, in arrears (A16).
    Priced(Vec<Tier>),
    /// It draws prepaid credits, one a unit (D12).
    Credits,
}

/// One step of a graduated price, for units beyond what is included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The last unit of it, counted from the first beyond; nothing for the last tier.
    pub up_to: Option<u64>,
    /// Minor units for each unit, with decimals.
    pub unit_amount: Decimal,
}

/// A credit pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Credits in it.
    pub tokens: u64,
    /// What it costs, without tax.
    pub price: Money,
}

/// Something in the catalog's text is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Complaint {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub reason: String,
}

/// The catalog cannot be used. Waiting does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the catalog is wrong: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct CatalogError(pub Vec<Complaint>);

/// The catalog that the functions are built with.
pub fn deployed() -> Result<Catalog, CatalogError> {
    Catalog::parse(DEPLOYED)
}

impl Catalog {
    /// Reads and checks a catalog's text; complains of everything that is wrong in it.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        check::check(text)
    }

    /// The plan of an account without a subscription: the first.
    pub fn free(&self) -> Option<&Plan> {
        self.plans.first()
    }

    /// A plan by its id.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    /// Time at which the first whole period of a plan begins that is bought at a moment: nothing
    /// for at once (C3, C4).
    pub fn anchor(&self, plan: &str, bought: Timestamp) -> Option<Timestamp> {
        self.plan(plan)?.renews.anchor(bought)
    }

    /// True if one plan comes after another: changing to it is an upgrade (D3).
    pub fn is_larger(&self, plan: &Plan, than: &Plan) -> bool {
        let place = |one: &Plan| self.plans.iter().position(|plan| plan.id == one.id);
        place(plan) > place(than)
    }

    /// A resource by its id.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.id == id)
    }

    /// What its tax rates put on top.
    pub fn taxes(&self) -> Vec<TaxRate> {
        self.tax_rates.iter().map(|sold| sold.rate.clone()).collect()
    }

    /// A pack by its id.
    pub fn pack(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id == id)
    }
}

impl Plan {
    /// What it costs for an interval; nothing when it is not sold for it.
    pub fn price(&self, interval: Interval) -> Option<&PlanPrice> {
        self.prices.iter().find(|price| price.interval == interval)
    }

    /// What holds for a resource.
    pub fn terms(&self, resource: &str) -> Option<&Terms> {
        self.terms.iter().find(|terms| terms.resource == resource)
    }
}

impl Interval {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Month, Self::Year];

    /// As Stripe and our API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The interval of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.as_str() == name)
    }

    /// That of a subscription, if it is one that plans are sold for.
    pub fn of(interval: fact::Interval) -> Option<Self> {
        match interval {
            fact::Interval::Month => Some(Self::Month),
            fact::Interval::Year => Some(Self::Year),
            fact::Interval::Day | fact::Interval::Week => None,
        }
    }
}

impl From<Interval> for fact::Interval {
    fn from(interval: Interval) -> Self {
        match interval {
            Interval::Month => Self::Month,
            Interval::Year => Self::Year,
        }
    }
}

impl Terms {
    /// The number of units that the account may use without being refused or restricted; nothing
    /// where there is no such number.
    pub fn limit(&self) -> Option<u64> {
        match self.beyond {
            Beyond::Refuse | Beyond::Restrict => self.included,
            Beyond::Nothing | Beyond::Priced(_) | Beyond::Credits => None,
        }
    }
}
