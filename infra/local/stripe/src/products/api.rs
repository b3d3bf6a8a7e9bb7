//! The operations on products.

use serde_json::{Value, json};

use super::{Product, TOLD, checked};
use crate::call::Call;
use crate::error::ApiError;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{list, prices, told};

pub fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let product = checked(stripe, &call.params)?;
    let price = match call.params.within("default_price_data") {
        Some(data) => Some(prices::checked_data(stripe, &data, "default_price_data")?),
        None => None,
    };
    let id = product.make(stripe);
    if let Some(price) = price {
        let price = price.make_of(stripe, &id);
        change(stripe, &id, |product| product.default_price = Some(price));
    }
    Ok(stripe.shown(|stripe| &stripe.products, &id))
}

pub fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.products.named(call.id())?.json(stripe))
}

pub fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (id, params) = (call.id(), &call.params);
    stripe.products.named(id)?;
    if let Some(price) = params.text("default_price") {
        let found = prices::standing(stripe, price, "default_price")?;
        if found.product != id {
            let message = format!(
                "The price '{price}' belongs to the product '{}' and cannot be the default price \
                 of '{id}'.",
                found.product
            );
            return Err(ApiError::invalid(message).param("default_price"));
        }
        if !found.active {
            let message = format!("The price '{price}' is inactive.");
            return Err(ApiError::invalid(message).param("default_price"));
        }
    }
    let now = stripe.now();
    change(stripe, id, |product| {
        product.active = params.flag("active").unwrap_or(product.active);
        if let Some(name) = params.text("name") {
            name.clone_into(&mut product.name);
        }
        if params.has("default_price") {
            product.default_price = params.text("default_price").map(str::to_owned);
        }
        product.metadata.update(params);
        told::update(&mut product.told, params, TOLD);
        product.updated = now;
    });
    Ok(stripe.shown(|stripe| &stripe.products, id))
}

/// Changes a product, and tells of it.
fn change(stripe: &mut Stripe, id: &str, change: impl FnOnce(&mut Product)) {
    let before = stripe.shown(|stripe| &stripe.products, id);
    stripe.products.get_mut(id).map(change);
    let after = stripe.shown(|stripe| &stripe.products, id);
    stripe.emit_update("product.updated", &before, after);
}

pub fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let product = stripe.products.named(call.id())?.json(stripe);
    let priced = |price: &prices::Price| price.product == call.id() && !price.deleted;
    if stripe.prices.iter().any(priced) {
        let message = "This product cannot be deleted because it has one or more user-created \
                       prices.";
        return Err(ApiError::invalid(message));
    }
    stripe.products.remove(call.id());
    stripe.emit("product.deleted", product);
    Ok(json!({ "id": call.id(), "object": "product", "deleted": true }))
}

pub fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let ids = params.has("ids").then(|| params.texts("ids"));
    if ids.is_some() && (params.has("starting_after") || params.has("ending_before")) {
        let message = "`ids` cannot be used with `starting_after` or `ending_before`.";
        return Err(ApiError::invalid(message).param("ids"));
    }
    let shippable =
        |product: &Product| product.told.get("shippable").and_then(Value::as_bool).unwrap_or(false);
    let url = |product: &Product| {
        product.told.get("url").and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
    };
    let products = stripe.products.iter().filter(|product| {
        ids.as_ref().is_none_or(|ids| ids.contains(&product.id))
            && params.flag("active").is_none_or(|active| active == product.active)
            && params.flag("shippable").is_none_or(|wanted| wanted == shippable(product))
            && params.text("url").is_none_or(|wanted| wanted == url(product))
    });
    list::page(stripe, call, "/v1/products", products)
}
