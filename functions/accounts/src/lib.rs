//! `/v1/accounts`: open (with the customer at Stripe), list, rename, read, the timeline, the
//! explanation of a number, billing details, members, API keys, cancellation blockers and
//! sub-accounts.
//!
//! Each route reads its input, hands it to a command of `accounts-commands`, and shows the outcome.
//! The route key, which comes from template.yaml by way of the gateway, names the route.

mod api_keys;
mod blockers;
mod csv;
mod details;
mod details_input;
mod explain;
mod listing;
mod members;
mod opening;
mod opening_input;
mod personal;
mod problem;
mod read;
mod rename;
mod sub_accounts;
mod sub_accounts_input;

use apply::Applier;
use billing::journal::CauseKind;
use catalog::Catalog;
use forecast::Forecast;
use messages::Language;
use runtime::environment::{COLLECTIONS_QUEUE_URL, GRACE_DAYS, STRIPE_MODE, TABLE_NAME};
use runtime::host::Patience;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::Store;
use stripe_client::Stripe;

/// Language of every sentence in answers.
const LANGUAGE: Language = Language::English;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Accounts {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    patience: Patience,
    catalog: Catalog,
    forecast: Forecast,
    /// `live` or `test`.
    mode: &'static str,
    /// Accounts about which something is to be done at Stripe.
    collections: queue::account::Accounts,
    /// From overdue to disabled, for new accounts, in seconds.
    grace_seconds: i64,
}

impl Accounts {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let within = 0..=billing::account::GRACE_DAYS_MAX;
        let days = host.environment.number(GRACE_DAYS, "a number of days up to 365", within)?;
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        let collections = host.environment.get(COLLECTIONS_QUEUE_URL)?;
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            forecast: Forecast::new(store.clone(), catalog.clone()).with_stripe(Stripe::new(host)?),
            store,
            stripe: Stripe::new(host)?,
            patience: host.patience(),
            catalog,
            mode: if host.environment.is_live(STRIPE_MODE)? { "live" } else { "test" },
            collections: queue::account::Accounts::new(host.sqs()?, collections),
            grace_seconds: days.saturating_mul(billing::time::DAY_SECONDS),
        })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let answer = match request.route.as_str() {
            "POST /v1/accounts" => self.open(invocation, &request).await,
            "GET /v1/accounts" => self.list(invocation, &request).await,
            "PATCH /v1/accounts/{id}" => self.rename(invocation, &request).await,
            "GET /v1/accounts/{id}" => self.read(invocation, &request).await,
            route if route.contains("/sub-accounts") => {
                Box::pin(self.sub_accounts(invocation, &request)).await
            }
            "GET /v1/accounts/{id}/timeline" => self.timeline(invocation, &request).await,
            "GET /v1/accounts/{id}/timeline.csv" => self.export(invocation, &request).await,
            "GET /v1/accounts/{id}/explain" => Box::pin(self.explain(invocation, &request)).await,
            "GET /v1/accounts/{id}/invoices/{invoice_id}/changes" => {
                self.changes(invocation, &request).await
            }
            "POST /v1/accounts/{id}/api-keys" => self.create_key(invocation, &request).await,
            "GET /v1/accounts/{id}/api-keys" => self.list_keys(invocation, &request).await,
            "DELETE /v1/accounts/{id}/api-keys" => self.delete_all_keys(invocation, &request).await,
            "GET /v1/key" => self.read_own_key(invocation, &request).await,
            "DELETE /v1/accounts/{id}/api-keys/{key_id}" => {
                self.delete_key(invocation, &request).await
            }
            "PATCH /v1/accounts/{id}/billing-details" => {
                self.change_details(invocation, &request).await
            }
            "GET /v1/accounts/{id}/members" => self.list_members(invocation, &request).await,
            "GET /v1/accounts/{id}/members/{member_id}" => {
                self.read_member(invocation, &request).await
            }
            "PUT /v1/accounts/{id}/members/{member_id}" => {
                self.save_member(invocation, &request).await
            }
            "DELETE /v1/accounts/{id}/members/{member_id}" => {
                self.remove_member(invocation, &request).await
            }
            "PUT /v1/accounts/{id}/members/{member_id}/preferences" => {
                self.save_preferences(invocation, &request).await
            }
            "GET /v1/accounts/{id}/personal-data" => {
                Box::pin(self.personal_data(invocation, &request)).await
            }
            "DELETE /v1/accounts/{id}/members/{member_id}/personal-data" => {
                Box::pin(self.erase_member(invocation, &request)).await
            }
            "PUT /v1/accounts/{id}/cancellation-blockers/{code}" => {
                self.report_blocker(invocation, &request).await
            }
            "DELETE /v1/accounts/{id}/cancellation-blockers/{code}" => {
                self.clear_blocker(invocation, &request).await
            }
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }
}

/// 204: done, and nothing to show.
fn nothing_to_show() -> Response {
    Response::of_type(204, "application/json", String::new())
}
