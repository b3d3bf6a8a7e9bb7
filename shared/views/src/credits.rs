//! Prepaid credits: the balance, what is taken, held and bought, and the ledger (D10 to D19).

mod daily;

use billing::credits::Credits;
use billing::credits::ledger::LedgerEntry;
use billing::credits::purchase::Purchase;
use billing::credits::recharge::{Decided, LIMIT_MINOR_UNITS, PauseReason, Settings, Verdict};
use billing::credits::reservation::Reservation;
use billing::journal::Cause;
use billing::money::{Currency, Money};
use billing::month::Month;
use billing::time::Timestamp;
use billing::words::Word;
use serde::Serialize;

use crate::money::MoneyView;
use crate::timeline::CauseView;

pub use daily::{DailyView, DayView};

/// Credits of an account: balance, included tokens and auto-recharge (D15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreditsView {
    /// Available and reserved credits.
    pub balance: i64,
    /// Reserved credits.
    pub reserved: i64,
    /// Days for which the balance lasts if as many tokens are deducted as in the last 30 days,
    /// included ones too; absent where none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runway_days: Option<i64>,
    /// Tokens that the plan includes.
    pub included: IncludedView,
    /// Auto-recharge.
    pub auto_recharge: RechargeView,
}

/// Tokens that the plan includes in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IncludedView {
    /// Tokens of a month; null when any number of them is included.
    pub allocation: Option<i64>,
    /// Tokens used or reserved in this month.
    pub used: i64,
    /// End of this month.
    pub resets_at: String,
}

/// Auto-recharge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RechargeView {
    /// True if auto-recharge buys.
    pub enabled: bool,
    /// Auto-recharge buys when fewer tokens are available.
    pub threshold: i64,
    /// Most money of a month.
    pub spending_limit: MoneyView,
    /// Pack that is bought.
    pub pack: Option<String>,
    /// Money spent in this month.
    pub spent_this_period: MoneyView,
    /// Price of a charge under way.
    pub reserved: MoneyView,
    /// End of this month.
    pub resets_at: String,
    /// `idle`, `charging` or `paused`.
    pub state: &'static str,
    /// Reason of a pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_reason: Option<String>,
    /// Page on which the customer can complete the payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_url: Option<String>,
    /// Time of the next charge after a decline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// Last charge that auto-recharge began; absent before the first that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<AttemptView>,
    /// Condition of the next purchase; absent while it is off or charging, while the account is
    /// disabled or closed, and in answers to a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_trigger: Option<TriggerView>,
}

/// A charge that auto-recharge began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "RechargeAttemptView")
)]
pub struct AttemptView {
    /// Id of the purchase.
    pub purchase: String,
    /// Time at which it began.
    pub at: String,
    /// Price of the pack, without tax.
    pub price: MoneyView,
    /// `charging`, `paid`, `declined`, `authentication_required`, `no_payment_method` or
    /// `canceled`.
    pub status: &'static str,
}

/// Condition of the next purchase by auto-recharge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TriggerView {
    /// `balance_below`: fewer available tokens than `tokens`. `time`: `at`, if fewer are available
    /// by then. `payment_method`: another one on file. `customer_action`: the payment at
    /// `action_url`. `settings`: the settings saved again.
    pub r#type: &'static str,
    /// Tokens, of `balance_below`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// Time, of `time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// A deduction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeductionView {
    /// Id of the deduction.
    pub id: String,
    /// Tokens of those that the plan includes.
    pub from_included: i64,
    /// Tokens of the credits.
    pub from_credits: i64,
    /// Balance behind the deduction.
    pub balance: Option<i64>,
}

/// An adjustment by staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AdjustmentView {
    /// Id of the adjustment.
    pub id: String,
    /// Tokens added; negative when they were removed.
    pub tokens: i64,
    /// Balance behind the adjustment.
    pub balance: Option<i64>,
}

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReservationView {
    /// Id of the reservation.
    pub id: String,
    /// `open`, `settled` or `released`.
    pub status: &'static str,
    /// Tokens that are held.
    pub tokens: i64,
    /// Held tokens of those that the plan includes.
    pub from_included: i64,
    /// Held tokens of the credits.
    pub from_credits: i64,
    /// End of the reservation.
    pub expires_at: String,
    /// Tokens that the job took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_tokens: Option<i64>,
    /// Balance of the account.
    pub balance: i64,
}

/// A purchase of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PurchaseView {
    /// Id of the purchase.
    pub id: String,
    /// `checkout` or `auto_recharge`.
    pub kind: &'static str,
    /// `open`, `failed`, `expired` or `paid`.
    pub status: &'static str,
    /// Pack that is bought.
    pub pack: String,
    /// Tokens in the pack.
    pub tokens: i64,
    /// Price without tax.
    pub price: MoneyView,
    /// Page of Checkout.
    pub checkout_url: Option<String>,
    /// Time at which the purchase began.
    pub created_at: String,
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "LedgerEntryView"))]
pub struct EntryView {
    /// Id of the entry.
    pub id: String,
    /// Time of the decision.
    pub at: String,
    /// Kind of the change.
    pub kind: &'static str,
    /// Tokens added to the balance; negative when they were taken.
    pub tokens: i64,
    /// Tokens of those that the plan includes: no part of the balance.
    pub from_included: i64,
    /// Balance behind the entry.
    pub balance_after: i64,
    /// Reason in the caller's words.
    pub reason: Option<String>,
    /// Purchase, refund, dispute or reservation that the entry is about.
    pub about: Option<String>,
    /// Cause of the entry.
    pub cause: CauseView,
}

