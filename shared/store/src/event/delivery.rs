//! Deliveries as items: the place of each account at each endpoint, and each event's delivery.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use billing::events::{
    Delivery, DeliveryStatus, Endpoint, Event, EventId, FailureKind, Health, LISTED_SECONDS, Mark,
    Outcome, Place, Secrets,
};
use billing::ids::{AccountId, EndpointId};
use billing::journal::events::EventType;
use billing::words::Word;
use invocation::Invocation;

use super::{endpoint, read_mark};
use crate::attributes::{Attributes, Reader, Writer};
use crate::due::{Entries, Place as Walked};
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::range::text;
use crate::read::retried;
use crate::transaction::{Condition, Transaction};
use crate::{Store, cost};

/// What a worker needs to know before it delivers an account's events to an endpoint.
#[derive(Debug)]
pub struct DeliveryState {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What signs.
    pub secrets: Secrets,
    /// Acceptance by the endpoint.
    pub health: Health,
    /// Place of the account; none before its first event.
    pub place: Option<Place>,
    /// Place up to which the account's journal is published.
    pub published: Mark,
}

/// What is written after an attempt.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// The endpoint, if it is disabled with this attempt.
    pub disabled: Option<&'a Endpoint>,
    /// The place as it is from now on, with the version that was read; none where the event is
    /// sent out of turn.
    pub place: Option<&'a Place>,
    /// The health that was read.
    pub health: Health,
    /// The health as it is from now on, where it changes.
    pub health_after: Option<Health>,
    /// The delivery.
    pub delivery: &'a Delivery,
}

fn write_place(account: &AccountId, endpoint: &EndpointId, place: &Place) -> Attributes {
    let version = place.version.saturating_add(1);
    Writer::item(keys::delivered(account, endpoint), "delivered", version)
        .text("serial", &*place.serial)
        .number("delivered", place.delivered)
        .number("attempts", place.attempts)
        .maybe_time("first_failed_at", place.first_failed_at)
        .maybe_time("failed_at", place.failed_at)
        .maybe_time("next_attempt_at", place.next_attempt_at)
        .maybe_time("claimed_until", place.claimed_until)
        .done()
}

fn read_place(item: &Attributes) -> Result<Place, StoreError> {
    let item = Reader::new(item);
    Ok(Place {
        version: item.number(keys::VERSION)?,
        serial: item.text("serial")?.to_owned(),
        delivered: item.number("delivered")?,
        attempts: item.number("attempts")?,
        first_failed_at: item.maybe_time("first_failed_at")?,
        failed_at: item.maybe_time("failed_at")?,
        next_attempt_at: item.maybe_time("next_attempt_at")?,
        claimed_until: item.maybe_time("claimed_until")?,
    })
}

fn write_delivery(serial: &str, delivery: &Delivery) -> Attributes {
    let (status, failure) = match delivery.last {
        Outcome::Answered(status) => (Some(status), None),
        Outcome::Failed(kind) => (None, Some(kind.word())),
    };
    let expires_at = delivery.last_attempt_at.plus_seconds(LISTED_SECONDS);
    Writer::item(keys::delivery(serial, delivery.published_at, &delivery.event), "delivery", 1)
        .text("account", delivery.event.account.as_str())
        .number("seq", delivery.event.sequence)
        .text("type", delivery.kind.as_str())
        .number("published_at", delivery.published_at.0)
        .text("status", delivery.status.word())
        .number("attempts", delivery.attempts)
        .number("last_attempt_at", delivery.last_attempt_at.0)
        .maybe_time("next_attempt_at", delivery.next_attempt_at)
        .maybe_number("answer", status)
        .maybe_text("failure", failure)
        .number(keys::EXPIRES_AT, expires_at.0)
        .done()
}

fn read_delivery(item: &Attributes) -> Result<Delivery, StoreError> {
    let item = Reader::new(item);
    let event = EventId {
        account: item.word("account", |id| AccountId::parse(id).ok())?,
        sequence: item.number("seq")?,
    };
    let last = match item.maybe("failure", FailureKind::of_word)? {
        Some(kind) => Outcome::Failed(kind),
        None => Outcome::Answered(item.number("answer")?),
    };
    Ok(Delivery {
        event,
        kind: item.word("type", EventType::parse)?,
        published_at: item.time("published_at")?,
        status: item.word("status", DeliveryStatus::of_word)?,
        attempts: item.number("attempts")?,
        last_attempt_at: item.time("last_attempt_at")?,
        next_attempt_at: item.maybe_time("next_attempt_at")?,
        last,
    })
}

