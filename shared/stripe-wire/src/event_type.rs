//! The event types that we use: each of Stripe's strings stands here and nowhere else.
//!
//! It is not the list of all of Stripe's events (docs.stripe.com/api/events/types): a type that is
//! not here is answered with success and counted, never refused. [`EventType::ALL`] is what a
//! webhook endpoint is to be subscribed to.

use std::fmt;

use billing::fact::InvoiceEvent;
use serde::{Deserialize, Serialize};

/// An event type that we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum EventType {
    /// `invoice.*`: the object is an invoice.
    Invoice(InvoiceEvent),
    /// `credit_note.*`: the object is a credit note.
    CreditNote(CreditNoteEvent),
    /// `customer.subscription.*`: the object is a subscription.
    Subscription(SubscriptionEvent),
    /// `customer.updated`: the object is the customer.
    CustomerUpdated,
    /// `customer.tax_id.*`: the object is a tax id.
    TaxId(TaxIdEvent),
    /// `customer.deleted`: the object is the customer, or what is left of it.
    CustomerDeleted,
    /// `payment_method.*`: the object is a payment method.
    Method(MethodEvent),
    /// What may be about a payment for credits (D11, D18).
    Payment(PaymentEvent),
}

/// What happened to a payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MethodEvent {
    /// Its details, such as the expiry, were changed.
    Updated,
    /// The bank renewed it.
    AutomaticallyUpdated,
}

/// What happened to a payment, by the object that tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaymentEvent {
    /// `checkout.session.*`: the object is a Checkout session.
    Session(SessionEvent),
    /// `payment_intent.*`: the object is a payment intent.
    Intent(IntentEvent),
    /// `refund.*` and `charge.refund.updated`: the object is a refund.
    Refund(RefundEvent),
    /// `charge.dispute.*`: the object is a dispute.
    Dispute(DisputeEvent),
}

/// What happened to a Checkout session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionEvent {
    /// The customer completed it; whether it is paid, it says itself.
    Completed,
    /// The money of a delayed payment method came.
    AsyncPaymentSucceeded,
    /// It will not come.
    AsyncPaymentFailed,
    /// Nobody can complete it any more.
    Expired,
}

/// What happened to a payment intent. Each is an update: the object tells the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntentEvent {
    /// The money is there.
    Succeeded,
    /// An attempt failed.
    PaymentFailed,
    /// It was given up.
    Canceled,
    /// A delayed payment method is under way.
    Processing,
    /// The customer is to authenticate.
    RequiresAction,
}

/// What happened to a refund. Each is an update, as above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefundEvent {
    /// It was made.
    Created,
    /// Something about it changed.
    Updated,
    /// The money came back to us.
    Failed,
    /// `Updated`, as refunds of charges were told before `refund.*` was for all of them
    /// (docs.stripe.com/changelog/acacia/2024-10-28/refund-webhook-update).
    ChargeUpdated,
}

/// What happened to a dispute. Each is an update, as above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DisputeEvent {
    /// The customer's bank opened it.
    Created,
    /// Something about it changed.
    Updated,
    /// It is won, lost, or an inquiry that came to nothing.
    Closed,
    /// The money was taken from us.
    FundsWithdrawn,
    /// It came back.
    FundsReinstated,
}

/// What happened to a tax id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaxIdEvent {
    /// It was added.
    Created,
    /// The authority has answered.
    Updated,
    /// It was removed.
    Deleted,
}

/// What happened to a credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CreditNoteEvent {
    /// It was issued.
    Created,
    /// Something about it changed.
    Updated,
    /// It was withdrawn.
    Voided,
}

/// What happened to a subscription. But for its end each is an update: the object tells the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubscriptionEvent {
    /// It began.
    Created,
    /// Something about it changed.
    Updated,
    /// It ended.
    Deleted,
    /// A trial ended without a payment method.
    Paused,
    /// It is no longer paused.
    Resumed,
    /// The payment that an update waited for came.
    PendingUpdateApplied,
    /// That payment did not come in time.
    PendingUpdateExpired,
    /// A trial ends in three days.
    TrialWillEnd,
}

/// The string is not an event type that we use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an event type that is used here")]
pub struct NotUsed(pub String);

