//! Failures: the one judgement of what becomes of a message that failed, by the class of its error.
//!
//! | class            | time for retries left | over |
//! |------------------|-----------------------|------|
//! | conflict, retry  | again                 | dead |
//! | operator         | again, with an alarm  | dead |
//! | never            | dead                  | dead |
//!
//! Again is a message with a longer delay, and its envelope counts the attempts: so an outage of
//! hours dead-letters nothing, and spends no receive of SQS's.

use std::fmt::Display;

use invocation::{Class, Classified};
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
    /// Outcome of the message: again while that may help and its time is not over, or a dead
    /// letter.
    pub fn again_or_dead<M>(self, message: M) -> Next<M> {
        let may_succeed_later = self.may_succeed_later();
        let letter = Letter {
            message,
            reason: self.error.to_string(),
            alarm: self.alarms.dead,
            subject: self.subject,
        };
        if may_succeed_later { Next::AgainWithinItsTime(letter) } else { Next::DeadLetter(letter) }
    }

    /// The same, where the table still says what is to be done: what nothing helps is dropped with
    /// an alarm, and no letter.
    pub fn again_or_dropped<M>(self, message: M) -> Next<M> {
        if self.error.class().is_transient() {
            return self.again_or_dead(message);
        }
        self.log_as_dropped();
        Next::Done
    }

    /// True if the same message may succeed later; logged here, with the operator's alarm.
    pub fn may_succeed_later(&self) -> bool {
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