impl Store {
    /// State of an account's deliveries to an endpoint; none where the endpoint is deleted.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn delivery_state(
        &self,
        invocation: &Invocation,
        (id, account): (&EndpointId, &AccountId),
    ) -> Result<Option<DeliveryState>, StoreError> {
        let (of_place, of_mark) = (keys::delivered(account, id), keys::published(account));
        let (of_endpoint, of_secret) = (keys::endpoint(id), keys::endpoint_secret(id));
        let of_health = keys::endpoint_health(id);
        let keys = [&of_endpoint, &of_secret, &of_health, &of_place, &of_mark].map(Key::clone);
        let items = self.batch_all(invocation, &keys).await?;

        let Some(endpoint) = items.get(&of_endpoint).map(endpoint::read).transpose()? else {
            return Ok(None);
        };
        let secrets = items.get(&of_secret).map(endpoint::read_secrets).transpose()?;
        let Some((secrets, _)) = secrets else { return Ok(None) };
        Ok(Some(DeliveryState {
            endpoint,
            secrets,
            health: items
                .get(&of_health)
                .map(endpoint::read_health)
                .transpose()?
                .unwrap_or_default(),
            place: items.get(&of_place).map(read_place).transpose()?,
            published: items.get(&of_mark).map(read_mark).transpose()?.unwrap_or_default(),
        }))
    }

    /// Keeps the place of an account at an endpoint under the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another worker wrote it meanwhile.
    pub async fn keep_place(
        &self,
        invocation: &Invocation,
        (id, account): (&EndpointId, &AccountId),
        place: &Place,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(write_place(account, id, place), Condition::read_at(place.version));
        self.transact(invocation, transaction).await
    }

    /// Keeps an attempt. A disabling rests on the health that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the place or the health changed meanwhile.
    pub async fn keep_attempt(
        &self,
        invocation: &Invocation,
        attempt: &Attempt<'_>,
    ) -> Result<(), StoreError> {
        let (delivery, id) = (attempt.delivery, &attempt.endpoint.id);
        let mut transaction = Transaction::default();
        transaction.put(write_delivery(&attempt.endpoint.serial, delivery), Condition::Any);
        if let Some(place) = attempt.place {
            let item = write_place(&delivery.event.account, id, place);
            transaction.put(item, Condition::read_at(place.version));
        }
        if let Some(health) = attempt.health_after {
            let condition = Condition::read_at(attempt.health.version);
            transaction.put(endpoint::write_health(id, health), condition);
        } else if attempt.disabled.is_some() && attempt.health.version > 0 {
            transaction.check(keys::endpoint_health(id), attempt.health.version);
        }
        if let Some(disabled) = attempt.disabled {
            transaction.put(endpoint::write(disabled), Condition::read_at(disabled.version));
        }
        self.transact(invocation, transaction).await
    }

    /// Delivery of an event to an endpoint, unless it is no longer listed.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn delivery(
        &self,
        invocation: &Invocation,
        endpoint: &Endpoint,
        event: &Event,
    ) -> Result<Option<Delivery>, StoreError> {
        let key = keys::delivery(&endpoint.serial, event.published_at, &event.id());
        let item = self.get(invocation, key).await?;
        item.as_ref().map(read_delivery).transpose()
    }

    /// Deliveries to an endpoint, newest first, behind the sort key of an earlier one, each with
    /// its sort key.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn deliveries(
        &self,
        invocation: &Invocation,
        endpoint: &Endpoint,
        (after, limit): (Option<&str>, i32),
    ) -> Result<Vec<(String, Delivery)>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", text(&keys::deliveries(&endpoint.serial)))
            .expression_attribute_values(":before", text(after.unwrap_or("~")))
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());
        let one = |item: &Attributes| {
            Ok((Reader::new(item).text(keys::SK)?.to_owned(), read_delivery(item)?))
        };
        answer.items().iter().map(one).collect()
    }

    /// Accounts of a page of all accounts whose events are not all delivered to an endpoint, with
    /// that endpoint.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn accounts_to_deliver(
        &self,
        invocation: &Invocation,
        walked: Walked,
        endpoints: &[Endpoint],
    ) -> Result<Entries<(EndpointId, AccountId)>, StoreError> {
        let partition = keys::opened_shard(walked.shard);
        let page = self.page(invocation, &partition, keys::ALL_DUE, walked.after).await?.accounts();
        let mut keys: Vec<Key> = page.found.iter().map(keys::published).collect();
        for endpoint in endpoints {
            keys.extend(page.found.iter().map(|account| keys::delivered(account, &endpoint.id)));
        }
        let items = self.batch_all(invocation, &keys).await?;

        let mut found = Vec::new();
        for account in page.found {
            let mark = items.get(&keys::published(&account)).map(read_mark).transpose()?;
            let events = mark.unwrap_or_default().events;
            for endpoint in endpoints {
                let key = keys::delivered(&account, &endpoint.id);
                let place = items.get(&key).map(read_place).transpose()?.unwrap_or_default();
                if place.of(endpoint).delivered < events {
                    found.push((endpoint.id.clone(), account.clone()));
                }
            }
        }
        Ok(Entries { found, end: page.end })
    }
}
