//! Invoices: `GET /v1/accounts/{id}/invoices/upcoming` (A15).

mod upcoming;

use catalog::Catalog;
use runtime::environment::TABLE_NAME;
use runtime::{Clock, EnvironmentError, Host, Problem, Request, Response};
use store::Store;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Invoices {
    clock: Clock,
    store: Store,
    catalog: Catalog,
}

impl Invoices {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self { clock: host.clock.clone(), store, catalog })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let now = self.clock.now();
        let answer = match request.route.as_str() {
            "GET /v1/accounts/{id}/invoices/upcoming" => self.upcoming(&request, now).await,
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
