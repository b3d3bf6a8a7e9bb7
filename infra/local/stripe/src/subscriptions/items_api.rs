//! The operations on subscription items: each is an update of the subscription.

use serde_json::{Map, Value, json};

use super::Subscription;
use super::json as shape;
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::list;
use crate::stripe::Stripe;

/// What these operations pass on beside the item itself.
const PASSED: [&str; 4] =
    ["off_session", "payment_behavior", "proration_behavior", "proration_date"];

/// Adds an item.
pub fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.params.required("subscription")?;
    let before: Vec<String> = stripe
        .subscriptions
        .given(id, "subscription")?
        .items
        .iter()
        .map(|item| item.id.clone())
        .collect();
    super::update(stripe, id, &as_update(&call.params, None))?;
    let after = stripe.subscriptions.given(id, "subscription")?;
    let pending = after.pending_update.as_ref();
    let items = pending.map_or(&after.items, |pending| &pending.change.items);
    let made = items.iter().find(|item| !before.contains(&item.id));
    Ok(made.map_or(Value::Null, |item| shape::item(stripe, after, item)))
}

/// Changes an item.
pub fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = of_item(stripe, call.id())?.id.clone();
    super::update(stripe, &id, &as_update(&call.params, Some(call.id())))?;
    shown(stripe, call.id())
}

/// Takes an item away.
pub fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = of_item(stripe, call.id())?.id.clone();
    let mut params = as_update(&call.params, Some(call.id()));
    let item = json!([{ "id": call.id(), "deleted": true }]);
    params.0.insert("items".to_owned(), item);
    super::update(stripe, &id, &params)?;
    Ok(json!({ "deleted": true, "id": call.id(), "object": "subscription_item" }))
}

/// Shows an item.
pub fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    shown(stripe, call.id())
}

/// Lists the items of a subscription.
pub fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.params.required("subscription")?;
    let subscription = stripe.subscriptions.given(id, "subscription")?;
    let items = &subscription.items;
    let values = items.iter().map(|item| shape::item(stripe, subscription, item)).collect();
    list::page_of_values(call, "/v1/subscription_items", values)
}

fn shown(stripe: &Stripe, id: &str) -> Result<Value, ApiError> {
    let subscription = of_item(stripe, id)?;
    let item = subscription.items.iter().find(|item| item.id == id);
    Ok(item.map_or(Value::Null, |item| shape::item(stripe, subscription, item)))
}

/// The subscription that an item belongs to.
fn of_item<'a>(stripe: &'a Stripe, id: &str) -> Result<&'a Subscription, ApiError> {
    stripe
        .subscriptions
        .iter()
        .find(|subscription| {
            !subscription.status.ended() && subscription.items.iter().any(|item| item.id == id)
        })
        .ok_or_else(|| ApiError::not_found("subscription_item", id))
}

/// The update of a subscription that changes an item, or adds one.
fn as_update(params: &Params, id: Option<&str>) -> Params {
    let mut item: Map<String, Value> = params.0.clone();
    let mut asked = Map::new();
    for name in PASSED {
        asked.extend(item.remove(name).map(|value| (name.to_owned(), value)));
    }
    item.remove("subscription");
    item.remove("clear_usage");
    item.extend(id.map(|id| ("id".to_owned(), json!(id))));
    asked.insert("items".to_owned(), json!([item]));
    Params(asked)
}
