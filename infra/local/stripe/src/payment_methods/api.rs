//! The API's operations on payment methods.

use serde_json::Value;

use super::{PaymentMethod, making};
use crate::call::Call;
use crate::customers;
use crate::error::ApiError;
use crate::field;
use crate::list;
use crate::stripe::Stripe;

fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.payment_methods, id)
}

pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = making::from_params(stripe, &call.params)?;
    Ok(shown(stripe, &id))
}

pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = making::resolve(stripe, call.id(), "id")
        .map_err(|error| ApiError { status: 404, ..error })?;
    Ok(shown(stripe, &id))
}

pub(super) fn attach(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    if call.params.has("customer_account") {
        return Err(ApiError::not_simulated("customer_account"));
    }
    let customer = call.params.required("customer")?;
    customers::living(stripe, customer, "customer")?;
    let id = making::resolve(stripe, call.id(), "id")
        .map_err(|error| ApiError { status: 404, ..error })?;
    super::attach(stripe, &id, customer)?;
    Ok(shown(stripe, &id))
}

pub(super) fn detach(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    super::detach(stripe, call.id())?;
    Ok(shown(stripe, call.id()))
}

pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    for param in ["payto", "us_bank_account"] {
        if params.has(param) {
            return Err(ApiError::not_simulated(param));
        }
    }
    let method = stripe.payment_methods.named(call.id())?;
    if method.customer.is_none() {
        let message = "You must save this PaymentMethod to a customer before you can update it.";
        return Err(ApiError::invalid(message));
    }
    let card = params.within("card").unwrap_or_default();
    if card.has("networks") {
        return Err(ApiError::not_simulated("card[networks]"));
    }
    let was = |name: &str| method.details.get(name).and_then(Value::as_i64).unwrap_or_default();
    let month = card.integer("exp_month").unwrap_or_else(|| was("exp_month"));
    let year = card.integer("exp_year").unwrap_or_else(|| was("exp_year"));
    let expires = if card.0.is_empty() { None } else { Some(making::expiry(stripe, month, year)?) };
    let before = shown(stripe, call.id());
    if let Some(method) = stripe.payment_methods.get_mut(call.id()) {
        if let Some((month, year)) = expires {
            field::set(&mut method.details, "exp_month", month);
            field::set(&mut method.details, "exp_year", year);
        }
        if let Some(given) = params.get("billing_details").and_then(Value::as_object) {
            method.billing_details = merged(&method.billing_details, given);
        }
        if let Some(allow) = params.text("allow_redisplay") {
            allow.clone_into(&mut method.allow_redisplay);
        }
        method.metadata.update(params);
    }
    let after = shown(stripe, call.id());
    stripe.emit_update("payment_method.updated", &before, after.clone());
    Ok(after)
}

fn merged(was: &Value, given: &serde_json::Map<String, Value>) -> Value {
    let mut fields = was.as_object().cloned().unwrap_or_default();
    fields.extend(given.clone());
    making::complete(&Value::Object(fields))
}

pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    if call.params.has("customer_account") {
        return Err(ApiError::not_simulated("customer_account"));
    }
    let customer = call.params.text("customer");
    if let Some(customer) = customer {
        stripe.customers.given(customer, "customer")?;
    }
    page(stripe, call, customer, "/v1/payment_methods")
}

pub(super) fn list_of_customer(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.customers.named(call.id())?;
    let url = format!("/v1/customers/{}/payment_methods", call.id());
    page(stripe, call, Some(call.id()), &url)
}

pub(super) fn get_of_customer(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.customers.named(call.id())?;
    let id = call.place(1);
    let method = stripe.payment_methods.named(id)?;
    if method.customer.as_deref() != Some(call.id()) {
        return Err(ApiError::not_found("PaymentMethod", id));
    }
    Ok(shown(stripe, id))
}

fn page(
    stripe: &Stripe,
    call: &Call,
    customer: Option<&str>,
    url: &str,
) -> Result<Value, ApiError> {
    let (kind, allow) = (call.params.text("type"), call.params.text("allow_redisplay"));
    let fits = |method: &&PaymentMethod| {
        customer.is_none_or(|customer| method.customer.as_deref() == Some(customer))
            && kind.is_none_or(|kind| method.kind == kind)
            && allow.is_none_or(|allow| method.allow_redisplay == allow)
    };
    list::page(stripe, call, url, stripe.payment_methods.iter().filter(fits))
}
