//! Checkout sessions (docs.stripe.com/api/checkout/sessions).

use crate::payment_intents::Payment;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A Checkout session.
#[derive(Debug, Clone)]
pub struct CheckoutSession {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
}

impl Object for CheckoutSession {
    const KIND: &'static str = "checkout.session";

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

/// Something became of the payment intent of a session.
pub fn payment_changed(stripe: &mut Stripe, id: &str, payment: &Payment) {
    let _ = (stripe, id, payment);
}

/// A session's lines, as a list within it.
pub fn line_items(stripe: &Stripe, id: &str) -> Value {
    let _ = (stripe, id);
    Value::Null
}

/// A session's time is over.
pub fn expire_due(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}
