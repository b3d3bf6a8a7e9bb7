//! `/v1/staff`: what the vendor's own people set for an account: how it pays (A17), its plan with prices of its own, and
//! whether it is a partner's (B1, F3).
//!
//! Each route sets a state. Our books say first what is wanted, then Stripe is made to agree, step by step, each of which
//! looks before it changes; so whatever breaks on the way, the same request does the rest.

mod collection;
mod input;
mod plan;
mod problem;
mod view;
mod work;

use apply::Applier;
use billing::journal::CauseKind;
use catalog::Catalog;
use runtime::environment::TABLE_NAME;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use stripe_client::Stripe;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Staff {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    catalog: Catalog,
}

impl Staff {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            catalog,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "PUT /v1/staff/accounts/{id}/collection" => {
                Box::pin(self.set_collection(invocation, &request)).await
            }
            "PUT /v1/staff/accounts/{id}/plan" => {
                Box::pin(self.set_plan(invocation, &request)).await
            }
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
