//! `/v1/accounts/{id}/credits`: prepaid credits, bought, used, reserved, and bought again by themselves (D10 to D19).
//!
//! What a request comes to, `billing::credits` decides; here the items are read, the decision is written, and both again when
//! somebody else was faster. A deduction is one read and one transaction. What a decision begins at Stripe is an item of the
//! table before anybody asks Stripe for it, so it is done whatever breaks in between: by the queue, or by the schedule that
//! looks for what the queue forgot.

mod adjust;
mod books;
mod buy;
mod deduct;
mod history;
mod problem;
mod reserve;
mod settings;
mod show;

use apply::Applier;
use billing::journal::CauseKind;
use catalog::Catalog;
use queue::account::Accounts;
use runtime::environment::{RECHARGE_QUEUE_URL, RETURN_ORIGINS, TABLE_NAME};
use runtime::origins::Origins;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use stripe_client::Stripe;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Credits {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    catalog: Catalog,
    /// Accounts that `functions/auto-recharge` is to charge.
    recharges: Accounts,
    /// Where Checkout may send people back to.
    origins: Origins,
}

impl Credits {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            catalog,
            recharges: Accounts::new(host.sqs()?, environment.get(RECHARGE_QUEUE_URL)?),
            origins: Origins::parse(environment.find(RETURN_ORIGINS).unwrap_or_default()),
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "POST /v1/accounts/{id}/credits/deductions" => self.deduct(invocation, &request).await,
            "POST /v1/accounts/{id}/credits/reservations" => {
                self.reserve(invocation, &request).await
            }
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle" => {
                self.settle(invocation, &request).await
            }
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/release" => {
                self.release(invocation, &request).await
            }
            "GET /v1/accounts/{id}/credits" => self.show(invocation, &request).await,
            "GET /v1/accounts/{id}/credits/transactions" => {
                self.history(invocation, &request).await
            }
            "GET /v1/accounts/{id}/credits/transactions.csv" => {
                self.export(invocation, &request).await
            }
            "POST /v1/accounts/{id}/credits/purchases" => {
                Box::pin(self.buy(invocation, &request)).await
            }
            "GET /v1/accounts/{id}/credits/purchases/{purchase_id}" => {
                Box::pin(self.bought(invocation, &request)).await
            }
            "PUT /v1/accounts/{id}/credits/auto-recharge" => {
                self.set_recharge(invocation, &request).await
            }
            "POST /v1/staff/accounts/{id}/credits/adjustments" => {
                self.adjust(invocation, &request).await
            }
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
