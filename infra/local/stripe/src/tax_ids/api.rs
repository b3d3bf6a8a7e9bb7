//! The operations on tax ids: below a customer, and with the customer as owner.

use serde_json::{Value, json};

use super::{TaxId, add, format};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{customers, list};

pub fn create_of_customer(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    customers::named(stripe, call.id())?;
    make(stripe, call.id(), &call.params)
}

pub fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let owner = call.params.within("owner").unwrap_or_default();
    if owner.text("type") != Some("customer") {
        return Err(ApiError::not_simulated("owner[type]"));
    }
    let customer = owner.text("customer").ok_or_else(|| ApiError::missing("owner[customer]"))?;
    customers::living(stripe, customer, "owner[customer]")?;
    make(stripe, customer, &call.params)
}

fn make(stripe: &mut Stripe, customer: &str, params: &Params) -> Result<Value, ApiError> {
    let (kind, value) = (params.required("type")?, params.required("value")?);
    format::check(kind, value, "value")?;
    let id = add(stripe, customer, kind, value);
    Ok(stripe.shown(|stripe| &stripe.tax_ids, &id))
}

/// The tax id that a path names, of the customer that it names.
fn of_customer<'a>(stripe: &'a Stripe, call: &Call) -> Result<&'a TaxId, ApiError> {
    customers::named(stripe, call.id())?;
    let tax_id = stripe.tax_ids.named(call.place(1))?;
    if tax_id.customer == call.id() {
        Ok(tax_id)
    } else {
        Err(ApiError::not_found(TaxId::KIND, call.place(1)))
    }
}

pub fn read_of_customer(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(of_customer(stripe, call)?.json(stripe))
}

pub fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.tax_ids.named(call.id())?.json(stripe))
}

pub fn delete_of_customer(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = of_customer(stripe, call)?.id.clone();
    Ok(remove(stripe, &id))
}

pub fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.tax_ids.named(call.id())?;
    Ok(remove(stripe, call.id()))
}

fn remove(stripe: &mut Stripe, id: &str) -> Value {
    let tax_id = stripe.shown(|stripe| &stripe.tax_ids, id);
    stripe.tax_ids.remove(id);
    stripe.emit("customer.tax_id.deleted", tax_id);
    json!({ "id": id, "object": "tax_id", "deleted": true })
}

pub fn list_of_customer(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    customers::named(stripe, call.id())?;
    let url = format!("/v1/customers/{}/tax_ids", call.id());
    page(stripe, call, &url, Some(call.id()))
}

/// Without an owner these are the account's own, of which there are none.
pub fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let owner = call.params.within("owner").unwrap_or_default();
    if owner.text("type") != Some("customer") {
        return page(stripe, call, "/v1/tax_ids", None);
    }
    let customer = owner.text("customer").ok_or_else(|| ApiError::missing("owner[customer]"))?;
    customers::living(stripe, customer, "owner[customer]")?;
    page(stripe, call, "/v1/tax_ids", Some(customer))
}

fn page(
    stripe: &Stripe,
    call: &Call,
    url: &str,
    customer: Option<&str>,
) -> Result<Value, ApiError> {
    let tax_ids = stripe.tax_ids.iter();
    let tax_ids = tax_ids.filter(|tax_id| Some(tax_id.customer.as_str()) == customer);
    list::page(stripe, call, url, tax_ids)
}
