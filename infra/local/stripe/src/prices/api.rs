//! The operations on prices.

use serde_json::Value;

use super::{Price, TOLD, change, checked, new};
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{list, told};

/// Most lookup keys that a list can be asked for.
const LOOKUP_KEYS_MAX: usize = 10;

pub fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let price = checked(stripe, &call.params)?;
    if !price.has_product() {
        let message = "You must specify either `product` or `product_data` when creating a price.";
        return Err(ApiError::invalid(message).code("parameter_missing").param("product"));
    }
    let id = price.make(stripe);
    Ok(stripe.shown(|stripe| &stripe.prices, &id))
}

/// The price that a path names.
pub(super) fn named<'a>(stripe: &'a Stripe, id: &str, kind: &str) -> Result<&'a Price, ApiError> {
    let price = stripe.prices.get(id).filter(|price| !price.deleted);
    price.ok_or_else(|| ApiError::not_found(kind, id))
}

pub fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(named(stripe, call.id(), Price::KIND)?.json(stripe))
}

pub fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (id, params) = (call.id(), &call.params);
    if params.has("currency_options") {
        return Err(ApiError::not_simulated("currency_options"));
    }
    let price = named(stripe, id, Price::KIND)?;
    let tax_behavior = params.text("tax_behavior").unwrap_or(&price.tax_behavior);
    if tax_behavior != price.tax_behavior && price.tax_behavior != "unspecified" {
        let message = format!(
            "You cannot change `tax_behavior` once it has been set to `{}`.",
            price.tax_behavior
        );
        return Err(ApiError::invalid(message).param("tax_behavior"));
    }
    if params.flag("active") == Some(false) {
        archivable(stripe, price)?;
    }
    if let Some(key) = params.text("lookup_key") {
        if params.flag("transfer_lookup_key") == Some(true) {
            new::release(stripe, key, id);
        } else {
            new::free(stripe, key, Some(id))?;
        }
    }
    change(stripe, id, |price| {
        price.active = params.flag("active").unwrap_or(price.active);
        if let Some(behavior) = params.text("tax_behavior") {
            behavior.clone_into(&mut price.tax_behavior);
        }
        if params.has("lookup_key") {
            price.lookup_key = params.text("lookup_key").map(str::to_owned);
        }
        price.metadata.update(params);
        told::update(&mut price.told, params, TOLD);
    });
    Ok(stripe.shown(|stripe| &stripe.prices, id))
}

/// A product's default price cannot be archived.
pub(super) fn archivable(stripe: &Stripe, price: &Price) -> Result<(), ApiError> {
    let product = stripe.products.get(&price.product);
    if product.is_some_and(|product| product.default_price.as_deref() == Some(&price.id)) {
        let message =
            "This price cannot be archived because it is the default price of its product.";
        return Err(ApiError::invalid(message).param("active"));
    }
    Ok(())
}

pub fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let keys = params.texts("lookup_keys");
    if keys.len() > LOOKUP_KEYS_MAX {
        let message = format!("You can specify up to {LOOKUP_KEYS_MAX} lookup keys.");
        return Err(ApiError::invalid(message).param("lookup_keys"));
    }
    let with_key = |price: &Price| price.lookup_key.as_ref().is_some_and(|key| keys.contains(key));
    let prices = stripe.prices.iter().filter(|price| {
        !price.deleted
            && params.flag("active").is_none_or(|active| active == price.active)
            && params.text("currency").is_none_or(|currency| currency == price.currency)
            && params.text("product").is_none_or(|product| product == price.product)
            && (keys.is_empty() || with_key(price))
            && recurs(price, params)
    });
    list::page(stripe, call, "/v1/prices", prices)
}

/// True if a price recurs as a list's filters `type` and `recurring` want it.
fn recurs(price: &Price, params: &Params) -> bool {
    let wanted = params.within("recurring").unwrap_or_default();
    let interval = |recurring: super::Recurring| {
        wanted.text("interval").is_none_or(|interval| interval == recurring.interval.as_str())
            && wanted.text("usage_type").is_none_or(|usage| usage == recurring.usage_type())
            && !wanted.has("meter")
    };
    match (params.text("type"), price.recurring) {
        (Some("one_time"), Some(_)) | (Some("recurring"), None) => false,
        (_, Some(recurring)) => interval(recurring),
        (_, None) => wanted.0.is_empty(),
    }
}
