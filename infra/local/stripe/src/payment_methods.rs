//! Payment methods, and the old cards and tokens that some callers still use (docs.stripe.com/api/payment_methods).

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// A payment method.
#[derive(Debug, Clone)]
pub struct PaymentMethod {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose; none before it is attached and after it is detached.
    pub customer: Option<String>,
    /// What it does when it is charged.
    pub behaviour: crate::cards::Behaviour,
    /// Stripe's `type`, such as `card`.
    pub kind: String,
    /// The hash of a type's own fields, such as `card`, complete.
    pub details: Value,
    /// As given.
    pub billing_details: Value,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

impl Object for PaymentMethod {
    const KIND: &'static str = "PaymentMethod";

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

/// The payment method that a request names: one of ours, or one that a test id such as `pm_card_visa` makes anew.
pub fn resolve(stripe: &mut Stripe, given: &str, param: &str) -> Result<String, ApiError> {
    let _ = stripe;
    Err(ApiError::no_such("PaymentMethod", given, param))
}

/// Attaches a payment method to a customer; some test cards decline this.
pub fn attach(stripe: &mut Stripe, id: &str, customer: &str) -> Result<(), ApiError> {
    let _ = (stripe, customer);
    Err(ApiError::not_found("PaymentMethod", id))
}

/// Takes a payment method from its customer, whose default it then is no longer; it can not be used again.
pub fn detach(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    let _ = stripe;
    Err(ApiError::not_found("PaymentMethod", id))
}

/// Makes an old card of a token such as `tok_visa` and gives it to a customer; it becomes the default source
/// when there is none. Answers with its id. The caller tells `customer.updated`.
pub fn add_source(
    stripe: &mut Stripe,
    token: &str,
    customer: &str,
    param: &str,
) -> Result<String, ApiError> {
    let _ = (stripe, customer);
    Err(ApiError::no_such("token", token, param))
}

/// Makes a card from what a person types into a hosted page, by its number among Stripe's test cards.
pub fn from_number(
    stripe: &mut Stripe,
    number: &str,
    billing_details: Value,
) -> Result<String, ApiError> {
    let _ = (stripe, number, billing_details);
    Err(ApiError::card("incorrect_number", "Your card number is incorrect."))
}

/// A customer's old cards, as a list within it.
pub fn sources_of(stripe: &Stripe, customer: &str) -> Value {
    let _ = (stripe, customer);
    Value::Null
}
