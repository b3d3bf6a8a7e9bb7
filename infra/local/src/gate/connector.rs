//! The gate as the AWS SDK sees it: an HTTP client.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::oneshot;

use super::cost::Cost;
use super::invocation::Tag;
use super::operation::{Operation, Written};
use super::weather::Hold;
use super::{Call, Fault, Gate, Mode, Outcome, answer, token};
use crate::tasks::lock;
use crate::template::{Permission, Policy};

/// Header that tells the simulator of Stripe how much later than the clock a call is, in
/// milliseconds.
const LATE_MILLISECONDS: http::HeaderName =
    http::HeaderName::from_static(stripe_simulator::LATE_HEADER);

/// A plain HTTP client of the machine itself.
pub type Client = hyper_util::client::legacy::Client<TcpConnector, Full<Bytes>>;

/// A new one.
pub fn client() -> Client {
    let mut tcp = TcpConnector::new();
    tcp.set_nodelay(true);
    hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(tcp)
}

/// The HTTP client of one instance of a function.
pub fn http_client(gate: Arc<Gate>, tag: Arc<Tag>) -> SharedHttpClient {
    SharedHttpClient::new(Door { gate, tag })
}

/// A sleep that never ends, so that no call of a function times out by itself: it may have to wait
/// here, and what times out is the gate's to say. Otherwise a slow machine would change a seeded
/// run.
pub fn endless_sleep() -> SharedAsyncSleep {
    SharedAsyncSleep::new(Endless)
}

#[derive(Debug)]
struct Endless;

impl AsyncSleep for Endless {
    fn sleep(&self, _duration: Duration) -> Sleep {
        Sleep::new(std::future::pending())
    }
}

#[derive(Debug, Clone)]
struct Door {
    gate: Arc<Gate>,
    tag: Arc<Tag>,
}

impl HttpClient for Door {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Door {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let door = self.clone();
        HttpConnectorFuture::new(async move { door.pass(request).await })
    }
}

/// A call on its way: if its caller gives it up, the gate goes on without it.
struct Passing<'a> {
    gate: &'a Gate,
    key: (u64, u32),
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.gate.state);
        state.waiting.remove(&self.key);
        state.passing.remove(&self.key);
        state.step();
    }
}

impl Door {
    async fn pass(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request =
            request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (mut parts, body) = request.into_parts();
        let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
        let operation = Operation::of(&parts, &body, &self.gate.places);
        let body = token::without(&operation, &mut parts, body);
        self.say_when(&operation, &mut parts);
        let request = http::Request::from_parts(parts, Full::new(body));
        let Some(key) = self.arrive() else {
            // Outside of an invocation, such as a test's own client: nothing is decided about it.
            let (_, answer) = self.carry(request, &operation, (0, 0)).await?;
            return Ok(answer);
        };
        let _passing = Passing { gate: &self.gate, key };
        let fault = self.admit(key).await;
        let fault = self.gate.away(&operation).or(fault);
        self.tag.stopwatch().spend(self.gate.time(&operation, fault));
        if self.tag.stopwatch().remaining().is_zero() {
            return self.out_of_time(request, &operation, key).await;
        }
        if let Some(denied) = self.denial(&operation) {
            self.record(&operation, key, Outcome::Denied, Cost::default());
            return respond(denied);
        }
        self.decide(request, &operation, key, fault).await
    }

    /// Which call of which invocation this is.
    fn arrive(&self) -> Option<(u64, u32)> {
        let invocation = self.tag.invocation()?;
        let mut state = lock(&self.gate.state);
        let live = state.live.get_mut(&invocation)?;
        live.calls = live.calls.saturating_add(1);
        Some((invocation, live.calls))
    }

    /// Waits for its turn; answers with the fault that it meets.
    async fn admit(&self, key: (u64, u32)) -> Option<Fault> {
        let turn = {
            let mut state = lock(&self.gate.state);
            if matches!(state.mode, Mode::Free(_)) {
                return state.fault(key);
            }
            let (admit, turn) = oneshot::channel();
            state.waiting.insert(key, admit);
            state.step();
            turn
        };
        turn.await.ok().flatten()
    }

    /// Tells Stripe how much later than the clock the call is, by the invocation's stopwatch.
    fn say_when(&self, operation: &Operation, parts: &mut http::request::Parts) {
        if operation.service == "Stripe" {
            let late = self.tag.late_milliseconds();
            parts.headers.insert(LATE_MILLISECONDS, late.into());
        }
    }

    /// The invocation's time is over while the call is under way: whether it took effect, chance
    /// says.
    async fn out_of_time<T>(
        &self,
        request: http::Request<Full<Bytes>>,
        operation: &Operation,
        key: (u64, u32),
    ) -> T {
        let takes_effect = lock(&self.gate.state).entropy.below(2) == 0;
        let mut cost = Cost::default();
        if takes_effect && let Ok(performed) = self.perform(request, operation).await {
            cost = performed.0;
        }
        self.record(operation, key, Outcome::OutOfTime, cost);
        if let Some(live) = lock(&self.gate.state).live.get_mut(&key.0) {
            live.is_out_of_time = true;
        }
        self.kill(key.0).await
    }

