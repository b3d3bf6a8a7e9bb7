//! What a message says.

use billing::fact::Fact;
use billing::payment::PaymentFact;
use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};

/// The first wait before a fact is tried again, in seconds. It doubles with every attempt.
pub const FIRST_DELAY_SECONDS: u64 = 15;
/// The longest wait, in seconds: the most that SQS can delay a message.
pub const DELAY_SECONDS_MAX: u64 = 900;
/// For how long a fact is tried, in seconds. An outage of hours dead-letters nothing. For so long Stripe tries to deliver an event,
/// too: so a refund or a dispute that nobody knows the payment of by then is about something else.
pub const RETRY_SECONDS_MAX: i64 = 3 * DAY_SECONDS;
/// How often a fact about an unknown customer is tried before it counts as somebody else's: about a quarter of an hour in
/// all, so that a race with the creation of the account is won.
pub const UNKNOWN_ATTEMPTS_MAX: u32 = 6;
/// How much of an unreadable event a dead letter keeps, in bytes.
pub const EXCERPT_BYTES_MAX: usize = 1_024;
/// Why a letter is a dead one that holds the beginning of an event only.
pub const UNREADABLE: &str = "the event can not be read; send it again from Stripe";

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
    /// When the event was verified.
    pub verified_at: Timestamp,
    /// How often settling it was tried and failed.
    pub attempts: u32,
    /// How many of those found that nobody has its customer or its payment: an outage says nothing about
    /// that, so it is counted apart.
    #[serde(default)]
    pub unknown: u32,
    /// What it carries.
    pub letter: Letter,
    /// Why it is a dead letter, once it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// A fact to settle.
    Fact(Fact),
    /// A fact about a payment for credits to settle.
    Payment(PaymentFact),
    /// An event of a type that we use whose content can not be read: for a person.
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
        Self { event, verified_at, attempts: 0, unknown: 0, letter, reason: None }
    }

    /// The same message after one more failed attempt.
    #[must_use]
    pub fn after_attempt(&self) -> Self {
        Self { attempts: self.attempts.saturating_add(1), reason: None, ..self.clone() }
    }

    /// The same message after one more look that found nobody with its customer or its payment.
    #[must_use]
    pub fn after_unknown(&self) -> Self {
        Self { unknown: self.unknown.saturating_add(1), ..self.after_attempt() }
    }

    /// Whether it has been tried for as long as we try.
    pub fn is_too_old(&self, now: Timestamp) -> bool {
        now > self.verified_at.plus_seconds(RETRY_SECONDS_MAX)
    }

    /// How long to wait before the next attempt, in seconds: doubling up to the most that SQS can
    /// delay. `jitter` spreads what failed together over the upper half.
    pub fn delay_seconds(&self, jitter: impl FnOnce(u64) -> u64) -> u64 {
        let doublings = self.attempts.saturating_sub(1).min(16);
        let delay = FIRST_DELAY_SECONDS
            .saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX))
            .min(DELAY_SECONDS_MAX);
        let half = delay.div_euclid(2);
        delay.saturating_sub(jitter(half.saturating_add(1)).min(half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(attempts: u32) -> Message {
        let event = EventRef { id: "evt_1".into(), r#type: "invoice.paid".into() };
        let letter = Letter::Unreadable(Unreadable::of(&[b'x'; 5_000]));
        Message { attempts, ..Message::new(event, Timestamp(0), letter) }
    }

    #[test]
    fn delays_double_up_to_what_sqs_can_delay() {
        let delays: Vec<u64> = (1..=8).map(|n| message(n).delay_seconds(|_| 0)).collect();
        assert_eq!(delays, [15, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(message(u32::MAX).delay_seconds(|_| 0), DELAY_SECONDS_MAX);
        assert_eq!(message(3).delay_seconds(|_| u64::MAX), 30);
    }

    #[test]
    fn a_message_survives_the_queue_and_keeps_only_the_beginning() {
        let sent = message(2);
        let text = serde_json::to_string(&sent).unwrap();
        assert!(text.len() < 1_300, "{} bytes", text.len());
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), sent);
    }
}
