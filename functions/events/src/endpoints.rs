//! `/v1/event-endpoints`: endpoints of the vendor that get every event, signed.

use auth::{caller, problem, writer};
use billing::events::{DeliveryStatus, EndpointRefusal, EventId, Switch, Target};
use billing::ids::EndpointId;
use billing::journal::events::EventType;
use billing::words::Word;
use events_commands::endpoints::{Endpoints, Failure, Saved, Wanted};
use invocation::Invocation;
use runtime::input::{Checks, Idempotency, Page, body, idempotency, page};
use runtime::{Problem, Request, Response, cursor, query};
use serde_json::json;
use store::StoreError;
use views::endpoints::{DeliveryView, EndpointView, OutcomeView, test_event};
use views::requests::events::SaveEndpoint;

use crate::{Events, LANGUAGE};

/// Scope of the vendor's Idempotency-Keys.
const SCOPE: &str = "vendor";
/// Random bytes in the id of a test event.
const ID_BYTES: usize = 8;

impl Events {
    pub(crate) async fn save_endpoint(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        writer(invocation, &self.store, request, &[]).await?;
        let idempotency = idempotency(request, SCOPE, invocation.now)?;
        let wanted = self.wanted(request, idempotency)?;

        let saved = self.endpoints().save(invocation, &wanted).await.map_err(failed)?;

        Ok(match saved {
            Saved::Made(endpoint, secret) => {
                Response::json(201, &EndpointView::with_secret(&endpoint, &secret))
            }
            Saved::Changed(endpoint) => Response::json(200, &EndpointView::of(&endpoint)),
        })
    }

    pub(crate) async fn list_endpoints(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;

        let all = self.endpoints().all(invocation).await.map_err(|error| problem(&error))?;

        let page = page(request, invocation.now, &all, |endpoint| endpoint.id.as_str())?;
        Ok(Response::json(200, &page.map(EndpointView::of)))
    }

    pub(crate) async fn read_endpoint(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;
        let endpoint = self.endpoints().one(invocation, &id(request)?).await.map_err(failed)?;
        Ok(Response::json(200, &EndpointView::of(&endpoint)))
    }

    pub(crate) async fn delete_endpoint(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        writer(invocation, &self.store, request, &[]).await?;
        self.endpoints().delete(invocation, &id(request)?).await.map_err(failed)?;
        Ok(Response::of_type(204, "application/json", String::new()))
    }

    pub(crate) async fn enable_endpoint(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        writer(invocation, &self.store, request, &[]).await?;
        let endpoint = self.endpoints().enable(invocation, &id(request)?).await.map_err(failed)?;
        Ok(Response::json(200, &EndpointView::of(&endpoint)))
    }

    pub(crate) async fn rotate_secret(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        writer(invocation, &self.store, request, &[]).await?;
        let idempotency = idempotency(request, SCOPE, invocation.now)?;
        let (endpoints, id) = (self.endpoints(), id(request)?);
        let rotated = endpoints.rotate(invocation, &id, idempotency.as_ref()).await;
        let (endpoint, secret) = rotated.map_err(failed)?;
        Ok(Response::json(200, &EndpointView::with_secret(&endpoint, &secret)))
    }

    pub(crate) async fn test_endpoint(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        writer(invocation, &self.store, request, &[]).await?;
        let endpoints = self.endpoints();
        let endpoint = endpoints.one(invocation, &id(request)?).await.map_err(failed)?;
        let drawn = invocation.entropy.hex(ID_BYTES).map_err(|_| Problem::unavailable())?;
        let event = format!("evt_test_{drawn}");
        let created = invocation.now.to_string();
        let by = (&json!(self.is_live), invocation.actor_id());
        let text = test_event((&event, &created), by, &endpoint).to_string();

        let sent = endpoints.send(invocation, &endpoint, (&event, &text)).await;

        Ok(Response::json(200, &OutcomeView::of(sent.map_err(failed)?)))
    }

