//! Dead letters, taken from the queue into the table.

use billing::dead_letter::{DeadLetter, LetterKind, LetterSubject, SourceQueue};
use billing::ids::CustomerId;
use billing::time::Timestamp;
use invocation::Invocation;
use store::profile::Link;
use store::{Store, StoreError};

use crate::sources::Sources;
use crate::subject::{Read, read};

/// A message of the dead-letter queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// SQS's id.
    pub message_id: String,
    /// Body.
    pub body: String,
    /// Reason, from a function that gave the message up.
    pub reason: Option<String>,
    /// URL of the queue that the message belongs to, from such a function.
    pub queue_url: Option<String>,
    /// ARN of the queue that SQS itself moved the message from.
    pub source_arn: Option<String>,
    /// Time at which the message was sent.
    pub sent_at: Option<Timestamp>,
    /// Receives so far, of all queues.
    pub receives: Option<u32>,
}

/// Takes letters into the table.
#[derive(Debug, Clone)]
pub struct Collector {
    /// The table.
    pub store: Store,
    /// Queues that letters come from.
    pub sources: Sources,
}

/// Outcome of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// It is kept.
    Kept(Box<DeadLetter>),
    /// It was kept before: SQS delivered it twice.
    Known,
}

/// Reason why a letter is not kept now. It stays on the queue.
#[derive(Debug, thiserror::Error)]
pub enum NotCollected {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SQS gave the message no id.
    #[error("the message has no id")]
    NoId,
}

impl Collector {
    /// Keeps a letter, once for each message of the queue.
    ///
    /// # Errors
    /// [`NotCollected`].
    pub async fn collect(
        &self,
        invocation: &Invocation,
        received: &Received,
    ) -> Result<Collected, NotCollected> {
        let Read { subject, customer } = read(&received.body);
        let mut letter = self.letter(invocation, received, subject)?;
        if let Some(customer) = customer.and_then(|id| CustomerId::parse(&id).ok())
            && letter.subject.account.is_none()
        {
            let link = self.store.link(invocation, &customer).await?;
            letter.subject.account = match link {
                Some(Link::Account(account)) => Some(account),
                Some(Link::Foreign { .. }) | None => None,
            };
        }

        match self.store.keep_dead_letter(invocation, &letter).await {
            Ok(()) => Ok(Collected::Kept(Box::new(letter))),
            Err(StoreError::Conflict) => {
                // Also where the same message is being kept beside this: it must be there.
                let known = self.store.dead_letter(invocation, &letter.id).await?;
                known.map(|_| Collected::Known).ok_or(StoreError::Conflict.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn letter(
        &self,
        invocation: &Invocation,
        received: &Received,
        subject: LetterSubject,
    ) -> Result<DeadLetter, NotCollected> {
        let of_an_id = |c: &char| c.is_ascii_alphanumeric();
        let id: String = received.message_id.chars().filter(of_an_id).collect();
        if id.is_empty() {
            return Err(NotCollected::NoId);
        }

        // What a function gave up is a message of its own: it died when it was sent. What SQS moved
        // keeps the time at which it was first sent.
        let given_up = received.reason.is_some();
        let died_at = received.sent_at.filter(|_| given_up).unwrap_or(invocation.now);
        let is_moved = received.source_arn.is_some();
        Ok(DeadLetter {
            version: 0,
            id: format!("dl_{id}"),
            queue: self.queue(received, subject.kind),
            subject,
            reason: received.reason.clone(),
            receives: received.receives.filter(|_| is_moved),
            died_at,
            body: Some(received.body.clone()),
            ended: None,
        })
    }

    fn queue(&self, received: &Received, kind: LetterKind) -> Option<SourceQueue> {
        let address = received.queue_url.as_ref().or(received.source_arn.as_ref());
        match (address, kind) {
            (Some(address), _) => self.sources.named(address),
            // The webhook and the retry worker name none: what they give up is a fact.
            (None, LetterKind::Fact | LetterKind::Payment | LetterKind::UnreadableEvent) => {
                Some(SourceQueue::Retry)
            }
            (None, _) => received.reason.as_ref().map(|_| SourceQueue::Retry),
        }
    }
}
