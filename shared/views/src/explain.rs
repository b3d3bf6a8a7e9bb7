//! A value, explained by the entries that made it.

use billing::state::State;
use billing::words::Word;
use serde::Serialize;

use crate::access::ReasonView;
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

impl ExplainedView {
    /// View of a state.
    pub fn of_state(state: State) -> Self {
        Self::State(state.word())
    }
}
