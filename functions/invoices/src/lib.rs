//! `/v1/accounts/{id}/invoices`: issued invoices, their payment, and the upcoming one (A12, A15).
//!
//! Input, command, view: the use cases are in `payments_commands` and `forecast`.

mod csv;
mod input;
mod pay;
mod pay_all;
mod read;
mod statement;

use apply::Applier;
use auth::caller_of_account;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::money::Currency;
use catalog::Catalog;
use forecast::{Forecast, ForecastError};
use invocation::Invocation;
use messages::Language;
use queue::account::Accounts;
use runtime::environment::{COLLECTIONS_QUEUE_URL, TABLE_NAME};
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use stripe_client::Stripe;
use tracing::error;
use views::upcoming::UpcomingView;

/// Language of all sentences: accounts have none of their own yet.
const LANGUAGE: Language = Language::English;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Invoices {
    invocations: Invocations,
    store: Store,
    stripe: Stripe,
    facts: Applier,
    /// Queue of accounts about which something follows at Stripe.
    collections: Accounts,
    forecast: Forecast,
    /// Currency of an invoice without lines.
    currency: Currency,
}

impl Invoices {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            currency: catalog.currency,
            forecast: Forecast::new(store.clone(), catalog).with_stripe(Stripe::new(host)?),
            stripe: Stripe::new(host)?,
            facts: Applier::new(store.clone()),
            collections: Accounts::new(host.sqs()?, host.environment.get(COLLECTIONS_QUEUE_URL)?),
            store,
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "GET /v1/accounts/{id}/invoices" => self.list(invocation, &request).await,
            "GET /v1/accounts/{id}/invoices.csv" => self.export(invocation, &request).await,
            "GET /v1/accounts/{id}/statement" => {
                Box::pin(self.statement(invocation, &request)).await
            }
            "GET /v1/accounts/{id}/statement.csv" => {
                Box::pin(self.statement_csv(invocation, &request)).await
            }
            "GET /v1/accounts/{id}/invoices/{invoice_id}" => {
                Box::pin(self.show(invocation, &request)).await
            }
            "POST /v1/accounts/{id}/invoices/{invoice_id}/pay" => {
                Box::pin(self.pay(invocation, &request)).await
            }
            "POST /v1/accounts/{id}/pay" => Box::pin(self.pay_all(invocation, &request)).await,
            "GET /v1/accounts/{id}/invoices/upcoming" => self.upcoming(invocation, &request).await,
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }

    async fn upcoming(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &AccountId| forecast::outlook_parts(invocation.now);
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;

        let outlook = self.forecast.outlook(invocation, &caller.loaded).await;
        let (upcoming, outlook) = outlook.map_err(|error| no_forecast(&error, &account))?;

        Ok(Response::json(200, &UpcomingView::of(upcoming, outlook, self.currency)))
    }
}

/// Answer without a forecast; logged here, once.
fn no_forecast(error: &ForecastError, account: &AccountId) -> Problem {
    match error {
        ForecastError::NoAccount => Problem::not_found("account"),
        ForecastError::Store(error) => auth::problem(error),
        // The books are shown while Stripe does not answer.
        ForecastError::Stripe(_) => Problem::unavailable(),
        ForecastError::TooLarge(error) => {
            error!(account.id = %account, reason = %error,
                "could not forecast the upcoming invoice of account {account}: {error}");
            Problem::internal()
        }
    }
}
