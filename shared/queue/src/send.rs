//! Sending: to a queue, one message or ten at once, and to the dead-letter queue with the reason.

use std::marker::PhantomData;

use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use serde::Serialize;

/// Most messages that SQS takes in one request.
pub const BATCH_MAX: usize = 10;
/// Message attribute with the reason of a dead letter.
pub const REASON_ATTRIBUTE: &str = "reason";
/// Message attribute with the URL of the queue that a dead letter belongs to.
pub const QUEUE_ATTRIBUTE: &str = "queue";
/// Longest reason, in characters.
pub const REASON_CHARACTERS_MAX: usize = 500;

/// The message was not, or may not have been, sent. Waiting helps; sending twice does no harm,
/// because whatever a message does is done once.
#[derive(Debug, thiserror::Error)]
#[error("SQS did not take the message: {0}")]
pub struct SendError(String);

/// A queue of messages of one kind.
#[derive(Debug)]
pub struct Queue<M> {
    client: aws_sdk_sqs::Client,
    url: String,
    messages: PhantomData<fn(M)>,
}

impl<M> Clone for Queue<M> {
    fn clone(&self) -> Self {
        Self::new(self.client.clone(), &self.url)
    }
}

impl<M> Queue<M> {
    /// The queue of that URL.
    pub fn new(client: aws_sdk_sqs::Client, url: &str) -> Self {
        Self { client, url: url.to_owned(), messages: PhantomData }
    }

    /// The same queue for messages in another form.
    #[must_use]
    pub fn of<N>(&self) -> Queue<N> {
        Queue::new(self.client.clone(), &self.url)
    }
}

impl<M: Serialize> Queue<M> {
    /// Sends a message.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: &M) -> Result<(), SendError> {
        let message = self.client.send_message().queue_url(&self.url).message_body(body(message)?);
        sent(message.send().await)?;
        Ok(())
    }

    /// Sends a message that is delivered after some seconds.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_later(&self, message: &M, delay_seconds: u64) -> Result<(), SendError> {
        let message = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body(message)?)
            .delay_seconds(i32::try_from(delay_seconds).unwrap_or(i32::MAX));
        sent(message.send().await)?;
        Ok(())
    }

    /// Sends any number of messages, ten in each request.
    ///
    /// # Errors
    /// [`SendError`] at the first request that was not taken as a whole: messages before it are
    /// sent.
    pub async fn send_all(&self, messages: &[M]) -> Result<(), SendError> {
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

            let answer = sent(request.send().await)?;
            if let Some(failed) = answer.failed().first() {
                return Err(SendError(format!("a part of a batch: {}", failed.code())));
            }
        }
        Ok(())
    }
}

/// The dead-letter queue.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: aws_sdk_sqs::Client,
    url: String,
    from: Option<String>,
}

impl DeadLetters {
    /// The queue of that URL.
    pub fn new(client: aws_sdk_sqs::Client, url: &str) -> Self {
        Self { client, url: url.to_owned(), from: None }
    }

    /// The same, for letters that say which queue they belong to: by its URL.
    #[must_use]
    pub fn from_queue(self, url: &str) -> Self {
        Self { from: Some(url.to_owned()), ..self }
    }

    /// Sends a message with its reason.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send<M: Serialize>(&self, message: &M, reason: &str) -> Result<(), SendError> {
        self.send_body(&body(message)?, reason).await
    }

    /// Sends a body that is no message of ours, with its reason.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_body(&self, body: &str, reason: &str) -> Result<(), SendError> {
        let mut message = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_attributes(REASON_ATTRIBUTE, text(shortened(reason))?);
        if let Some(from) = &self.from {
            message = message.message_attributes(QUEUE_ATTRIBUTE, text(from.clone())?);
        }
        sent(message.send().await)?;
        Ok(())
    }
}

/// Queues to which bodies are sent as they were: those of dead letters.
#[derive(Debug, Clone)]
pub struct Bodies {
    client: aws_sdk_sqs::Client,
}

impl Bodies {
    /// Sent with that client.
    pub fn new(client: aws_sdk_sqs::Client) -> Self {
        Self { client }
    }

    /// Sends a body to the queue of that URL.
    ///
    /// # Errors
    /// [`SendError`]: it is not known whether it was sent.
    pub async fn send(&self, url: &str, body: &str) -> Result<(), SendError> {
        let message = self.client.send_message().queue_url(url).message_body(body);
        sent(message.send().await)?;
        Ok(())
    }
}

fn sent<T, E: std::error::Error>(answer: Result<T, E>) -> Result<T, SendError> {
    answer.map_err(|error| SendError(DisplayErrorContext(&error).to_string()))
}

fn body(message: &impl Serialize) -> Result<String, SendError> {
    serde_json::to_string(message).map_err(|error| SendError(error.to_string()))
}

fn text(text: String) -> Result<MessageAttributeValue, SendError> {
    let value = MessageAttributeValue::builder().data_type("String").string_value(text);
    value.build().map_err(|error| SendError(error.to_string()))
}

/// A reason as SQS takes it in an attribute: without control characters, and not too long.
pub(crate) fn shortened(reason: &str) -> String {
    reason.chars().filter(|c| !c.is_control()).take(REASON_CHARACTERS_MAX).collect()
}
