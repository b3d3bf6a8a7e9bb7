//! The events that came in, what became of each, and their bodies, so that one can be sent again.

use std::collections::VecDeque;
use std::sync::Mutex;

use billing::time::Timestamp;
use bytes::Bytes;
use http::{Request, Response};
use serde::{Deserialize, Serialize};

use crate::gate::Cost;
use crate::pool::Invoked;
use crate::tasks::lock;

/// Where Stripe's events come in.
pub const WEBHOOK_PATH: &str = "/webhooks/stripe";
/// Deliveries that are kept.
pub const DELIVERIES_MAX: usize = 500;
/// Longest body that is kept, in bytes; larger ones are listed and cannot be sent again.
pub const KEPT_BYTES_MAX: usize = 262_144;

/// One event that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Counted from 1.
    pub number: u64,
    /// When, on the virtual clock.
    pub at: At,
    /// Stripe's id of the event; empty when the body has none.
    pub event_id: String,
    /// Such as `invoice.paid`.
    pub event_type: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// `applied`, `unchanged`, ..., or the code of the problem.
    pub outcome: String,
    /// Wall time, in microseconds.
    pub microseconds: u64,
    /// What the table charged.
    pub cost: Cost,
    /// Calls to AWS.
    pub calls: u32,
    /// The invocation's number at the gate.
    pub invocation: u64,
    #[serde(skip)]
    body: Option<Bytes>,
}

/// An event that is being handled.
#[derive(Debug)]
pub struct Arrived {
    at: Timestamp,
    head: Head,
    body: Bytes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    id: String,
    r#type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    outcome: Option<String>,
    code: Option<String>,
}

/// The newest deliveries.
#[derive(Debug, Default)]
pub struct Deliveries(Mutex<Newest>);

/// Deliveries as they are kept: how many there were, and the newest with their bodies.
pub type Kept = (u64, Vec<(Delivery, Option<String>)>);

#[derive(Debug, Default)]
struct Newest {
    count: u64,
    newest: VecDeque<Delivery>,
}

impl Deliveries {
    /// All that are kept, newest first.
    pub fn all(&self) -> Vec<Delivery> {
        lock(&self.0).newest.iter().rev().cloned().collect()
    }

    /// How an event came last.
    pub fn of(&self, event_id: &str) -> Option<Delivery> {
        let kept = lock(&self.0);
        kept.newest.iter().rev().find(|delivery| delivery.event_id == event_id).cloned()
    }

    /// The body of an event, as it came last.
    pub fn body(&self, event_id: &str) -> Option<Bytes> {
        let kept = lock(&self.0);
        let mut newest = kept.newest.iter().rev();
        newest.find(|delivery| delivery.event_id == event_id)?.body.clone()
    }

    /// To be kept.
    pub fn kept(&self) -> Kept {
        let kept = lock(&self.0);
        let newest = kept.newest.iter().map(|delivery| {
            let body = delivery.body.as_ref();
            let body = body.map(|body| String::from_utf8_lossy(body).into_owned());
            (delivery.clone(), body)
        });
        (kept.count, newest.collect())
    }

    /// Goes on from what was kept.
    pub fn go_on(&self, (count, newest): Kept) {
        let newest = newest.into_iter().map(|(delivery, body)| {
            let body = body.map(Bytes::from);
            Delivery { body, ..delivery }
        });
        *lock(&self.0) = Newest { count, newest: newest.collect() };
    }

    /// Notes a request, when it is an event.
    pub fn arrived(&self, request: &Request<Bytes>, at: Timestamp) -> Option<Arrived> {
        (request.uri().path() == WEBHOOK_PATH).then(|| Arrived {
            at,
            // What cannot be read is listed without id and type.
            head: serde_json::from_slice(request.body()).unwrap_or_default(),
            body: request.body().clone(),
        })
    }

    /// Notes what became of it.
    pub fn answered(&self, arrived: Arrived, response: &Response<Bytes>, invoked: &Invoked) {
        let said: Said = serde_json::from_slice(response.body()).unwrap_or_default();
        let mut kept = lock(&self.0);
        kept.count = kept.count.saturating_add(1);
        let delivery = Delivery {
            number: kept.count,
            at: At(arrived.at),
            event_id: arrived.head.id,
            event_type: arrived.head.r#type,
            status: response.status().as_u16(),
            outcome: said.outcome.or(said.code).unwrap_or_default(),
            microseconds: u64::try_from(invoked.took.as_micros()).unwrap_or(u64::MAX),
            cost: invoked.cost,
            calls: invoked.calls,
            invocation: invoked.id,
            body: (arrived.body.len() <= KEPT_BYTES_MAX).then_some(arrived.body),
        };
        if kept.newest.len() >= DELIVERIES_MAX {
            kept.newest.pop_front();
        }
        kept.newest.push_back(delivery);
    }
}

/// A time that is written as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(pub Timestamp);

impl Serialize for At {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse(&text).map(Self).map_err(serde::de::Error::custom)
    }
}
