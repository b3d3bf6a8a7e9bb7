//! Endpoints of the vendor and deliveries to them.

use billing::events::{Delivery, Endpoint, Outcome, Secret};
use billing::words::Word;
use serde::Serialize;
use serde_json::{Value, json};

use crate::events::API_VERSION;

/// An endpoint; its secret is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EndpointView {
    /// Id.
    pub id: String,
    /// Address of the receiver.
    pub url: String,
    /// Types of its events; null for all.
    pub types: Option<Vec<&'static str>>,
    /// False while you want no deliveries.
    pub enabled: bool,
    /// Time of its creation: it gets what is published from then on.
    pub created_at: String,
    /// Disabling because of what the receiver answered; null where there is none.
    pub disabled: Option<DisabledView>,
    /// Its secret, in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A disabling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DisabledView {
    /// Time.
    pub at: String,
    /// `gone`: the receiver answered 410. `failing`: it accepted nothing for three days.
    pub because: &'static str,
}

/// A delivery of an event to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeliveryView {
    /// Id of the delivery: that of the event.
    pub id: String,
    /// Event.
    pub event: String,
    /// Type of the event.
    pub r#type: &'static str,
    /// Account.
    pub account: String,
    /// `pending`, `delivered` or `parked`.
    pub status: &'static str,
    /// Number of attempts.
    pub attempts: u32,
    /// Time of the last attempt.
    pub last_attempt_at: String,
    /// Time of the next attempt; null where none is planned.
    pub next_attempt_at: Option<String>,
    /// Outcome of the last attempt.
    pub last_outcome: OutcomeView,
}

/// Outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutcomeView {
    /// True for an answer of 2xx.
    pub accepted: bool,
    /// Status of the answer; null where there was none.
    pub status_code: Option<u16>,
    /// `timed_out`, `not_reached` or `address_refused`; null where there was an answer.
    pub failure: Option<&'static str>,
}

impl EndpointView {
    /// View of an endpoint.
    pub fn of(endpoint: &Endpoint) -> Self {
        let types = endpoint.types.iter().map(|kind| kind.as_str()).collect();
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url.clone(),
            types: Some(types).filter(|types: &Vec<_>| !types.is_empty()),
            enabled: endpoint.is_enabled,
            created_at: endpoint.created_at.to_string(),
            disabled: endpoint
                .disabled
                .map(|it| DisabledView { at: it.at.to_string(), because: it.because.word() }),
            secret: None,
        }
    }

    /// View of an endpoint with its new secret.
    pub fn with_secret(endpoint: &Endpoint, secret: &Secret) -> Self {
        Self { secret: Some(secret.reveal().to_owned()), ..Self::of(endpoint) }
    }
}

impl DeliveryView {
    /// View of a delivery.
    pub fn of(delivery: &Delivery) -> Self {
        let event = delivery.event.to_string();
        Self {
            id: event.clone(),
            event,
            r#type: delivery.kind.as_str(),
            account: delivery.event.account.to_string(),
            status: delivery.status.word(),
            attempts: delivery.attempts,
            last_attempt_at: delivery.last_attempt_at.to_string(),
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
            last_outcome: OutcomeView::of(delivery.last),
        }
    }
}

impl OutcomeView {
    /// View of an outcome.
    pub fn of(outcome: Outcome) -> Self {
        let (status_code, failure) = match outcome {
            Outcome::Answered(status) => (Some(status), None),
            Outcome::Failed(kind) => (None, Some(kind.word())),
        };
        Self { accepted: outcome.is_accepted(), status_code, failure }
    }
}

/// An `endpoint.test` event: it is in no feed, and has no account.
pub fn test_event(
    (id, created): (&str, &str),
    (livemode, actor): (&Value, &str),
    endpoint: &Endpoint,
) -> Value {
    json!({
        "id": id,
        "type": "endpoint.test",
        "account": null,
        "sequence": null,
        "created": created,
        "livemode": livemode,
        "api_version": API_VERSION,
        "data": {
            "object": EndpointView::of(endpoint),
            "changes": [],
            "actor": { "type": "api", "id": actor },
        },
    })
}
