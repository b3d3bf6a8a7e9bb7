//! The operations on subscriptions.

use serde_json::Value;

use super::{Subscription, SubscriptionStatus, items_api, json, preview, resume};
use crate::call::Call;
use crate::error::ApiError;
use crate::invoices::Collection;
use crate::list::{self, Range};
use crate::routes::Route;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/subscriptions", create),
    Route::get("/v1/subscriptions", list_all),
    Route::get("/v1/subscriptions/{subscription_exposed_id}", read),
    Route::post("/v1/subscriptions/{subscription_exposed_id}", update),
    Route::delete("/v1/subscriptions/{subscription_exposed_id}", cancel),
    Route::post("/v1/subscriptions/{subscription}/pause", resume::pause),
    Route::post("/v1/subscriptions/{subscription}/resume", resume::resume),
    Route::post("/v1/subscription_items", items_api::create),
    Route::get("/v1/subscription_items", items_api::list),
    Route::get("/v1/subscription_items/{item}", items_api::read),
    Route::post("/v1/subscription_items/{item}", items_api::update),
    Route::delete("/v1/subscription_items/{item}", items_api::delete),
    Route::post("/v1/invoices/create_preview", preview::create_preview),
];

fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = super::create(stripe, &call.params)?;
    Ok(stripe.shown(|stripe| &stripe.subscriptions, &id))
}

fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.subscriptions.named(call.id())?;
    Ok(stripe.shown(|stripe| &stripe.subscriptions, call.id()))
}

fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    super::update(stripe, call.id(), &call.params)?;
    Ok(stripe.shown(|stripe| &stripe.subscriptions, call.id()))
}

fn cancel(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    super::cancel(stripe, call.id(), &call.params)?;
    Ok(stripe.shown(|stripe| &stripe.subscriptions, call.id()))
}

fn list_all(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let stripe = &*stripe;
    let params = &call.params;
    for refused in ["automatic_tax", "customer_account"] {
        if params.has(refused) {
            return Err(ApiError::not_simulated(refused));
        }
    }
    let is = |name: &str, value: Option<&str>| params.text(name).is_none_or(|it| value == Some(it));
    let clock = |subscription: &Subscription| {
        stripe.customers.get(&subscription.customer)?.test_clock.clone()
    };
    let start = Range::of(params, "current_period_start");
    let end = Range::of(params, "current_period_end");
    let wanted = stripe.subscriptions.iter().filter(|subscription| {
        let priced = |name: &str| subscription.items.iter().any(|it| is(name, Some(&it.price)));
        is("customer", Some(&subscription.customer))
            && has_status(params.text("status"), subscription.status)
            && (priced("price") && priced("plan"))
            && is("collection_method", Some(method(subscription)))
            && is("test_clock", clock(subscription).as_deref())
            && start.holds(subscription.period_start().0)
            && end.holds(subscription.period_end().0)
    });
    list::page(stripe, call, "/v1/subscriptions", wanted)
}

fn method(subscription: &Subscription) -> &'static str {
    match subscription.collection {
        Collection::Automatic => "charge_automatically",
        Collection::Send { .. } => "send_invoice",
    }
}

/// Canceled ones are left out unless they are asked for.
fn has_status(wanted: Option<&str>, status: SubscriptionStatus) -> bool {
    match wanted {
        None => status != SubscriptionStatus::Canceled,
        Some("all") => true,
        Some("ended") => status.ended(),
        Some(wanted) => status.as_str() == wanted,
    }
}

/// A customer's subscriptions that are not over, as a list within it.
pub fn of_customer(stripe: &Stripe, customer: &str) -> Value {
    let own =
        stripe.subscriptions.iter().rev().filter(|subscription| {
            subscription.customer == customer && !subscription.status.ended()
        });
    let own = own.map(|subscription| json::subscription(stripe, subscription)).collect();
    list::inline(&format!("/v1/customers/{customer}/subscriptions"), own)
}
