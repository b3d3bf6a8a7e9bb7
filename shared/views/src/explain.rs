//! A value, explained by the entries that made it.

use billing::reason::Reason;
use billing::state::State;
use billing::words::Word;
use serde::Serialize;

use crate::accounts::SumsView;
use crate::timeline::EntryView;

/// A value, the entries that made it, and the conditions that would change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExplanationView {
    /// The value.
    pub value: ExplainedView,
    /// The entries, oldest first.
    pub because: Vec<EntryView>,
    /// The conditions.
    pub clears_by: Vec<ReasonView>,
}

/// A value that can be explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ExplainedView {
    /// A state.
    State(&'static str),
    /// Sums of money.
    Sums(SumsView),
    /// A number of credits.
    Credits(i64),
}

/// A condition that holds an account back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReasonView {
    /// Stable code.
    pub code: String,
    /// The condition.
    pub detail: String,
    /// The way to clear it.
    pub clears_by: String,
}

impl ExplainedView {
    /// View of a state.
    pub fn of_state(state: State) -> Self {
        Self::State(state.word())
    }
}

impl ReasonView {
    /// View of a reason.
    pub fn of(reason: &Reason) -> Self {
        let Reason { code, detail, clears_by } = reason.clone();
        Self { code, detail, clears_by }
    }
}
