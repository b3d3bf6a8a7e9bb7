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
    pub const ALL: [Self; 27] = [
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
