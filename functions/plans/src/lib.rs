//! What is sold, and for how much: `GET /v1/plans`, `GET /v1/credit-packs` (D1, D10), and staff's price changes (C2).
//!
//! It asks the table, not Stripe: an amount is the catalog's, unless a price change has overtaken it. What follows from a
//! price change, the function `price-changes` does.

mod price_changes;
mod sold;

use billing::journal::CauseKind;
use catalog::Catalog;
use queue::price_change::PriceMessages;
use runtime::environment::{PRICE_CHANGE_QUEUE_URL, TABLE_NAME};
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Plans {
    invocations: Invocations,
    store: Store,
    messages: PriceMessages,
    catalog: Catalog,
}

impl Plans {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let queue = host.environment.get(PRICE_CHANGE_QUEUE_URL)?;
        Ok(Self {
            invocations: host.invocations(),
            store: Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?),
            messages: PriceMessages::new(host.sqs()?, queue),
            catalog,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "GET /v1/plans" => self.plans(invocation, &request).await,
            "GET /v1/credit-packs" => self.packs(invocation, &request).await,
            "POST /v1/staff/price-changes" => self.announce(invocation, &request).await,
            "GET /v1/staff/price-changes" => self.changes(invocation, &request).await,
            "DELETE /v1/staff/price-changes/{change_id}" => {
                self.withdraw(invocation, &request).await
            }
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
