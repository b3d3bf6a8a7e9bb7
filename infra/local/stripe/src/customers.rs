//! Customers (docs.stripe.com/api/customers).
//!
//! Not simulated: discounts, cash balances, and cards and bank accounts given as such.

mod api;
mod given;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::told;

pub use api::{create, create_as, remove};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/customers", api::post),
    Route::get("/v1/customers", api::list),
    Route::get("/v1/customers/{customer}", api::read),
    Route::post("/v1/customers/{customer}", api::update),
    Route::delete("/v1/customers/{customer}", api::delete),
];

/// What a customer only repeats.
const TOLD: &[&str] = &[
    "address",
    "business_name",
    "description",
    "email",
    "individual_name",
    "name",
    "phone",
    "preferred_locales",
    "shipping",
];

/// What its `invoice_settings` only repeat.
const INVOICE_TOLD: &[&str] = &["custom_fields", "footer", "rendering_options"];

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
    /// `tax[ip_address]`, which tells where it is when it has no address.
    pub ip_address: Option<String>,
    /// It was deleted: only its id is left.
    pub deleted: bool,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats: name, email, address and the like.
    pub told: Map<String, Value>,
    /// What its `invoice_settings` only repeat: footer and the like.
    pub invoice_told: Map<String, Value>,
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
        if self.deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        let invoice_settings = json!({
            "custom_fields": null,
            "default_payment_method": self.default_payment_method,
            "footer": null,
            "rendering_options": null,
        });
        let customer = json!({
            "id": self.id,
            "object": "customer",
            "address": null,
            "balance": self.balance,
            "created": self.created.0,
            "currency": self.currency,
            "customer_account": null,
            "default_source": self.default_source,
            "delinquent": self.delinquent,
            "description": null,
            "discount": null,
            "email": null,
            "invoice_prefix": self.invoice_prefix,
            "invoice_settings": told::over(invoice_settings, &self.invoice_told),
            "livemode": false,
            "metadata": self.metadata.json(),
            "name": null,
            "next_invoice_sequence": self.next_invoice_sequence,
            "phone": null,
            "preferred_locales": [],
            "shipping": null,
            "tax_exempt": self.tax_exempt,
            "test_clock": self.test_clock,
        });
        told::over(customer, &self.told)
    }
}

impl Customer {
    /// A text that it repeats, such as its `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.told.get(name).and_then(Value::as_str)
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

/// The customer that a path names, that is not deleted.
///
/// # Errors
///
/// 404.
pub fn named<'a>(stripe: &'a Stripe, id: &str) -> Result<&'a Customer, ApiError> {
    let customer = stripe.customers.named(id)?;
    if customer.deleted { Err(ApiError::not_found("customer", id)) } else { Ok(customer) }
}

/// Changes a customer and tells of it, when there is a difference.
pub fn change(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut Customer)) {
    let before = stripe.shown(|stripe| &stripe.customers, id);
    stripe.customers.get_mut(id).map(change);
    let after = stripe.shown(|stripe| &stripe.customers, id);
    stripe.emit_update("customer.updated", &before, after);
}

/// Refuses a currency other than that of a customer.
///
/// # Errors
///
/// A customer has one currency (docs.stripe.com/invoicing/multi-currency-customers).
pub fn same_currency(customer: &Customer, currency: &str) -> Result<(), ApiError> {
    match customer.currency.as_deref() {
        Some(own) if own != currency => {
            let message = format!(
                "You cannot combine currencies on a single customer. This customer has an active \
                 subscription, subscription schedule, discount, quote, or invoice item with \
                 currency {own}"
            );
            Err(ApiError::invalid(message))
        }
        Some(_) | None => Ok(()),
    }
}

/// A customer's `tax`, which is shown when asked for.
pub fn tax(stripe: &Stripe, id: &str) -> Option<Value> {
    let customer = stripe.customers.get(id)?;
    let address = customer.told.get("address");
    let country = address.map(|address| &address["country"]).filter(|country| country.is_string());
    let location = country.map(|country| {
        let state = address.map_or(Value::Null, |address| address["state"].clone());
        json!({ "country": country, "source": "billing_address", "state": state })
    });
    let known = if location.is_some() { "supported" } else { "unrecognized_location" };
    Some(json!({
        "automatic_tax": known,
        "ip_address": customer.ip_address,
        "location": location,
        "provider": "stripe",
    }))
}
