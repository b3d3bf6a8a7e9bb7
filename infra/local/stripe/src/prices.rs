//! Prices and the older plans, which are the same objects in another dress (docs.stripe.com/api/prices).

use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use rust_decimal::Decimal;
use serde_json::Map;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A price.
#[derive(Debug, Clone)]
pub struct Price {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it can be used anew.
    pub active: bool,
    /// Of which product.
    pub product: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Minor units per unit, with decimals; none where tiers say it.
    pub unit_amount: Option<Decimal>,
    /// How it recurs; none for what is bought once.
    pub recurring: Option<Recurring>,
    /// Tiers, where it has some.
    pub tiers: Vec<Tier>,
    /// Whether each tier prices its own units, or the last one all of them.
    pub graduated: bool,
    /// `inclusive`, `exclusive` or `unspecified`.
    pub tax_behavior: String,
    /// A name that can move to another price.
    pub lookup_key: Option<String>,
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
        json!({ "id": self.id })
    }
}

/// How a price recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurring {
    /// The interval's unit.
    pub interval: Interval,
    /// How many of it.
    pub count: i64,
    /// Whether usage is metered rather than a quantity licensed.
    pub metered: bool,
}

/// A unit of a billing period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// One tier of a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The last unit of it; none for the last tier.
    pub up_to: Option<i64>,
    /// Minor units per unit.
    pub unit_amount: Option<Decimal>,
    /// Minor units for the tier as a whole.
    pub flat_amount: Option<Decimal>,
}

impl Price {
    /// Minor units for so many units, rounded half away from zero to whole ones.
    pub fn amount(&self, quantity: i64) -> i64 {
        let _ = quantity;
        0
    }
}

/// A price's tiers, which are shown when asked for.
pub fn tiers(stripe: &Stripe, id: &str) -> Option<Value> {
    let _ = (stripe, id);
    None
}
