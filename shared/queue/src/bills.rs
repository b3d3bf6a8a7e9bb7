//! The queue of the month-end run: shards of the index, and the payers found in them.
//!
//! A shard is walked page by page: each page sends its payers and then itself, further on. So no list of all payers is ever
//! held, and a page that comes twice only sends payers twice, which does no harm.

use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use billing::ids::AccountId;
use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::send::{REASON_ATTRIBUTE, SendError, shortened};

/// Most messages that SQS takes at once.
const BATCH_MAX: usize = 10;
/// The message attribute that says which queue a dead letter belongs to.
pub const QUEUE_ATTRIBUTE: &str = "queue";
/// The first wait before a payer is tried again, in seconds. It doubles with every attempt.
const FIRST_DELAY_SECONDS: u64 = 30;
/// The longest wait, in seconds: the most that SQS can delay a message.
const DELAY_SECONDS_MAX: u64 = 900;
/// For how long a payer is tried, in seconds: then the next day's run finds it again.
const RETRY_SECONDS_MAX: i64 = 20 * 3_600;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillMessage {
    /// A page of a shard.
    Page(Page),
    /// A month of an account.
    Payer(Payer),
}

/// A page of a shard of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Which shard.
    pub shard: u64,
    /// The index sort key that it begins with.
    pub from: String,
    /// The last month that may be closed, such as `2026-11`.
    pub until: String,
}

/// A month of an account that is to be closed and invoiced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// Which account.
    pub account: AccountId,
    /// Which month, such as `2026-11`.
    pub month: String,
    /// When it was found in the index.
    pub found_at: Timestamp,
    /// How often it was tried in vain.
    #[serde(default)]
    pub attempts: u32,
    /// Why it is a dead letter, once it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The queue, and the one for dead letters.
#[derive(Debug, Clone)]
pub struct Bills {
    client: aws_sdk_sqs::Client,
    url: String,
    dead_letters: String,
}

impl Payer {
    /// One that was not tried yet.
    pub fn new(account: AccountId, month: String, found_at: Timestamp) -> Self {
        Self { account, month, found_at, attempts: 0, reason: None }
    }

    /// The same after one more attempt in vain.
    #[must_use]
    pub fn after_attempt(&self) -> Self {
        Self { attempts: self.attempts.saturating_add(1), reason: None, ..self.clone() }
    }

    /// Whether it has been tried for as long as we try.
    pub fn is_too_old(&self, now: Timestamp) -> bool {
        now > self.found_at.plus_seconds(RETRY_SECONDS_MAX)
    }

    /// How long to wait before the next attempt, in seconds; `jitter` spreads what failed together over the upper half.
    pub fn delay_seconds(&self, jitter: impl FnOnce(u64) -> u64) -> u64 {
        let doublings = self.attempts.saturating_sub(1).min(16);
        let delay = FIRST_DELAY_SECONDS
            .saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX))
            .min(DELAY_SECONDS_MAX);
        let half = delay.div_euclid(2);
        delay.saturating_sub(jitter(half.saturating_add(1)).min(half))
    }
}

impl Bills {
    /// The queues of those URLs.
    pub fn new(client: aws_sdk_sqs::Client, url: &str, dead_letters: &str) -> Self {
        Self { client, url: url.to_owned(), dead_letters: dead_letters.to_owned() }
    }

    /// Puts a message on the queue, to be delivered after some seconds.
    pub async fn send(&self, message: &BillMessage, delay_seconds: u64) -> Result<(), SendError> {
        let message = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body(message)?)
            .delay_seconds(i32::try_from(delay_seconds).unwrap_or(i32::MAX));
        let sent = message.send().await;
        sent.map_err(|error| SendError(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }

    /// Puts any number of messages on the queue, ten at once.
    pub async fn send_all(&self, messages: &[BillMessage]) -> Result<(), SendError> {
        for messages in messages.chunks(BATCH_MAX) {
            let mut request = self.client.send_message_batch().queue_url(&self.url);
            for (place, message) in messages.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_body(body(message)?)
                    .build()
                    .map_err(|error| SendError(error.to_string()))?;
                request = request.entries(entry);
            }
            let answer = request.send().await;
            let answer =
                answer.map_err(|error| SendError(DisplayErrorContext(&error).to_string()))?;
            if let Some(failed) = answer.failed().first() {
                return Err(SendError(format!("a part of a batch: {}", failed.code())));
            }
        }
        Ok(())
    }

    /// Puts a payer on the dead-letter queue, with the reason.
    pub async fn bury(&self, payer: &Payer, reason: &str) -> Result<(), SendError> {
        let payer = Payer { reason: Some(shortened(reason)), ..payer.clone() };
        self.bury_as_it_is(&body(&BillMessage::Payer(payer))?, reason).await
    }

    /// Puts a body that is no message of ours there, with the reason.
    pub async fn bury_as_it_is(&self, body: &str, reason: &str) -> Result<(), SendError> {
        let text = |text: String| {
            let value = MessageAttributeValue::builder().data_type("String").string_value(text);
            value.build().map_err(|error| SendError(error.to_string()))
        };
        let message = self
            .client
            .send_message()
            .queue_url(&self.dead_letters)
            .message_body(body)
            .message_attributes(REASON_ATTRIBUTE, text(shortened(reason))?)
            .message_attributes(QUEUE_ATTRIBUTE, text(self.url.clone())?);
        let sent = message.send().await;
        sent.map_err(|error| SendError(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }
}

fn body(message: &BillMessage) -> Result<String, SendError> {
    serde_json::to_string(message).map_err(|error| SendError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a payer waits longer with each attempt, and is left to the next day's run before that comes.
    #[test]
    fn attempts_end_before_the_next_run() {
        let account = AccountId::parse("acme").unwrap();
        let mut payer = Payer::new(account, "2026-11".to_owned(), Timestamp(0));
        let delays: Vec<u64> = (0..7)
            .map(|_| {
                payer = payer.after_attempt();
                payer.delay_seconds(|_| 0)
            })
            .collect();
        assert_eq!(delays, [30, 60, 120, 240, 480, 900, 900]);
        assert!(!payer.is_too_old(Timestamp(72_000)) && payer.is_too_old(Timestamp(72_001)));
        let text = body(&BillMessage::Payer(payer.clone())).unwrap();
        assert!(text.starts_with(r#"{"payer":{"account":"acme","month":"2026-11""#), "{text}");
        assert_eq!(serde_json::from_str::<BillMessage>(&text).unwrap(), BillMessage::Payer(payer));
    }
}
