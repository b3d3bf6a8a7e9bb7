//! What Stripe tells of a payment for credits, in our own words: the Checkout session in which a
//! pack is bought, the payment itself, and what takes it back (D11, D18; money rules 24, 25, 29).
//!
//! These facts are about a *purchase* of ours, which our own metadata names, or about a payment
//! that a purchase has. Each snapshot stands in a lattice of its own, so that they can come in any
//! order, any number of times, and two of one second need no tie-break.

use serde::{Deserialize, Serialize};

use crate::ids::{
    CustomerId, DisputeId, PaymentIntentId, PaymentMethodId, PurchaseId, RefundId, SessionId,
};
use crate::money::Money;
use crate::time::Timestamp;

/// The key, in the metadata of a Checkout session and of a payment intent, of the purchase that it
/// pays (money rule 24).
pub const PURCHASE_METADATA: &str = "tollgate_purchase";

/// One thing that happened to one payment at Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFact {
    /// Time at which it happened at Stripe.
    pub at: Timestamp,
    /// What happened.
    pub news: PaymentNews,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentNews {
    /// A Checkout session in which credits are bought.
    Session(SessionSnapshot),
    /// A payment for credits.
    Payment(PaymentSnapshot),
    /// A refund of a payment. Refunds name no customer: the payment's link tells whose it is.
    Refund(RefundSnapshot),
    /// A dispute about a payment, likewise.
    Dispute(DisputeSnapshot),
}

impl PaymentFact {
    /// The id of Stripe's object that it is about.
    pub fn about(&self) -> &str {
        match &self.news {
            PaymentNews::Session(session) => session.id.as_str(),
            PaymentNews::Payment(payment) => payment.id.as_str(),
            PaymentNews::Refund(refund) => refund.id.as_str(),
            PaymentNews::Dispute(dispute) => dispute.id.as_str(),
        }
    }
}

/// A Checkout session of ours, as Stripe showed it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSnapshot {
    /// Stripe's id.
    pub id: SessionId,
    /// Who buys.
    pub customer: CustomerId,
    /// Our purchase, from the session's metadata.
    pub purchase: PurchaseId,
    /// Whether it can still be paid.
    pub status: SessionStatus,
    /// True if the money is there. A delayed payment method completes the session without it.
    pub paid: bool,
    /// True if a delayed payment failed after the session was completed: only an event tells that.
    pub failed: bool,
    /// What it costs without tax.
    pub subtotal: Money,
    /// What was paid, or is to be paid, with tax.
    pub total: Money,
    /// The payment, once there is one.
    pub payment: Option<PaymentIntentId>,
}

/// Where a Checkout session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Nobody has completed it yet.
    Open,
    /// Nobody can complete it any more.
    Expired,
    /// Completed. Whether it is paid is another question.
    Complete,
}

/// A payment intent of ours, as Stripe showed it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentSnapshot {
    /// Stripe's id.
    pub id: PaymentIntentId,
    /// Who pays.
    pub customer: CustomerId,
    /// Our purchase, from the payment's metadata.
    pub purchase: PurchaseId,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What is charged, with tax.
    pub amount: Money,
    /// Reason why the last attempt failed, if it did.
    pub declined: Option<Decline>,
}

/// Where a payment intent stands (docs.stripe.com/payments/paymentintents/lifecycle).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// It waits for a payment method, to begin with or after a decline; or for a confirmation.
    Waiting,
    /// It waits for the customer's authentication.
    RequiresAction,
    /// It is under way: a bank debit.
    Processing,
    /// It was given up.
    Canceled,
    /// The money is there.
    Succeeded,
}

/// Reason why a payment failed: Stripe's `last_payment_error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// Stripe's code of the error: `card_declined`, `authentication_required`, `expired_card` ...
    pub code: String,
    /// The issuer's code, if the card was declined: `insufficient_funds`, `stolen_card` ...
    pub decline_code: Option<String>,
    /// Stripe's sentence for people.
    pub message: Option<String>,
    /// The payment method that was tried.
    pub method: Option<PaymentMethodId>,
}

/// A refund as Stripe showed it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSnapshot {
    /// Stripe's id.
    pub id: RefundId,
    /// What is refunded.
    pub payment: PaymentIntentId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: RefundStatus,
}

/// Where a refund stands, in the order in which it can move up: it can fail after it succeeded
/// (money rule 29).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// `pending`, or `requires_action`.
    Pending,
    /// The money is on its way back.
    Succeeded,
    /// It came back to us.
    Failed,
    /// It was called off.
    Canceled,
}

/// A dispute as Stripe showed it at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeSnapshot {
    /// Stripe's id.
    pub id: DisputeId,
    /// What is disputed.
    pub payment: PaymentIntentId,
    /// How much, in the currency of the bank's customer: that of the payment, unless Stripe
    /// converted it.
    pub amount: Money,
    /// What Stripe took from the vendor's balance for it, without fees, if it says so.
    #[serde(default)]
    pub withdrawn: Option<Money>,
    /// Where it stands.
    pub status: DisputeStatus,
    /// Stripe's word for the reason, such as `fraudulent`.
    #[serde(default)]
    pub reason: Option<String>,
    /// Time until which evidence is taken, if Stripe names one.
    #[serde(default)]
    pub due_by: Option<Timestamp>,
    /// True once evidence was given, and is looked at.
    #[serde(default)]
    pub answered: bool,
}

/// Where a dispute stands, in the order in which it can move up
/// (<https://docs.stripe.com/api/disputes/object#dispute_object-status>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// `warning_needs_response`, `warning_under_review`: an inquiry. No money moves.
    Warning,
    /// `warning_closed`, `prevented`: an inquiry that came to nothing.
    WarningClosed,
    /// `needs_response`, `under_review`: the money was taken from us.
    Open,
    /// It stays taken.
    Lost,
    /// It came back.
    Won,
}
