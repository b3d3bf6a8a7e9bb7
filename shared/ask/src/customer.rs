//! A customer at Stripe: made, read, looked for.

use std::collections::BTreeMap;

use billing::fact::{CustomerSnapshot, News};
use billing::ids::CustomerId;
use billing::time::Timestamp;
use serde::Deserialize;
use stripe_api::request::{self, INTENT_METADATA, NewCustomer};
use stripe_events::event_type::EventType;
use stripe_events::wire::{Reason, read_object};

use crate::{AskError, Stripe, text};

/// A customer as Stripe showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Stripe's id.
    pub id: CustomerId,
    /// Its details.
    pub details: CustomerSnapshot,
    /// When it was so, by Stripe's clock.
    pub at: Timestamp,
}

/// What a customer carries besides its details.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    deleted: bool,
    metadata: BTreeMap<String, String>,
}

impl Stripe {
    /// Makes a customer, once under a key. What it answers is the customer as it was made, also when
    /// an earlier call with the same key made it.
    pub async fn create_customer(
        &self,
        new: &NewCustomer<'_>,
        idempotency_key: String,
        now: Timestamp,
    ) -> Result<Customer, AskError> {
        let request = request::create_customer(new).with_idempotency_key(idempotency_key);
        let answer = self.call(&request, now).await?;
        read(text(&answer.body)?, answer.at)
    }

    /// A customer; nothing when Stripe does not know it, or only that it was deleted.
    pub async fn customer(
        &self,
        id: &CustomerId,
        now: Timestamp,
    ) -> Result<Option<Customer>, AskError> {
        let answer = match self.call(&request::customer(id), now).await {
            Err(AskError::Call(error)) if error.is_missing() => return Ok(None),
            answered => answered?,
        };
        let body = text(&answer.body)?;
        if marks(body)?.deleted { Ok(None) } else { read(body, answer.at).map(Some) }
    }

    /// The customer that an intent made, if it did: found by its e-mail address and its metadata among
    /// those made since then. Stripe's search would know metadata, but lags behind.
    pub async fn customer_of_intent(
        &self,
        intent: &str,
        email: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Customer>, AskError> {
        let page = |after: Option<&str>| request::customers(email, since, after);
        let found = self.list(page, now).await?;
        for object in &found.objects {
            let marks = marks(object.get())?;
            if marks.metadata.get(INTENT_METADATA).is_some_and(|made_by| made_by == intent) {
                return read(object.get(), found.at).map(Some);
            }
        }
        Ok(None)
    }
}

fn read(text: &str, at: Timestamp) -> Result<Customer, AskError> {
    let fact = read_object(EventType::CustomerUpdated, text, at).map_err(unreadable)?;
    match fact.news {
        News::CustomerUpdated(details) => Ok(Customer { id: fact.customer, details, at }),
        News::Invoice { .. }
        | News::CreditNote(_)
        | News::Subscription(_)
        | News::CustomerDeleted => Err(unreadable(Reason::Missing("object"))),
    }
}

fn marks(text: &str) -> Result<Marks, AskError> {
    serde_json::from_str(text).map_err(|error| unreadable(Reason::Shape(error)))
}

fn unreadable(reason: Reason) -> AskError {
    AskError::Unreadable { what: "the customer".to_owned(), reason }
}
