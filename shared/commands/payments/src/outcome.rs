//! Outcome of a payment, in what Stripe shows of its invoice.

use billing::fact::{Fact, InvoiceEvent, InvoiceStatus, News};
use billing::invoice_payment::PaymentState;
use billing::paying::Ended;
use billing::printed::Printed;

/// Outcome of a payment that Stripe took.
pub(crate) fn taken(fact: &Fact) -> Ended {
    if is_paid(fact) { Ended::Paid } else { Ended::Processing }
}

/// True if the fact says that the invoice is paid.
pub(crate) fn is_paid(fact: &Fact) -> bool {
    match &fact.news {
        News::Invoice { snapshot, .. } => snapshot.status == InvoiceStatus::Paid,
        News::CreditNote(_)
        | News::Subscription(_)
        | News::CustomerUpdated(_)
        | News::TaxId(_)
        | News::CustomerDeleted
        | News::MethodChanged
        | News::PaymentMoved(_) => false,
    }
}

/// An invoice that was read as the fact that its payment failed, at the time of the attempt: its
/// event comes at that time or later.
pub(crate) fn failed(fact: Fact, printed: &Printed, needs_action: bool) -> Fact {
    let at = printed.last_attempt().map_or(fact.at, |last| last.at.min(fact.at));
    let failure = if needs_action {
        InvoiceEvent::PaymentActionRequired
    } else {
        InvoiceEvent::PaymentFailed
    };
    match fact.news {
        News::Invoice { snapshot, .. } => {
            Fact { at, news: News::Invoice { event: failure, snapshot }, ..fact }
        }
        News::CreditNote(_)
        | News::Subscription(_)
        | News::CustomerUpdated(_)
        | News::TaxId(_)
        | News::CustomerDeleted
        | News::MethodChanged
        | News::PaymentMoved(_) => fact,
    }
}

/// Outcome that an invoice shows which was read with its payments; none while it only waits.
pub(crate) fn outcome_of(fact: &Fact) -> Option<Ended> {
    match &fact.news {
        News::Invoice { snapshot, .. } => {
            let mut payments = snapshot.payments.iter();
            let on_its_way = payments.any(|it| it.state == PaymentState::Processing);
            let paid = is_paid(fact).then_some(Ended::Paid);
            paid.or_else(|| on_its_way.then_some(Ended::Processing))
        }
        News::CreditNote(_)
        | News::Subscription(_)
        | News::CustomerUpdated(_)
        | News::TaxId(_)
        | News::CustomerDeleted
        | News::MethodChanged
        | News::PaymentMoved(_) => None,
    }
}
