//! Invoices: `GET /v1/accounts/{id}/invoices/upcoming` (A15).

mod upcoming;

use billing::journal::CauseKind;
use catalog::Catalog;
use runtime::environment::TABLE_NAME;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Invoices {
    invocations: Invocations,
    store: Store,
    catalog: Catalog,
}

impl Invoices {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self { invocations: host.invocations(), store, catalog })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "GET /v1/accounts/{id}/invoices/upcoming" => self.upcoming(invocation, &request).await,
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
