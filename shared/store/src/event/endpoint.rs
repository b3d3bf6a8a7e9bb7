//! Endpoints as items: the list, each endpoint with its health, and its secrets in a partition of
//! their own.

use billing::events::{Disabled, Disabling, Endpoint, Health, Secret, Secrets};
use billing::ids::EndpointId;
use billing::journal::events::EventType;
use billing::words::Word;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::credential::{Request, write_request};
use crate::error::StoreError;
use crate::transaction::{Condition, Transaction};
use crate::{keys, precondition};

/// Behind every endpoint: `$` follows `#`.
const AFTER_ENDPOINTS: &str = "ENDPOINT$";

/// Endpoints, in order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// Version of the list, which was read before them; 0 where there never was one.
    pub version: u64,
    /// The endpoints.
    pub all: Vec<Endpoint>,
}

impl Endpoints {
    /// The endpoint of an id.
    pub fn of(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.all.iter().find(|endpoint| endpoint.id == *id)
    }
}

/// What is written of an endpoint in one transaction.
#[derive(Debug)]
pub struct EndpointChange<'a> {
    /// The endpoint, with the version that was read.
    pub endpoint: &'a Endpoint,
    /// Version of the list, where the endpoint is made.
    pub list: Option<u64>,
    /// New secrets, with the version of those that were read.
    pub secrets: Option<(&'a Secrets, u64)>,
    /// True if its failures so far count no more.
    pub heals: bool,
    /// Use of an Idempotency-Key.
    pub request: Option<(String, Request)>,
}

pub(super) fn write(endpoint: &Endpoint) -> Attributes {
    let version = endpoint.version.saturating_add(1);
    let types: Vec<&str> = endpoint.types.iter().map(|kind| kind.as_str()).collect();
    let disabled = endpoint.disabled;
    Writer::item(keys::endpoint(&endpoint.id), "endpoint", version)
        .text("id", endpoint.id.as_str())
        .text("serial", &*endpoint.serial)
        .text("url", &*endpoint.url)
        .maybe_text("types", Some(types.join(",")).filter(|types| !types.is_empty()))
        .flag("enabled", endpoint.is_enabled)
        .number("created_at", endpoint.created_at.0)
        .number("resumed_at", endpoint.resumed_at.0)
        .maybe_time("disabled_at", disabled.map(|it| it.at))
        .maybe_text("disabled_because", disabled.map(|it| it.because.word()))
        .done()
}

pub(super) fn read(item: &Attributes) -> Result<Endpoint, StoreError> {
    let item = Reader::new(item);
    let types = |text: &str| text.split(',').map(EventType::parse).collect::<Option<Vec<_>>>();
    let because = item.maybe("disabled_because", Disabling::of_word)?;
    let disabled = item.maybe_time("disabled_at")?.zip(because);
    Ok(Endpoint {
        version: item.number(keys::VERSION)?,
        id: item.word("id", |id| EndpointId::parse(id).ok())?,
        serial: item.text("serial")?.to_owned(),
        url: item.text("url")?.to_owned(),
        types: item.maybe("types", types)?.unwrap_or_default(),
        is_enabled: item.flag("enabled")?,
        created_at: item.time("created_at")?,
        resumed_at: item.time("resumed_at")?,
        disabled: disabled.map(|(at, because)| Disabled { at, because }),
    })
}

pub(super) fn write_health(id: &EndpointId, health: Health) -> Attributes {
    let version = health.version.saturating_add(1);
    Writer::item(keys::endpoint_health(id), "endpoint_health", version)
        .maybe_time("failing_since", health.failing_since)
        .done()
}

pub(super) fn read_health(item: &Attributes) -> Result<Health, StoreError> {
    let item = Reader::new(item);
    let failing_since = item.maybe_time("failing_since")?;
    Ok(Health { version: item.number(keys::VERSION)?, failing_since })
}

fn write_secrets(id: &EndpointId, secrets: &Secrets, version: u64) -> Attributes {
    let previous = secrets.previous.as_ref();
    Writer::item(keys::endpoint_secret(id), "endpoint_secret", version.saturating_add(1))
        .text("current", secrets.current.reveal())
        .maybe_text("previous", previous.map(|(secret, _)| secret.reveal()))
        .maybe_time("previous_until", previous.map(|(_, until)| *until))
        .done()
}

pub(super) fn read_secrets(item: &Attributes) -> Result<(Secrets, u64), StoreError> {
    let item = Reader::new(item);
    let secret = |text: &str| Secret::new(text.to_owned());
    let previous = item.maybe_text("previous")?.zip(item.maybe_time("previous_until")?);
    let previous = previous.map(|(text, until)| (secret(text), until));
    let secrets = Secrets { current: secret(item.text("current")?), previous };
    Ok((secrets, item.number(keys::VERSION)?))
}

impl Store {
    /// Every endpoint.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn endpoints(&self, invocation: &Invocation) -> Result<Endpoints, StoreError> {
        let list = keys::endpoint_list();
        let items = self.all_between(invocation, &list.pk, &list.sk, AFTER_ENDPOINTS).await?;
        let mut endpoints = Endpoints::default();
        for item in &items {
            let reader = Reader::new(item);
            if reader.text(keys::SK)? == list.sk {
                endpoints.version = reader.number(keys::VERSION)?;
            } else {
                endpoints.all.push(read(item)?);
            }
        }
        Ok(endpoints)
    }

    /// Secrets of an endpoint, with their version; none for one that is deleted.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn endpoint_secrets(
        &self,
        invocation: &Invocation,
        id: &EndpointId,
    ) -> Result<Option<(Secrets, u64)>, StoreError> {
        let item = self.get(invocation, keys::endpoint_secret(id)).await?;
        item.as_ref().map(read_secrets).transpose()
    }

    /// Writes an endpoint.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it, the list or its secrets changed meanwhile, or the request
    /// is remembered.
    pub async fn save_endpoint(
        &self,
        invocation: &Invocation,
        change: &EndpointChange<'_>,
    ) -> Result<(), StoreError> {
        let EndpointChange { endpoint, list, secrets, heals, request } = change;
        let mut transaction = Transaction::default();
        transaction.put(write(endpoint), Condition::read_at(endpoint.version));
        if let Some(version) = *list {
            put_list(&mut transaction, version);
        }
        if let Some((secrets, version)) = *secrets {
            let item = write_secrets(&endpoint.id, secrets, version);
            transaction.put(item, Condition::read_at(version));
        }
        if *heals {
            transaction.delete_if_there(keys::endpoint_health(&endpoint.id));
        }
        if let Some((fingerprint, request)) = request {
            let item = write_request(fingerprint, request);
            transaction.put(item, Condition::NewOrExpired(invocation.now));
        }
        self.transact(invocation, transaction).await?;
        precondition::met(invocation);
        Ok(())
    }

    /// Deletes an endpoint with its secrets.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it or the list changed meanwhile.
    pub async fn delete_endpoint(
        &self,
        invocation: &Invocation,
        (endpoint, list): (&Endpoint, u64),
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        put_list(&mut transaction, list);
        transaction.delete_version(keys::endpoint(&endpoint.id), endpoint.version);
        transaction.delete_if_there(keys::endpoint_secret(&endpoint.id));
        transaction.delete_if_there(keys::endpoint_health(&endpoint.id));
        self.transact(invocation, transaction).await
    }
}

fn put_list(transaction: &mut Transaction, version: u64) {
    let item = Writer::item(keys::endpoint_list(), "endpoint_list", version.saturating_add(1));
    transaction.put(item.done(), Condition::read_at(version));
}
