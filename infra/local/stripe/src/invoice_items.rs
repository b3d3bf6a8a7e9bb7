//! Invoice items (docs.stripe.com/api/invoiceitems): what the next invoice takes with it.

use crate::invoices::Line;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// What the next invoice takes with it, or has taken.
#[derive(Debug, Clone)]
pub struct InvoiceItem {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The invoice that it stands on; none while it is pending.
    pub invoice: Option<String>,
    /// What the line will be; its id is the line's.
    pub line: Line,
}

impl Object for InvoiceItem {
    const KIND: &'static str = "invoiceitem";

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

/// Makes a pending one, as prorations are; `invoiceitem.created` is told. Answers with its id.
pub fn create(stripe: &mut Stripe, customer: &str, currency: &str, line: Line) -> String {
    let _ = (stripe, customer, currency, line);
    String::new()
}

/// Pending ones of a customer in a currency, oldest first: those of this subscription, or those of none.
pub fn pending(
    stripe: &Stripe,
    customer: &str,
    currency: &str,
    subscription: Option<&str>,
) -> Vec<String> {
    let _ = (stripe, customer, currency, subscription);
    Vec::new()
}
