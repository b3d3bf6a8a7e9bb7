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
const CREDIT_NOTE: EventType = EventType::CreditNote(CreditNoteEvent::Updated);
pub(crate) const INVOICE: EventType = EventType::Invoice(billing::fact::InvoiceEvent::Updated);

impl Stripe {
    /// What a customer has, in an order in which nothing looks worse on the way than it is:
    /// subscriptions, which say what counts, before invoices, and credit notes before the invoices
    /// that they lower.
    ///
    /// `since` is a moment, by Stripe's clock, before anything was read, and the facts carry it:
    /// what changes while this reads is told by events, and must not pass for older than what was
    /// read.
    pub async fn pull(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        since: Timestamp,
    ) -> Result<Vec<Fact>, StripeError> {
        let mut facts = Vec::new();
        for tax_id in self.tax_ids(invocation, customer).await? {
            facts.push(Fact { at: since, customer: customer.clone(), news: News::TaxId(tax_id) });
        }
        let page = |after: Option<&str>| request::subscriptions(customer, after);
        let mut subscriptions = Vec::new();
        for object in self.list(invocation, Bound::OF_A_CUSTOMER, page).await?.objects.iter().rev()
        {
            let fact = read(SUBSCRIPTION, object.get(), since)?;
            if let News::Subscription(snapshot) = &fact.news {
                subscriptions.push(snapshot.clone());
            }
            facts.push(fact);
        }
        for which in [Invoices::Open, Invoices::Uncollectible] {
            let page = |after: Option<&str>| request::invoices(customer, which, after);
            for object in
                self.list(invocation, Bound::OF_A_CUSTOMER, page).await?.objects.iter().rev()
            {
                let fact = read(INVOICE, object.get(), since)?;
                facts.extend(self.invoice_facts(invocation, fact, &subscriptions, since).await?);
            }
        }
        Ok(facts)
    }

    /// An invoice behind its credit notes, and with what its state says of its payment.
    async fn invoice_facts(
        &self,
        invocation: &Invocation,
        fact: Fact,
        subscriptions: &[SubscriptionSnapshot],
        since: Timestamp,
    ) -> Result<Vec<Fact>, StripeError> {
        let Fact { at, customer, news: News::Invoice { snapshot, .. } } = fact else {
            return Ok(vec![fact]);
        };
        let mut facts = Vec::new();
        if snapshot.pre_payment_credit_notes > 0 {
            facts = self.credit_notes(invocation, &snapshot.id, since).await?;
        }
        let event = snapshot.event_when_read(subscriptions);
        facts.push(Fact { at, customer, news: News::Invoice { event, snapshot } });
        Ok(facts)
    }

    async fn credit_notes(
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

pub(crate) fn read(kind: EventType, text: &str, at: Timestamp) -> Result<Fact, StripeError> {
    read_object(kind, text, at).map_err(|reason| {
        let what = match kind {
            EventType::Invoice(_) => "an invoice",
            EventType::CreditNote(_) => "a credit note",
            EventType::Subscription(_) => "a subscription",
            EventType::TaxId(_) => "a tax id",
            EventType::CustomerUpdated | EventType::CustomerDeleted => "the customer",
            EventType::Payment(_) => "a payment",
        };
        StripeError::Unreadable { what: what.to_owned(), reason }
    })
}
