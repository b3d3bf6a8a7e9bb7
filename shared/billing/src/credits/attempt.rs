//! The last charge that auto-recharge began, and its outcome: decided nowhere by it, only shown.

use crate::ids::PurchaseId;
use crate::time::Timestamp;
use crate::words::Word;

/// A charge that auto-recharge began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Purchase that it pays for.
    pub purchase: PurchaseId,
    /// Time at which it was decided.
    pub at: Timestamp,
    /// Price of the pack, in minor units of the spending limit's currency.
    pub price: i64,
    /// Outcome, as far as it is known.
    pub outcome: Outcome,
}

/// Outcome of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Not known yet.
    Charging,
    /// Paid.
    Paid,
    /// Declined.
    Declined,
    /// The card's holder must complete it.
    AuthenticationRequired,
    /// There was no payment method to charge.
    NoPaymentMethod,
    /// Called off, or its page expired.
    Canceled,
}

impl Word for Outcome {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Charging, "charging"),
        (Self::Paid, "paid"),
        (Self::Declined, "declined"),
        (Self::AuthenticationRequired, "authentication_required"),
        (Self::NoPaymentMethod, "no_payment_method"),
        (Self::Canceled, "canceled"),
    ];
}
