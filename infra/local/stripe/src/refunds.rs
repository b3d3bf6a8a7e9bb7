//! Refunds (docs.stripe.com/api/refunds).

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// Money given back.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Of which charge.
    pub charge: String,
    /// Minor units.
    pub amount: i64,
}

impl Object for Refund {
    const KIND: &'static str = "refund";

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

/// Gives money of a payment back, as a credit note does.
pub fn create(
    stripe: &mut Stripe,
    payment_intent: &str,
    amount: i64,
    reason: Option<&str>,
    metadata: Metadata,
) -> Result<String, ApiError> {
    let _ = (stripe, amount, reason, metadata);
    Err(ApiError::not_found("payment_intent", payment_intent))
}

/// A charge's refunds, as a list within it.
pub fn of_charge(stripe: &Stripe, charge: &str) -> Value {
    let _ = (stripe, charge);
    Value::Null
}

/// A pending refund has its outcome.
pub fn settle(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}

/// Lets held money go, as when an intent is cancelled before its capture.
pub(crate) fn release(stripe: &mut Stripe, charge: &str) {
    let _ = (stripe, charge);
}
