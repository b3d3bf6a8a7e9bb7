//! Dead letters, as staff see them: never the body, which may name people.

use billing::dead_letter::{DeadLetter, Ended};
use billing::ids::AccountId;
use billing::words::Word;
use serde::Serialize;

/// A message that no retry could help.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeadLetterView {
    /// Id of the letter.
    id: String,
    /// `open`, `redriven` or `dismissed`.
    status: &'static str,
    /// Kind of the message: `fact`, `payment`, `unreadable_event`, `account`, `month`, `page`,
    /// `price_change`, `mail` or `unknown`.
    kind: &'static str,
    /// Queue that it came from, such as `retry`; null for one that is not known.
    queue: Option<&'static str>,
    /// Account that the message is about.
    account: Option<String>,
    /// Stripe's id of the event that brought it.
    event: Option<String>,
    /// Type of that event.
    event_type: Option<String>,
    /// Reason; null for a message that SQS itself gave up after too many receives.
    reason: Option<String>,
    /// Number of those receives.
    receives: Option<u32>,
    died_at: String,
    /// True if the message can be sent again as it was.
    can_be_redriven: bool,
    /// Letter that was redriven, and died again as this one.
    earlier: Option<String>,
    /// End of the letter; null while it is open.
    ended: Option<LetterEndView>,
}

/// End of a letter.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LetterEndView {
    at: String,
    /// Id of the staff key.
    by: String,
    /// Name of the person.
    name: String,
    reason: String,
}

impl DeadLetterView {
    /// View of a letter.
    pub fn of(letter: &DeadLetter) -> Self {
        let subject = &letter.subject;
        Self {
            id: letter.id.clone(),
            status: letter.ended.as_ref().map_or("open", |ended| ended.how.word()),
            kind: subject.kind.word(),
            queue: letter.queue.map(Word::word),
            account: subject.account.as_ref().map(AccountId::to_string),
            event: subject.event.clone(),
            event_type: subject.event_type.clone(),
            reason: letter.reason.clone(),
            receives: letter.receives,
            died_at: letter.died_at.to_string(),
            can_be_redriven: letter.can_be_redriven(),
            earlier: subject.earlier.clone(),
            ended: letter.ended.as_ref().map(LetterEndView::of),
        }
    }
}

impl LetterEndView {
    fn of(ended: &Ended) -> Self {
        Self {
            at: ended.at.to_string(),
            by: ended.by.clone(),
            name: ended.name.clone(),
            reason: ended.reason.clone(),
        }
    }
}