impl CreditsView {
    /// Credits as they are now, with auto-recharge in the currency of the packs.
    pub fn of(
        credits: &Credits,
        allowance: Option<i64>,
        currency: Currency,
        now: Timestamp,
    ) -> Self {
        let month = Month::of(now);
        Self {
            balance: credits.counted.balance(),
            reserved: credits.counted.reserved,
            runway_days: None,
            included: IncludedView {
                allocation: allowance,
                used: credits.counted.included_in(month),
                resets_at: month.end().to_string(),
            },
            auto_recharge: RechargeView::of(&credits.decided, currency, now),
        }
    }

    /// The same with what lies ahead: days for which the balance lasts, and the next purchase.
    #[must_use]
    pub fn with_outlook(self, runway_days: Option<i64>, next_trigger: Option<TriggerView>) -> Self {
        let auto_recharge = RechargeView { next_trigger, ..self.auto_recharge };
        Self { runway_days, auto_recharge, ..self }
    }
}

impl TriggerView {
    /// Condition of the next purchase, by what auto-recharge has decided and would do now.
    pub fn of(decided: &Decided, prospect: &Verdict, now: Timestamp) -> Option<Self> {
        let of_type = |r#type: &'static str| Self { r#type, tokens: None, at: None };
        let threshold = decided.settings.as_ref().map(|settings| settings.threshold);
        let at_time = |at: Timestamp| Self { at: Some(at.to_string()), ..of_type("time") };
        match prospect {
            Verdict::Off | Verdict::Held => None,
            Verdict::Enough | Verdict::Buy => {
                Some(Self { tokens: threshold, ..of_type("balance_below") })
            }
            Verdict::Waits(at) => Some(at_time(*at)),
            Verdict::OverLimit => Some(at_time(Month::of(now).end())),
            // A charge whose holder must complete it is under way, and paused.
            Verdict::Charging | Verdict::Paused => decided.pause.as_ref().map(|pause| {
                of_type(match pause.reason {
                    PauseReason::Declined | PauseReason::NoPaymentMethod => "payment_method",
                    PauseReason::AuthenticationRequired => "customer_action",
                    PauseReason::Dispute => "settings",
                })
            }),
        }
    }
}

impl RechargeView {
    /// Auto-recharge as it is now. An account without settings has it off, with the default limit
    /// in that currency.
    pub fn of(decided: &Decided, currency: Currency, now: Timestamp) -> Self {
        let month = Month::of(now);
        let unset = Settings {
            enabled: false,
            threshold: 0,
            limit: Money::new(LIMIT_MINOR_UNITS, currency),
            pack: String::new(),
        };
        let settings = decided.settings.as_ref().unwrap_or(&unset);
        let money = |amount: i64| MoneyView::from(Money { amount, ..settings.limit });
        let pause = decided.pause.as_ref();

        Self {
            enabled: settings.enabled,
            threshold: settings.threshold,
            spending_limit: settings.limit.into(),
            pack: Some(settings.pack.clone()).filter(|pack| !pack.is_empty()),
            spent_this_period: money(decided.spent_in(month)),
            reserved: money(decided.reserved_in(month)),
            resets_at: month.end().to_string(),
            state: match (pause, &decided.charge) {
                (Some(_), _) => "paused",
                (None, Some(_)) => "charging",
                (None, None) => "idle",
            },
            paused_reason: pause.map(|pause| pause.reason.word().to_owned()),
            action_url: pause.and_then(|pause| pause.action_url.clone()),
            next_attempt_at: decided.not_before.filter(|at| now < *at).map(|at| at.to_string()),
            last_attempt: decided.last_attempt.as_ref().map(|last| AttemptView {
                purchase: last.purchase.to_string(),
                at: last.at.to_string(),
                price: money(last.price),
                status: last.outcome.word(),
            }),
            next_trigger: None,
        }
    }
}

impl From<&LedgerEntry> for DeductionView {
    fn from(entry: &LedgerEntry) -> Self {
        Self {
            id: entry.id.clone(),
            from_included: entry.included,
            from_credits: entry.tokens.saturating_neg(),
            balance: entry.told,
        }
    }
}

impl From<&LedgerEntry> for AdjustmentView {
    fn from(entry: &LedgerEntry) -> Self {
        Self { id: entry.id.clone(), tokens: entry.tokens, balance: entry.told }
    }
}

impl ReservationView {
    /// A reservation, and the balance of its account.
    pub fn of(reservation: &Reservation, balance: i64) -> Self {
        Self {
            id: reservation.id.clone(),
            status: reservation.status.word(),
            tokens: reservation.tokens(),
            from_included: reservation.held.included,
            from_credits: reservation.held.credits,
            expires_at: reservation.ends_at.to_string(),
            settled_tokens: reservation.settled,
            balance,
        }
    }
}

impl From<&Purchase> for PurchaseView {
    fn from(purchase: &Purchase) -> Self {
        Self {
            id: purchase.id.to_string(),
            kind: purchase.how.word(),
            status: purchase.status.word(),
            pack: purchase.offer.pack.clone(),
            tokens: purchase.offer.tokens,
            price: purchase.offer.price.into(),
            checkout_url: purchase.url.clone(),
            created_at: purchase.intent.begun_at.to_string(),
        }
    }
}

impl EntryView {
    /// An entry with its cause and the balance behind it.
    pub fn of(entry: LedgerEntry, cause: &Cause, balance_after: i64) -> Self {
        Self {
            id: entry.id,
            at: entry.at.to_string(),
            kind: entry.kind.word(),
            tokens: entry.tokens,
            from_included: entry.included,
            balance_after,
            reason: entry.reason,
            about: entry.about,
            cause: CauseView::of(cause),
        }
    }
}