    /// Performs a call that meets no fault, unless another transaction holds an item of it.
    async fn undisturbed(
        &self,
        request: http::Request<Full<Bytes>>,
        operation: &Operation,
        key: (u64, u32),
    ) -> Result<HttpResponse, ConnectorError> {
        let _holding = match self.gate.hold(operation, key) {
            Hold::Taken(place) => {
                if let Some(answer) = answer::held(operation, place) {
                    let fault = Outcome::Faulted(Fault::Conflict);
                    self.record(operation, key, fault, Cost::default());
                    return respond(answer);
                }
                None
            }
            Hold::Held(holding) => {
                // Others get their turn while it holds its items.
                lock(&self.gate.state).passing.remove(&key);
                self.admit(key).await;
                Some(holding)
            }
            Hold::Nothing => None,
        };
        let (_, answer) = self.carry(request, operation, key).await?;
        Ok(answer)
    }

    async fn decide(
        &self,
        request: http::Request<Full<Bytes>>,
        operation: &Operation,
        key: (u64, u32),
        fault: Option<Fault>,
    ) -> Result<HttpResponse, ConnectorError> {
        let Some(fault) = fault else { return self.undisturbed(request, operation, key).await };
        match fault {
            Fault::Throttle | Fault::Conflict => match answer::of(fault, operation) {
                Some(answer) => {
                    self.record(operation, key, Outcome::Faulted(fault), Cost::default());
                    respond(answer)
                }
                None => Ok(self.carry(request, operation, key).await?.1),
            },
            Fault::TimeoutBefore => {
                self.record(operation, key, Outcome::Faulted(fault), Cost::default());
                Err(timed_out())
            }
            Fault::TimeoutAfter => {
                let cost = self
                    .perform(request, operation)
                    .await
                    .map_or_else(|_| Cost::default(), |performed| performed.0);
                self.record(operation, key, Outcome::Faulted(fault), cost);
                Err(timed_out())
            }
            Fault::KillBefore => {
                self.record(operation, key, Outcome::Faulted(fault), Cost::default());
                self.kill(key.0).await
            }
            Fault::KillAfter => {
                let cost = self
                    .perform(request, operation)
                    .await
                    .map_or_else(|_| Cost::default(), |performed| performed.0);
                self.record(operation, key, Outcome::Faulted(fault), cost);
                self.kill(key.0).await
            }
        }
    }

    /// Performs and records.
    async fn carry(
        &self,
        request: http::Request<Full<Bytes>>,
        operation: &Operation,
        key: (u64, u32),
    ) -> Result<(Cost, HttpResponse), ConnectorError> {
        match self.perform(request, operation).await {
            Ok((cost, answer)) => {
                let outcome = Outcome::Answered(answer.status().as_u16());
                self.record(operation, key, outcome, cost);
                Ok((cost, answer))
            }
            Err(error) => {
                self.record(operation, key, Outcome::Unreachable, Cost::default());
                Err(error)
            }
        }
    }

    /// The call itself. Every write that is committed is seen here with its request and its answer.
    async fn perform(
        &self,
        request: http::Request<Full<Bytes>>,
        operation: &Operation,
    ) -> Result<(Cost, HttpResponse), ConnectorError> {
        let answer = self
            .gate
            .client
            .request(request)
            .await
            .map_err(|error| ConnectorError::io(error.into()))?;
        let (parts, body) = answer.into_parts();
        let body =
            body.collect().await.map_err(|error| ConnectorError::io(error.into()))?.to_bytes();
        let cost = if operation.service == "DynamoDB" {
            Cost::of(&operation.name, &body)
        } else {
            Cost::default()
        };
        self.gate.learn(self.tag.function(), operation, parts.status.is_success());
        let body = SdkBody::from(body);
        let body = if operation.range.is_some() { self.gate.behind(operation, body) } else { body };
        let answer = http::Response::from_parts(parts, body);
        let answer =
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::user(error.into()))?;
        Ok((cost, answer))
    }

    /// The first action that the function's policy does not allow, or denies.
    fn denial(&self, operation: &Operation) -> Option<(u16, Value)> {
        let state = lock(&self.gate.state);
        let Policy { allowed, denied } = state.policies.get(self.tag.function())?;
        let is_denied = |(need, written): &(&Permission, &Written)| {
            let partition = written.item.as_ref().map_or("", |(partition, _)| partition);
            let mut denials = denied.iter().filter(|denial| denial.permission == **need);
            denials.any(|denial| partition.starts_with(&denial.leading))
        };

        let missing = operation.needs.iter().find(|need| !allowed.contains(need));
        let denied = || operation.needs.iter().zip(&operation.writes).find(is_denied);
        let need = missing.or_else(|| denied().map(|(need, _)| need))?;
        Some(answer::denied(self.tag.function(), &need.action, &need.resource))
    }

    /// Ends the invocation: its future is dropped while it waits here for ever.
    async fn kill<T>(&self, invocation: u64) -> T {
        if let Some(live) = lock(&self.gate.state).live.get(&invocation) {
            live.kill.notify_one();
        }
        std::future::pending().await
    }

    fn record(&self, operation: &Operation, key: (u64, u32), outcome: Outcome, cost: Cost) {
        let (invocation, nth) = key;
        lock(&self.gate.state).record(Call {
            at: self.gate.clock.now(),
            function: self.tag.function().to_owned(),
            invocation,
            nth,
            operation: operation.title(),
            outcome,
            cost,
        });
    }
}

fn timed_out() -> ConnectorError {
    ConnectorError::timeout("no answer came in time (a fault of the gate)".into())
}

fn respond((status, body): (u16, Value)) -> Result<HttpResponse, ConnectorError> {
    let answer = http::Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(SdkBody::from(body.to_string()))
        .map_err(|error| ConnectorError::user(error.into()))?;
    HttpResponse::try_from(answer).map_err(|error| ConnectorError::user(error.into()))
}
