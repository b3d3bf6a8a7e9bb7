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

use apply::Settle;
use catalog::Catalog;
use queue::account::Accounts;
use runtime::environment::{RECHARGE_QUEUE_URL, RETURN_ORIGINS, TABLE_NAME};
use runtime::origins::Origins;
use runtime::{Clock, Entropy, EnvironmentError, Host, Problem, Request, Response};
use store::Store;
use stripe_client::Stripe;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Credits {
    clock: Clock,
    entropy: Entropy,
    store: Store,
    settle: Settle,
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
            clock: host.clock.clone(),
            entropy: host.entropy.clone(),
            settle: Settle::new(store.clone(), host.entropy.clone()),
            store,
            stripe: Stripe::new(host)?,
            catalog,
            recharges: Accounts::new(host.sqs()?, environment.get(RECHARGE_QUEUE_URL)?),
            origins: Origins::parse(environment.find(RETURN_ORIGINS).unwrap_or_default()),
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let now = self.clock.now();
        let answer = match request.route.as_str() {
            "POST /v1/accounts/{id}/credits/deductions" => self.deduct(&request, now).await,
            "POST /v1/accounts/{id}/credits/reservations" => self.reserve(&request, now).await,
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle" => {
                self.settle(&request, now).await
            }
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/release" => {
                self.release(&request, now).await
            }
            "GET /v1/accounts/{id}/credits" => self.show(&request, now).await,
            "GET /v1/accounts/{id}/credits/transactions" => self.history(&request).await,
            "GET /v1/accounts/{id}/credits/transactions.csv" => self.export(&request).await,
            "POST /v1/accounts/{id}/credits/purchases" => Box::pin(self.buy(&request, now)).await,
            "GET /v1/accounts/{id}/credits/purchases/{purchase_id}" => {
                Box::pin(self.bought(&request, now)).await
            }
            "PUT /v1/accounts/{id}/credits/auto-recharge" => self.set_recharge(&request, now).await,
            "POST /v1/staff/accounts/{id}/credits/adjustments" => self.adjust(&request, now).await,
            _ => Err(Problem::not_found("route")),
        };
        answer.unwrap_or_else(|problem| problem.response())
    }
}
