//! Workers: batches of messages and walks through the index, in one shape for every function that a
//! queue or a schedule starts.
//!
//! A worker takes a closure for one message and knows no command. It reads the message, delivers
//! what the closure returns ([`Next`]), and judges failures by their class ([`Failure`]). A walk
//! ([`Worker::begin_walk`], [`Worker::walk`]) turns the shards of the index into messages, page by
//! page.

mod batch;
mod failure;
mod next;
mod subject;
mod walk;

use aws_lambda_events::sqs::SqsEvent;
use queue::{DeadLetters, Envelope, Queue, SendError};
use serde::{Deserialize, Serialize};

pub use batch::{MESSAGE_SECONDS_MIN, RECEIVES_MAX};
pub use failure::{Alarms, Failure};
pub use next::{Letter, Next};
pub use subject::Subject;

/// Start of a function that takes messages and has a schedule.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue.
    Batch(SqsEvent),
    /// The schedule; its input says nothing: the clock says what time it is.
    Schedule {},
}

/// The schedule's work did not begin: Lambda starts it again, and then the failure destination gets
/// it.
#[derive(Debug, thiserror::Error)]
#[error("the work of the schedule did not begin: {0}")]
pub struct ScheduleFailed(String);

impl ScheduleFailed {
    /// For that reason.
    pub fn of(error: &impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// A worker on a queue of messages of one kind.
#[derive(Debug)]
pub struct Worker<M> {
    queue: Queue<M>,
    /// The same queue, for messages that failed.
    retried: Queue<Envelope<M>>,
    dead_letters: DeadLetters,
    /// Alarm of a message that cannot be read, or is received again and again.
    alarm: &'static str,
}

impl<M> Worker<M> {
    /// A worker with a queue for messages that nothing helps.
    pub fn new(queue: Queue<M>, dead_letters: DeadLetters, alarm: &'static str) -> Self {
        let retried = queue.of();
        Self { queue, retried, dead_letters, alarm }
    }
}

impl<M: Serialize> Worker<M> {
    /// Puts messages on the queue, ten in a request.
    ///
    /// # Errors
    /// [`SendError`]: a part of them may have been sent.
    pub async fn send_all(&self, messages: &[M]) -> Result<(), SendError> {
        self.queue.send_all(messages).await
    }

    /// Puts a message on the queue that is delivered after some seconds.
    ///
    /// # Errors
    /// [`SendError`]: it is not known whether it was sent.
    pub async fn send_later(&self, message: &M, delay_seconds: u64) -> Result<(), SendError> {
        self.queue.send_later(message, delay_seconds).await
    }
}
