//! Customers (docs.stripe.com/api/customers).

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::Map;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// The test clock that it lives on.
    pub test_clock: Option<String>,
    /// Minor units in `currency`: negative is credit, positive is owed with the next invoice.
    pub balance: i64,
    /// The currency of its first invoice or balance; it never changes then.
    pub currency: Option<String>,
    /// `invoice_settings.default_payment_method`.
    pub default_payment_method: Option<String>,
    /// An old card of `sources`, used when there is no default payment method.
    pub default_source: Option<String>,
    /// What its invoice numbers begin with.
    pub invoice_prefix: String,
    /// The number of its next invoice.
    pub next_invoice_sequence: i64,
    /// Whether its latest automatic charge failed.
    pub delinquent: bool,
    /// `none`, `exempt` or `reverse`.
    pub tax_exempt: String,
    /// It was deleted: only its id is left.
    pub deleted: bool,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats: name, email, address and the like.
    pub told: Map<String, Value>,
}

impl Object for Customer {
    const KIND: &'static str = "customer";

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

/// The payment method that an automatic charge of a customer takes, when neither subscription nor invoice
/// names one.
pub fn default_payment_method(stripe: &Stripe, customer: &str) -> Option<String> {
    let customer = stripe.customers.get(customer)?;
    customer.default_payment_method.clone().or_else(|| customer.default_source.clone())
}

/// The customer that a request names, that is not deleted.
pub fn living<'a>(stripe: &'a Stripe, id: &str, param: &str) -> Result<&'a Customer, ApiError> {
    let customer = stripe.customers.given(id, param)?;
    if customer.deleted { Err(ApiError::no_such("customer", id, param)) } else { Ok(customer) }
}
