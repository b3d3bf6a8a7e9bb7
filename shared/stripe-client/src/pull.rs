//! What a customer has at Stripe, as facts: webhooks do not replay the past (money rule 30).
//!
//! Pulled are the tax ids, every subscription, and what is unpaid (open and uncollectible invoices)
//! with the credit notes that lower it. Not pulled: drafts (an event comes when they are finalized)
//! and what is paid or void (nothing is owed on it). The customer itself, with its balance, is read
//! by [`Stripe::customer`].

use billing::fact::{Fact, News, SubscriptionSnapshot};
use billing::ids::{CustomerId, InvoiceId};
use billing::time::Timestamp;
use invocation::Invocation;
use stripe_requests::Bound;
use stripe_requests::request::{self, Invoices};
use stripe_wire::event_type::{CreditNoteEvent, EventType, SubscriptionEvent};
use stripe_wire::wire::read_object;

use crate::{Stripe, StripeError};

pub(crate) const SUBSCRIPTION: EventType = EventType::Subscription(SubscriptionEvent::Updated);
pub(crate) const CREDIT_NOTE: EventType = EventType::CreditNote(CreditNoteEvent::Updated);
pub(crate) const INVOICE: EventType = EventType::Invoice(billing::fact::InvoiceEvent::Updated);

/// What a customer has, in an order in which nothing looks worse on the way than it is:
/// subscriptions, which say what counts, before invoices. The credit notes that lower an invoice
/// are read apart ([`Stripe::credit_notes`]) and go before it.
#[derive(Debug)]
pub struct CustomerObjects {
    /// Tax ids and subscriptions.
    pub facts: Vec<Fact>,
    /// Unpaid invoices, with what their state says of their payment.
    pub invoices: Vec<Fact>,
}

impl Stripe {
    /// Reads what a customer has, in a few pages.
    ///
    /// `since` is a moment, by Stripe's clock, before anything was read, and the facts carry it:
    /// what changes while this reads is told by events, and must not pass for older than what was
    /// read.
    ///
    /// # Errors
    /// [`StripeError`]: Stripe does not answer, or an object cannot be read.
    pub async fn customer_objects(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        since: Timestamp,
    ) -> Result<CustomerObjects, StripeError> {
        let mut facts = Vec::new();
        for tax_id in self.tax_ids(invocation, customer).await? {
            facts.push(Fact { at: since, customer: customer.clone(), news: News::TaxId(tax_id) });
        }

        let page = |after: Option<&str>| request::subscriptions(customer, after);
        let listed = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        let mut subscriptions = Vec::new();
        for object in listed.objects.iter().rev() {
            let fact = read(SUBSCRIPTION, object.get(), since)?;
            if let News::Subscription(snapshot) = &fact.news {
                subscriptions.push(snapshot.clone());
            }
            facts.push(fact);
        }

        let mut invoices = Vec::new();
        for which in [Invoices::Open, Invoices::Uncollectible] {
            let page = |after: Option<&str>| request::invoices(customer, which, after);
            let listed = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
            for object in listed.objects.iter().rev() {
                let fact = read(INVOICE, object.get(), since)?;
                invoices.push(with_its_event(fact, &subscriptions));
            }
        }
        Ok(CustomerObjects { facts, invoices })
    }

    /// Reads the credit notes of an invoice, oldest first, as facts of that moment.
    ///
    /// # Errors
    /// [`StripeError`]: Stripe does not answer, or a credit note cannot be read.
    pub async fn credit_notes(
        &self,
        invocation: &Invocation,
        invoice: &InvoiceId,
        since: Timestamp,
    ) -> Result<Vec<Fact>, StripeError> {
        let page = |after: Option<&str>| request::credit_notes(invoice, after);
        let notes = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        notes.objects.iter().rev().map(|note| read(CREDIT_NOTE, note.get(), since)).collect()
    }
}

/// An invoice that was read, with what its state says of its payment.
fn with_its_event(fact: Fact, subscriptions: &[SubscriptionSnapshot]) -> Fact {
    if let News::Invoice { snapshot, .. } = fact.news {
        let event = snapshot.event_when_read(subscriptions);
        Fact { news: News::Invoice { event, snapshot }, ..fact }
    } else {
        fact
    }
}

pub(crate) fn read(kind: EventType, text: &str, at: Timestamp) -> Result<Fact, StripeError> {
    read_object(kind, text, at).map_err(|reason| {
        let what = match kind {
            EventType::Invoice(_) => "an invoice",
            EventType::CreditNote(_) => "a credit note",
            EventType::Subscription(_) => "a subscription",
            EventType::TaxId(_) => "a tax id",
            EventType::CustomerUpdated | EventType::CustomerDeleted => "the customer",
            EventType::Method(_) => "a payment method",
            EventType::Payment(_) => "a payment",
        };
        StripeError::Unreadable { what: what.to_owned(), reason }
    })
}
