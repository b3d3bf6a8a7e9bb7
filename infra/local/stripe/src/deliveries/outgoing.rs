//! The request that takes an event to an endpoint.

use billing::time::Timestamp;
use stripe_wire::signature::{Secrets, sign};

use crate::endpoints::WebhookEndpoint;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// A request to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Which delivery.
    pub delivery: u64,
    /// Where to.
    pub url: String,
    /// `Stripe-Signature`.
    pub signature: String,
    /// The event.
    pub body: Vec<u8>,
}

/// A delivery's request as it is sent now: each try is stamped and signed anew. None when its
/// endpoint is disabled or gone.
pub fn of(stripe: &Stripe, number: u64, now: Timestamp) -> Option<Outgoing> {
    let delivery = stripe.deliveries.all.get(&number)?;
    let endpoint = stripe.endpoints.get(&delivery.endpoint).filter(|endpoint| endpoint.enabled)?;
    let event = stripe.events.get(&delivery.event)?;
    let body = endpoint.api_version.rewrite_event(stripe, event.json(stripe));
    // As Stripe prints it: over several lines.
    let body = serde_json::to_vec_pretty(&body).unwrap_or_default();
    let secrets = Secrets::new(&live_secrets(endpoint, now)).ok()?;
    let signature = sign(&secrets, &body, now);
    Some(Outgoing { delivery: number, url: endpoint.url.clone(), signature, body })
}

/// The newest first; the one that was rolled is live for as long as it was said.
pub fn live_secrets(endpoint: &WebhookEndpoint, now: Timestamp) -> Vec<String> {
    let live = endpoint.secrets.iter().filter(|(_, ends)| ends.is_none_or(|ends| ends > now));
    live.map(|(secret, _)| secret.clone()).collect()
}
