//! Webhook endpoints (docs.stripe.com/api/webhook_endpoints).

use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::versions::Version;

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// Where events are sent.
#[derive(Debug, Clone)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Where.
    pub url: String,
    /// Event types, or `*`.
    pub enabled_events: Vec<String>,
    /// Signing secrets that are live, the newest first, each with the time at which it ends.
    pub secrets: Vec<(String, Option<Timestamp>)>,
    /// Whether events are sent.
    pub enabled: bool,
    /// The API version that its events are written in.
    pub api_version: Version,
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
        json!({ "id": self.id })
    }
}
