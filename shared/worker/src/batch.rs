//! Batches: message by message, so that one bad message never takes its neighbours along.
//!
//! Nothing is begun that may not end in time, and what is not begun is reported as not done: SQS
//! delivers it again. A message that was received too often is a dead letter before SQS makes it
//! one, because only so it carries a reason.

use std::future::Future;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use invocation::Invocation;
use queue::{Envelope, Retries, SendError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{error, info, warn};

use crate::Worker;
use crate::next::{Letter, Next};
use crate::subject::Subject;

/// Time that a message behind the first of its batch must find left, in seconds.
pub const MESSAGE_SECONDS_MIN: u64 = 10;
/// Most receives of one message: each is a crash, a time-out, or a batch that had no time for it.
/// The redrive policies of template.yaml allow more.
pub const RECEIVES_MAX: u32 = 300;

/// Attribute of a record with the number of its receives, this one included.
const RECEIVES: &str = "ApproximateReceiveCount";

/// Delivery of a message, as it is reported to SQS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    Over,
    Repeated,
}

/// Past of a message: its failed attempts, and the dead letter that it was redriven from.
#[derive(Debug, Clone)]
struct Past {
    retries: Retries,
    letter_id: Option<String>,
}

impl<M: Clone + Serialize + DeserializeOwned> Worker<M> {
    /// Handles each message of a batch in turn, and reports those that SQS must deliver again.
    pub async fn batch<F, A>(
        &self,
        invocation: &Invocation,
        event: SqsEvent,
        handle: F,
    ) -> SqsBatchResponse
    where
        F: Fn(M) -> A,
        A: Future<Output = Next<M>>,
    {
        let mut response = SqsBatchResponse::default();
        let longest = Duration::from_secs(MESSAGE_SECONDS_MIN);
        for (place, record) in event.records.into_iter().enumerate() {
            let has_time = place == 0 || invocation.has_time_for(longest);
            let delivery = if has_time {
                self.one(invocation, &record, &handle).await
            } else {
                info!("left a message to SQS: too little time is left for it");
                Delivery::Repeated
            };

            if delivery == Delivery::Repeated {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = record.message_id.unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    /// Handles one message.
    async fn one<F, A>(&self, invocation: &Invocation, record: &SqsMessage, handle: &F) -> Delivery
    where
        F: Fn(M) -> A,
        A: Future<Output = Next<M>>,
    {
        let body = record.body.as_deref().unwrap_or_default();
        let envelope: Envelope<M> = match serde_json::from_str(body) {
            Ok(envelope) => envelope,
            Err(error) => {
                let reason = format!("the message cannot be read: {error}");
                return self.unreadable(body, &reason).await;
            }
        };

        let past = Past { retries: envelope.retries, letter_id: envelope.letter_id };
        let receives = receives(record);
        if receives > RECEIVES_MAX {
            let reason = format!(
                "received {receives} times: each invocation that took it crashed or ran out of time"
            );
            let subject = Subject::new("a message");
            let letter = Letter { message: envelope.message, reason, alarm: self.alarm, subject };
            return self.dead_letter(letter, past).await;
        }

        let next = handle(envelope.message).await;
        self.deliver(invocation, past, next).await
    }

    async fn deliver(&self, invocation: &Invocation, past: Past, next: Next<M>) -> Delivery {
        match next {
            Next::Done => Delivery::Over,
            Next::Redeliver => Delivery::Repeated,
            Next::SendAgain { message, delay_seconds } => {
                left_to_sqs(self.queue.send_later(&message, delay_seconds).await)
            }
            Next::AgainWithinItsTime(letter) => {
                let retries = past.retries.after_failure(invocation.now);
                if retries.are_over(invocation.now) {
                    return self.dead_letter(letter, past).await;
                }
                let envelope = Envelope { retries, ..Envelope::new(letter.message) };
                let envelope = envelope.redriven_from(past.letter_id);
                let delay_seconds = retries.delay_seconds(|limit| invocation.entropy.below(limit));
                left_to_sqs(self.retried.send_later(&envelope, delay_seconds).await)
            }
            Next::DeadLetter(letter) => self.dead_letter(letter, past).await,
        }
    }

    async fn dead_letter(&self, letter: Letter<M>, past: Past) -> Delivery {
        let Letter { message, reason, alarm, subject } = letter;
        let envelope = Envelope::dead(message, &reason).redriven_from(past.letter_id);
        let sent = self.dead_letters.send(&envelope, &reason).await;
        if sent.is_err() {
            return left_to_sqs(sent);
        }

        let (phrase, account, event) = (&subject.phrase, subject.account_id(), &subject.event);
        error!(
            alarm,
            account.id = account,
            event.id = event,
            reason,
            "{phrase} is a dead letter: {reason}"
        );
        Delivery::Over
    }

    /// A message that cannot be read is dead: no retry reads it.
    async fn unreadable(&self, body: &str, reason: &str) -> Delivery {
        let sent = self.dead_letters.send_body(body, reason).await;
        if sent.is_err() {
            return left_to_sqs(sent);
        }

        error!(alarm = self.alarm, reason, "a message is a dead letter: {reason}");
        Delivery::Over
    }
}

fn receives(record: &SqsMessage) -> u32 {
    record.attributes.get(RECEIVES).and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// A message whose successor could not be sent stays with SQS.
fn left_to_sqs(sent: Result<(), SendError>) -> Delivery {
    match sent {
        Ok(()) => Delivery::Over,
        Err(error) => {
            warn!(reason = %error, "left a message to SQS: {error}");
            Delivery::Repeated
        }
    }
}
