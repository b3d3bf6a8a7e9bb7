//! Topics: what the entries of a timeline are about, for readers who pick one.

use super::Kind;
use crate::words::Word;

/// What entries are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The account itself: its state, terms, family.
    Account,
    /// Invoices, payments and what is on file for them.
    Payments,
    /// The plan and its prices.
    Plan,
    /// Usage, and alerts about it.
    Usage,
    /// Credits and auto-recharge.
    Credits,
    /// Members and keys.
    People,
}

impl Word for Topic {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Account, "account"),
        (Self::Payments, "payments"),
        (Self::Plan, "plan"),
        (Self::Usage, "usage"),
        (Self::Credits, "credits"),
        (Self::People, "people"),
    ];
}

impl Topic {
    /// Topic of a kind of entry: what stands before the point of its name says it.
    pub fn of(kind: Kind) -> Self {
        let name = kind.as_str();
        match name.split_once('.').map_or(name, |(subject, _)| subject) {
            "invoice" | "payment" | "payment_method" | "payment_advice" | "billing_details"
            | "credit_note" | "refund" | "dispute" | "prepayment" | "transfer" => Self::Payments,
            "subscription" | "price_change" => Self::Plan,
            "usage" | "alert" => Self::Usage,
            "credits" | "auto_recharge" => Self::Credits,
            "member" | "api_key" => Self::People,
            _ => Self::Account,
        }
    }
}
