//! An invoice of ours at Stripe: made, filled, finalized, looked for.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::fact::{Fact, InvoiceEvent, InvoiceStatus, News};
use billing::ids::{CustomerId, InvoiceId};
use billing::time::Timestamp;
use serde::Deserialize;
use stripe_requests::request::INTENT_METADATA;
use stripe_requests::request::invoice::{self as request, LINE_METADATA, NewInvoice, NewLine};
use stripe_requests::{Bound, Request};
use stripe_wire::event_type::EventType;
use stripe_wire::wire::{Reason, read_object};

use crate::{Stripe, StripeError};

/// An invoice as Stripe showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadInvoice {
    /// Stripe's id.
    pub id: InvoiceId,
    /// Where it stood.
    pub status: InvoiceStatus,
    /// All of it, as a fact.
    pub fact: Fact,
}

/// What an object carries besides what it says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    metadata: BTreeMap<String, String>,
}

impl Stripe {
    /// Makes a draft, once under a key.
    pub async fn create_invoice(
        &self,
        invocation: &Invocation,
        new: &NewInvoice<'_>,
        idempotency_key: String,
    ) -> Result<ReadInvoice, StripeError> {
        let request = request::create_invoice(new).with_idempotency_key(idempotency_key);
        let answer = self.call(invocation, &request).await?;
        read(text(&answer.body)?, answer.at)
    }

    /// Puts lines on a draft in one call, all or none, once under a key.
    pub async fn add_lines(
        &self,
        invocation: &Invocation,
        (invoice, lines): (&InvoiceId, &[NewLine<'_>]),
        idempotency_key: String,
    ) -> Result<(), StripeError> {
        let request = request::add_lines(invoice, lines).with_idempotency_key(idempotency_key);
        self.call(invocation, &request).await.map(drop)
    }

    /// Finalizes a draft, once under a key, and tells how it is then.
    pub async fn finalize_invoice(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
        idempotency_key: String,
    ) -> Result<ReadInvoice, StripeError> {
        let request = request::finalize_invoice(id).with_idempotency_key(idempotency_key);
        self.changed(invocation, id, &request).await
    }

    /// Lets Stripe mail an invoice, once under a key, and tells how it is then.
    pub async fn send_invoice(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
        idempotency_key: String,
    ) -> Result<ReadInvoice, StripeError> {
        let request = request::send_invoice(id).with_idempotency_key(idempotency_key);
        self.changed(invocation, id, &request).await
    }

    /// The invoice as a call left it. The answer to an earlier call says how it was then: so it is
    /// read.
    async fn changed(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
        request: &Request,
    ) -> Result<ReadInvoice, StripeError> {
        let answer = self.call(invocation, request).await?;
        if answer.replayed {
            return self.invoice_now(invocation, id).await;
        }
        read(text(&answer.body)?, answer.at)
    }

    /// An invoice as it is now.
    pub async fn invoice_now(
        &self,
        invocation: &Invocation,
        id: &InvoiceId,
    ) -> Result<ReadInvoice, StripeError> {
        let answer = self.call(invocation, &request::invoice(id)).await?;
        read(text(&answer.body)?, answer.at)
    }

    /// The invoice that an intent made, if it did: found by its metadata among those that the
    /// customer got since then. Stripe's search would know metadata, but lags behind.
    pub async fn invoice_of_intent(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        intent: &str,
        since: Timestamp,
    ) -> Result<Option<ReadInvoice>, StripeError> {
        let page = |after: Option<&str>| request::invoices_since(customer, since, after);
        let mut pages = self.pages(invocation, Bound::OF_A_CUSTOMER, page);
        while let Some(page) = pages.next().await? {
            for object in &page.objects {
                let made_by = marks(object.get())?.metadata.remove(INTENT_METADATA);
                if made_by.is_some_and(|made_by| made_by == intent) {
                    return read(object.get(), page.at).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Which of an intent's lines are on its invoice.
    pub async fn lines_of_intent(
        &self,
        invocation: &Invocation,
        invoice: &InvoiceId,
        intent: &str,
    ) -> Result<Vec<String>, StripeError> {
        let page = |after: Option<&str>| request::invoice_items(invoice, after);
        let mut lines = Vec::new();
        for object in &self.list(invocation, Bound::OF_A_CUSTOMER, page).await?.objects {
            let mut metadata = marks(object.get())?.metadata;
            if metadata.get(INTENT_METADATA).is_some_and(|it| it == intent) {
                lines.extend(metadata.remove(LINE_METADATA));
            }
        }
        Ok(lines)
    }
}

pub(crate) fn read(text: &str, at: Timestamp) -> Result<ReadInvoice, StripeError> {
    let kind = EventType::Invoice(InvoiceEvent::Updated);
    let mut fact = read_object(kind, text, at).map_err(unreadable)?;
    let News::Invoice { event, snapshot } = &mut fact.news else {
        return Err(unreadable(Reason::Missing("object")));
    };
    *event = snapshot.event_when_read(&[]);
    let (id, status) = (snapshot.id.clone(), snapshot.status);
    Ok(ReadInvoice { id, status, fact })
}

fn marks(text: &str) -> Result<Marks, StripeError> {
    serde_json::from_str(text).map_err(|error| unreadable(Reason::Shape(error)))
}

fn text(body: &[u8]) -> Result<&str, StripeError> {
    str::from_utf8(body).map_err(|_| unreadable(Reason::NotText("the whole of it")))
}

fn unreadable(reason: Reason) -> StripeError {
    StripeError::Unreadable { what: "the invoice".to_owned(), reason }
}
