//! Cards as customers had them before payment methods: `card_...`, made of a token
//! (docs.stripe.com/api/cards). Each is a payment method as well.

use serde_json::{Value, json};

use super::{PaymentMethod, making};
use crate::call::{Call, Params};
use crate::customers;
use crate::error::ApiError;
use crate::field;
use crate::list;
use crate::stripe::Stripe;

/// Makes an old card of a token such as `tok_visa` and gives it to a customer; it becomes the
/// default source when there is none. Answers with its id. The caller tells `customer.updated`.
///
/// # Errors
///
/// There is no such token or customer, or the card is declined.
pub fn add(
    stripe: &mut Stripe,
    token: &str,
    customer: &str,
    param: &str,
) -> Result<String, ApiError> {
    let mut params = Params::default();
    params.0.insert("source".to_owned(), json!(token));
    put_up(stripe, customer, &params)
        .map_err(|error| if error.param.is_some() { error.param(param) } else { error })
}

/// A customer's old cards, as a list within it.
pub fn of_customer(stripe: &Stripe, customer: &str) -> Value {
    let cards = theirs(stripe, customer).map(render).collect();
    list::inline(&format!("/v1/customers/{customer}/sources"), cards)
}

/// One as an old card; none when it is not one.
pub fn json(stripe: &Stripe, id: &str) -> Option<Value> {
    stripe.payment_methods.get(id).filter(|method| is_source(method)).map(render)
}

fn is_source(method: &PaymentMethod) -> bool {
    method.id.starts_with("card_")
}

/// The newest first.
fn theirs<'a>(stripe: &'a Stripe, customer: &str) -> impl Iterator<Item = &'a PaymentMethod> {
    let its = move |method: &&PaymentMethod| {
        is_source(method) && method.customer.as_deref() == Some(customer)
    };
    stripe.payment_methods.iter().rev().filter(its).collect::<Vec<_>>().into_iter()
}

fn put_up(stripe: &mut Stripe, customer: &str, params: &Params) -> Result<String, ApiError> {
    customers::living(stripe, customer, "customer")?;
    let mut card = making::source_of(stripe, params)?;
    if let Some(decline) = card.behaviour.when_attached() {
        return Err(decline.error());
    }
    card.customer = Some(customer.to_owned());
    card.metadata = params.metadata();
    let (id, json) = (card.id.clone(), render(&card));
    stripe.payment_methods.add(card);
    let method = stripe.shown(|stripe| &stripe.payment_methods, &id);
    stripe.emit("payment_method.attached", method);
    stripe.emit("customer.source.created", json);
    if let Some(customer) = stripe.customers.get_mut(customer) {
        customer.default_source.get_or_insert_with(|| id.clone());
    }
    Ok(id)
}

fn found<'a>(stripe: &'a Stripe, call: &Call) -> Result<&'a PaymentMethod, ApiError> {
    stripe.customers.named(call.id())?;
    let id = call.place(1);
    let card = stripe.payment_methods.get(id);
    let card = card.filter(|it| is_source(it) && it.customer.as_deref() == Some(call.id()));
    card.ok_or_else(|| ApiError::not_found("source", id))
}

pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.customers.named(call.id())?;
    let before = stripe.shown(|stripe| &stripe.customers, call.id());
    let id = put_up(stripe, call.id(), &call.params)?;
    let after = stripe.shown(|stripe| &stripe.customers, call.id());
    stripe.emit_update("customer.updated", &before, after);
    json(stripe, &id).ok_or_else(|| ApiError::not_found("source", &id))
}

pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    found(stripe, call).map(render)
}

pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.customers.named(call.id())?;
    let wanted = call.params.text("object").is_none_or(|kind| kind == "card");
    let cards = theirs(stripe, call.id()).filter(|_| wanted).map(render).collect();
    list::page_of_values(call, &format!("/v1/customers/{}/sources", call.id()), cards)
}

pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    for param in ["account_holder_name", "account_holder_type", "owner"] {
        if params.has(param) {
            return Err(ApiError::not_simulated(param));
        }
    }
    let card = found(stripe, call)?;
    let number = |name: &str| match params.text(name) {
        None => Ok(card.details.get(name).and_then(Value::as_i64).unwrap_or_default()),
        Some(text) => text.parse().map_err(|_| {
            ApiError::invalid(format!("Invalid integer: {text}"))
                .code("parameter_invalid_integer")
                .param(name)
        }),
    };
    let (month, year) = making::expiry(stripe, number("exp_month")?, number("exp_year")?)?;
    let before = render(card);
    if let Some(card) = stripe.payment_methods.get_mut(call.place(1)) {
        field::set(&mut card.details, "exp_month", month);
        field::set(&mut card.details, "exp_year", year);
        let mut billing = card.billing_details.clone();
        let address = [
            ("address_city", "city"),
            ("address_country", "country"),
            ("address_line1", "line1"),
            ("address_line2", "line2"),
            ("address_state", "state"),
            ("address_zip", "postal_code"),
        ];
        for (param, field) in address {
            if let (Some(address), Some(value)) = (billing.get_mut("address"), params.get(param)) {
                field::set(address, field, value.clone());
            }
        }
        if let Some(name) = params.get("name") {
            field::set(&mut billing, "name", name.clone());
        }
        card.billing_details = making::complete(&billing);
        card.metadata.update(params);
    }
    let after = found(stripe, call).map(render)?;
    stripe.emit_update("customer.source.updated", &before, after.clone());
    Ok(after)
}

pub(super) fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let card = found(stripe, call)?;
    let (id, json) = (card.id.clone(), render(card));
    super::detach(stripe, &id)?;
    stripe.emit("customer.source.deleted", json);
    let before = stripe.shown(|stripe| &stripe.customers, call.id());
    let next = theirs(stripe, call.id()).next().map(|it| it.id.clone());
    if let Some(customer) = stripe.customers.get_mut(call.id()) {
        customer.default_source = customer.default_source.take().or(next);
    }
    let after = stripe.shown(|stripe| &stripe.customers, call.id());
    stripe.emit_update("customer.updated", &before, after);
    Ok(json!({ "id": id, "object": "card", "deleted": true }))
}

fn render(card: &PaymentMethod) -> Value {
    let (details, billing) = (&card.details, &card.billing_details);
    let address = field::of(billing, "/address");
    json!({
        "id": card.id,
        "object": "card",
        "address_city": field::of(address, "/city"),
        "address_country": field::of(address, "/country"),
        "address_line1": field::of(address, "/line1"),
        "address_line1_check": null,
        "address_line2": field::of(address, "/line2"),
        "address_state": field::of(address, "/state"),
        "address_zip": field::of(address, "/postal_code"),
        "address_zip_check": null,
        "allow_redisplay": card.allow_redisplay,
        "brand": brand(field::of(details, "/brand").as_str().unwrap_or_default()),
        "country": field::of(details, "/country"),
        "customer": card.customer,
        "cvc_check": field::of(details, "/checks/cvc_check"),
        "dynamic_last4": null,
        "exp_month": field::of(details, "/exp_month"),
        "exp_year": field::of(details, "/exp_year"),
        "fingerprint": field::of(details, "/fingerprint"),
        "funding": field::of(details, "/funding"),
        "last4": field::of(details, "/last4"),
        "metadata": card.metadata.json(),
        "name": field::of(billing, "/name"),
        "regulated_status": field::of(details, "/regulated_status"),
        "tokenization_method": null,
    })
}

/// Old cards spell their brands as people do.
fn brand(brand: &str) -> &'static str {
    match brand {
        "visa" => "Visa",
        "mastercard" => "MasterCard",
        "amex" => "American Express",
        "discover" => "Discover",
        "jcb" => "JCB",
        "unionpay" => "UnionPay",
        "diners" => "Diners Club",
        _ => "Unknown",
    }
}
