//! What the journal says of money that comes outside of Stripe.

use crate::words::Word;

/// What happened to a transfer or a prepayment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransferEvent {
    /// The customer said that a transfer is on its way (A18).
    Submitted,
    /// Staff approved it: the money came.
    Approved,
    /// The money came, and is less than what its invoices need.
    PartiallyApproved,
    /// Staff rejected it.
    Rejected,
    /// The customer took it back.
    Withdrawn,
    /// Its time was over.
    Expired,
    /// The bank took the money back.
    Returned,
    /// Another invoice stands in the place of one whose money the bank took back.
    Replaced,
    /// Staff recorded a transfer without advice.
    Received,
    /// Money waits for the rest of its invoice.
    Reserved,
    /// Money is prepaid (A14).
    Prepaid,
    /// An invoice used prepaid money.
    PrepaidApplied,
    /// Staff took the unused rest of a prepayment out of the balance.
    PrepaidReversed,
}

impl Word for TransferEvent {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Submitted, "payment_advice.submitted"),
        (Self::Approved, "payment_advice.approved"),
        (Self::PartiallyApproved, "payment_advice.partially_approved"),
        (Self::Rejected, "payment_advice.rejected"),
        (Self::Withdrawn, "payment_advice.withdrawn"),
        (Self::Expired, "payment_advice.expired"),
        (Self::Returned, "payment_advice.returned"),
        (Self::Replaced, "invoice.replaced"),
        (Self::Received, "transfer.received"),
        (Self::Reserved, "transfer.reserved"),
        (Self::Prepaid, "prepayment.created"),
        (Self::PrepaidApplied, "prepayment.applied"),
        (Self::PrepaidReversed, "prepayment.reversed"),
    ];
}

impl TransferEvent {
    /// True if it changed what is prepaid.
    pub fn moves_the_prepaid_balance(self) -> bool {
        match self {
            Self::Prepaid | Self::PrepaidApplied | Self::PrepaidReversed => true,
            Self::Submitted
            | Self::Approved
            | Self::PartiallyApproved
            | Self::Rejected
            | Self::Withdrawn
            | Self::Expired
            | Self::Returned
            | Self::Replaced
            | Self::Received
            | Self::Reserved => false,
        }
    }
}
