//! The ledger: every change of the balance, with its cause (D15, D16).

use super::Wish;
use crate::journal::credits::CreditsEvent;
use crate::journal::{Entry, Kind, Value};
use crate::time::Timestamp;
use crate::words::Word;

/// One change of the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its key: made of what it is, never of when, so that nothing is counted twice (money rule
    /// 24).
    pub id: String,
    /// Time at which it was decided.
    pub at: Timestamp,
    /// What kind of change.
    pub kind: LedgerKind,
    /// Tokens added to the balance; negative when they were taken. Zero for a deduction that what
    /// is included covers.
    pub tokens: i64,
    /// Tokens that came from what the plan includes: they are not part of the balance.
    pub included: i64,
    /// The balance behind it that the caller was told, if there was one: the same request is
    /// answered the same.
    pub told: Option<i64>,
    /// Why, in the words of whoever asked for it.
    pub reason: Option<String>,
    /// What it is about: a purchase, a refund, a dispute, a reservation.
    pub about: Option<String>,
    /// The fingerprint of the request that asked for it.
    pub request: Option<String>,
}

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LedgerKind {
    /// A pack was bought in Checkout.
    Purchase,
    /// A pack was bought by auto-recharge.
    AutoRecharge,
    /// Tokens were used.
    Deduction,
    /// A refund took tokens back, or gave them back when it failed.
    Refund,
    /// A dispute took tokens back, or gave them back when it was won.
    Dispute,
    /// Staff granted tokens or removed them.
    Adjustment,
}

impl Word for LedgerKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Purchase, "purchase"),
        (Self::AutoRecharge, "auto_recharge"),
        (Self::Deduction, "deduction"),
        (Self::Refund, "refund"),
        (Self::Dispute, "dispute"),
        (Self::Adjustment, "adjustment"),
    ];
}

impl LedgerEntry {
    /// An entry that nobody asked for by a request.
    pub fn new(id: &str, kind: LedgerKind, tokens: i64, at: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            at,
            kind,
            tokens,
            included: 0,
            told: None,
            reason: None,
            about: None,
            request: None,
        }
    }

    /// All tokens that it took, wherever from: what was asked for, if it is a deduction.
    pub fn asked(&self) -> i64 {
        self.included.saturating_sub(self.tokens)
    }
}

/// What the journal says of an adjustment.
pub(crate) fn adjusted(wish: &Wish, now: Timestamp) -> Entry {
    let reason = wish.reason.clone().map(Value::Text);
    Entry::new(now, Kind::Credits(CreditsEvent::Adjusted), Some(&wish.id))
        .with("tokens", None, Some(Value::Number(wish.tokens)))
        .with("reason", None, reason)
}
