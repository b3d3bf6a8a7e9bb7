//! Payment methods, and the old cards and tokens that some callers still use
//! (`docs.stripe.com/api/payment_methods`).

mod api;
mod making;
mod sources;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cards::{self, Attempt, Behaviour};
use crate::customers;
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::payment_intents::Presence;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::subscriptions::Subscription;

pub use making::{from_iban, from_number, from_params, resolve};
pub use sources::{add as add_source, json as source_json, of_customer as sources_of};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/payment_methods", api::list),
    Route::post("/v1/payment_methods", api::create),
    Route::get("/v1/payment_methods/{payment_method}", api::get),
    Route::post("/v1/payment_methods/{payment_method}", api::update),
    Route::post("/v1/payment_methods/{payment_method}/attach", api::attach),
    Route::post("/v1/payment_methods/{payment_method}/detach", api::detach),
    Route::get("/v1/customers/{customer}/payment_methods", api::list_of_customer),
    Route::get("/v1/customers/{customer}/payment_methods/{payment_method}", api::get_of_customer),
    Route::get("/v1/customers/{customer}/sources", sources::list),
    Route::post("/v1/customers/{customer}/sources", sources::create),
    Route::get("/v1/customers/{customer}/sources/{id}", sources::get),
    Route::post("/v1/customers/{customer}/sources/{id}", sources::update),
    Route::delete("/v1/customers/{customer}/sources/{id}", sources::delete),
];

const GONE: &str = "This PaymentMethod was previously used without being attached to a Customer or was detached from a \
                    Customer, and may not be used again.";

/// A payment method.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// `pm_...`, or `card_...` for what was made as a source.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose; none before it is attached and after it is detached.
    pub customer: Option<String>,
    /// What it does when it is charged.
    pub behaviour: Behaviour,
    /// Stripe's `type`, such as `card`.
    pub kind: String,
    /// The hash of a type's own fields, such as `card`, complete.
    pub details: Value,
    /// Complete.
    pub billing_details: Value,
    /// Stripe's `allow_redisplay`.
    pub allow_redisplay: String,
    /// True if it was authenticated for payments without the customer.
    pub set_up: bool,
    /// It was detached, or charged without being attached: it can never be used again.
    pub gone: bool,
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
        let mut json = json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": self.allow_redisplay,
            "billing_details": self.billing_details,
            "created": self.created.0,
            "customer": self.customer,
            "customer_account": null,
            "livemode": false,
            "metadata": self.metadata.json(),
            "type": self.kind,
        });
        if let Some(fields) = json.as_object_mut() {
            fields.insert(self.kind.clone(), self.details.clone());
        }
        json
    }
}

/// Attaches a payment method to a customer; some test cards decline this.
///
/// # Errors
///
/// There is no such customer, it belongs to another, it cannot be used again, or it is declined.
pub fn attach(stripe: &mut Stripe, id: &str, customer: &str) -> Result<(), ApiError> {
    customers::living(stripe, customer, "customer")?;
    let method = stripe.payment_methods.named(id)?;
    if method.gone {
        return Err(ApiError::invalid(GONE));
    }
    match method.customer.as_deref() {
        Some(owner) if owner == customer => return Ok(()),
        Some(_) => {
            let message =
                "The payment method you provided has already been attached to a customer.";
            return Err(ApiError::invalid(message));
        }
        None => {}
    }
    if let Some(decline) = method.behaviour.when_attached() {
        return Err(decline.error());
    }
    put_on_file(stripe, id, customer);
    Ok(())
}

/// Attaches a payment method that has just been charged or set up: the bank has taken it.
pub(crate) fn put_on_file(stripe: &mut Stripe, id: &str, customer: &str) {
    let Some(method) = stripe.payment_methods.get_mut(id) else { return };
    if method.gone || method.customer.is_some() {
        return;
    }
    method.customer = Some(customer.to_owned());
    let json = stripe.shown(|stripe| &stripe.payment_methods, id);
    stripe.emit("payment_method.attached", json);
}

