//! What is done to endpoints outside of the API: registering one, and rolling its secret as in the
//! dashboard.

use billing::time::Timestamp;
use serde_json::Map;

use crate::endpoints::WebhookEndpoint;
use crate::metadata::Metadata;
use crate::stripe::Stripe;
use crate::versions::Version;

/// Registers an endpoint in the pinned API version, with a secret that is new unless one is given;
/// its id.
pub fn register(
    stripe: &mut Stripe,
    url: &str,
    enabled_events: &[&str],
    secret: Option<String>,
) -> String {
    let id = stripe.ids.next("we");
    let secret = secret.unwrap_or_else(|| new_secret(stripe));
    stripe.endpoints.add(WebhookEndpoint {
        id: id.clone(),
        created: stripe.now(),
        url: url.to_owned(),
        enabled_events: enabled_events.iter().map(|kind| (*kind).to_owned()).collect(),
        secrets: vec![(secret, None)],
        enabled: true,
        api_version: Version::PINNED,
        metadata: Metadata::default(),
        told: Map::new(),
    });
    id
}

/// Rolls an endpoint's secret: the old ones stay live up to a time, at Stripe for at most a day.
/// The new one; none when there is no such endpoint.
pub fn roll(stripe: &mut Stripe, endpoint: &str, old_until: Timestamp) -> Option<String> {
    let secret = new_secret(stripe);
    let endpoint = stripe.endpoints.get_mut(endpoint)?;
    for (_, ends) in &mut endpoint.secrets {
        *ends = Some(ends.map_or(old_until, |ends| ends.min(old_until)));
    }
    endpoint.secrets.insert(0, (secret.clone(), None));
    Some(secret)
}

fn new_secret(stripe: &mut Stripe) -> String {
    format!("whsec_{}", stripe.ids.text(32))
}
