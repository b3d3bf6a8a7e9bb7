//! Access of an account: what the data plane may let it do (C11).

use billing::reason::Reason;
use billing::state::{Access, State};
use billing::words::Word;
use serde::Serialize;

/// Access of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessView {
    /// `full`, `cached_only` or `none`.
    pub access: &'static str,
    /// State of the account.
    pub state: &'static str,
    /// Conditions that hold the account back, or soon will.
    pub reasons: Vec<ReasonView>,
}

/// One condition that holds an account back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReasonView {
    /// Stable code.
    pub code: String,
    /// A sentence for a person.
    pub detail: String,
    /// The change that would clear the condition.
    pub clears_by: String,
}

impl AccessView {
    /// Access of an account in a state, with the reasons of both.
    pub fn of((access, state): (Access, State), reasons: Vec<Reason>) -> Self {
        Self {
            access: access.as_str(),
            state: state.word(),
            reasons: reasons.into_iter().map(ReasonView::from).collect(),
        }
    }
}

impl From<Reason> for ReasonView {
    fn from(Reason { code, detail, clears_by }: Reason) -> Self {
        Self { code, detail, clears_by }
    }
}
