//! `/v1/events` and `/v1/event-endpoints`: the feed of events, from which the vendor's backend
//! catches up, and the endpoints that get every event (G5).

mod endpoints;
mod feed;

use billing::journal::CauseKind;
use messages::Language;
use queue::delivery::DeliveryMessages;
use runtime::environment::{DELIVERY_QUEUE_URL, STRIPE_MODE, TABLE_NAME};
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use webhook_sender::Sender;

/// Language of every sentence in answers.
const LANGUAGE: Language = Language::English;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Events {
    invocations: Invocations,
    store: Store,
    messages: DeliveryMessages,
    sender: Sender,
    is_live: bool,
}

impl Events {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        Ok(Self {
            invocations: host.invocations(),
            store: Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?),
            messages: DeliveryMessages::new(host.sqs()?, environment.get(DELIVERY_QUEUE_URL)?),
            sender: Sender::new(host)?,
            is_live: environment.is_live(STRIPE_MODE)?,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "GET /v1/events" => self.list(invocation, &request).await,
            "GET /v1/events/{event_id}" => self.show(invocation, &request).await,
            "GET /v1/event-endpoints" => self.list_endpoints(invocation, &request).await,
            "GET /v1/event-endpoints/{endpoint_id}" => {
                self.read_endpoint(invocation, &request).await
            }
            "PUT /v1/event-endpoints/{endpoint_id}" => {
                Box::pin(self.save_endpoint(invocation, &request)).await
            }
            "DELETE /v1/event-endpoints/{endpoint_id}" => {
                Box::pin(self.delete_endpoint(invocation, &request)).await
            }
            "POST /v1/event-endpoints/{endpoint_id}/enable" => {
                Box::pin(self.enable_endpoint(invocation, &request)).await
            }
            "POST /v1/event-endpoints/{endpoint_id}/rotate" => {
                Box::pin(self.rotate_secret(invocation, &request)).await
            }
            "POST /v1/event-endpoints/{endpoint_id}/test" => {
                Box::pin(self.test_endpoint(invocation, &request)).await
            }
            "GET /v1/event-endpoints/{endpoint_id}/deliveries" => {
                Box::pin(self.list_deliveries(invocation, &request)).await
            }
            "POST /v1/event-endpoints/{endpoint_id}/deliveries/{delivery_id}/resend" => {
                Box::pin(self.resend(invocation, &request)).await
            }
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }
}
