//! The part of the journal that an account's own people see: what happened to them, and not how our
//! books and Stripe came to agree.

use super::{Entry, Kind};
use crate::fact::InvoiceEvent;

/// Fields that tell of the books' own work.
const INTERNAL: [&str; 8] = [
    "balance_at_stripe",
    "dispute",
    "due_by",
    "payment_method",
    "pending_invoice",
    "schedule",
    "status_details",
    "uncertain",
];

impl Entry {
    /// The entry as the account's people see it; none for one that only support needs.
    pub fn for_customer(&self) -> Option<Self> {
        let mut seen = self.clone();
        seen.changes.retain(|change| !INTERNAL.contains(&change.field.as_str()));
        let is_internal = match self.kind {
            Kind::FactRefused
            | Kind::CustomerLinked
            | Kind::CreditNoteGiven
            | Kind::Invoice(
                InvoiceEvent::Created | InvoiceEvent::Updated | InvoiceEvent::Deleted,
            ) => true,
            Kind::SubscriptionChanged | Kind::DetailsChanged => seen.changes.is_empty(),
            Kind::AccountCreated
            | Kind::AccountRenamed
            | Kind::AccountPastDue
            | Kind::AccountDisableScheduled
            | Kind::AccountDisabled
            | Kind::AccountReactivated
            | Kind::AccountRecovered
            | Kind::AccountClosed
            | Kind::Invoice(
                InvoiceEvent::Finalized
                | InvoiceEvent::Paid
                | InvoiceEvent::PaymentSucceeded
                | InvoiceEvent::PaymentFailed
                | InvoiceEvent::PaymentActionRequired
                | InvoiceEvent::Voided
                | InvoiceEvent::MarkedUncollectible
                | InvoiceEvent::Overdue,
            )
            | Kind::CreditNoteIssued
            | Kind::CreditNoteVoided
            | Kind::KeyCreated
            | Kind::KeyDeleted
            | Kind::ChangeBooked
            | Kind::ChangeUndone
            | Kind::ChangeDeclined
            | Kind::PlanSet
            | Kind::TermsChanged
            | Kind::PartnerChanged
            | Kind::PaymentMethodSet
            | Kind::MemberSaved
            | Kind::MemberRemoved
            | Kind::BlockerReported
            | Kind::BlockerCleared
            | Kind::UsageClosed
            | Kind::UsageNotInvoiced
            | Kind::UsageCorrected
            | Kind::RestBilled
            | Kind::RestNotInvoiced
            | Kind::PriceChangeAnnounced
            | Kind::PriceChangeWithdrawn
            | Kind::HoldChanged
            | Kind::Transfer(_)
            | Kind::Dispute(_)
            | Kind::Family(_)
            | Kind::Alert(_)
            | Kind::Credits(_) => false,
        };
        (!is_internal).then_some(seen)
    }
}

impl Entry {
    /// The entry as the people of a sub-account see it whose parent pays: nothing of plans and
    /// prices. Invoices are those that the account pays itself, from before.
    pub fn for_paid_by_parent(&self) -> Option<Self> {
        let seen = self.for_customer()?;
        match seen.kind {
            Kind::SubscriptionChanged
            | Kind::DetailsChanged
            | Kind::ChangeBooked
            | Kind::ChangeUndone
            | Kind::ChangeDeclined
            | Kind::PlanSet
            | Kind::TermsChanged
            | Kind::PartnerChanged
            | Kind::PaymentMethodSet
            | Kind::UsageClosed
            | Kind::UsageNotInvoiced
            | Kind::RestBilled
            | Kind::RestNotInvoiced
            | Kind::PriceChangeAnnounced
            | Kind::PriceChangeWithdrawn
            | Kind::AccountCreated
            | Kind::Alert(_)
            | Kind::Credits(_)
            | Kind::Transfer(_)
            | Kind::FactRefused
            | Kind::CreditNoteGiven
            | Kind::CustomerLinked => None,
            Kind::AccountPastDue
            | Kind::AccountDisableScheduled
            | Kind::AccountDisabled
            | Kind::AccountReactivated
            | Kind::AccountRecovered
            | Kind::AccountClosed
            | Kind::Invoice(_)
            | Kind::CreditNoteIssued
            | Kind::CreditNoteVoided
            | Kind::KeyCreated
            | Kind::KeyDeleted
            | Kind::MemberSaved
            | Kind::MemberRemoved
            | Kind::BlockerReported
            | Kind::BlockerCleared
            | Kind::UsageCorrected
            | Kind::HoldChanged
            | Kind::AccountRenamed
            | Kind::Dispute(_)
            | Kind::Family(_) => Some(seen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Value;
    use crate::time::Timestamp;

    /// Goal: what only support needs is not told to customers, and the rest of an entry is.
    #[test]
    fn customers_see_what_happened_to_them() {
        let entry = |kind| Entry::new(Timestamp(1), kind, Some("sub_1"));
        let uncertain = Some(Value::Text("read it at Stripe".to_owned()));
        let doubt = entry(Kind::SubscriptionChanged).with("uncertain", None, uncertain.clone());
        assert_eq!(doubt.for_customer(), None);

        let seats = doubt.with("seats", None, Some(Value::Number(12)));
        let seen = seats.for_customer().unwrap();
        let fields: Vec<&str> = seen.changes.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["seats"]);
        assert_eq!(entry(Kind::Invoice(InvoiceEvent::Created)).for_customer(), None);
        assert!(entry(Kind::Invoice(InvoiceEvent::Paid)).for_customer().is_some());
    }
}
