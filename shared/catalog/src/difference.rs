//! What is to be done at Stripe for it to sell what the catalog says.
//!
//! Nothing is ever taken from anybody: an amount that changed is a new price that takes the lookup
//! key over, and the old one stays active for the subscriptions that have it, without a key. Only
//! what is ours, by its metadata, and has a lookup key that the catalog does not know is
//! deactivated. A price that a price change put there (C2) stands above a catalog that still has an
//! amount from before it.

use std::fmt;

use billing::money::Money;
use billing::tax::TaxRate;

use crate::sold::{self, OURS, Part, Price, Product, Thing};
use crate::{Catalog, Interval, SoldTaxRate};

/// What Stripe has, as far as it can be ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtStripe {
    /// Products, active or not.
    pub products: Vec<ProductThere>,
    /// The prices of those that are ours, active or not.
    pub prices: Vec<PriceThere>,
    /// The tax rates that are ours, active or not.
    pub tax_rates: Vec<TaxRateThere>,
}

/// A tax rate at Stripe. How much it is cannot be changed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRateThere {
    /// Its id.
    pub id: String,
    /// Which one of ours it is, by its metadata.
    pub of: String,
    /// How much, under which name; nothing when prices contain it, or it is not a percentage.
    pub rate: Option<TaxRate>,
    /// True if it can be used anew.
    pub active: bool,
}

/// A product at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductThere {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// True if it is sold.
    pub active: bool,
    /// Of what it is, by its metadata; nothing when it is not ours.
    pub of: Option<Thing>,
}

/// A price at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceThere {
    /// Its id.
    pub id: String,
    /// Its product's id.
    pub product: String,
    /// Under which key it is found.
    pub lookup_key: Option<String>,
    /// True if it can be used anew.
    pub active: bool,
    /// How much; nothing when it is not a whole number of minor units, or tiered.
    pub amount: Option<Money>,
    /// How often.
    pub recurs: Recurs,
    /// Of what it is, by its metadata; nothing when it is not ours.
    pub of: Option<Thing>,
    /// What it charges for, by its metadata.
    pub part: Option<Part>,
    /// The amounts that price changes replaced up to this one (C2), by its metadata, in minor
    /// units.
    pub amounts_before: Vec<i64>,
}

/// How often a price at Stripe is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurs {
    /// Once.
    Never,
    /// In each interval, for a quantity that is known.
    Each(Interval),
    /// In some other way.
    Otherwise,
}

/// One thing to be done, or to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a product.
    MakeProduct(Product),
    /// Give a product its name, mark it as ours and sell it again.
    MendProduct(Product),
    /// Make a price, and give it the lookup key of the price that has it now.
    MakePrice {
        /// The price.
        price: Price,
        /// What the key finds until then.
        instead_of: Option<PriceThere>,
    },
    /// Mark a price as ours and let it be used again.
    MendPrice {
        /// Its id.
        id: String,
        /// As it is to be.
        price: Price,
    },
    /// Let nobody use a price anew.
    RetirePrice(PriceThere),
    /// Let nobody buy a product.
    RetireProduct(ProductThere),
    /// Make a tax rate.
    MakeTaxRate(SoldTaxRate),
    /// Let a tax rate be used again.
    MendTaxRate(TaxRateThere),
    /// Do nothing: a price change is ahead of the catalog.
    KeepChanged {
        /// As the catalog has it.
        price: Price,
        /// What is in force.
        there: PriceThere,
    },
}

impl Step {
    /// True if there is anything to do.
    pub fn changes(&self) -> bool {
        match self {
            Self::MakeProduct(_)
            | Self::MendProduct(_)
            | Self::MakePrice { .. }
            | Self::MendPrice { .. }
            | Self::RetirePrice(_)
            | Self::RetireProduct(_)
            | Self::MakeTaxRate(_)
            | Self::MendTaxRate(_) => true,
            Self::KeepChanged { .. } => false,
        }
    }
}

/// What is to be done, in this order: what a step needs comes before it. Nothing, once it was done.
pub fn difference(catalog: &Catalog, there: &AtStripe) -> Vec<Step> {
    let (products, prices) = (catalog.products(), catalog.prices());
    let mut steps: Vec<Step> =
        products.iter().filter_map(|product| product_step(product, there)).collect();
    steps.extend(prices.iter().filter_map(|price| price_step(price, there)));
    let unknown = |key: &String| {
        key.starts_with(OURS)
            && !sold::is_next(key)
            && !prices.iter().any(|price| price.lookup_key == *key)
    };
    let retired = there.prices.iter().filter(|price| {
        price.active && price.of.is_some() && price.lookup_key.as_ref().is_some_and(unknown)
    });
    steps.extend(retired.cloned().map(Step::RetirePrice));
    let retired = there.products.iter().filter(|there| {
        let wanted = |product: &Product| product.of.product_id() == there.id;
        there.active && there.of.is_some() && !products.iter().any(wanted)
    });
    steps.extend(retired.cloned().map(Step::RetireProduct));
    steps.extend(catalog.tax_rates.iter().filter_map(|sold| tax_step(sold, there)));
    steps
}

