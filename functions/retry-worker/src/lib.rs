//! SQS retry queue

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use runtime::{EnvironmentError, Host};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct RetryWorker;

impl RetryWorker {
    /// Built from its configuration.
    pub fn new(_host: &Host) -> Result<Self, EnvironmentError> {
        Ok(Self)
    }

    /// One batch.
    pub async fn handle(&self, _batch: SqsEvent) -> SqsBatchResponse {
        SqsBatchResponse::default()
    }
}
