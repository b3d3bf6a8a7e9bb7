//! Products (docs.stripe.com/api/products).

use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::Map;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A product.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it is sold.
    pub active: bool,
    /// Its name, which invoice lines begin with.
    pub name: String,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for Product {
    const KIND: &'static str = "product";

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