impl EventType {
    /// Every type that we use.
    pub const ALL: [Self; 47] = [
        Self::Invoice(InvoiceEvent::Created),
        Self::Invoice(InvoiceEvent::Finalized),
        Self::Invoice(InvoiceEvent::Updated),
        Self::Invoice(InvoiceEvent::Paid),
        Self::Invoice(InvoiceEvent::PaymentSucceeded),
        Self::Invoice(InvoiceEvent::PaymentFailed),
        Self::Invoice(InvoiceEvent::PaymentActionRequired),
        Self::Invoice(InvoiceEvent::Voided),
        Self::Invoice(InvoiceEvent::MarkedUncollectible),
        Self::Invoice(InvoiceEvent::Deleted),
        Self::Invoice(InvoiceEvent::Overdue),
        Self::CreditNote(CreditNoteEvent::Created),
        Self::CreditNote(CreditNoteEvent::Updated),
        Self::CreditNote(CreditNoteEvent::Voided),
        Self::Subscription(SubscriptionEvent::Created),
        Self::Subscription(SubscriptionEvent::Updated),
        Self::Subscription(SubscriptionEvent::Deleted),
        Self::Subscription(SubscriptionEvent::Paused),
        Self::Subscription(SubscriptionEvent::Resumed),
        Self::Subscription(SubscriptionEvent::PendingUpdateApplied),
        Self::Subscription(SubscriptionEvent::PendingUpdateExpired),
        Self::Subscription(SubscriptionEvent::TrialWillEnd),
        Self::CustomerUpdated,
        Self::TaxId(TaxIdEvent::Created),
        Self::TaxId(TaxIdEvent::Updated),
        Self::TaxId(TaxIdEvent::Deleted),
        Self::CustomerDeleted,
        Self::Method(MethodEvent::Updated),
        Self::Method(MethodEvent::AutomaticallyUpdated),
        Self::Payment(PaymentEvent::Session(SessionEvent::Completed)),
        Self::Payment(PaymentEvent::Session(SessionEvent::AsyncPaymentSucceeded)),
        Self::Payment(PaymentEvent::Session(SessionEvent::AsyncPaymentFailed)),
        Self::Payment(PaymentEvent::Session(SessionEvent::Expired)),
        Self::Payment(PaymentEvent::Intent(IntentEvent::Succeeded)),
        Self::Payment(PaymentEvent::Intent(IntentEvent::PaymentFailed)),
        Self::Payment(PaymentEvent::Intent(IntentEvent::Canceled)),
        Self::Payment(PaymentEvent::Intent(IntentEvent::Processing)),
        Self::Payment(PaymentEvent::Intent(IntentEvent::RequiresAction)),
        Self::Payment(PaymentEvent::Refund(RefundEvent::Created)),
        Self::Payment(PaymentEvent::Refund(RefundEvent::Updated)),
        Self::Payment(PaymentEvent::Refund(RefundEvent::Failed)),
        Self::Payment(PaymentEvent::Refund(RefundEvent::ChargeUpdated)),
        Self::Payment(PaymentEvent::Dispute(DisputeEvent::Created)),
        Self::Payment(PaymentEvent::Dispute(DisputeEvent::Updated)),
        Self::Payment(PaymentEvent::Dispute(DisputeEvent::Closed)),
        Self::Payment(PaymentEvent::Dispute(DisputeEvent::FundsWithdrawn)),
        Self::Payment(PaymentEvent::Dispute(DisputeEvent::FundsReinstated)),
    ];