    pub(crate) async fn list_deliveries(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;
        let status = request.query.get("status");
        let status = status.and_then(|status| DeliveryStatus::of_word(status));
        let after = cursor::read(request, invocation.now)?;
        let endpoints = self.endpoints();
        let endpoint = endpoints.one(invocation, &id(request)?).await.map_err(failed)?;

        let wanted = (status, after, query::limit(request));
        let found = endpoints.deliveries(invocation, &endpoint, wanted).await;
        let (found, next) = found.map_err(|error| problem(&error))?;

        let next_cursor = next.map(|place| cursor::write(request, &place, invocation.now));
        let data = found.iter().map(DeliveryView::of).collect();
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    pub(crate) async fn resend(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        writer(invocation, &self.store, request, &[]).await?;
        let endpoints = self.endpoints();
        let endpoint = endpoints.one(invocation, &id(request)?).await.map_err(failed)?;
        let event = request.path.get("delivery_id").map(String::as_str).unwrap_or_default();
        let event = EventId::parse(event).ok_or_else(|| Problem::not_found("delivery"))?;

        let sent = endpoints.resend(invocation, &endpoint, &event).await.map_err(failed)?;

        Ok(Response::json(200, &DeliveryView::of(&sent)))
    }

    fn endpoints(&self) -> Endpoints<'_> {
        Endpoints { store: &self.store, messages: &self.messages, sender: &self.sender }
    }

    fn wanted(
        &self,
        request: &Request,
        idempotency: Option<Idempotency>,
    ) -> Result<Wanted, Problem> {
        let SaveEndpoint { url, types, enabled } = body(request)?;
        let mut checks = Checks::default();
        let id = id(request).ok();
        let detail = "1 to 64 characters of A-Z, a-z, 0-9, _ and - are expected.";
        checks.expect(id.is_some(), "endpoint_id", detail);
        let target = Target::parse(&url, self.sender.loopback());
        if let Err(fault) = target {
            checks.expect(false, "url", &LANGUAGE.address_refused(fault));
        }
        let types = types.unwrap_or_default();
        let known: Vec<EventType> =
            types.iter().filter_map(|name| EventType::parse(name)).collect();
        let detail = "Types of events are expected, such as `invoice.paid`; leave it out for all.";
        checks.expect(known.len() == types.len(), "types", detail);
        checks.passed()?;

        let switch = if enabled { Switch::On } else { Switch::Off };
        let id = id.ok_or_else(Problem::internal)?;
        Ok(Wanted { id, url, types: known, switch, idempotency })
    }
}

/// The endpoint of the path.
fn id(request: &Request) -> Result<EndpointId, Problem> {
    let id = request.path.get("endpoint_id").map(String::as_str).unwrap_or_default();
    EndpointId::parse(id).map_err(|_| Problem::not_found("endpoint"))
}

/// The problem that a failure is.
fn failed(failure: Failure) -> Problem {
    match failure {
        Failure::Refused(refusal) => refused(&refusal),
        Failure::Store(StoreError::Conflict) | Failure::NoEntropy(_) => Problem::unavailable(),
        Failure::Store(error) => problem(&error),
        Failure::NotSent(error) => {
            tracing::error!(reason = %error, "could not send an event: {error}");
            Problem::unavailable()
        }
    }
}

fn refused(refusal: &EndpointRefusal) -> Problem {
    let detail = LANGUAGE.endpoint_refused(refusal);
    match refusal {
        EndpointRefusal::TooMany => Problem::new(409, "too_many_endpoints", detail),
        EndpointRefusal::SecretAlreadyShown(_) => Problem::new(409, "secret_already_shown", detail),
        EndpointRefusal::IdempotencyKeyReused => {
            Problem::new(409, "idempotency_key_reused", detail)
        }
        EndpointRefusal::Unknown | EndpointRefusal::NoDelivery => {
            Problem::new(404, "not_found", detail)
        }
        EndpointRefusal::Pending => Problem::new(409, "delivery_pending", detail),
    }
}
