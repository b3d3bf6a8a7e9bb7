//! Deliveries of events to webhook endpoints: when each is tried, and what became of it.

use billing::time::Timestamp;

use crate::events::Event;
use crate::stripe::Stripe;

/// What is to be sent, and what was.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {}

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

impl Deliveries {
    /// Endpoints that have not taken an event yet.
    pub fn pending(&self, event: &str) -> usize {
        let _ = event;
        0
    }

    /// When the next try is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        None
    }
}

/// An event is to be sent to all endpoints that want it.
pub fn announce(stripe: &mut Stripe, event: &Event) {
    let _ = (stripe, event);
}

/// The next try that is due by then.
pub fn take_due(stripe: &mut Stripe, now: Timestamp) -> Option<Outgoing> {
    let _ = (stripe, now);
    None
}

/// What an endpoint answered: its HTTP status, or nothing when it could not be reached.
pub fn answered(stripe: &mut Stripe, delivery: u64, status: Option<u16>, now: Timestamp) {
    let _ = (stripe, delivery, status, now);
}
