//! Messages of the retry queue: a fact that could not be applied yet, with its event and its
//! attempts.

use billing::fact::Fact;
use billing::payment::PaymentFact;
use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};

/// Time for which Stripe tries to deliver an event, in seconds. A refund or a dispute of a payment
/// that is unknown by then is about something else.
pub const DELIVERY_SECONDS_MAX: i64 = 3 * DAY_SECONDS;
/// How often a fact about an unknown customer is tried before it counts as somebody else's: about a
/// quarter of an hour in all, so that a race with the creation of the account is won.
pub const UNKNOWN_ATTEMPTS_MAX: u32 = 6;
/// How much of an unreadable event a dead letter keeps, in bytes.
pub const EXCERPT_BYTES_MAX: usize = 1_024;
/// Reason why a letter is a dead one that holds the beginning of an event only.
pub const UNREADABLE: &str = "the event cannot be read; send it again from Stripe";

/// What an event is called, for logs and causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRef {
    /// Stripe's id.
    pub id: String,
    /// Its type.
    pub r#type: String,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The event that told it.
    pub event: EventRef,
    /// Time at which the event was verified.
    pub verified_at: Timestamp,
    /// Attempts that found that nobody has its customer or its payment: an outage says nothing
    /// about that, so they are counted apart from all that failed.
    #[serde(default)]
    pub unknown: u32,
    /// What it carries.
    pub letter: Letter,
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// A fact to settle.
    Fact(Fact),
    /// A fact about a payment for credits to settle.
    Payment(PaymentFact),
    /// An event of a type that we use whose content cannot be read: for a person.
    Unreadable(Unreadable),
}

/// The beginning of an event that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Its first [`EXCERPT_BYTES_MAX`] bytes.
    pub excerpt: String,
}

impl Unreadable {
    /// The beginning of a body.
    pub fn of(body: &[u8]) -> Self {
        let first = body.get(..EXCERPT_BYTES_MAX).unwrap_or(body);
        Self { excerpt: String::from_utf8_lossy(first).into_owned() }
    }
}

impl Message {
    /// A message that was not tried yet.
    pub fn new(event: EventRef, verified_at: Timestamp, letter: Letter) -> Self {
        Self { event, verified_at, unknown: 0, letter }
    }

    /// The same message after one more look that found nobody with its customer or its payment.
    #[must_use]
    pub fn after_unknown(&self) -> Self {
        Self { unknown: self.unknown.saturating_add(1), ..self.clone() }
    }

    /// True once Stripe does not deliver the event any more.
    pub fn is_past_delivery(&self, now: Timestamp) -> bool {
        now > self.verified_at.plus_seconds(DELIVERY_SECONDS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_queue_and_keeps_only_the_beginning() {
        let event = EventRef { id: "evt_1".into(), r#type: "invoice.paid".into() };
        let letter = Letter::Unreadable(Unreadable::of(&[b'x'; 5_000]));
        let sent = Message::new(event, Timestamp(0), letter);
        let text = serde_json::to_string(&sent).unwrap();
        assert!(text.len() < 1_300, "{} bytes", text.len());
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), sent);
    }
}
