//! What the journal says of credits.

use super::{Entry, Value};
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
    /// Whether it changed the balance.
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

    /// The entry in a sentence.
    pub(super) fn summary(self, entry: &Entry, about: &str) -> String {
        let value = |field: &str| {
            let change = entry.changes.iter().find(|change| change.field == field);
            change.and_then(|change| change.after.as_ref()).map(ToString::to_string)
        };
        let said = |field: &str| value(field).unwrap_or_default();
        let tokens = match entry.changes.iter().find(|change| change.field == "tokens") {
            Some(change) => match change.after {
                Some(Value::Number(tokens)) => tokens,
                _ => 0,
            },
            None => 0,
        };
        let many = tokens.unsigned_abs();
        match self {
            Self::Purchased => {
                format!("{many} credits were bought for {} and granted ({about}).", said("price"))
            }
            Self::PurchaseFailed => format!(
                "The payment of {} for credits failed ({about}): nothing was granted.",
                said("price")
            ),
            Self::TakenBack => {
                format!("{many} credits were taken back because of {about}.")
            }
            Self::Returned => {
                format!("{many} credits were given back: {about} did not take the money after all.")
            }
            Self::Adjusted => {
                let did = if tokens < 0 { "removed" } else { "granted" };
                let why = value("reason").map(|why| format!(": {why}")).unwrap_or_default();
                format!("Staff {did} {many} credits{why}.")
            }
            Self::RechargeSet => format!("Auto-recharge was set: {}.", entry.listed()),
            Self::RechargeDeclined => format!(
                "Auto-recharge was declined ({}). It is tried again on {}, if credits are still low.",
                said("decline_code"),
                said("next_attempt_at")
            ),
            Self::RechargePaused => paused(&said("reason"), value("decline_code").as_deref()),
            Self::RechargeResumed => "Auto-recharge goes on.".to_owned(),
            Self::LimitReached => format!(
                "Auto-recharge did not buy: with {} more, the {} spent this month would pass the limit of {}. \
                 It starts again on {}.",
                said("price"),
                said("spent_this_period"),
                said("spending_limit"),
                said("resets_at")
            ),
        }
    }
}

fn paused(reason: &str, decline: Option<&str>) -> String {
    match (reason, decline) {
        ("declined", Some(code)) => format!(
            "Auto-recharge is paused: the card was declined ({code}). Another card lets it go on."
        ),
        ("authentication_required", _) => "Auto-recharge is paused: the payment needs the card holder's \
             authentication. Completing it on the payment page, or another card, lets it go on."
            .to_owned(),
        ("dispute", _) => "Auto-recharge is paused: a payment for credits is disputed. Setting it again lets it go on."
            .to_owned(),
        ("no_payment_method", _) => "Auto-recharge is paused: there is no payment method on file. Adding one lets it \
             go on."
            .to_owned(),
        (other, _) => format!("Auto-recharge is paused ({other})."),
    }
}
