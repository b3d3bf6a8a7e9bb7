//! A purchase of credits: what is bought, whether it is paid, and what of it was taken back (D11,
//! D18).

use std::collections::BTreeMap;

use super::Offer;
use crate::ids::{DisputeId, PaymentIntentId, PaymentMethodId, PurchaseId, RefundId, SessionId};
use crate::intent::Intent;
use crate::money::{Money, TooLarge};
use crate::month::Month;
use crate::payment::{DisputeSnapshot, DisputeStatus, RefundStatus};
use crate::words::Word;

/// Most refunds, and most disputes, that a purchase keeps.
pub const REVERSALS_MAX: usize = 20;

/// A purchase: kept before Stripe is asked, and for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Its id, drawn. It is the key of its ledger entry and stands in the metadata of session and
    /// payment, so whatever tells that it is paid tells of one grant (money rule 24).
    pub id: PurchaseId,
    /// How it is paid.
    pub how: How,
    /// What is bought: as it was sold then.
    pub offer: Offer,
    /// The month in which it was decided: it counts against that month's limit.
    pub month: Month,
    /// Where it stands.
    pub status: PurchaseStatus,
    /// What is being done for it at Stripe.
    pub intent: Intent,
    /// Its Checkout session, once there is one.
    pub session: Option<SessionId>,
    /// That session's page.
    pub url: Option<String>,
    /// What is charged, once that is chosen: the same for every try, as Stripe's idempotency keys
    /// want it.
    pub method: Option<ChargeMethod>,
    /// The tax that a charge of ours takes on top of the price, in minor units: chosen with the
    /// method. What Checkout takes is Stripe's to say.
    pub tax: i64,
    /// Its payment, once that is known.
    pub payment: Option<PaymentIntentId>,
    /// What was paid, with tax.
    pub paid: Option<Money>,
    /// Refunds by their ids: how much, and where they stand. A set, because each can still fail
    /// (money rule 29).
    pub refunds: BTreeMap<RefundId, (RefundStatus, i64)>,
    /// Disputes likewise.
    pub disputes: BTreeMap<DisputeId, (DisputeStatus, i64)>,
    /// Tokens that are taken back.
    pub taken: i64,
    /// How often tokens were taken back or given back: numbers the ledger's entries.
    pub takes: u32,
}

/// How a purchase is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// By the customer, in Checkout.
    Checkout,
    /// By us, from the payment method on file.
    Recharge,
}

/// Where a purchase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PurchaseStatus {
    /// Not paid yet.
    Open,
    /// The payment failed for good.
    Failed,
    /// Its page cannot be paid any more.
    Expired,
    /// Paid, and its credits granted.
    Granted,
}

/// A payment method that is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeMethod {
    /// Stripe's id.
    pub id: PaymentMethodId,
    /// What makes it the same card under another id.
    pub fingerprint: Option<String>,
}

impl Word for How {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Checkout, "checkout"), (Self::Recharge, "auto_recharge")];
}

impl Word for PurchaseStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Open, "open"),
        (Self::Failed, "failed"),
        (Self::Expired, "expired"),
        (Self::Granted, "paid"),
    ];
}

impl Word for RefundStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Pending, "pending"),
        (Self::Succeeded, "succeeded"),
        (Self::Failed, "failed"),
        (Self::Canceled, "canceled"),
    ];
}

impl Word for DisputeStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Warning, "warning"),
        (Self::WarningClosed, "warning_closed"),
        (Self::Open, "open"),
        (Self::Lost, "lost"),
        (Self::Won, "won"),
    ];
}

impl ChargeMethod {
    /// What tells it from another card: the fingerprint, or the id of a method that has none.
    pub fn card(&self) -> &str {
        self.fingerprint.as_deref().unwrap_or(self.id.as_str())
    }
}

impl Purchase {
    /// What a charge of ours takes: the price, with tax.
    pub fn to_charge(&self) -> Result<Money, TooLarge> {
        self.offer.price.plus(self.tax)
    }

    /// A new one, not paid yet.
    pub fn new(how: How, offer: Offer, intent: Intent, id: PurchaseId) -> Self {
        Self {
            version: 0,
            id,
            how,
            offer,
            month: Month::of(intent.begun_at),
            status: PurchaseStatus::Open,
            intent,
            session: None,
            url: None,
            method: None,
            tax: 0,
            payment: None,
            paid: None,
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            taken: 0,
            takes: 0,
        }
    }

    /// The money that is not ours any more, at most what was paid, in minor units.
    fn reversed(&self) -> i64 {
        let refunds = self.refunds.values().filter(|(status, _)| status.is_live());
        let disputes = self.disputes.values().filter(|(status, _)| status.is_live());
        let refunds = refunds.fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
        disputes.fold(refunds, |sum, (_, amount)| sum.saturating_add(*amount))
    }

    /// The tokens that go back with the money: in proportion, rounded down, and all of them with
    /// all of it (D18).
    pub fn to_be_taken(&self) -> i64 {
        let paid = self.paid.map_or(0, |paid| paid.amount);
        let reversed = self.reversed().clamp(0, paid.max(0));
        if self.status != PurchaseStatus::Granted || paid <= 0 {
            return 0;
        }
        let product = i128::from(self.offer.tokens).saturating_mul(i128::from(reversed));
        let tokens = product.checked_div(i128::from(paid)).unwrap_or(0);
        i64::try_from(tokens).unwrap_or(self.offer.tokens)
    }
}

impl Purchase {
    /// The disputed part of what was paid, in its minor units. Where the dispute is in another
    /// currency, it is what Stripe took for it in ours, if that is known; else all of it, because
    /// nothing says that it is less.
    pub(crate) fn disputed(&self, dispute: &DisputeSnapshot) -> i64 {
        let Some(paid) = self.paid else { return dispute.amount.amount };
        let known = [Some(dispute.amount), dispute.withdrawn];
        let ours = known.into_iter().flatten().find(|amount| amount.currency == paid.currency);
        ours.map_or(paid.amount, |amount| amount.amount)
    }
}

impl RefundStatus {
    /// True if its money has left us, or is about to.
    pub fn is_live(self) -> bool {
        match self {
            Self::Pending | Self::Succeeded => true,
            Self::Failed | Self::Canceled => false,
        }
    }
}

impl DisputeStatus {
    /// True if a person must look at it, and has not seen it so: an inquiry, a dispute and a loss
    /// each pause auto-recharge, but not a loss of what paused it when it was opened.
    pub(crate) fn is_worse_than(self, known: Option<Self>) -> bool {
        match self {
            Self::Warning => known.is_none(),
            Self::Open => known != Some(Self::Open),
            Self::Lost => known.is_none_or(|known| known < Self::Open),
            Self::WarningClosed | Self::Won => false,
        }
    }

    /// True if its money was taken from us.
    pub fn is_live(self) -> bool {
        match self {
            Self::Open | Self::Lost => true,
            Self::Warning | Self::WarningClosed | Self::Won => false,
        }
    }
}
