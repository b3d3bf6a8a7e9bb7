//! A condition in words.

/// A condition that holds something back, and the way to clear it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The condition.
    pub detail: String,
    /// The way to clear it.
    pub clears_by: String,
}