/// What is not in the catalog stays usable: functions that are still built with the catalog before
/// may put it on something.
fn tax_step(sold: &SoldTaxRate, there: &AtStripe) -> Option<Step> {
    let same = || there.tax_rates.iter().filter(|there| there.is(sold));
    if same().any(|there| there.active) {
        return None;
    }
    let mend = same().next().cloned().map(Step::MendTaxRate);
    Some(mend.unwrap_or_else(|| Step::MakeTaxRate(sold.clone())))
}

impl TaxRateThere {
    /// True if it is that one of the catalog.
    pub fn is(&self, sold: &SoldTaxRate) -> bool {
        self.of == sold.id && self.rate.as_ref() == Some(&sold.rate)
    }
}

fn product_step(product: &Product, there: &AtStripe) -> Option<Step> {
    let id = product.of.product_id();
    let Some(known) = there.products.iter().find(|known| known.id == id) else {
        return Some(Step::MakeProduct(product.clone()));
    };
    let right =
        known.active && known.name == product.name && known.of.as_ref() == Some(&product.of);
    (!right).then(|| Step::MendProduct(product.clone()))
}

fn price_step(price: &Price, there: &AtStripe) -> Option<Step> {
    let key = Some(&price.lookup_key);
    let holder = there.prices.iter().find(|known| known.lookup_key.as_ref() == key);
    let make = |instead_of: Option<&PriceThere>| {
        Some(Step::MakePrice { price: price.clone(), instead_of: instead_of.cloned() })
    };
    let Some(holder) = holder else { return make(None) };
    let of_its_kind = holder.product == price.of.product_id() && holder.recurs == price.recurs();
    let same_currency =
        holder.amount.is_some_and(|amount| amount.currency == price.amount.currency);
    let marked = holder.of.as_ref() == Some(&price.of) && holder.part == price.part;
    if of_its_kind && holder.amount == Some(price.amount) {
        let mend = || Step::MendPrice { id: holder.id.clone(), price: price.clone() };
        return (!holder.active || !marked).then(mend);
    }
    if of_its_kind && same_currency && holder.amounts_before.contains(&price.amount.amount) {
        return Some(Step::KeepChanged { price: price.clone(), there: holder.clone() });
    }
    make(Some(holder))
}

impl Price {
    fn recurs(&self) -> Recurs {
        self.interval.map_or(Recurs::Never, Recurs::Each)
    }

    /// `19.00 USD a month`, `9.00 USD a seat and month`, `5.00 EUR`.
    fn in_words(&self) -> String {
        let seat = match self.part {
            Some(Part::Seat) => " a seat and",
            Some(Part::Plan) => " a",
            None => "",
        };
        let each = self.interval.map(|interval| format!(" {}", interval.as_str()));
        format!("{}{seat}{}", self.amount, each.unwrap_or_default())
    }
}

impl PriceThere {
    fn in_words(&self) -> String {
        self.amount.map_or_else(|| "another kind of price".to_owned(), |amount| amount.to_string())
    }
}

/// A line for a person: `+` is made, `~` is changed, `-` is deactivated, `=` is kept.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MakeProduct(Product { of, name }) => {
                write!(f, "+ product {}: \"{name}\"", of.product_id())
            }
            Self::MendProduct(Product { of, name }) => {
                write!(f, "~ product {}: \"{name}\", active", of.product_id())
            }
            Self::MakePrice { price, instead_of: None } => {
                write!(f, "+ price {}: {}", price.lookup_key, price.in_words())
            }
            Self::MakePrice { price, instead_of: Some(there) } => write!(
                f,
                "~ price {}: {} instead of {} for new subscriptions; {} stays for those that have it",
                price.lookup_key,
                price.in_words(),
                there.in_words(),
                there.id
            ),
            Self::MendPrice { id, price } => {
                write!(f, "~ price {}: {id}, active and marked as ours", price.lookup_key)
            }
            Self::RetirePrice(there) => {
                let key = there.lookup_key.as_deref().unwrap_or_default();
                write!(f, "- price {key}: {} is not sold any more", there.id)
            }
            Self::RetireProduct(there) => {
                write!(f, "- product {}: \"{}\" is not sold any more", there.id, there.name)
            }
            Self::MakeTaxRate(SoldTaxRate { id, rate }) => write!(f, "+ tax rate {id}: {rate}"),
            Self::MendTaxRate(TaxRateThere { id, of, .. }) => {
                write!(f, "~ tax rate {of}: {id}, active")
            }
            Self::KeepChanged { price, there } => write!(
                f,
                "= price {}: {} is in force by a price change; the catalog still says {}",
                price.lookup_key,
                there.in_words(),
                price.amount
            ),
        }
    }
}

#[cfg(test)]
mod tests;
