//! Entries of an account's journal.
//!
//! An entry's sentence is an argument: the crate `messages` makes it, in the reader's language.

use billing::journal::page::{Page, Recorded};
use billing::journal::{Actor, Cause, FieldChange, Value};
use serde::Serialize;

use crate::money::MoneyView;

/// A page of a timeline, newest entry first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimelineView {
    /// The entries.
    pub data: Vec<EntryView>,
    /// Place of the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EntryView {
    /// Time at which it was so.
    pub at: String,
    /// Time at which it was written.
    pub recorded_at: String,
    /// Number of the entry: an account's count from 1. Absent from entries that were written before
    /// they were numbered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Stable kind of the entry.
    pub kind: &'static str,
    /// Id of its subject; null for the account itself.
    pub about: Option<String>,
    /// Cause of the change.
    pub cause: CauseView,
    /// The entry in a sentence.
    pub summary: String,
    /// The change, field by field.
    pub changes: Vec<ChangeView>,
    /// Invoices that brought a transition about.
    pub because: Vec<String>,
}

/// Cause of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CauseView {
    /// Kind of the cause.
    pub r#type: &'static str,
    /// Id of the event or request.
    pub id: String,
    /// Key or person behind a request; absent for what nobody asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<ActorView>,
}

/// Key or person behind a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ActorView {
    /// `key`, `member` or `staff`.
    pub r#type: &'static str,
    /// Id of the key or member.
    pub id: String,
    /// Label of the key, or name of the vendor's person; the id of a member.
    pub name: String,
}

impl ActorView {
    /// View of an actor.
    pub fn of(actor: &Actor) -> Self {
        Self { r#type: actor.kind.as_str(), id: actor.id.clone(), name: actor.label().to_owned() }
    }
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeView {
    /// The field.
    pub field: String,
    /// Its value before; null where it was not known.
    pub before: ValueView,
    /// Its value.
    pub after: ValueView,
}

/// A value in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ValueView {
    /// No value.
    None,
    /// A word, or a moment.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A sum.
    Money(MoneyView),
}

impl TimelineView {
    /// View of a page, with the cursor of the next one and the sentence of each entry.
    pub fn of(
        page: &Page,
        next_cursor: Option<String>,
        sentence: impl Fn(&Recorded) -> String,
    ) -> Self {
        let entries = page.entries.iter();
        Self { data: entries.map(|it| EntryView::of(it, sentence(it))).collect(), next_cursor }
    }
}

impl EntryView {
    /// View of an entry, with its sentence.
    pub fn of(recorded: &Recorded, summary: String) -> Self {
        let Recorded { at, cause, sequence, entry, named: _ } = recorded;
        Self {
            at: entry.at.to_string(),
            recorded_at: at.to_string(),
            sequence: *sequence,
            kind: entry.kind.as_str(),
            about: entry.about.clone(),
            cause: CauseView::of(cause),
            summary,
            changes: entry.changes.iter().map(ChangeView::of).collect(),
            because: entry.because.clone(),
        }
    }
}

impl CauseView {
    pub(crate) fn of(cause: &Cause) -> Self {
        let actor = cause.actor.as_ref().map(ActorView::of);
        Self { r#type: cause.kind.as_str(), id: cause.id.clone(), actor }
    }
}

impl ChangeView {
    pub(crate) fn of(change: &FieldChange) -> Self {
        Self {
            field: change.field.clone(),
            before: ValueView::of(change.before.as_ref()),
            after: ValueView::of(change.after.as_ref()),
        }
    }
}

impl ValueView {
    fn of(value: Option<&Value>) -> Self {
        match value {
            None => Self::None,
            Some(Value::Text(text)) => Self::Text(text.clone()),
            Some(Value::Number(number)) => Self::Number(*number),
            Some(Value::Money(money)) => Self::Money(MoneyView::from(*money)),
            Some(Value::Time(at)) => Self::Text(at.to_string()),
        }
    }
}
