//! Prices and the older plans, which are the same objects in another dress
//! (docs.stripe.com/api/prices).
//!
//! Not simulated: metered usage, amounts that the customer chooses, and amounts per currency.

mod amount;
mod api;
mod new;
mod plans;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::told;

pub use amount::{Rounding, Tier, Transform, rounded};
pub use new::{NewPrice, checked, checked_data, inline};
pub use plans::plan_json;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/prices", api::create),
    Route::get("/v1/prices", api::list),
    Route::get("/v1/prices/{price}", api::read),
    Route::post("/v1/prices/{price}", api::update),
    Route::post("/v1/plans", plans::create),
    Route::get("/v1/plans", plans::list),
    Route::get("/v1/plans/{plan}", plans::read),
    Route::post("/v1/plans/{plan}", plans::update),
    Route::delete("/v1/plans/{plan}", plans::delete),
];

/// What a price only repeats.
const TOLD: &[&str] = &["nickname"];

/// A price.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Price {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// True if it can be used anew.
    pub active: bool,
    /// Of which product.
    pub product: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Minor units per unit, with decimals; none where tiers say it.
    #[serde(with = "crate::kept::maybe_decimal", default)]
    pub unit_amount: Option<Decimal>,
    /// How it recurs; none for what is bought once.
    pub recurring: Option<Recurring>,
    /// Tiers, where it has some.
    pub tiers: Vec<Tier>,
    /// True if each tier prices its own units, or the last one all of them.
    pub graduated: bool,
    /// What is done to a quantity before it is priced.
    pub transform: Option<Transform>,
    /// `inclusive`, `exclusive` or `unspecified`.
    pub tax_behavior: String,
    /// A name that can move to another price.
    pub lookup_key: Option<String>,
    /// Days of trial that a plan proposes.
    pub trial_period_days: Option<i64>,
    /// It was deleted as a plan: what uses it goes on, and nothing new can.
    pub deleted: bool,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for Price {
    const KIND: &'static str = "price";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let recurring = self.recurring.map(|recurring| {
            json!({
                "interval": recurring.interval.as_str(),
                "interval_count": recurring.count,
                "meter": null,
                "trial_period_days": self.trial_period_days,
                "usage_type": recurring.usage_type(),
            })
        });
        let price = json!({
            "id": self.id,
            "object": "price",
            "active": self.active,
            "billing_scheme": self.billing_scheme(),
            "created": self.created.0,
            "currency": self.currency,
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": self.lookup_key,
            "metadata": self.metadata.json(),
            "nickname": null,
            "product": self.product,
            "recurring": recurring,
            "tax_behavior": self.tax_behavior,
            "tiers_mode": self.tiers_mode(),
            "transform_quantity": self.transform.map(Transform::json),
            "type": if recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.unit_amount.and_then(whole),
            "unit_amount_decimal": self.unit_amount.map(exact),
        });
        told::over(price, &self.told)
    }
}

impl Price {
    fn billing_scheme(&self) -> &'static str {
        if self.tiers.is_empty() { "per_unit" } else { "tiered" }
    }

    fn tiers_mode(&self) -> Option<&'static str> {
        let mode = if self.graduated { "graduated" } else { "volume" };
        (!self.tiers.is_empty()).then_some(mode)
    }
}

/// An amount, when it is whole.
fn whole(amount: Decimal) -> Option<i64> {
    if amount.is_integer() { amount.to_i64() } else { None }
}

/// An amount without zeros at its end.
fn exact(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// How a price recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurring {
    /// The interval's unit.
    pub interval: Interval,
    /// How many of it.
    pub count: i64,
    /// True if usage is metered rather than a quantity licensed.
    pub metered: bool,
}

impl Recurring {
    /// As people say it: `per month`, or `every 3 months`.
    pub fn text(self) -> String {
        match self.count {
            1 => format!("per {}", self.interval.as_str()),
            count => format!("every {count} {}s", self.interval.as_str()),
        }
    }

    /// In Stripe's word.
    pub fn usage_type(self) -> &'static str {
        if self.metered { "metered" } else { "licensed" }
    }
}

/// A unit of a billing period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interval {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
    /// Twelve of them.
    Year,
}

impl Interval {
    /// Of Stripe's word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Year]
            .into_iter()
            .find(|interval| interval.as_str() == word)
    }

    /// In Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The longest that a price can have of it: three years.
    fn count_max(self) -> i64 {
        match self {
            Self::Day => 1_095,
            Self::Week => 156,
            Self::Month => 36,
            Self::Year => 3,
        }
    }
}

/// The price that a parameter names, that was not deleted as a plan.
///
/// # Errors
///
/// `resource_missing`.
pub fn standing<'a>(stripe: &'a Stripe, id: &str, param: &str) -> Result<&'a Price, ApiError> {
    let price = stripe.prices.given(id, param)?;
    if price.deleted { Err(ApiError::no_such(Price::KIND, id, param)) } else { Ok(price) }
}

/// The price that a parameter names, for something new: it and its product are active.
///
/// # Errors
///
/// `resource_missing`, and Stripe's refusals of what is archived.
pub fn usable<'a>(stripe: &'a Stripe, id: &str, param: &str) -> Result<&'a Price, ApiError> {
    let price = standing(stripe, id, param)?;
    if !price.active {
        let message = "The price specified is inactive. This field only accepts active prices.";
        return Err(ApiError::invalid(message).param(param));
    }
    if stripe.products.get(&price.product).is_some_and(|product| !product.active) {
        let message = format!(
            "Price `{id}` is not available to be purchased because its product is not active."
        );
        return Err(ApiError::invalid(message).param(param));
    }
    Ok(price)
}

/// A price's tiers, which are shown when asked for.
pub fn tiers(stripe: &Stripe, id: &str) -> Option<Value> {
    let price = stripe.prices.get(id).filter(|price| !price.tiers.is_empty())?;
    Some(price.tiers.iter().map(Tier::json).collect())
}

/// A price and, where it recurs, its plan, as they were before a change.
struct Before {
    price: Value,
    plan: Option<Value>,
}

fn before(stripe: &Stripe, id: &str) -> Before {
    let price = stripe.shown(|stripe| &stripe.prices, id);
    Before { price, plan: plan(stripe, id) }
}

/// The plan of a price that recurs.
fn plan(stripe: &Stripe, id: &str) -> Option<Value> {
    let price = stripe.prices.get(id).filter(|price| price.recurring.is_some())?;
    Some(plan_json(stripe, price))
}

/// Changes a price, and tells of it and its plan.
fn change(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut Price)) {
    let before = before(stripe, id);
    stripe.prices.get_mut(id).map(change);
    if let (Some(was), Some(is)) = (before.plan, plan(stripe, id)) {
        stripe.emit_update("plan.updated", &was, is);
    }
    let price = stripe.shown(|stripe| &stripe.prices, id);
    stripe.emit_update("price.updated", &before.price, price);
}
