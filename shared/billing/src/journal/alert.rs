//! Events of the spend alert, as the journal has them.

use crate::words::Word;

/// Event of an alert, as the journal has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertEvent {
    /// The threshold was set or changed (A21).
    Updated,
    /// The alert was removed (A21).
    Removed,
    /// The upcoming invoice exceeded the threshold (A22).
    Triggered,
}

impl Word for AlertEvent {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Updated, "alert.updated"),
        (Self::Removed, "alert.removed"),
        (Self::Triggered, "alert.triggered"),
    ];
}
