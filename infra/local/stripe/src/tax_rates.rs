//! Tax rates (docs.stripe.com/api/tax_rates).

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

/// A fixed rate of tax.
#[derive(Debug, Clone)]
pub struct TaxRate {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it can be used anew.
    pub active: bool,
    /// Such as 19 for 19 %.
    pub percentage: Decimal,
    /// Whether prices contain it.
    pub inclusive: bool,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for TaxRate {
    const KIND: &'static str = "tax_rate";

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
