//! `/v1/accounts/{id}/subscription`: what it is, what a change would cost, the change, its end, and taking that back.
//!
//! What a wish comes to, `billing::plan_change` decides. Each step at Stripe sets a state, so that whoever repeats a
//! request, however far it came, goes on where it stopped; the two that make something (a Checkout session, and a
//! subscription whose invoices are sent) have an intent in the table. After each step the subscription is read
//! again and settled, so that whoever asks next sees it, whenever the webhook comes.

mod begin;
mod booking;
mod change;
mod checkout;
mod input;
mod now;
mod preview;
mod problem;
mod quote;
mod view;
mod work;

use apply::Applier;
use billing::journal::CauseKind;
use catalog::Catalog;
use runtime::environment::{RETURN_ORIGINS, TABLE_NAME};
use runtime::origins::Origins;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use stripe_client::Stripe;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Subscriptions {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    catalog: Catalog,
    /// Where Checkout may send people back to.
    origins: Origins,
}

impl Subscriptions {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            catalog,
            origins: Origins::parse(host.environment.find(RETURN_ORIGINS).unwrap_or_default()),
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "GET /v1/accounts/{id}/subscription" => self.show(invocation, &request).await,
            "POST /v1/accounts/{id}/subscription/preview" => {
                self.preview(invocation, &request).await
            }
            "PUT /v1/accounts/{id}/subscription" => {
                Box::pin(self.change(invocation, &request)).await
            }
            "DELETE /v1/accounts/{id}/subscription" => self.cancel(invocation, &request).await,
            "POST /v1/accounts/{id}/subscription/resume" => self.resume(invocation, &request).await,
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
