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
use queue::{DeadLetters, Queue};
use serde::Deserialize;

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

/// A worker on a queue of messages of one kind.
#[derive(Debug)]
pub struct Worker<M> {
    queue: Queue<M>,
    dead_letters: Option<DeadLetters>,
    /// Alarm of a message that cannot be read.
    unreadable: &'static str,
}

impl<M> Worker<M> {
    /// A worker that drops a message that nothing helps, with an alarm: the table still says what
    /// is to be done.
    pub fn new(queue: Queue<M>, unreadable: &'static str) -> Self {
        Self { queue, dead_letters: None, unreadable }
    }

    /// The same with a queue for messages that nothing helps.
    #[must_use]
    pub fn with_dead_letters(self, dead_letters: DeadLetters) -> Self {
        Self { dead_letters: Some(dead_letters), ..self }
    }
}
