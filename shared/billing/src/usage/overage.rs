//! What use beyond the included costs (A16): graduated tiers, exact, rounded once for each line of
//! an invoice.
//!
//! The month-end run and the upcoming invoice take their lines from here, so that an invoice says
//! what was shown before.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use time::OffsetDateTime;

use crate::ids::AccountId;
use crate::money::{Currency, Money, TooLarge};
use crate::month::Month;
use crate::time::Timestamp;
use crate::usage::Allowance;

pub use super::allowance::{Overage, Tier};

/// A line of an invoice, before tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is for: a resource's id, or a part of a subscription.
    pub item: String,
    /// The sub-account that it is for, on its parent's invoice.
    pub sub_account: Option<AccountId>,
    /// What a person reads.
    pub description: String,
    /// What it costs.
    pub amount: Money,
    /// Units that it is for, where it is for some.
    pub measure: Option<Measure>,
    /// Beginning and end of the time that it is for; none where the invoice's own says it.
    pub period: Option<(Timestamp, Timestamp)>,
}

/// Units that a line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Number of units.
    pub quantity: u64,
    /// Name of one unit.
    pub unit: String,
    /// Price of each in minor units; none where tiers price them differently.
    pub unit_price: Option<Decimal>,
}

impl Measure {
    /// Units of a kept line, whose price was written as text.
    pub fn read(quantity: u64, unit: &str, unit_price: Option<&str>) -> Self {
        let unit_price = unit_price.and_then(|text| text.parse().ok());
        Self { quantity, unit: unit.to_owned(), unit_price }
    }
}

/// Kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// The fee of a plan.
    Plan,
    /// Seats of a plan.
    Seats,
    /// Usage beyond what a plan includes.
    Usage,
    /// Part of a period, charged or credited by a change.
    Proration,
    /// Something else that is pending at Stripe.
    Item,
    /// What a tax rate puts on other lines.
    Tax,
    /// What discounts take off.
    Discount,
}

/// What lines are for that are for no resource; no resource has such an id.
pub const PARTS: [(&str, LineKind); 7] = [
    ("plan", LineKind::Plan),
    ("seat", LineKind::Seats),
    ("seats", LineKind::Seats),
    ("proration", LineKind::Proration),
    ("item", LineKind::Item),
    ("tax", LineKind::Tax),
    ("discount", LineKind::Discount),
];

impl LineKind {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Seats => "seats",
            Self::Usage => "usage",
            Self::Proration => "proration",
            Self::Item => "item",
            Self::Tax => "tax",
            Self::Discount => "discount",
        }
    }
}

impl Line {
    /// A line of the account that is invoiced.
    pub fn new(item: &str, description: String, amount: Money) -> Self {
        let (sub_account, measure, period) = (None, None, None);
        Self { item: item.to_owned(), sub_account, description, amount, measure, period }
    }

    /// The line with the units that it is for.
    #[must_use]
    pub fn measured(self, quantity: u64, unit: &str, unit_price: Option<Decimal>) -> Self {
        Self { measure: Some(Measure { quantity, unit: unit.to_owned(), unit_price }), ..self }
    }

    /// The line with the time that it is for.
    #[must_use]
    pub fn within(self, period: (Timestamp, Timestamp)) -> Self {
        Self { period: Some(period), ..self }
    }

    /// Kind of the line.
    pub fn kind(&self) -> LineKind {
        let part = PARTS.iter().find(|(part, _)| *part == self.item);
        part.map_or(LineKind::Usage, |(_, kind)| *kind)
    }

    /// Its name within its invoice: no two lines of a bill have the same.
    pub fn key(&self) -> String {
        match &self.sub_account {
            None => self.item.clone(),
            Some(sub_account) => format!("{}@{sub_account}", self.item),
        }
    }
}

/// Use of one resource beyond the included, and its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PricedUse {
    /// Units that the plan includes.
    pub included: u64,
    /// Units beyond them.
    pub beyond: u64,
    /// Their price; more than nothing.
    pub amount: Money,
}

impl PricedUse {
    /// Of so many units in all; nothing where the resource is not priced, or comes to nothing.
    pub(crate) fn of(allowance: &Allowance, used: u64) -> Result<Option<Self>, TooLarge> {
        let (Some(overage), Some(included)) = (&allowance.overage, allowance.included) else {
            return Ok(None);
        };
        let beyond = used.saturating_sub(included);
        let amount = overage.price(beyond)?;
        Ok((amount.amount > 0).then_some(Self { included, beyond, amount }))
    }
}

impl Overage {
    /// What so many units cost, exactly and then rounded once. Each tier prices the units that lie
    /// in it.
    pub fn price(&self, units: u64) -> Result<Money, TooLarge> {
        let mut sum = Decimal::ZERO;
        let mut priced = 0_u64;
        for tier in &self.tiers {
            let until = tier.up_to.unwrap_or(u64::MAX).min(units);
            let within = until.saturating_sub(priced);
            sum = exact_sum(sum, exact_product(within, tier.unit_amount)?)?;
            priced = priced.max(until);
        }
        Ok(Money::new(to_chargeable(sum, self.currency)?, self.currency))
    }
}

impl Overage {
    /// Units in each tier, with the tier's price of a unit, as far as so many units reach.
    fn tiers_of(&self, units: u64) -> Vec<(u64, Decimal)> {
        let mut priced = 0_u64;
        let mut tiers = Vec::new();
        for tier in &self.tiers {
            let until = tier.up_to.unwrap_or(u64::MAX).min(units);
            let within = until.saturating_sub(priced);
            priced = priced.max(until);
            if within > 0 {
                tiers.push((within, tier.unit_amount));
            }
        }
        tiers
    }

