//! Payments of invoices (docs.stripe.com/api/invoice-payment): which payment intent pays how much of which invoice.

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A payment of an invoice.
#[derive(Debug, Clone)]
pub struct InvoicePayment {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Of which invoice.
    pub invoice: String,
}

impl Object for InvoicePayment {
    const KIND: &'static str = "invoice_payment";

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

/// An invoice's payments, as a list within it.
pub fn of_invoice(stripe: &Stripe, invoice: &str) -> Value {
    let _ = (stripe, invoice);
    Value::Null
}
