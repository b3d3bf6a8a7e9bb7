//! Credit notes (docs.stripe.com/api/credit_notes).

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A credit note.
#[derive(Debug, Clone)]
pub struct CreditNote {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Of which invoice.
    pub invoice: String,
    /// Whose.
    pub customer: String,
}

impl Object for CreditNote {
    const KIND: &'static str = "credit_note";

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
