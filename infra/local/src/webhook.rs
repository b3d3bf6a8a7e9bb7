//! Our webhook endpoint at the Stripe simulator: its secrets, and how its events reach the gateway.
//!
//! They go without a socket between, one after the other, so that a seeded run stays the same.
//! Endpoints that somebody else registers on this machine are sent real requests.

use std::sync::Arc;

use billing::time::Timestamp;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Uri};
use serde_json::{Value, json};
use stripe_simulator::Simulator;
use stripe_simulator::deliveries::{self, Delivery, Outcome, Outgoing, State};
use stripe_wire::event_type::EventType;
use tokio::sync::watch;
use tracing::warn;

use crate::deliveries::WEBHOOK_PATH;
use crate::gateway::Gateway;
use crate::secrets::Secrets;

/// Deliveries at one instant after which we call it an endless loop.
const DELIVERIES_MAX: usize = 100_000;

/// The endpoint.
#[derive(Debug)]
pub struct Webhook {
    simulator: Arc<Simulator>,
    gateway: Arc<Gateway>,
    secrets: Arc<Secrets>,
    secret_arn: String,
    url: String,
}

impl Webhook {
    /// Registers it, for the event types that we use, with the signing secret that is served under
    /// that ARN.
    pub fn register(
        simulator: Arc<Simulator>,
        gateway: (Arc<Gateway>, &str),
        secrets: Arc<Secrets>,
        secret_arn: String,
    ) -> Self {
        let (gateway, address) = gateway;
        let url = format!("{address}{WEBHOOK_PATH}");
        let secret = secrets.get(&secret_arn).and_then(|secrets| secrets.first().cloned());
        let wanted = EventType::ALL.map(EventType::as_str);
        simulator
            .with_engine(|engine| deliveries::register(&mut engine.stripe, &url, &wanted, secret));
        Self { simulator, gateway, secrets, secret_arn, url }
    }

    /// Its id at the simulator.
    pub fn endpoint(&self) -> String {
        self.simulator.look(|engine| {
            let mut endpoints = engine.stripe.endpoints.iter();
            let ours = endpoints.find(|endpoint| endpoint.url == self.url);
            ours.map(|endpoint| endpoint.id.clone()).unwrap_or_default()
        })
    }

    /// Rolls its signing secret: from now on events are signed with the new one and, up to a time,
    /// with the old one too. Both are served to functions, the new one first.
    pub fn roll(&self, old_until: Timestamp) {
        let now = self.simulator.now();
        let endpoint = self.endpoint();
        let live = self.simulator.with_engine(|engine| {
            deliveries::roll(&mut engine.stripe, &endpoint, old_until)?;
            let endpoint = engine.stripe.endpoints.get(&endpoint)?;
            Some(deliveries::live_secrets(endpoint, now))
        });
        if let Some(live) = live {
            self.secrets.set(&self.secret_arn, live);
        }
    }

    /// Lets an event be sent to us again, now; whether the simulator knows it.
    pub fn resend(&self, event: &str) -> bool {
        let endpoint = self.endpoint();
        self.simulator.with_engine(|engine| {
            deliveries::resend(&mut engine.stripe, event, Some(&endpoint)) > 0
        })
    }

    /// What the simulator knows of the delivery of an event to us; null when nothing.
    pub fn story(&self, event: &str) -> Value {
        let endpoint = self.endpoint();
        self.simulator.with_engine(|engine| {
            let mut known = engine.stripe.deliveries.of(event);
            let delivery = known.find(|delivery| delivery.endpoint == endpoint);
            delivery.map_or(Value::Null, told)
        })
    }

    /// Events that wait for their next try to reach us, the oldest first.
    pub fn waiting(&self) -> Vec<Value> {
        let endpoint = self.endpoint();
        self.simulator.with_engine(|engine| {
            let all = engine.stripe.deliveries.all();
            let ours = all.filter(|delivery| delivery.endpoint == endpoint);
            let waiting = ours.filter(|delivery| matches!(delivery.state, State::Waiting(_)));
            let rows = waiting.map(|delivery| {
                let stripe = told(delivery);
                json!({ "event_id": delivery.event, "event_type": delivery.kind, "stripe": stripe })
            });
            rows.collect()
        })
    }

    /// Number of events that the simulator has made, delivered or not.
    pub fn told(&self) -> u64 {
        self.simulator.events_made()
    }

    /// Tells when the simulator may have something new to do.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.simulator.changes()
    }

    /// Time at which the simulator has something to do or to send.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.simulator.next_due()
    }

    /// Lets the simulator do what is due by then, and delivers what is due, in order, until there
    /// is no more; how many were sent.
    pub async fn run_due(&self, now: Timestamp) -> usize {
        for sent in 0..DELIVERIES_MAX {
            let Some(outgoing) = self.simulator.take_due(now) else { return sent };
            let delivery = outgoing.delivery;
            let status = if outgoing.url == self.url {
                self.hand_over(outgoing).await
            } else {
                self.simulator.send(&outgoing).await
            };
            self.simulator.answered(delivery, status, now);
        }
        warn!("stopped after {DELIVERIES_MAX} deliveries at one instant");
        0
    }

    async fn hand_over(&self, outgoing: Outgoing) -> Option<u16> {
        let signature = HeaderValue::try_from(outgoing.signature).ok()?;
        let request = request(Bytes::from(outgoing.body), Some(signature));
        Some(self.gateway.handle(request).await.status().as_u16())
    }
}

/// A delivery as `/_local/deliveries` shows it.
pub fn told(delivery: &Delivery) -> Value {
    let (state, next) = match delivery.state {
        State::Waiting(at) => ("waiting", Some(at.to_string())),
        State::UnderWay => ("under_way", None),
        State::Delivered => ("delivered", None),
        State::GivenUp => ("given_up", None),
    };
    let attempts = delivery.attempts.iter().map(|attempt| {
        let (outcome, status) = match attempt.outcome {
            Outcome::Answered(status) => ("answered", Some(status)),
            Outcome::Unreachable => ("unreachable", None),
            Outcome::Dropped => ("dropped", None),
        };
        json!({ "at": attempt.at.to_string(), "outcome": outcome, "status": status })
    });
    let attempts: Vec<Value> = attempts.collect();
    json!({ "state": state, "next_at": next, "attempts": attempts })
}

/// An event on its way in, as Stripe sends it.
pub fn request(body: Bytes, signature: Option<HeaderValue>) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static(WEBHOOK_PATH);
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    let agent = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    if let Some(signature) = signature {
        headers.insert("stripe-signature", signature);
    }
    request
}
