//! Customers (docs.stripe.com/api/customers).
//!
//! Not simulated: discounts, cash balances, and cards and bank accounts given as such.

mod api;
mod given;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// The test clock that it lives on.
    pub test_clock: Option<String>,
    /// Minor units in `currency`: negative is credit, positive is owed with the next invoice.
    pub balance: i64,
    /// The currency of its first invoice or balance; it never changes then.
    pub currency: Option<String>,
    /// Balances in other currencies.
    pub other_balances: BTreeMap<String, i64>,
    /// `invoice_settings.default_payment_method`.
    pub default_payment_method: Option<String>,
    /// An old card of `sources`, used when there is no default payment method.
    pub default_source: Option<String>,
    /// What its invoice numbers begin with.
    pub invoice_prefix: String,
    /// The number of its next invoice.
    pub next_invoice_sequence: i64,
    /// True if its latest automatic charge failed.
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
    /// What invoices in a currency begin with, in minor units: negative is credit.
    pub fn balance_in(&self, currency: &str) -> i64 {
        match self.currency.as_deref() {
            Some(own) if own != currency => {
                self.other_balances.get(currency).copied().unwrap_or_default()
            }
            Some(_) | None => self.balance,
        }
    }

    /// A text that it repeats, such as its `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.told.get(name).and_then(Value::as_str)
    }
}

/// The payment method that an automatic charge of a customer takes, when neither subscription nor
/// invoice names one.
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

/// Refuses a currency other than that of what a customer is billed for again and again.
///
/// # Errors
///
/// Stripe bills a customer's subscriptions and pending items in one currency.
pub fn same_currency(stripe: &Stripe, customer: &str, currency: &str) -> Result<(), ApiError> {
    let subscriptions = stripe
        .subscriptions
        .iter()
        .filter(|subscription| subscription.customer == customer && !subscription.status.ended());
    let items = stripe.invoice_items.iter();
    let items = items.filter(|item| item.customer == customer && item.invoice.is_none());
    let mut currencies = subscriptions
        .map(|subscription| subscription.currency.as_str())
        .chain(items.map(|item| item.currency.as_str()));
    match currencies.find(|other| *other != currency) {
        None => Ok(()),
        Some(other) => {
            let message = format!(
                "You cannot combine currencies on a single customer. This customer has an active \
                 subscription, subscription schedule, discount, quote, or invoice item with \
                 currency {other}"
            );
            Err(ApiError::invalid(message))
        }
    }
}

/// A customer's balances by currency, which are shown when asked for.
pub fn credit_balance(stripe: &Stripe, id: &str) -> Option<Value> {
    let customer = stripe.customers.get(id)?;
    let own = customer.currency.iter().map(|own| (own, &customer.balance));
    Some(
        own.chain(&customer.other_balances).map(|(name, sum)| (name.clone(), json!(sum))).collect(),
    )
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