/// Takes a payment method from its customer for good: it is nobody's default any longer.
///
/// # Errors
///
/// It is not there or not attached.
pub fn detach(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    let method = stripe.payment_methods.named(id)?;
    let Some(customer) = method.customer.clone() else {
        let message = "The payment method you provided is not attached to a customer so detachment is impossible.";
        return Err(ApiError::invalid(message));
    };
    let before = stripe.shown(|stripe| &stripe.payment_methods, id);
    if let Some(method) = stripe.payment_methods.get_mut(id) {
        method.customer = None;
        method.gone = true;
    }
    let after = stripe.shown(|stripe| &stripe.payment_methods, id);
    stripe.emit_update("payment_method.detached", &before, after);
    forget_default(stripe, &customer, id);
    Ok(())
}

/// The bank put another card in a card's place, and told Stripe: another number and a later date,
/// and charges succeed.
///
/// # Errors
///
/// It is not there, or no card of a customer.
pub fn automatically_update(stripe: &mut Stripe, id: &str) -> Result<(), ApiError> {
    let method = stripe.payment_methods.named(id)?;
    if method.kind != "card" || method.customer.is_none() {
        return Err(ApiError::invalid("Only a customer's card is updated by its bank."));
    }
    let before = stripe.shown(|stripe| &stripe.payment_methods, id);
    if let Some(method) = stripe.payment_methods.get_mut(id) {
        making::replace_card(method);
    }
    let after = stripe.shown(|stripe| &stripe.payment_methods, id);
    stripe.emit_update("payment_method.automatically_updated", &before, after);
    Ok(())
}

/// What a charge of it comes to.
pub(crate) fn attempt(stripe: &Stripe, id: &str, presence: Presence) -> Attempt {
    let method = stripe.payment_methods.get(id);
    method.map_or(Attempt::Declines(cards::Decline::ProcessingError), |method| {
        method.behaviour.when_charged(presence, method.set_up)
    })
}

/// Whether a payment of a customer, or of none, can take it: `intent` is Stripe's word for what it
/// is, such as `PaymentIntent`.
pub(crate) fn usable(
    stripe: &Stripe,
    id: &str,
    customer: Option<&str>,
    intent: &str,
) -> Result<(), ApiError> {
    let method = stripe.payment_methods.given(id, "payment_method")?;
    if method.gone {
        return Err(ApiError::invalid(GONE).param("payment_method"));
    }
    match (method.customer.as_deref(), customer) {
        (None, _) => Ok(()),
        (Some(owner), Some(customer)) if owner == customer => Ok(()),
        (Some(_), Some(_)) => {
            let message = format!(
                "The customer does not have a payment method with the ID {id}. The payment method must be \
                 attached to the customer."
            );
            Err(ApiError::invalid(message).code("resource_missing").param("payment_method"))
        }
        (Some(owner), None) => {
            let message = format!(
                "The PaymentMethod {id} belongs to the Customer {owner}. Please include the Customer in the \
                 `customer` parameter on the {intent}."
            );
            Err(ApiError::invalid(message).param("payment_method"))
        }
    }
}

fn forget_default(stripe: &mut Stripe, customer: &str, id: &str) {
    let before = stripe.shown(|stripe| &stripe.customers, customer);
    if let Some(customer) = stripe.customers.get_mut(customer) {
        customer.default_payment_method.take_if(|default| default == id);
        customer.default_source.take_if(|default| default == id);
    }
    let after = stripe.shown(|stripe| &stripe.customers, customer);
    stripe.emit_update("customer.updated", &before, after);
    // What is over stays as it was.
    let its =
        |it: &&Subscription| it.default_payment_method.as_deref() == Some(id) && !it.status.ended();
    let theirs: Vec<String> =
        stripe.subscriptions.iter().filter(its).map(|it| it.id.clone()).collect();
    for subscription in theirs {
        let before = stripe.shown(|stripe| &stripe.subscriptions, &subscription);
        if let Some(subscription) = stripe.subscriptions.get_mut(&subscription) {
            subscription.default_payment_method = None;
        }
        let after = stripe.shown(|stripe| &stripe.subscriptions, &subscription);
        stripe.emit_update("customer.subscription.updated", &before, after);
    }
}
