//! A batch, message by message: what is done is deleted, what failed comes again.

use std::future::Future;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};

/// The message must be delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redeliver;

/// Handles each message of a batch in turn and reports those that must be delivered again, so that
/// one bad message never takes the others with it. A message without a body has nothing to do.
pub async fn fold<F, A>(batch: SqsEvent, handle: F) -> SqsBatchResponse
where
    F: Fn(String) -> A,
    A: Future<Output = Result<(), Redeliver>>,
{
    let mut answer = SqsBatchResponse::default();
    for message in batch.records {
        let outcome = handle(message.body.unwrap_or_default()).await;
        if outcome == Err(Redeliver) {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.unwrap_or_default();
            answer.batch_item_failures.push(failure);
        }
    }
    answer
}
