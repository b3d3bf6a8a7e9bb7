//! Charges (docs.stripe.com/api/charges): each try to take money.

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A try to take money.
#[derive(Debug, Clone)]
pub struct Charge {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// Minor units given back by live refunds.
    pub amount_refunded: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The intent that it belongs to.
    pub payment_intent: String,
}

impl Object for Charge {
    const KIND: &'static str = "charge";

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
