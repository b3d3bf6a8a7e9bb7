//! Tax ids of customers (docs.stripe.com/api/tax_ids).

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A tax id.
#[derive(Debug, Clone)]
pub struct TaxId {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// Such as `eu_vat`.
    pub kind: String,
    /// The number.
    pub value: String,
}

impl Object for TaxId {
    const KIND: &'static str = "tax_id";

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

/// A customer's tax ids, as a list within it.
pub fn of_customer(stripe: &Stripe, customer: &str) -> Value {
    let _ = (stripe, customer);
    Value::Null
}

/// The authority has answered.
pub fn verified(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}
