//! Retries by the queue: a message that must wait is sent anew with a longer delay, until its time
//! is over. Its envelope counts; what SQS counts are receives, and those only of crashes.

use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};

use crate::send::shortened;

/// Delay after the first failed attempt, in seconds. It doubles with every further one.
pub const FIRST_DELAY_SECONDS: u64 = 15;
/// Longest delay, in seconds: the most that SQS can delay a message.
pub const DELAY_SECONDS_MAX: u64 = 900;
/// Time within which a message is tried, from its first failed attempt, in seconds: an outage of
/// hours dead-letters nothing.
pub const RETRY_SECONDS_MAX: i64 = 3 * DAY_SECONDS;
/// Most doublings of the first delay: enough to reach the longest.
const DOUBLINGS_MAX: u32 = 16;

/// A message in its envelope, as it stands on a queue. Without a failed attempt it is the message
/// alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<M> {
    /// The message.
    #[serde(flatten)]
    pub message: M,
    /// Its failed attempts.
    #[serde(flatten)]
    pub retries: Retries,
    /// Reason of a dead letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Id of the dead letter that was redriven as this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter_id: Option<String>,
}

/// Failed attempts of one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// Number of them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub attempts: u32,
    /// Time of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_failed_at: Option<Timestamp>,
}

impl<M> Envelope<M> {
    /// A message that was not tried yet.
    pub fn new(message: M) -> Self {
        Self { message, retries: Retries::default(), reason: None, letter_id: None }
    }

    /// A message after its first failed attempt.
    pub fn after_failure(message: M, now: Timestamp) -> Self {
        Self { retries: Retries::default().after_failure(now), ..Self::new(message) }
    }

    /// A dead letter. Its attempts are over: one that is redriven begins anew.
    pub fn dead(message: M, reason: &str) -> Self {
        Self { reason: Some(shortened(reason)), ..Self::new(message) }
    }

    /// The same, redriven from a dead letter of that id, if it was.
    #[must_use]
    pub fn redriven_from(self, letter_id: Option<String>) -> Self {
        Self { letter_id, ..self }
    }
}

impl Retries {
    /// The same after one more failed attempt.
    #[must_use]
    pub fn after_failure(self, now: Timestamp) -> Self {
        let first_failed_at = self.first_failed_at.unwrap_or(now);
        Self { attempts: self.attempts.saturating_add(1), first_failed_at: Some(first_failed_at) }
    }

    /// True once the message has been tried for as long as messages are.
    pub fn are_over(&self, now: Timestamp) -> bool {
        self.first_failed_at.is_some_and(|first| now > first.plus_seconds(RETRY_SECONDS_MAX))
    }

    /// Delay before the next attempt, in seconds; `jitter` spreads messages that failed together
    /// over the upper half.
    pub fn delay_seconds(&self, jitter: impl FnOnce(u64) -> u64) -> u64 {
        let doublings = self.attempts.saturating_sub(1).min(DOUBLINGS_MAX);
        let delay = FIRST_DELAY_SECONDS
            .saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX))
            .min(DELAY_SECONDS_MAX);
        let half = delay.div_euclid(2);
        delay.saturating_sub(jitter(half.saturating_add(1)).min(half))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(attempts: &u32) -> bool {
    *attempts == 0
}

#[cfg(test)]
mod tests {
    use billing::ids::AccountId;

    use super::*;
    use crate::account::AccountMessage;
    use crate::bills::{BillMessage, Payer};

    fn after(attempts: u32) -> Retries {
        Retries { attempts, first_failed_at: Some(Timestamp(1_000)) }
    }

    /// Goal: delays double up to what SQS can delay, and jitter takes at most half of one.
    #[test]
    fn delays_double_up_to_what_sqs_can_delay() {
        let delays: Vec<u64> = (1..=8).map(|it| after(it).delay_seconds(|_| 0)).collect();
        assert_eq!(delays, [15, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(after(u32::MAX).delay_seconds(|_| 0), DELAY_SECONDS_MAX);
        assert_eq!(after(2).delay_seconds(|_| u64::MAX), 15);
    }

    /// Goal: time runs from the first failed attempt, however late that came, and is over three
    /// days later however many there were.
    #[test]
    fn time_runs_from_the_first_failed_attempt() {
        let found_late = Timestamp(500_000);
        let failed = Retries::default().after_failure(found_late);
        assert_eq!(failed, Retries { attempts: 1, first_failed_at: Some(found_late) });
        assert!(!failed.are_over(found_late));

        let end = found_late.plus_seconds(RETRY_SECONDS_MAX);
        let later = failed.after_failure(end);
        assert_eq!(later, Retries { attempts: 2, first_failed_at: Some(found_late) });
        assert!(!later.are_over(end) && later.are_over(end.plus_seconds(1)));
        assert!(!Retries::default().are_over(Timestamp::MAX));
    }

    /// Goal: a message without an envelope is read, and one with it survives the queue; a dead
    /// letter that is redriven begins anew.
    #[test]
    fn a_message_survives_the_queue() {
        let account = AccountMessage::Account(AccountId::parse("acme").unwrap());
        let plain = r#"{"account":"acme"}"#;
        let fresh = Envelope::new(account.clone());
        assert_eq!(serde_json::to_string(&fresh).unwrap(), plain);
        assert_eq!(serde_json::from_str::<Envelope<AccountMessage>>(plain).unwrap(), fresh);

        let payer = Payer { account: AccountId::parse("acme").unwrap(), month: "2026-11".into() };
        let failed = Envelope::after_failure(BillMessage::Payer(payer), Timestamp(7));
        let text = serde_json::to_string(&failed).unwrap();
        assert_eq!(serde_json::from_str::<Envelope<BillMessage>>(&text).unwrap(), failed);

        let dead = Envelope::dead(account, "it is wrong");
        let text = serde_json::to_string(&dead).unwrap();
        assert_eq!(text, r#"{"account":"acme","reason":"it is wrong"}"#);

        let redriven = r#"{"account":"acme","reason":"it is wrong","letter_id":"dl_1"}"#;
        let envelope: Envelope<AccountMessage> = serde_json::from_str(redriven).unwrap();
        let retried = Envelope::new(envelope.message).redriven_from(envelope.letter_id);
        let text = serde_json::to_string(&retried).unwrap();
        assert_eq!(text, r#"{"account":"acme","letter_id":"dl_1"}"#);
    }
}
