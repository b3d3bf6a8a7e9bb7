//! What the journal says of credits.

use crate::words::Word;

/// What happened to credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CreditsEvent {
    /// A pack was paid, and its tokens granted (D11).
    Purchased,
    /// A delayed payment failed: nothing was granted.
    PurchaseFailed,
    /// A refund or a dispute took tokens back (D18).
    TakenBack,
    /// A refund failed or a dispute was won: they were given back.
    Returned,
    /// Staff granted tokens or removed them (F3).
    Adjusted,
    /// Auto-recharge was set (D13).
    RechargeSet,
    /// A charge was declined; it is tried again.
    RechargeDeclined,
    /// Nothing more is charged for now (D14).
    RechargePaused,
    /// It goes on.
    RechargeResumed,
    /// The month's spending limit has no room for another pack.
    LimitReached,
}

impl Word for CreditsEvent {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Purchased, "credits.purchased"),
        (Self::PurchaseFailed, "credits.purchase_failed"),
        (Self::TakenBack, "credits.taken_back"),
        (Self::Returned, "credits.returned"),
        (Self::Adjusted, "credits.adjusted"),
        (Self::RechargeSet, "auto_recharge.set"),
        (Self::RechargeDeclined, "auto_recharge.declined"),
        (Self::RechargePaused, "auto_recharge.paused"),
        (Self::RechargeResumed, "auto_recharge.resumed"),
        (Self::LimitReached, "auto_recharge.limit_reached"),
    ];
}

impl CreditsEvent {
    /// True if it changed the balance.
    pub fn moves_the_balance(self) -> bool {
        match self {
            Self::Purchased | Self::TakenBack | Self::Returned | Self::Adjusted => true,
            Self::PurchaseFailed
            | Self::RechargeSet
            | Self::RechargeDeclined
            | Self::RechargePaused
            | Self::RechargeResumed
            | Self::LimitReached => false,
        }
    }
}
