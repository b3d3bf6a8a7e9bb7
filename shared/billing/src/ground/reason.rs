//! A reason: one condition that holds an account back.

use serde::Serialize;

/// One condition that holds an account back, and what would clear it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable, `snake_case`.
    pub code: String,
    /// What is the case.
    pub detail: String,
    /// What would change it.
    pub clears_by: String,
}