    /// Stripe's string.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice(InvoiceEvent::Created) => "invoice.created",
            Self::Invoice(InvoiceEvent::Finalized) => "invoice.finalized",
            Self::Invoice(InvoiceEvent::Updated) => "invoice.updated",
            Self::Invoice(InvoiceEvent::Paid) => "invoice.paid",
            Self::Invoice(InvoiceEvent::PaymentSucceeded) => "invoice.payment_succeeded",
            Self::Invoice(InvoiceEvent::PaymentFailed) => "invoice.payment_failed",
            Self::Invoice(InvoiceEvent::PaymentActionRequired) => "invoice.payment_action_required",
            Self::Invoice(InvoiceEvent::Voided) => "invoice.voided",
            Self::Invoice(InvoiceEvent::MarkedUncollectible) => "invoice.marked_uncollectible",
            Self::Invoice(InvoiceEvent::Deleted) => "invoice.deleted",
            Self::Invoice(InvoiceEvent::Overdue) => "invoice.overdue",
            Self::CreditNote(CreditNoteEvent::Created) => "credit_note.created",
            Self::CreditNote(CreditNoteEvent::Updated) => "credit_note.updated",
            Self::CreditNote(CreditNoteEvent::Voided) => "credit_note.voided",
            Self::Subscription(event) => event.as_str(),
            Self::CustomerUpdated => "customer.updated",
            Self::TaxId(TaxIdEvent::Created) => "customer.tax_id.created",
            Self::TaxId(TaxIdEvent::Updated) => "customer.tax_id.updated",
            Self::TaxId(TaxIdEvent::Deleted) => "customer.tax_id.deleted",
            Self::CustomerDeleted => "customer.deleted",
            Self::Method(MethodEvent::Updated) => "payment_method.updated",
            Self::Method(MethodEvent::AutomaticallyUpdated) => {
                "payment_method.automatically_updated"
            }
            Self::Payment(event) => event.as_str(),
        }
    }

    /// Reads Stripe's string; nothing for a type that we do not use.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

impl SubscriptionEvent {
    fn as_str(self) -> &'static str {
        match self {
            Self::Created => "customer.subscription.created",
            Self::Updated => "customer.subscription.updated",
            Self::Deleted => "customer.subscription.deleted",
            Self::Paused => "customer.subscription.paused",
            Self::Resumed => "customer.subscription.resumed",
            Self::PendingUpdateApplied => "customer.subscription.pending_update_applied",
            Self::PendingUpdateExpired => "customer.subscription.pending_update_expired",
            Self::TrialWillEnd => "customer.subscription.trial_will_end",
        }
    }
}

impl PaymentEvent {
    fn as_str(self) -> &'static str {
        match self {
            Self::Session(SessionEvent::Completed) => "checkout.session.completed",
            Self::Session(SessionEvent::AsyncPaymentSucceeded) => {
                "checkout.session.async_payment_succeeded"
            }
            Self::Session(SessionEvent::AsyncPaymentFailed) => {
                "checkout.session.async_payment_failed"
            }
            Self::Session(SessionEvent::Expired) => "checkout.session.expired",
            Self::Intent(IntentEvent::Succeeded) => "payment_intent.succeeded",
            Self::Intent(IntentEvent::PaymentFailed) => "payment_intent.payment_failed",
            Self::Intent(IntentEvent::Canceled) => "payment_intent.canceled",
            Self::Intent(IntentEvent::Processing) => "payment_intent.processing",
            Self::Intent(IntentEvent::RequiresAction) => "payment_intent.requires_action",
            Self::Refund(RefundEvent::Created) => "refund.created",
            Self::Refund(RefundEvent::Updated) => "refund.updated",
            Self::Refund(RefundEvent::Failed) => "refund.failed",
            Self::Refund(RefundEvent::ChargeUpdated) => "charge.refund.updated",
            Self::Dispute(DisputeEvent::Created) => "charge.dispute.created",
            Self::Dispute(DisputeEvent::Updated) => "charge.dispute.updated",
            Self::Dispute(DisputeEvent::Closed) => "charge.dispute.closed",
            Self::Dispute(DisputeEvent::FundsWithdrawn) => "charge.dispute.funds_withdrawn",
            Self::Dispute(DisputeEvent::FundsReinstated) => "charge.dispute.funds_reinstated",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<EventType> for &'static str {
    fn from(event_type: EventType) -> Self {
        event_type.as_str()
    }
}

impl TryFrom<String> for EventType {
    type Error = NotUsed;

    fn try_from(text: String) -> Result<Self, NotUsed> {
        Self::parse(&text).ok_or(NotUsed(text))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_type_is_listed_once_and_reads_back() {
        let strings: BTreeSet<_> = EventType::ALL.iter().map(|known| known.as_str()).collect();
        assert_eq!(strings.len(), EventType::ALL.len());
        for known in EventType::ALL {
            assert_eq!(EventType::parse(known.as_str()), Some(known));
        }
    }

    #[test]
    fn other_types_are_not_used() {
        for other in [
            "",
            "invoice",
            "invoice.paid ",
            "Invoice.paid",
            "v1.invoice.paid",
            "invoice.upcoming",
            "invoice_payment.paid",
            "customer.subscription",
            "customer.created",
        ] {
            assert_eq!(EventType::parse(other), None, "{other:?}");
        }
    }
}
