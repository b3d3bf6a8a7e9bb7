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

use catalog::Catalog;
use runtime::environment::TABLE_NAME;
use runtime::{Clock, Entropy, EnvironmentError, Host, Problem, Request, Response};
use store::Store;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Usage {
    clock: Clock,
    entropy: Entropy,
    store: Store,
    catalog: Catalog,
}

impl Usage {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        let (clock, entropy) = (host.clock.clone(), host.entropy.clone());
        Ok(Self { clock, entropy, store, catalog })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let now = self.clock.now();
        let answer = match request.route.as_str() {
            "POST /v1/usage" => self.count(&request, now).await,
            "GET /v1/accounts/{id}/usage" => self.read(&request, now).await,
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
