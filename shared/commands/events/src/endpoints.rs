//! Endpoints of the vendor: made, changed, deleted, enabled again; secrets rotated; deliveries
//! listed and sent again.

use billing::events::{
    Delivery, DeliveryStatus, ENDPOINTS_MAX, Endpoint, EndpointRefusal, EventId, Outcome, Secret,
    Secrets, Switch,
};
use billing::ids::EndpointId;
use billing::journal::events::EventType;
use invocation::entropy::NoEntropy;
use invocation::{Class, Classified, Invocation};
use queue::delivery::{DeliveryMessage, DeliveryMessages};
use runtime::input::Idempotency;
use store::credential::Request;
use store::event::{Attempt, EndpointChange, Endpoints as Listed};
use store::{Part, Store, StoreError};
use tracing::{info, warn};
use webhook_sender::{Sender, new_secret};

use crate::deliver::{Deliverer, NotDelivered};

/// Random bytes in the serial of an endpoint.
const SERIAL_BYTES: usize = 8;
/// Most deliveries that are read at once where a reader chooses a status.
const CHOSEN_DELIVERIES: i32 = 200;
/// Most such readings for one page.
const READINGS_MAX: usize = 5;
/// Mark of a remembered request that made a secret.
const MADE_SECRET: &str = "secret";
/// Mark of a remembered request that changed settings.
const CHANGED: &str = "change";

/// Endpoints, in a table.
#[derive(Debug, Clone, Copy)]
pub struct Endpoints<'a> {
    /// The table.
    pub store: &'a Store,
    /// The queue of deliveries.
    pub messages: &'a DeliveryMessages,
    /// What posts.
    pub sender: &'a Sender,
}

/// Settings that the vendor wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Id.
    pub id: EndpointId,
    /// Address, in order.
    pub url: String,
    /// Types; empty for all.
    pub types: Vec<EventType>,
    /// Deliveries.
    pub switch: Switch,
    /// The Idempotency-Key of the request, if it has one.
    pub idempotency: Option<Idempotency>,
}

/// Outcome of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// A new endpoint, with its secret.
    Made(Endpoint, Secret),
    /// An endpoint that was there.
    Changed(Endpoint),
}

/// Reason why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A rule refuses the command.
    #[error(transparent)]
    Refused(EndpointRefusal),
    /// The table failed, or another writer was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event could not be sent for a reason of ours.
    #[error(transparent)]
    NotSent(#[from] NotDelivered),
    /// No randomness is to be had.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl Classified for Failure {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::NotSent(error) => error.class(),
            Self::Refused(_) => Class::Never,
            Self::NoEntropy(_) => Class::Retry,
        }
    }
}

