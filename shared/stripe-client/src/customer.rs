//! A customer at Stripe: made, read, looked for.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::fact::{CustomerSnapshot, News};
use billing::ids::{CustomerId, PaymentMethodId};
use billing::tax_id::TaxIdSnapshot;
use billing::time::Timestamp;
use serde::Deserialize;
use stripe_requests::request::details::{NewDetails, tax_ids, update_details};
use stripe_requests::request::{self, INTENT_METADATA, NewCustomer};
use stripe_requests::{Answer, Bound};
use stripe_wire::event_type::{EventType, TaxIdEvent};
use stripe_wire::wire::{Reason, read_object};

use crate::{Stripe, StripeError, other_object, pull, text};

const TAX_ID: EventType = EventType::TaxId(TaxIdEvent::Updated);

/// A customer as Stripe showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Stripe's id.
    pub id: CustomerId,
    /// Its details.
    pub details: CustomerSnapshot,
    /// Name and value of each field that its invoices print besides.
    pub custom_fields: Vec<(String, String)>,
    /// What is charged when nothing else is said.
    pub payment_method: Option<PaymentMethodId>,
    /// Time at which it was so, by Stripe's clock.
    pub at: Timestamp,
}

/// What a customer carries besides its details.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    deleted: bool,
    metadata: BTreeMap<String, String>,
    invoice_settings: InvoiceSettings,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InvoiceSettings {
    custom_fields: Option<Vec<CustomField>>,
    default_payment_method: Option<PaymentMethodId>,
}

#[derive(Deserialize)]
struct CustomField {
    name: String,
    value: String,
}

impl Stripe {
    /// Makes a customer, once under a key. What it answers is the customer as it was made, also
    /// when an earlier call with the same key made it.
    pub async fn create_customer(
        &self,
        invocation: &Invocation,
        new: &NewCustomer<'_>,
        idempotency_key: String,
    ) -> Result<Customer, StripeError> {
        let request = request::create_customer(new).with_idempotency_key(idempotency_key);
        let answer = self.call(invocation, &request).await?;
        read(text(&answer.body)?, answer.at)
    }

    /// A customer; nothing when Stripe does not know it, or only that it was deleted.
    pub async fn customer(
        &self,
        invocation: &Invocation,
        id: &CustomerId,
    ) -> Result<Option<Customer>, StripeError> {
        let answer = match self.call(invocation, &request::customer(id)).await {
            Err(StripeError::Call(error)) if error.is_missing() => return Ok(None),
            answered => answered?,
        };
        let body = text(&answer.body)?;
        if marks(body)?.deleted { Ok(None) } else { read(body, answer.at).map(Some) }
    }

    /// Changes what a customer's invoices print.
    pub async fn update_details(
        &self,
        invocation: &Invocation,
        id: &CustomerId,
        new: &NewDetails,
    ) -> Result<Customer, StripeError> {
        let answer = self.call(invocation, &update_details(id, new)).await?;
        read(text(&answer.body)?, answer.at)
    }

    /// A customer's tax ids, the oldest first.
    pub async fn tax_ids(
        &self,
        invocation: &Invocation,
        id: &CustomerId,
    ) -> Result<Vec<TaxIdSnapshot>, StripeError> {
        let page = |after: Option<&str>| tax_ids(id, after);
        let found = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        found.objects.iter().rev().map(|object| read_tax_id(object.get(), found.at)).collect()
    }

    /// The customer that an intent made, if it did: found by its e-mail address, if it has one, and
    /// its metadata among those made since then. Stripe's search would know metadata, but lags
    /// behind.
    pub async fn customer_of_intent(
        &self,
        invocation: &Invocation,
        intent: &str,
        email: Option<&str>,
        since: Timestamp,
    ) -> Result<Option<Customer>, StripeError> {
        let page = |after: Option<&str>| request::customers(email, since, after);
        let mut pages = self.pages(invocation, Bound::OF_AN_ACCOUNT, page);
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
}

fn read(text: &str, at: Timestamp) -> Result<Customer, StripeError> {
    let fact = read_object(EventType::CustomerUpdated, text, at).map_err(unreadable)?;
    match fact.news {
        News::CustomerUpdated(details) => {
            let InvoiceSettings { custom_fields, default_payment_method } =
                marks(text)?.invoice_settings;
            let fields = custom_fields.unwrap_or_default().into_iter();
            let custom_fields = fields.map(|field| (field.name, field.value)).collect();
            let (id, payment_method) = (fact.customer, default_payment_method);
            Ok(Customer { id, details, custom_fields, payment_method, at })
        }
        News::Invoice { .. }
        | News::CreditNote(_)
        | News::Subscription(_)
        | News::TaxId(_)
        | News::CustomerDeleted
        | News::MethodChanged
        | News::PaymentMoved(_) => Err(unreadable(Reason::Missing("object"))),
    }
}

/// Reads the answer to a call whose answer is a tax id.
pub fn tax_id(answer: &Answer) -> Result<TaxIdSnapshot, StripeError> {
    read_tax_id(text(&answer.body)?, answer.at)
}

fn read_tax_id(text: &str, at: Timestamp) -> Result<TaxIdSnapshot, StripeError> {
    match pull::read(TAX_ID, text, at)?.news {
        News::TaxId(snapshot) => Ok(snapshot),
        News::Invoice { .. }
        | News::CreditNote(_)
        | News::Subscription(_)
        | News::CustomerUpdated(_)
        | News::CustomerDeleted
        | News::MethodChanged
        | News::PaymentMoved(_) => Err(other_object("a tax id")),
    }
}

fn marks(text: &str) -> Result<Marks, StripeError> {
    serde_json::from_str(text).map_err(|error| unreadable(Reason::Shape(error)))
}

fn unreadable(reason: Reason) -> StripeError {
    StripeError::Unreadable { what: "the customer".to_owned(), reason }
}
