//! What Stripe tells us, in our own words: the same for every API version.
//!
//! A fact carries only what a decision uses. Its time is when it happened at Stripe (the event's
//! `created`), never when we heard of it. Facts travel in the retry queue, hence `serde`; they are
//! made by `stripe-wire`, and later from the responses to our own calls.

mod subscription;

use serde::{Deserialize, Serialize};

use crate::ids::{CreditNoteId, CustomerId, InvoiceId, PaymentIntentId, SubscriptionId};
use crate::invoice_payment::PaymentShown;
use crate::money::Currency;
use crate::tax_id::TaxIdSnapshot;
use crate::time::Timestamp;
use crate::words::Word;

pub use self::subscription::{Origin, Pause, SubscriptionSnapshot, SubscriptionStatus, Suspension};
pub use super::customer::{Address, CustomerSnapshot};
pub use crate::price::{Fee, Interval};

/// One thing that happened to one customer at Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Time at which it happened at Stripe.
    pub at: Timestamp,
    /// Whom it is about.
    pub customer: CustomerId,
    /// What happened.
    pub news: News,
}

impl Fact {
    /// The id of what it is about: an invoice (also of a credit note's), a subscription, or the
    /// customer.
    pub fn about(&self) -> &str {
        match &self.news {
            News::Invoice { snapshot, .. } => snapshot.id.as_str(),
            News::CreditNote(note) => note.invoice.as_str(),
            News::Subscription(snapshot) => snapshot.id.as_str(),
            News::PaymentMoved(moved) => moved.intent.as_str(),
            News::CustomerUpdated(_)
            | News::TaxId(_)
            | News::CustomerDeleted
            | News::MethodChanged => self.customer.as_str(),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// An invoice moved, or was merely told of again.
    Invoice {
        /// What Stripe called it.
        event: InvoiceEvent,
        /// The invoice as it was then.
        snapshot: InvoiceSnapshot,
    },
    /// A credit note was issued, changed or voided.
    CreditNote(CreditNoteSnapshot),
    /// A subscription began, changed or ended.
    Subscription(SubscriptionSnapshot),
    /// The customer's details changed.
    CustomerUpdated(CustomerSnapshot),
    /// A tax id was added, verified or removed.
    TaxId(TaxIdSnapshot),
    /// The customer was deleted at Stripe: the account is closed.
    CustomerDeleted,
    /// The details of a payment method of the customer's changed: only Stripe knows whether it is
    /// the one that is charged.
    MethodChanged,
    /// A payment that buys no credits is in progress, or was given up.
    PaymentMoved(PaymentMoved),
}

/// A payment that may be of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMoved {
    /// Stripe's payment intent.
    pub intent: PaymentIntentId,
    /// The invoice that it pays, in versions before basil. Since then only Stripe knows: it is to
    /// be asked.
    pub invoice: Option<InvoiceId>,
    /// The payment as it stood then.
    pub shown: PaymentShown,
}

/// What Stripe says happened to an invoice: the part of `invoice.*` after the dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceEvent {
    /// A draft was made.
    Created,
    /// The draft became an open invoice.
    Finalized,
    /// Something about it changed.
    Updated,
    /// It is settled, by a payment, out of band, by balance or because nothing was due.
    Paid,
    /// A payment went through.
    PaymentSucceeded,
    /// A payment was tried and failed.
    PaymentFailed,
    /// A payment was tried and waits for the customer's authentication.
    PaymentActionRequired,
    /// It was withdrawn after finalization.
    Voided,
    /// It is not expected to be paid; it is still unpaid.
    MarkedUncollectible,
    /// The draft was deleted.
    Deleted,
    /// An automation at Stripe says that its due date has passed.
    Overdue,
}

impl InvoiceEvent {
    /// True if an attempt to collect the invoice failed, or waits for the customer.
    pub fn is_a_failure(self) -> bool {
        match self {
            Self::PaymentFailed | Self::PaymentActionRequired => true,
            Self::Created
            | Self::Finalized
            | Self::Updated
            | Self::Paid
            | Self::PaymentSucceeded
            | Self::Voided
            | Self::MarkedUncollectible
            | Self::Deleted
            | Self::Overdue => false,
        }
    }
}

/// Where an invoice stands, in the order in which it can move up.
///
/// Deleted, void and paid end it; an uncollectible invoice can still be paid or voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Still being put together; nothing is owed yet.
    Draft,
    /// Finalized and unpaid.
    Open,
    /// Unpaid and given up by Stripe's collection: still unpaid.
    Uncollectible,
    /// Settled.
    Paid,
    /// Withdrawn: never owed.
    Void,
    /// A deleted draft: never owed.
    Deleted,
}

impl Word for InvoiceStatus {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Draft, "draft"),
        (Self::Open, "open"),
        (Self::Uncollectible, "uncollectible"),
        (Self::Paid, "paid"),
        (Self::Void, "void"),
        (Self::Deleted, "deleted"),
    ];
}

/// How an invoice is collected: Stripe's `collection_method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collection {
    /// `charge_automatically`: Stripe charges the payment method on file.
    Automatic,
    /// `send_invoice`: the customer pays by the due date.
    Manual,
}

impl Word for Collection {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Automatic, "automatic"), (Self::Manual, "manual")];
}

/// Reason why Stripe made an invoice, as far as a rule asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingReason {
    /// `subscription_create`: the first invoice of a subscription.
    SubscriptionCreate,
    /// `subscription_update`: a change of plan or seats.
    SubscriptionUpdate,
    /// Any other `subscription...`, such as a renewal.
    Subscription,
    /// `manual` and anything newer than we know.
    Other,
}

