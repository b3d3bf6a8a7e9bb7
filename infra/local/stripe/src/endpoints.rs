//! Webhook endpoints (`docs.stripe.com/api/webhook_endpoints`). Secrets are rolled by
//! [`crate::deliveries::roll`], as the dashboard does it.
//!
//! Not simulated: endpoints of Connect.

#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::versions::Version;
use crate::{deliveries, list, told};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::post("/v1/webhook_endpoints", create),
    Route::get("/v1/webhook_endpoints", page),
    Route::get("/v1/webhook_endpoints/{webhook_endpoint}", read),
    Route::post("/v1/webhook_endpoints/{webhook_endpoint}", update),
    Route::delete("/v1/webhook_endpoints/{webhook_endpoint}", delete),
];

/// Most endpoints of an account.
const ENDPOINTS_MAX: usize = 16;
/// What an endpoint only repeats.
const TOLD: &[&str] = &["api_version", "description"];

/// Where events are sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Where.
    pub url: String,
    /// Event types, or `*`.
    pub enabled_events: Vec<String>,
    /// Signing secrets that are live, the newest first, each with the time at which it ends.
    pub secrets: Vec<(String, Option<Timestamp>)>,
    /// True if events are sent.
    pub enabled: bool,
    /// The API version that its events are written in.
    pub api_version: Version,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats: its version too, which is not shown when it is the account's.
    pub told: Map<String, Value>,
}

impl Object for WebhookEndpoint {
    const KIND: &'static str = "webhook_endpoint";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        let endpoint = json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": null,
            "application": null,
            "created": self.created.0,
            "description": null,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata.json(),
            "status": if self.enabled { "enabled" } else { "disabled" },
            "url": self.url,
        });
        told::over(endpoint, &self.told)
    }
}

/// The only answer that has the secret.
fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let url = params.required("url")?;
    check(params)?;
    let version = Version::asked(params.text("api_version"))?;
    if stripe.endpoints.iter().count() >= ENDPOINTS_MAX {
        let message =
            format!("You have reached the maximum of {ENDPOINTS_MAX} test webhook endpoints.");
        return Err(ApiError::invalid(message));
    }
    let events = params.texts("enabled_events");
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    let id = deliveries::register(stripe, url, &events, None);
    let mut secret = None;
    if let Some(endpoint) = stripe.endpoints.get_mut(&id) {
        endpoint.api_version = version;
        endpoint.metadata = params.metadata();
        told::update(&mut endpoint.told, params, TOLD);
        secret = endpoint.secrets.first().map(|(secret, _)| secret.clone());
    }
    let mut endpoint = stripe.shown(|stripe| &stripe.endpoints, &id);
    if let Some(fields) = endpoint.as_object_mut() {
        fields.insert("secret".to_owned(), json!(secret));
    }
    Ok(endpoint)
}

fn check(params: &Params) -> Result<(), ApiError> {
    if params.flag("connect") == Some(true) {
        return Err(ApiError::not_simulated("connect"));
    }
    let url = params.text("url").unwrap_or("https://");
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    let message = "Invalid URL: An explicit scheme (such as https) must be provided.";
    Err(ApiError::invalid(message).code("url_invalid").param("url"))
}

fn read(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(stripe.endpoints.named(call.id())?.json(stripe))
}

fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    stripe.endpoints.named(call.id())?;
    check(params)?;
    if let Some(endpoint) = stripe.endpoints.get_mut(call.id()) {
        if let Some(url) = params.text("url") {
            url.clone_into(&mut endpoint.url);
        }
        if params.has("enabled_events") {
            endpoint.enabled_events = params.texts("enabled_events");
        }
        if let Some(disabled) = params.flag("disabled") {
            endpoint.enabled = !disabled;
        }
        endpoint.metadata.update(params);
        told::update(&mut endpoint.told, params, TOLD);
    }
    Ok(stripe.shown(|stripe| &stripe.endpoints, call.id()))
}

fn delete(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.endpoints.named(call.id())?;
    stripe.endpoints.remove(call.id());
    Ok(json!({ "id": call.id(), "object": "webhook_endpoint", "deleted": true }))
}

fn page(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    list::page(stripe, call, "/v1/webhook_endpoints", stripe.endpoints.iter())
}
