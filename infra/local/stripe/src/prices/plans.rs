//! Plans: recurring prices as callers knew them before there were prices
//! (docs.stripe.com/api/plans).

use serde_json::{Map, Value, json};

use super::api::{archivable, named};
use super::{Price, TOLD, Transform, before, change, checked, whole};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::{list, told};

/// What plans call their parameters, and what prices do.
const NAMES: [(&str, &str); 14] = [
    ("active", "active"),
    ("amount", "unit_amount"),
    ("amount_decimal", "unit_amount_decimal"),
    ("billing_scheme", "billing_scheme"),
    ("currency", "currency"),
    ("interval", "recurring[interval]"),
    ("interval_count", "recurring[interval_count]"),
    ("meter", "recurring[meter]"),
    ("metadata", "metadata"),
    ("nickname", "nickname"),
    ("tiers", "tiers"),
    ("tiers_mode", "tiers_mode"),
    ("transform_usage", "transform_quantity"),
    ("usage_type", "recurring[usage_type]"),
];

/// A price as a plan.
pub fn plan_json(_stripe: &Stripe, price: &Price) -> Value {
    let recurring = price.recurring;
    let plan = json!({
        "id": price.id,
        "object": "plan",
        "active": price.active,
        "amount": price.unit_amount.and_then(whole),
        "amount_decimal": price.unit_amount.map(super::exact),
        "billing_scheme": price.billing_scheme(),
        "created": price.created.0,
        "currency": price.currency,
        "interval": recurring.map(|recurring| recurring.interval.as_str()),
        "interval_count": recurring.map(|recurring| recurring.count),
        "livemode": false,
        "metadata": price.metadata.json(),
        "meter": null,
        "nickname": null,
        "product": price.product,
        "tiers_mode": price.tiers_mode(),
        "transform_usage": price.transform.map(Transform::json),
        "trial_period_days": price.trial_period_days,
        "usage_type": recurring.map(super::Recurring::usage_type),
    });
    told::over(plan, &price.told)
}

pub fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.params.text("id");
    if id.is_some_and(|id| stripe.prices.get(id).is_some()) {
        return Err(ApiError::invalid("Plan already exists.").code("resource_already_exists"));
    }
    let price = checked(stripe, &as_price(&call.params)?).map_err(as_plan)?;
    let id = price.named(id).make(stripe);
    shown(stripe, &id)
}

/// The parameters of a plan as those of a price.
fn as_price(params: &Params) -> Result<Params, ApiError> {
    let mut price = Map::new();
    let mut recurring = Map::new();
    for (plan, name) in NAMES {
        let Some(value) = params.get(plan) else { continue };
        match name.strip_prefix("recurring[").and_then(|name| name.strip_suffix(']')) {
            Some(name) => recurring.insert(name.to_owned(), value.clone()),
            None => price.insert(name.to_owned(), value.clone()),
        };
    }
    price.insert("recurring".to_owned(), Value::Object(recurring));
    let product = params.get("product").ok_or_else(|| ApiError::missing("product"))?;
    let named = if product.is_string() { "product" } else { "product_data" };
    price.insert(named.to_owned(), product.clone());
    if let Some(days) = params.get("trial_period_days") {
        price.insert("trial_period_days".to_owned(), days.clone());
    }
    Ok(Params(price))
}

/// An error about a price's parameter as one about a plan's.
fn as_plan(mut error: ApiError) -> ApiError {
    let param = error.param.unwrap_or_default();
    let name = NAMES.iter().find(|(_, price)| *price == param).map(|(plan, _)| *plan);
    error.param = Some(name.map_or(param, str::to_owned));
    error
}

fn shown(stripe: &Stripe, id: &str) -> Result<Value, ApiError> {
    let price = named(stripe, id, "plan")?;
    if price.recurring.is_none() {
        return Err(ApiError::not_found("plan", id));
    }
    Ok(plan_json(stripe, price))
}

pub fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    shown(stripe, call.id())
}

pub fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (id, params) = (call.id(), &call.params);
    shown(stripe, id)?;
    let price = named(stripe, id, "plan")?;
    if params.flag("active") == Some(false) {
        archivable(stripe, price)?;
    }
    if let Some(product) = params.text("product") {
        stripe.products.given(product, "product")?;
        let mut items = stripe.subscriptions.iter().flat_map(|subscription| &subscription.items);
        if product != price.product && items.any(|item| item.price == id) {
            let message = "You cannot change the product of a plan that subscriptions use.";
            return Err(ApiError::invalid(message).param("product"));
        }
    }
    change(stripe, id, |price| {
        price.active = params.flag("active").unwrap_or(price.active);
        if let Some(product) = params.text("product") {
            product.clone_into(&mut price.product);
        }
        if params.has("trial_period_days") {
            price.trial_period_days = params.integer("trial_period_days");
        }
        price.metadata.update(params);
        told::update(&mut price.told, params, TOLD);
    });
    shown(stripe, id)
}

/// Deletes a plan: subscriptions that have it go on, so it stays where they find it.
pub fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    shown(stripe, id)?;
    let before = before(stripe, id);
    if let Some(price) = stripe.prices.get_mut(id) {
        price.deleted = true;
        price.active = false;
        price.lookup_key = None;
    }
    stripe.emit("plan.deleted", before.plan.unwrap_or_default());
    stripe.emit("price.deleted", before.price);
    Ok(json!({ "id": id, "object": "plan", "deleted": true }))
}

pub fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let plans = stripe.prices.iter().rev().filter(|price| {
        !price.deleted
            && price.recurring.is_some()
            && params.flag("active").is_none_or(|active| active == price.active)
            && params.text("product").is_none_or(|product| product == price.product)
            && list::Range::of(params, "created").holds(price.created.0)
    });
    let plans = plans.map(|price| plan_json(stripe, price)).collect();
    list::page_of_values(call, "/v1/plans", plans)
}