impl Word for BillingReason {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::SubscriptionCreate, "subscription_create"),
        (Self::SubscriptionUpdate, "subscription_update"),
        (Self::Subscription, "subscription"),
        (Self::Other, "other"),
    ];
}

/// Purpose of an invoice.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// Fees of a subscription, or a change of it.
    Subscription,
    /// Usage of a month, in arrears (A16).
    Usage,
    /// Anything else that the vendor invoices.
    #[default]
    Manual,
    /// Prepaid credits.
    Credits,
}

impl Word for InvoiceKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Subscription, "subscription"),
        (Self::Usage, "usage"),
        (Self::Manual, "manual"),
        (Self::Credits, "credits"),
    ];
}

/// An invoice as Stripe showed it at one moment. Amounts are minor units of `currency`, never
/// negative but for `total`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct InvoiceSnapshot {
    /// Stripe's id.
    pub id: InvoiceId,
    /// What its amounts are in.
    pub currency: Currency,
    /// Its status then.
    pub status: InvoiceStatus,
    /// How it is collected.
    pub collection: Collection,
    /// Reason why it was made.
    pub reason: BillingReason,
    /// The subscription it belongs to, if any.
    pub subscription: Option<SubscriptionId>,
    /// The number that the customer sees; given at finalization.
    pub number: Option<String>,
    /// Time at which it was created.
    pub created: Timestamp,
    /// Time at which it was finalized, if the payload says so.
    pub finalized_at: Option<Timestamp>,
    /// Time at which it was paid or voided, if the payload says so (`status_transitions.paid_at`,
    /// `voided_at`).
    pub ended_at: Option<Timestamp>,
    /// Time at which it is due; only sent invoices have a due date.
    pub due_at: Option<Timestamp>,
    /// Purpose of the invoice.
    #[serde(default)]
    pub kind: InvoiceKind,
    /// Beginning and end of the line that ends last: the period that the invoice is for. Stripe's
    /// `period_start` and `period_end` are of the period before.
    #[serde(default)]
    pub period: Option<(Timestamp, Timestamp)>,
    /// Its total, after tax. Negative for an invoice that only gives credit.
    pub total: i64,
    /// Tax within the total; none in a payload that does not say.
    #[serde(default)]
    pub tax: Option<i64>,
    /// What was still to be paid in all, after the credit notes known then.
    pub amount_due: i64,
    /// What had been paid.
    pub amount_paid: i64,
    /// Its payments, where it was read with them: events do not carry them.
    #[serde(default)]
    pub payments: Vec<PaymentShown>,
    /// What credit notes issued before payment had taken off `amount_due`.
    pub pre_payment_credit_notes: i64,
    /// True if Stripe has tried to collect it.
    pub attempted: bool,
    /// How often Stripe has tried; manual attempts after the first do not count.
    pub attempt_count: u32,
    /// Marks of ours are on it or on its subscription.
    pub marked: bool,
    /// Stripe collects it by itself; none in a payload without the field.
    pub auto_advance: Option<bool>,
    /// Our mark: we stopped that, while payment advice holds the invoice.
    #[serde(default)]
    pub held: bool,
    /// Stripe says that a pause of its subscription's collection made it uncollectible (since
    /// 2026-09-30.endive).
    pub given_up_by_pause: bool,
    /// Time at which Stripe tries next.
    pub next_attempt_at: Option<Timestamp>,
    /// Stripe's page on which it can be paid.
    pub hosted_invoice_url: Option<String>,
    /// Its PDF.
    pub pdf_url: Option<String>,
}

impl InvoiceSnapshot {
    /// What an event would have called it that tells of the invoice as it was read from Stripe: an
    /// object does not say what last happened to it.
    ///
    /// One that was tried and is to be tried again was tried in vain, and a subscription is past
    /// due or unpaid for nothing else (docs.stripe.com/billing/subscriptions/overview). When that
    /// was is not known: so the failure dates from the reading, and nobody's grace begins in the
    /// past. A try without such a sign may still be processing.
    pub fn event_when_read(&self, subscriptions: &[SubscriptionSnapshot]) -> InvoiceEvent {
        use SubscriptionStatus::{PastDue, Unpaid};
        let own = |one: &&SubscriptionSnapshot| self.subscription.as_ref() == Some(&one.id);
        let unpaid = |one: &SubscriptionSnapshot| matches!(one.status, PastDue | Unpaid);
        let in_vain =
            self.next_attempt_at.is_some() || subscriptions.iter().find(own).is_some_and(unpaid);
        let is_owed = matches!(self.status, InvoiceStatus::Open | InvoiceStatus::Uncollectible);
        if self.collection == Collection::Automatic && is_owed && self.attempted && in_vain {
            InvoiceEvent::PaymentFailed
        } else {
            InvoiceEvent::Updated
        }
    }
}

/// A credit note as Stripe showed it. Amounts are minor units of `currency`, never negative.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CreditNoteSnapshot {
    /// Stripe's id.
    pub id: CreditNoteId,
    /// The invoice it corrects.
    pub invoice: InvoiceId,
    /// What its amounts are in.
    pub currency: Currency,
    /// Whether it counts.
    pub status: CreditNoteStatus,
    /// What it takes off the amount due of an unpaid invoice.
    pub pre_payment: i64,
    /// What it gives back of a paid one: refunds, credit to the balance, or outside Stripe.
    pub post_payment: i64,
    /// Stripe's reason: `duplicate`, `fraudulent`, `order_change`, `product_unsatisfactory`.
    pub reason: Option<String>,
}

/// Whether a credit note counts; a voided one never counts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditNoteStatus {
    /// It counts.
    Issued,
    /// It was withdrawn.
    Void,
}

impl Word for CreditNoteStatus {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Issued, "issued"), (Self::Void, "void")];
}
