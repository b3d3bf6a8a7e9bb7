//! What the journal says of disputes of invoice payments. Those of credits are told by the tokens
//! that they take back.

use crate::words::Word;

/// What happened to a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DisputeEvent {
    /// The bank's customer disputes a payment.
    Opened,
    /// Evidence was given, or the deadline moved.
    Updated,
    /// It was won, lost, or came to nothing.
    Closed,
}

impl Word for DisputeEvent {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Opened, "dispute.opened"),
        (Self::Updated, "dispute.updated"),
        (Self::Closed, "dispute.closed"),
    ];
}