    /// Price of each of so many units in minor units, where they have one.
    fn unit_price(&self, units: u64) -> Option<Decimal> {
        match self.tiers_of(units).as_slice() {
            [(_, each)] => Some(*each),
            _ => None,
        }
    }

    /// Price of so many units in words: `at 0.0005 USD`, or what each tier has of them.
    fn rates(&self, units: u64) -> String {
        match self.tiers_of(units).as_slice() {
            [(_, each)] => format!("at {}", per_unit(*each, self.currency)),
            tiers => {
                let tiers = tiers.iter().map(|(within, each)| {
                    format!("{} at {}", grouped(*within), per_unit(*each, self.currency))
                });
                tiers.collect::<Vec<_>>().join(" and ")
            }
        }
    }
}

/// A price of a unit, which may be less than a minor unit: `0.0005 USD`, `2.50 USD`.
fn per_unit(each: Decimal, currency: Currency) -> String {
    let code = currency.as_str().to_ascii_uppercase();
    let decimals = currency.decimals();
    let mut major = each.normalize();
    let scale = major.scale().saturating_add(decimals);
    if major.set_scale(scale).is_err() {
        return format!("{each} minor units of {code}");
    }
    let mut major = major.normalize();
    if major.scale() < decimals {
        major.rescale(decimals);
    }
    format!("{major} {code}")
}

/// A product with all its decimals: where there is no room for them, it is refused and not rounded.
fn exact_product(units: u64, unit_amount: Decimal) -> Result<Decimal, TooLarge> {
    if units == 0 || unit_amount.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let product = Decimal::from(units).checked_mul(unit_amount).ok_or(TooLarge)?;
    (product.scale() == unit_amount.scale()).then_some(product).ok_or(TooLarge)
}

fn exact_sum(one: Decimal, other: Decimal) -> Result<Decimal, TooLarge> {
    let sum = one.checked_add(other).ok_or(TooLarge)?;
    (sum.scale() >= one.scale().max(other.scale())).then_some(sum).ok_or(TooLarge)
}

/// The one rounding of prices: half up, to what Stripe can charge in the currency, which is a minor
/// unit in nearly all of them ([`Currency::chargeable`]).
pub(crate) fn to_chargeable(amount: Decimal, currency: Currency) -> Result<i64, TooLarge> {
    let step = currency.chargeable();
    let steps = amount.checked_div(Decimal::from(step)).ok_or(TooLarge)?;
    let steps = steps.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    steps.to_i64().and_then(|steps| steps.checked_mul(step)).ok_or(TooLarge)
}

/// The lines of a month: one for each resource of which more was used than its plan includes, and
/// that is priced beyond. What comes to nothing is left out.
pub fn lines(
    month: Month,
    allowances: &[Allowance],
    used: impl Fn(&Allowance) -> u64,
) -> Result<Vec<Line>, TooLarge> {
    let mut lines = Vec::new();
    for allowance in allowances {
        if let Some(priced) = PricedUse::of(allowance, used(allowance))? {
            lines.push(line(allowance, month, priced));
        }
    }
    Ok(lines)
}

/// The line of one resource: its units, their rate, tier by tier, and the month.
pub(crate) fn line(allowance: &Allowance, month: Month, priced: PricedUse) -> Line {
    let each = allowance.overage.as_ref().and_then(|it| it.unit_price(priced.beyond));
    let rates = allowance.overage.as_ref().map(|overage| overage.rates(priced.beyond));
    let description = describe(allowance, month, priced);
    let description = format!("{description}, {}", rates.unwrap_or_default());

    let line = Line::new(&allowance.resource, description, priced.amount);
    let line = line.measured(priced.beyond, &allowance.unit, each);
    line.within((month.start(), month.end()))
}

/// What lines come to; nothing when there are none. All are of one currency: the catalog's.
pub fn total(lines: &[Line]) -> Result<Option<Money>, TooLarge> {
    let mut total: Option<Money> = None;
    for line in lines {
        total = Some(match total {
            Some(total) => total.plus(line.amount.amount)?,
            None => line.amount,
        });
    }
    Ok(total)
}

fn describe(allowance: &Allowance, month: Month, priced: PricedUse) -> String {
    let PricedUse { included, beyond, .. } = priced;
    let Allowance { name, .. } = allowance;
    let (month, beyond) = (month_name(month), grouped(beyond));
    if included == 0 {
        format!("{name} in {month}: {beyond}")
    } else {
        format!("{name} in {month}: {beyond} beyond {} included", grouped(included))
    }
}

/// `November 2026`.
pub fn month_name(month: Month) -> String {
    let first = OffsetDateTime::from_unix_timestamp(month.start().0);
    first.map_or_else(|_| month.to_string(), |first| format!("{} {}", first.month(), first.year()))
}

/// `12 April 2026`: a day in UTC.
pub fn day_name(at: Timestamp) -> String {
    let within = at.clamp(Timestamp::MIN, Timestamp::MAX);
    let day = OffsetDateTime::from_unix_timestamp(within.0);
    day.map_or_else(
        |_| at.to_string(),
        |day| format!("{} {} {}", day.day(), day.month(), day.year()),
    )
}

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    crate::money::grouped(&number.to_string())
}

#[cfg(test)]
mod tests;
