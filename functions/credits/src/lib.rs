//! `/v1/accounts/{id}/credits`: prepaid credits, bought, used, reserved, and bought again by
//! themselves (D10 to D19).
//!
//! A request becomes the input of a command (`shared/commands/credits`), and its outcome a view.

mod csv;
mod daily;
mod input;
mod ledger;
mod problem;
mod purchases;
mod reservations;

use apply::Applier;
use auth::{Caller, caller_of_account, writer_of_account};
use billing::authority::Sight;
use billing::credits::Wish;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use catalog::Catalog;
use credits_commands::{Purchases, parts, runway_days, shown_parts};
use invocation::Invocation;
use queue::account::Accounts;
use runtime::environment::{RECHARGE_QUEUE_URL, RETURN_ORIGINS, TABLE_NAME};
use runtime::origins::Origins;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::{Part, Store};
use stripe_client::Stripe;
use views::credits::{AdjustmentView, CreditsView, DeductionView, RechargeView, TriggerView};
use views::product::MemberCreditsView;
use views::requests::credits::{Adjust, Deduct};

use crate::problem::ended;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Credits {
    invocations: Invocations,
    store: Store,
    catalog: Catalog,
    commands: credits_commands::Credits,
    purchases: Purchases,
    /// Addresses to which Checkout may send the customer back.
    origins: Origins,
}

impl Credits {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let recharges = Accounts::new(host.sqs()?, environment.get(RECHARGE_QUEUE_URL)?);
        let facts = Applier::new(store.clone());
        Ok(Self {
            invocations: host.invocations(),
            commands: credits_commands::Credits::new(store.clone(), catalog.clone(), recharges),
            purchases: Purchases::new(facts, Stripe::new(host)?, catalog.clone()),
            store,
            catalog,
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
            "GET /v1/accounts/{id}/credits/reservations" => {
                self.list_reservations(invocation, &request).await
            }
            "GET /v1/accounts/{id}/credits/purchases" => {
                self.list_purchases(invocation, &request).await
            }
            "GET /v1/accounts/{id}/credits/reservations/{reservation_id}" => {
                self.show_reservation(invocation, &request).await
            }
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle" => {
                self.settle(invocation, &request).await
            }
            "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/release" => {
                self.release(invocation, &request).await
            }
            "GET /v1/accounts/{id}/credits" => self.show(invocation, &request).await,
            "GET /v1/accounts/{id}/credits/daily" => self.daily(invocation, &request).await,
            "GET /v1/accounts/{id}/credits/daily.csv" => {
                self.daily_table(invocation, &request).await
            }
            "GET /v1/accounts/{id}/credits/transactions" => self.ledger(invocation, &request).await,
            "GET /v1/accounts/{id}/credits/transactions.csv" => {
                self.export(invocation, &request).await
            }
            "POST /v1/accounts/{id}/credits/purchases" => {
                Box::pin(self.buy(invocation, &request)).await
            }
            "GET /v1/accounts/{id}/credits/purchases/{purchase_id}" => {
                Box::pin(self.find(invocation, &request)).await
            }
            "PUT /v1/accounts/{id}/credits/auto-recharge" => {
                self.set_recharge(invocation, &request).await
            }
            "POST /v1/staff/accounts/{id}/credits/adjustments" => {
                self.adjust(invocation, &request).await
            }
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }

    /// The caller of a request about an account that exists, with the parts of a decision and a
    /// target of it.
    async fn caller(
        &self,
        invocation: &Invocation,
        request: &Request,
        target: Option<Part>,
    ) -> Result<(AccountId, Caller), Problem> {
        let parts = |_: &AccountId| parts(target);
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller))
    }

    /// The caller of a request that writes to an account that exists, with the parts of its
    /// decision.
    async fn writer(
        &self,
        invocation: &Invocation,
        request: &Request,
        target: Option<Part>,
    ) -> Result<(AccountId, Caller), Problem> {
        let parts = |_: &AccountId| parts(target);
        let (account, caller) = writer_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        Ok((account, caller))
    }

    async fn show(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let now = invocation.now;
        let parts = |_: &AccountId| shown_parts(now);
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;

        let read = self.commands.read(invocation, &caller.loaded).await;
        let read = read.map_err(|error| ended(error, &account))?;
        let balance = read.credits.counted.balance();
        let runway = runway_days(balance, &caller.loaded, now);
        let runway = runway.map_err(|error| auth::problem(&error))?;
        let trigger = TriggerView::of(&read.credits.decided, &read.prospect, now);

        let currency = self.catalog.credit_currency;
        let view = CreditsView::of(&read.credits, read.allowance, currency, now)
            .with_outlook(runway, trigger);
        Ok(match caller.sight(now)? {
            Sight::Billing => Response::json(200, &view),
            Sight::Product => Response::json(200, &MemberCreditsView::from(view)),
        })
    }

    async fn deduct(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = input::required_id(request, "ded", invocation.now);
        let target = id.as_ref().ok().cloned().map(Part::LedgerEntry);
        let (account, caller) = self.writer(invocation, request, target).await?;
        let (id, Deduct { tokens, reason }) = (id?, input::deduction(request)?);
        let wish = Wish { id, tokens, reason };

        let taken = self.commands.deduct(invocation, &account, &wish, caller.loaded).await;
        let entry = taken.map_err(|error| ended(error, &account))?;

        Ok(Response::json(201, &DeductionView::from(&entry)))
    }

    async fn adjust(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = input::required_id(request, "adj", invocation.now);
        let target = id.as_ref().ok().cloned().map(Part::LedgerEntry);
        let (account, caller) = self.writer(invocation, request, target).await?;
        let (id, Adjust { tokens, reason }) = (id?, input::adjustment(request)?);
        let wish = Wish { id, tokens, reason: Some(reason) };

        let adjusted = self.commands.adjust(invocation, &account, &wish, caller.loaded).await;
        let entry = adjusted.map_err(|error| ended(error, &account))?;

        Ok(Response::json(201, &AdjustmentView::from(&entry)))
    }

    async fn set_recharge(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.writer(invocation, request, None).await?;
        let settings = input::settings(request, &self.catalog)?;

        let commands = &self.commands;
        let set = commands.set_recharge(invocation, &account, &settings, caller.loaded).await;
        let decided = set.map_err(|error| ended(error, &account))?;

        let currency = self.catalog.credit_currency;
        Ok(Response::json(200, &RechargeView::of(&decided, currency, invocation.now)))
    }
}
