//! Dead letters, redriven or dismissed by staff.

use billing::dead_letter::{AskedEnd, DeadLetter, EndDecision, LetterRefusal, is_letter_id};
use billing::words::Word;
use invocation::Invocation;
use queue::{Bodies, SendError};
use runtime::{EnvironmentError, Host};
use serde_json::Value;
use store::{Store, StoreError};
use tracing::info;

use crate::sources::Sources;

/// Ends letters: a person's way back.
#[derive(Debug, Clone)]
pub struct LetterDesk {
    bodies: Bodies,
    sources: Sources,
}

/// Reason why a letter did not end.
#[derive(Debug, thiserror::Error)]
pub enum NotEnded {
    /// A rule refuses it.
    #[error("the letter is not ended: {0:?}")]
    Refused(LetterRefusal),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not take the message, or did not say so: the letter is still open.
    #[error(transparent)]
    NotSent(#[from] SendError),
}

impl LetterDesk {
    /// Built from its configuration.
    ///
    /// # Errors
    /// A variable is missing.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        Ok(Self { bodies: Bodies::new(host.sqs()?), sources: Sources::new(&host.environment)? })
    }

    /// Ends a letter. The body is sent first and the letter is marked behind that: a crash between
    /// the two, or two people at once, sends the same message twice at most, and every consumer
    /// does what a message asks for once.
    ///
    /// # Errors
    /// [`NotEnded`].
    pub async fn end(
        &self,
        invocation: &Invocation,
        store: &Store,
        (id, asked): (&str, &AskedEnd),
    ) -> Result<DeadLetter, NotEnded> {
        let letter = self.letter(invocation, store, id).await?;
        let actor = invocation.cause().actor;
        let decided = letter.end(asked, actor.as_ref(), invocation.now);
        let ended = match decided.map_err(NotEnded::Refused)? {
            EndDecision::Found => return Ok(letter),
            EndDecision::Keep(ended) => ended,
            EndDecision::Send(queue, body, ended) => {
                let url = self.sources.url(queue);
                let url = url.ok_or(NotEnded::Refused(LetterRefusal::QueueUnknown))?;
                self.bodies.send(url, &marked(&body, id)).await?;
                ended
            }
        };

        match store.keep_dead_letter(invocation, &ended).await {
            Ok(()) => {
                let word = asked.how.word();
                info!(letter.id = id, "the dead letter {id} was {word}: {}", asked.reason);
                Ok(ended)
            }
            // Another person, or a twin of this request, was faster.
            Err(StoreError::Conflict) => {
                let letter = self.letter(invocation, store, id).await?;
                match letter.end(asked, actor.as_ref(), invocation.now) {
                    Ok(EndDecision::Found) => Ok(letter),
                    Err(refusal) => Err(NotEnded::Refused(refusal)),
                    Ok(EndDecision::Send(..) | EndDecision::Keep(_)) => {
                        Err(StoreError::Conflict.into())
                    }
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn letter(
        &self,
        invocation: &Invocation,
        store: &Store,
        id: &str,
    ) -> Result<DeadLetter, NotEnded> {
        let unknown = || NotEnded::Refused(LetterRefusal::Unknown);
        if !is_letter_id(id) {
            return Err(unknown());
        }
        store.dead_letter(invocation, id).await?.ok_or_else(unknown)
    }
}

/// The body with the id of its letter, so that a message that dies again names it.
fn marked(body: &str, id: &str) -> String {
    let Ok(Value::Object(mut message)) = serde_json::from_str(body) else {
        return body.to_owned();
    };
    message.remove("reason");
    message.insert("letter_id".to_owned(), Value::String(id.to_owned()));
    Value::Object(message).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a redriven message names its letter, and is otherwise as it was.
    #[test]
    fn a_redriven_message_names_its_letter() {
        let body = r#"{"account":"acme","reason":"it is wrong","letter_id":"dl_0"}"#;
        assert_eq!(marked(body, "dl_1"), r#"{"account":"acme","letter_id":"dl_1"}"#);
        assert_eq!(marked("no message", "dl_1"), "no message");
    }
}
