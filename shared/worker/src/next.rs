//! Outcomes of a message: done, again later, or dead with its reason.

use crate::subject::Subject;

/// Outcome of one message.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<M> {
    /// Done, or dropped with an alarm: SQS deletes the message.
    Done,
    /// SQS delivers the same message again once its visibility timeout is over.
    Redeliver,
    /// A message is sent in the place of this one.
    SendAgain {
        /// The message.
        message: M,
        /// Delay of its delivery, in seconds.
        delay_seconds: u64,
    },
    /// The same may succeed later: the message is sent again with the delay of its attempts, and
    /// once their time is over it is this dead letter.
    AgainWithinItsTime(Letter<M>),
    /// Nothing helps: an operator must look.
    DeadLetter(Letter<M>),
}

/// A dead letter.
#[derive(Debug, PartialEq, Eq)]
pub struct Letter<M> {
    /// The message, as it can be redriven.
    pub message: M,
    /// Reason why it is dead.
    pub reason: String,
    /// Name of the alarm to log.
    pub alarm: &'static str,
    /// Subject, for the log line.
    pub subject: Subject,
}
