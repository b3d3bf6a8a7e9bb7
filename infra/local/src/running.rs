//! A running cloud, as tests and the command line hold it.

use std::path::PathBuf;
use std::sync::Arc;

use billing::time::Timestamp;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Response};
use runtime::{Clock, Host};
use serde_json::{Value, json};
use stripe_simulator::Simulator;
use stripe_simulator::call::Params;
use stripe_simulator::customers::create_as;
use stripe_simulator::error::ApiError;
use stripe_simulator::rates::Rates;

use crate::cloud::{self, Cloud, Options, StartError};
use crate::control;
use crate::deliveries::Deliveries;
use crate::demo;
use crate::gate::{Gate, Limits};
use crate::outbox::Outbox;
use crate::pool::Pool;
use crate::snapshot;
use crate::sqs::Queues;
use crate::streams::Streams;
use crate::tasks::Tasks;
use crate::template::Template;
use crate::timeline::Timeline;
use crate::world::WorldError;
use crate::world_file::{WorldFile, WorldFileError};

/// A running cloud; it stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    cloud: Arc<Cloud>,
    tasks: Tasks,
    data: Option<Arc<WorldFile>>,
}

/// Starts a cloud. It is ready when this returns, within a few milliseconds; many can run side by
/// side.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let data = options.data.as_deref().map(WorldFile::open).transpose()?.map(Arc::new);
    let kept = data.as_ref().map_or(Ok(None), |data| data.kept())?;
    let options = Options { demo: options.demo && kept.is_none(), ..options };
    let demo = options.demo.then(|| options.clock.unwrap_or_else(|| Clock::system().now()));
    let (cloud, tasks, gateway) = Box::pin(cloud::start(options)).await?;
    let mut running = Running { cloud, tasks, data };
    if let (Some(data), Some(kept)) = (&running.data, kept) {
        let put = snapshot::put(&running.cloud, &kept).await;
        put.map_err(|error| WorldFileError::World(data.path(), error))?;
    }
    if let Some(today) = demo {
        Box::pin(demo::fill(&running, today)).await;
    }
    // Only now: while the demo data are made, the clock is weeks in the past.
    cloud::open(&running.cloud, &running.tasks, gateway);
    if let Some(data) = running.data.clone() {
        running.tasks.run(snapshot::keep_on(running.cloud.clone(), data));
    }
    Ok(running)
}

impl Running {
    /// The file that the world is kept in.
    pub fn world(&self) -> Option<PathBuf> {
        self.data.as_ref().map(|data| data.path())
    }

    /// Keeps the world, where it has a directory.
    pub async fn keep(&self) -> Result<(), WorldFileError> {
        match &self.data {
            Some(data) => snapshot::keep(&self.cloud, data).await,
            None => Ok(()),
        }
    }

    /// The whole world as one text, at a quiet point.
    pub async fn snapshot(&self) -> Result<String, WorldError> {
        snapshot::take(&self.cloud).await
    }