impl Endpoints<'_> {
    /// Every endpoint, in order of their ids.
    ///
    /// # Errors
    /// The table's.
    pub async fn all(&self, invocation: &Invocation) -> Result<Vec<Endpoint>, StoreError> {
        Ok(self.store.endpoints(invocation).await?.all)
    }

    /// An endpoint.
    ///
    /// # Errors
    /// There is none, or the table failed.
    pub async fn one(&self, invocation: &Invocation, id: &EndpointId) -> Result<Endpoint, Failure> {
        known(&self.store.endpoints(invocation).await?, id)
    }

    /// Makes or changes an endpoint.
    ///
    /// # Errors
    /// A rule refuses it, or the table failed.
    pub async fn save(&self, invocation: &Invocation, wanted: &Wanted) -> Result<Saved, Failure> {
        let saved = invocation.retry_conflicts(|| self.try_to_save(invocation, wanted)).await?;
        if let Saved::Changed(endpoint) = &saved
            && endpoint.resumed_at == invocation.now
        {
            self.sweep(endpoint).await;
        }
        Ok(saved)
    }

    /// Ends a disabling: what the endpoint lacks is delivered from now on.
    ///
    /// # Errors
    /// There is no such endpoint, or the table failed.
    pub async fn enable(
        &self,
        invocation: &Invocation,
        id: &EndpointId,
    ) -> Result<Endpoint, Failure> {
        let enable = async || {
            let endpoint = known(&self.store.endpoints(invocation).await?, id)?;
            if endpoint.disabled.is_none() {
                return Ok(endpoint);
            }
            let endpoint = endpoint.resumed(invocation.now);
            let change = EndpointChange {
                endpoint: &endpoint,
                list: None,
                secrets: None,
                heals: true,
                request: None,
            };
            self.store.save_endpoint(invocation, &change).await?;
            info!("endpoint {id} is enabled again");
            Ok::<_, Failure>(endpoint)
        };
        let endpoint = invocation.retry_conflicts(enable).await?;
        self.sweep(&endpoint).await;
        Ok(endpoint)
    }

    /// Deletes an endpoint.
    ///
    /// # Errors
    /// There is no such endpoint, or the table failed.
    pub async fn delete(&self, invocation: &Invocation, id: &EndpointId) -> Result<(), Failure> {
        let delete = async || {
            let listed = self.store.endpoints(invocation).await?;
            let endpoint = known(&listed, id)?;
            self.store.delete_endpoint(invocation, (&endpoint, listed.version)).await?;
            info!("endpoint {id} is deleted");
            Ok::<_, Failure>(())
        };
        invocation.retry_conflicts(delete).await
    }

    /// Makes a new secret of an endpoint; the one before signs too for a day.
    ///
    /// # Errors
    /// There is no such endpoint, the same request made one before, or the table failed.
    pub async fn rotate(
        &self,
        invocation: &Invocation,
        id: &EndpointId,
        idempotency: Option<&Idempotency>,
    ) -> Result<(Endpoint, Secret), Failure> {
        let rotate = async || {
            self.before(invocation, id, idempotency).await?;
            let endpoint = known(&self.store.endpoints(invocation).await?, id)?;
            let secrets = self.store.endpoint_secrets(invocation, id).await?;
            let (secrets, version) = secrets.ok_or(Failure::Refused(EndpointRefusal::Unknown))?;

            let next = new_secret(&invocation.entropy.bytes()?);
            let secrets = secrets.rotated(next.clone(), invocation.now);
            let change = EndpointChange {
                endpoint: &endpoint,
                list: None,
                secrets: Some((&secrets, version)),
                heals: false,
                request: idempotency.map(|it| remembered(it, MADE_SECRET)),
            };
            self.store.save_endpoint(invocation, &change).await?;
            info!("endpoint {id} has a new secret");
            Ok::<_, Failure>((endpoint, next))
        };
        invocation.retry_conflicts(rotate).await
    }

    /// Sends an event that nothing is kept of to an endpoint, also to one that is disabled.
    ///
    /// # Errors
    /// There is no such endpoint, or the table failed.
    pub async fn send(
        &self,
        invocation: &Invocation,
        endpoint: &Endpoint,
        event: (&str, &str),
    ) -> Result<Outcome, Failure> {
        let deliverer = Deliverer { store: self.store, sender: self.sender };
        let sent = deliverer.send(invocation, endpoint, event).await?;
        sent.ok_or(Failure::Refused(EndpointRefusal::Unknown))
    }

    /// Deliveries to an endpoint behind a place, newest first, of that status, and the place behind
    /// them; none where there are no more.
    ///
    /// # Errors
    /// The table's.
    pub async fn deliveries(
        &self,
        invocation: &Invocation,
        endpoint: &Endpoint,
        (status, after, limit): (Option<DeliveryStatus>, Option<String>, usize),
    ) -> Result<(Vec<Delivery>, Option<String>), StoreError> {
        let one_more = limit.saturating_add(1);
        let at_once = match status {
            Some(_) => CHOSEN_DELIVERIES,
            None => i32::try_from(one_more).unwrap_or(CHOSEN_DELIVERIES),
        };
        let (mut found, mut place) = (Vec::new(), after);
        for _ in 0..READINGS_MAX {
            let range = (place.as_deref(), at_once);
            let read = self.store.deliveries(invocation, endpoint, range).await?;
            let is_over = i32::try_from(read.len()).unwrap_or(i32::MAX) < at_once;
            for (key, delivery) in read {
                let is_chosen = status.is_none_or(|status| delivery.status == status);
                if is_chosen && found.len() >= limit {
                    return Ok((found, place));
                }
                place = Some(key);
                if is_chosen {
                    found.push(delivery);
                }
            }
            if is_over {
                return Ok((found, None));
            }
        }
        Ok((found, place))
    }

    /// Sends the event of a delivery again, out of turn. One that is refused stays as it was.
    ///
    /// # Errors
    /// There is no such delivery, it is pending, or the table failed.
    pub async fn resend(
        &self,
        invocation: &Invocation,
        endpoint: &Endpoint,
        id: &EventId,
    ) -> Result<Delivery, Failure> {
        let none = || Failure::Refused(EndpointRefusal::NoDelivery);
        let event = self.store.event(invocation, id).await?.ok_or_else(none)?;
        let delivery = self.store.delivery(invocation, endpoint, &event).await?;
        let delivery = delivery.ok_or_else(none)?;
        if delivery.status == DeliveryStatus::Pending {
            return Err(Failure::Refused(EndpointRefusal::Pending));
        }

        let (text, status) = (id.to_string(), delivery.status);
        let outcome = self.send(invocation, endpoint, (&text, &event.body)).await?;
        let status = if outcome.is_accepted() { DeliveryStatus::Delivered } else { status };
        let attempts = delivery.attempts.saturating_add(1);
        let (last, last_attempt_at) = (outcome, invocation.now);
        let delivery = Delivery { status, attempts, last_attempt_at, last, ..delivery };
        let attempt = Attempt {
            endpoint,
            disabled: None,
            place: None,
            health: billing::events::Health::default(),
            health_after: None,
            delivery: &delivery,
        };
        self.store.keep_attempt(invocation, &attempt).await?;
        Ok(delivery)
    }

    async fn try_to_save(
        &self,
        invocation: &Invocation,
        wanted: &Wanted,
    ) -> Result<Saved, Failure> {
        let Wanted { id, url, types, switch, idempotency } = wanted;
        let was_done = self.before(invocation, id, idempotency.as_ref()).await?;
        let listed = self.store.endpoints(invocation).await?;
        let now = invocation.now;
        if let Some(known) = listed.of(id) {
            let settings = (url.clone(), types.clone());
            let endpoint = known.clone().with(settings, *switch, now);
            if was_done || endpoint == *known {
                return Ok(Saved::Changed(known.clone()));
            }
            let change = EndpointChange {
                endpoint: &endpoint,
                list: None,
                secrets: None,
                heals: false,
                request: idempotency.as_ref().map(|it| remembered(it, CHANGED)),
            };
            self.store.save_endpoint(invocation, &change).await?;
            info!("endpoint {id} is changed");
            return Ok(Saved::Changed(endpoint));
        }
        if listed.all.len() >= ENDPOINTS_MAX {
            return Err(Failure::Refused(EndpointRefusal::TooMany));
        }

        let endpoint = Endpoint {
            version: 0,
            id: id.clone(),
            serial: invocation.entropy.hex(SERIAL_BYTES)?,
            url: url.clone(),
            types: types.clone(),
            is_enabled: *switch == Switch::On,
            created_at: now,
            resumed_at: now,
            disabled: None,
        };
        let secrets = Secrets { current: new_secret(&invocation.entropy.bytes()?), previous: None };
        let change = EndpointChange {
            endpoint: &endpoint,
            list: Some(listed.version),
            secrets: Some((&secrets, 0)),
            heals: false,
            request: idempotency.as_ref().map(|it| remembered(it, MADE_SECRET)),
        };
        self.store.save_endpoint(invocation, &change).await?;
        info!("endpoint {id} is made");
        Ok(Saved::Made(endpoint, secrets.current))
    }

    /// True if the same request changed settings before.
    async fn before(
        &self,
        invocation: &Invocation,
        id: &EndpointId,
        idempotency: Option<&Idempotency>,
    ) -> Result<bool, Failure> {
        let Some(idempotency) = idempotency else { return Ok(false) };
        let fingerprint = &idempotency.fingerprint;
        let parts = [Part::Request(fingerprint.clone())];
        let loaded = self.store.load_shared(invocation, &parts).await?;
        match loaded.request(fingerprint, invocation.now)? {
            None => Ok(false),
            Some(before) if before.body != idempotency.body => {
                Err(Failure::Refused(EndpointRefusal::IdempotencyKeyReused))
            }
            Some(before) if before.made == MADE_SECRET => {
                Err(Failure::Refused(EndpointRefusal::SecretAlreadyShown(id.clone())))
            }
            Some(_) => Ok(true),
        }
    }

    /// Lets a walk find what an endpoint lacks. Without it the schedule's does, later.
    async fn sweep(&self, endpoint: &Endpoint) {
        if let Err(error) = self.messages.send(&DeliveryMessage::Sweep {}).await {
            let id = &endpoint.id;
            warn!(reason = %error, "what endpoint {id} lacks waits for the schedule: {error}");
        }
    }
}

fn known(listed: &Listed, id: &EndpointId) -> Result<Endpoint, Failure> {
    listed.of(id).cloned().ok_or(Failure::Refused(EndpointRefusal::Unknown))
}

fn remembered(idempotency: &Idempotency, made: &str) -> (String, Request) {
    let Idempotency { fingerprint, body, expires_at } = idempotency.clone();
    (fingerprint, Request { body, made: made.to_owned(), expires_at })
}
