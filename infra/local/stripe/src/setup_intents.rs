//! Setup intents (docs.stripe.com/api/setup_intents).

use crate::error::ApiError;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// The intent to save a payment method.
#[derive(Debug, Clone)]
pub struct SetupIntent {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
}

impl Object for SetupIntent {
    const KIND: &'static str = "setupintent";

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

/// Makes one for a Checkout session or a subscription.
pub fn create_for(stripe: &mut Stripe, customer: Option<&str>) -> String {
    let _ = (stripe, customer);
    String::new()
}

/// Confirms it with a payment method, which is attached to its customer when that succeeds.
pub fn confirm(stripe: &mut Stripe, id: &str, payment_method: &str) -> Result<(), ApiError> {
    let _ = (stripe, payment_method);
    Err(ApiError::not_found("setupintent", id))
}