    /// Goes on from such a text in the place of this world; after an error, this one goes on.
    pub async fn restore(&self, text: &str) -> Result<(), WorldError> {
        snapshot::put(&self.cloud, text).await
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn gateway_url(&self) -> &str {
        &self.cloud.addresses.gateway
    }

    /// Where the Stripe simulator answers.
    pub fn stripe_url(&self) -> &str {
        &self.cloud.addresses.stripe
    }

    /// The Stripe simulator itself.
    pub fn stripe(&self) -> &Simulator {
        self.cloud.stripe.simulator()
    }

    /// Puts a customer into the simulator under an id of one's choice, as if it had been there
    /// before us: `details` are parameters of `POST /v1/customers`.
    pub fn put_customer(&self, id: &str, details: &Value) -> Result<(), ApiError> {
        let details = Params(details.as_object().cloned().unwrap_or_default());
        self.stripe().with_engine(|engine| create_as(&mut engine.stripe, id, &details))
    }

    /// The id of our webhook endpoint at the simulator.
    pub fn webhook_endpoint(&self) -> String {
        self.cloud.webhook.endpoint()
    }

    /// Rolls the webhook's signing secret, as in Stripe's dashboard: the old one signs too, up to a
    /// time, and Secrets Manager serves both, the new one first.
    pub fn roll_webhook_secret(&self, old_until: Timestamp) {
        self.cloud.webhook.roll(old_until);
    }

    /// Where DynamoDB answers.
    pub fn dynamodb_url(&self) -> &str {
        &self.cloud.addresses.dynamodb
    }

    /// Where SQS answers.
    pub fn sqs_url(&self) -> &str {
        &self.cloud.addresses.sqs
    }

    /// The newest signing secret of the webhook.
    pub fn webhook_secret(&self) -> String {
        let secrets = self.webhook_secrets().into_iter();
        secrets.take(1).collect()
    }

    /// All signing secrets of the webhook, the newest first.
    pub fn webhook_secrets(&self) -> Vec<String> {
        self.cloud.webhook_secrets()
    }

    /// Sets what Secrets Manager serves as the signing secrets of the webhook: `[new, old]` while
    /// it is rolled. The simulator goes on signing with its own.
    pub fn set_webhook_secrets(&self, values: Vec<String>) {
        let arn = cloud::webhook_secret_arn(&self.cloud.template, &self.cloud.places);
        self.cloud.secrets.set(&arn, values);
    }

    /// Sets what Secrets Manager serves as the keys that Stripe is called with.
    pub fn set_stripe_keys(&self, values: Vec<String>) {
        if let Some(arn) = cloud::stripe_key_arn(&self.cloud.template) {
            self.cloud.secrets.set(arn, values);
        }
    }

    /// The vendor's API key.
    pub fn vendor_key(&self) -> &str {
        &self.cloud.keys.now().vendor
    }

    /// The staff's API key.
    pub fn staff_key(&self) -> &str {
        &self.cloud.keys.now().staff
    }

    /// The API key of a person of the support, who moves no money.
    pub fn support_key(&self) -> &str {
        &self.cloud.keys.now().support
    }

    /// The clock, and moving it.
    pub fn clock(&self) -> &Timeline {
        &self.cloud.timeline
    }

    /// The queues.
    pub fn queues(&self) -> &Queues {
        &self.cloud.queues
    }

    /// The table's stream.
    pub fn streams(&self) -> &Streams {
        &self.cloud.streams
    }

    /// Mails that were accepted.
    pub fn outbox(&self) -> &Outbox {
        &self.cloud.outbox
    }

    /// The gate.
    pub fn gate(&self) -> &Gate {
        &self.cloud.gate
    }

    /// Lets limits of AWS and Stripe hold from now on, by a seed.
    pub fn limit(&self, limits: Limits, rates: Option<Rates>, seed: u64) {
        self.cloud.limit(limits, rates, seed);
    }

    /// The functions.
    pub fn pool(&self) -> &Pool {
        &self.cloud.pool
    }

    /// The events that came in.
    pub fn deliveries(&self) -> &Deliveries {
        &self.cloud.deliveries
    }

    /// What is wired.
    pub fn template(&self) -> &Template {
        &self.cloud.template
    }

    /// A host as the function of that logical name gets it: for tests of adapters.
    pub fn host(&self, function: &str) -> Host {
        self.cloud.host(function)
    }

    /// A request to the gateway, without a socket between.
    pub async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.cloud.gateway.handle(request).await
    }

    /// Several requests at once, begun in this order. In a stepped run the seed chooses among all
    /// of them from the first call on; the answers come in the order of the requests.
    pub async fn send_together(&self, requests: Vec<Request<Bytes>>) -> Vec<Response<Bytes>> {
        self.cloud.gateway.handle_together(requests).await
    }

    /// Sends an event as Stripe does, signed with the newest secret at the clock's time.
    pub async fn post_event(&self, event: &Value) -> (u16, Value) {
        self.post_body(event.to_string().into_bytes()).await
    }

    /// Sends any bytes as Stripe does.
    pub async fn post_body(&self, body: Vec<u8>) -> (u16, Value) {
        answered(&self.send(self.event_request(body)).await)
    }

    /// The signed request of an event; without a signature while there is no secret to sign with.
    pub fn event_request(&self, body: Vec<u8>) -> Request<Bytes> {
        self.cloud.event_request(Bytes::from(body))
    }

    /// What `/_local/info` answers.
    pub fn information(&self) -> Value {
        control::information(&self.cloud)
    }

    /// Calls the API with a key; no body when `body` is null.
    pub async fn call(&self, key: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json")
            .body(bytes);
        match request {
            Ok(request) => answered(&self.send(request).await),
            Err(error) => (0, json!({ "error": error.to_string() })),
        }
    }
}

/// Status and JSON; text that is not JSON comes as a string.
fn answered(response: &Response<Bytes>) -> (u16, Value) {
    let body = response.body();
    let value = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    (response.status().as_u16(), value)
}
