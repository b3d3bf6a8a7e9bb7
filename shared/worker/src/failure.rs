//! Failures: the one judgement of what becomes of a message that failed, by the class of its error.
//!
//! | class            | time for retries left | over or none  |
//! |------------------|-----------------------|---------------|
//! | conflict, retry  | again                 | dead          |
//! | operator         | again, with an alarm  | dead          |
//! | never            | dead                  | dead          |
//!
//! A queue without dead letters has no such time: SQS redelivers what may succeed later, as often
//! as `template.yaml` says, and what is dead is dropped with an alarm.

use std::fmt::Display;

use invocation::{Class, Classified, Invocation};
use queue::Retries;
use tracing::{error, warn};

use crate::next::{Letter, Next};
use crate::subject::Subject;

/// Names of the alarms of a failure, as the log group of the function counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarms {
    /// Alarm of what waits for an operator; none where the error rings nothing, because waiting
    /// alone may help too.
    pub operator: Option<&'static str>,
    /// Alarm of what nothing helps.
    pub dead: &'static str,
}

/// A message that failed.
#[derive(Debug)]
pub struct Failure<'a, E> {
    /// Subject of the message.
    pub subject: Subject,
    /// Error that its last attempt ended with.
    pub error: &'a E,
    /// Alarms of that error.
    pub alarms: Alarms,
}

impl<E: Classified + Display> Failure<'_, E> {
    /// Outcome on a queue without dead letters.
    pub fn redelivered_or_dropped<M>(self) -> Next<M> {
        if self.may_succeed_later() {
            return Next::Redeliver;
        }
        self.log_as_dropped();
        Next::Done
    }

    /// Outcome on a queue with dead letters: `again` is sent with the delay of its retries, until
    /// their time is over; then `dead` is the letter.
    pub fn sent_again_or_dead<M>(
        self,
        invocation: &Invocation,
        (again, dead): (M, M),
        retries: &Retries,
    ) -> Next<M> {
        if self.may_succeed_later() && !retries.are_over(invocation.now) {
            let delay_seconds = retries.delay_seconds(|limit| invocation.entropy.below(limit));
            return Next::SendAgain { message: again, delay_seconds };
        }

        Next::DeadLetter(Letter {
            message: dead,
            reason: self.error.to_string(),
            alarm: self.alarms.dead,
            subject: self.subject,
        })
    }

    /// True if the same message may succeed later; logged here, with the operator's alarm.
    fn may_succeed_later(&self) -> bool {
        let Self { subject, error, alarms } = self;
        let (phrase, account, event) = (&subject.phrase, subject.account_id(), &subject.event);

        match (error.class(), alarms.operator) {
            (Class::Never, _) => false,
            (Class::Operator, Some(alarm)) => {
                error!(alarm, account.id = account, event.id = event, reason = %error,
                    "{phrase} waits for an operator: {error}");
                true
            }
            (Class::Operator, None) | (Class::Conflict | Class::Retry, _) => {
                warn!(account.id = account, event.id = event, reason = %error,
                    "{phrase} is not done yet: {error}");
                true
            }
        }
    }

    fn log_as_dropped(&self) {
        let Self { subject, error, alarms } = self;
        let (phrase, account, event) = (&subject.phrase, subject.account_id(), &subject.event);
        error!(alarm = alarms.dead, account.id = account, event.id = event, reason = %error,
            "{phrase} cannot be done: {error}");
    }
}
