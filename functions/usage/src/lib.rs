//! Metered usage: `POST /v1/usage` counts a batch of events, `GET /v1/accounts/{id}/usage` tells what was used (D2,
//! A16, A23).
//!
//! A batch is counted once, by its `batch_id`: a batch that was interrupted or not answered is sent again and goes on where
//! it stopped. What an event comes to, `billing::metering` says.

mod count;
mod input;
mod loose;
mod read;
mod reject;

use billing::journal::CauseKind;
use catalog::Catalog;
use runtime::environment::TABLE_NAME;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Usage {
    invocations: Invocations,
    store: Store,
    catalog: Catalog,
}

impl Usage {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self { invocations: host.invocations(), store, catalog })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "POST /v1/usage" => self.count(invocation, &request).await,
            "GET /v1/accounts/{id}/usage" => self.read(invocation, &request).await,
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
