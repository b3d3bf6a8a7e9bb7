//! Batches: message by message, so that one bad message never takes its neighbours along.

use std::future::Future;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use queue::SendError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{error, warn};

use crate::Worker;
use crate::next::{Letter, Next};

/// Delivery of a message, as it is reported to SQS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    Over,
    Repeated,
}

impl<M: Serialize + DeserializeOwned> Worker<M> {
    /// Handles each message of a batch in turn, and reports those that SQS must deliver again.
    pub async fn batch<F, A>(&self, event: SqsEvent, handle: F) -> SqsBatchResponse
    where
        F: Fn(M) -> A,
        A: Future<Output = Next<M>>,
    {
        let mut response = SqsBatchResponse::default();
        for record in event.records {
            let body = record.body.unwrap_or_default();

            let delivery = match serde_json::from_str(&body) {
                Ok(message) => self.deliver(handle(message).await).await,
                Err(error) => self.unreadable(&body, &error).await,
            };

            if delivery == Delivery::Repeated {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = record.message_id.unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    async fn deliver(&self, next: Next<M>) -> Delivery {
        match next {
            Next::Done => Delivery::Over,
            Next::Redeliver => Delivery::Repeated,
            Next::SendAgain { message, delay_seconds } => {
                left_to_sqs(self.queue.send_later(&message, delay_seconds).await)
            }
            Next::DeadLetter(letter) => self.dead_letter(letter).await,
        }
    }

    async fn dead_letter(&self, letter: Letter<M>) -> Delivery {
        let Letter { message, reason, alarm, subject } = letter;
        if let Some(dead_letters) = &self.dead_letters {
            let sent = dead_letters.send(&message, &reason).await;
            if sent.is_err() {
                return left_to_sqs(sent);
            }
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
    async fn unreadable(&self, body: &str, error: &serde_json::Error) -> Delivery {
        let reason = format!("the message can not be read: {error}");
        if let Some(dead_letters) = &self.dead_letters {
            let sent = dead_letters.send_body(body, &reason).await;
            if sent.is_err() {
                return left_to_sqs(sent);
            }
        }

        error!(alarm = self.unreadable, reason, "a message is dropped or a dead letter: {reason}");
        Delivery::Over
    }
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
