//! Sending: to the retry queue, and to the dead-letter queue with the reason.

use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::MessageAttributeValue;

use crate::envelope::Message;

/// The message attribute that says why a message is a dead letter.
pub const REASON_ATTRIBUTE: &str = "reason";
/// Longest reason, in characters.
pub const REASON_CHARACTERS_MAX: usize = 500;

/// The message was not, or may not have been, sent. Waiting helps; sending twice does no harm, because
/// whatever a message does is done once.
#[derive(Debug, thiserror::Error)]
#[error("SQS did not take the message: {0}")]
pub struct SendError(pub(crate) String);

/// The two queues.
#[derive(Debug, Clone)]
pub struct Queues {
    client: aws_sdk_sqs::Client,
    retry: String,
    dead_letters: String,
}

impl Queues {
    /// The queues of those URLs.
    pub fn new(client: aws_sdk_sqs::Client, retry: &str, dead_letters: &str) -> Self {
        Self { client, retry: retry.to_owned(), dead_letters: dead_letters.to_owned() }
    }

    /// Puts a message on the retry queue, to be delivered after some seconds.
    pub async fn retry(&self, message: &Message, delay_seconds: u64) -> Result<(), SendError> {
        let body = serde_json::to_string(message).map_err(|error| SendError(error.to_string()))?;
        self.client
            .send_message()
            .queue_url(&self.retry)
            .message_body(body)
            .delay_seconds(i32::try_from(delay_seconds).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| SendError(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }

    /// Puts a message on the dead-letter queue, with the reason.
    pub async fn bury(&self, message: &Message, reason: &str) -> Result<(), SendError> {
        let message = Message { reason: Some(shortened(reason)), ..message.clone() };
        let body = serde_json::to_string(&message).map_err(|error| SendError(error.to_string()))?;
        self.bury_as_it_is(&body, reason).await
    }

    /// Puts a body that is not a message of ours on the dead-letter queue, with the reason.
    pub async fn bury_as_it_is(&self, body: &str, reason: &str) -> Result<(), SendError> {
        let reason = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(shortened(reason))
            .build()
            .map_err(|error| SendError(error.to_string()))?;
        self.client
            .send_message()
            .queue_url(&self.dead_letters)
            .message_body(body)
            .message_attributes(REASON_ATTRIBUTE, reason)
            .send()
            .await
            .map_err(|error| SendError(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }
}

pub(crate) fn shortened(reason: &str) -> String {
    // SQS takes no control characters in attributes.
    reason.chars().filter(|c| !c.is_control()).take(REASON_CHARACTERS_MAX).collect()
}
