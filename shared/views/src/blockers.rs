//! A cancellation blocker, as the vendor reported it.

use billing::cancellation::{Blocker, BlockerCode};
use serde::Serialize;

/// A cancellation blocker (A7 to A9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockerView {
    /// Name of the blocker.
    pub code: String,
    /// The case, in the vendor's words.
    pub detail: String,
    /// The way to clear it, in the vendor's words.
    pub clears_by: String,
}

impl BlockerView {
    /// View of a blocker.
    pub fn of(code: &BlockerCode, blocker: &Blocker) -> Self {
        Self {
            code: code.to_string(),
            detail: blocker.detail.clone(),
            clears_by: blocker.clears_by.clone(),
        }
    }
}
