//! Disputes of invoice payments in the journal. A dispute of a purchase of credits has no entry of
//! its own: the tokens that it takes back have one.

use crate::words::Word;

/// Event in the life of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DisputeEvent {
    /// The bank's customer disputes a payment.
    Opened,
    /// Evidence was given, or the deadline moved.
    Updated,
    /// The dispute ended: it was won, lost, or withdrawn.
    Closed,
}

impl Word for DisputeEvent {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Opened, "dispute.opened"),
        (Self::Updated, "dispute.updated"),
        (Self::Closed, "dispute.closed"),
    ];
}
