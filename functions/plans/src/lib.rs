//! Plans and packs that are sold, and their prices: `GET /v1/plans`, `GET /v1/credit-packs` (D1,
//! D10), staff's price changes (C2), and the API about itself, which anybody may read.
//!
//! The table and the catalog answer, never Stripe: an amount is the catalog's, unless a price
//! change has overtaken it. The function `price-changes` does what follows from a price change.

mod price_changes;
mod reference;

use auth::{Caller, caller, problem};
use billing::authority::{Principal, Sight};
use billing::journal::CauseKind;
use catalog::Catalog;
use invocation::Invocation;
use prices_commands::PriceChanges;
use queue::price_change::PriceMessages;
use runtime::environment::{PRICE_CHANGE_QUEUE_URL, TABLE_NAME};
use runtime::input::Page;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use serde::Serialize;
use store::{Part, Store};
use views::families::RegionView;
use views::plans::{MemberPackView, MemberPlanView, PackView, PlanView};
use views::transfers::BankDetailsView;

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
            "GET /openapi.json" => reference::description(&request),
            "GET /problems" => reference::problems(&request),
            "GET /problems/{code}" => reference::problem(&request),
            "$default" => reference::unknown(&request),
            "GET /v1/plans" => self.plans(invocation, &request).await,
            "GET /v1/credit-packs" => self.packs(invocation, &request).await,
            "GET /v1/bank-details" => self.bank_details(invocation, &request).await,
            "GET /v1/regions" => self.regions(invocation, &request).await,
            "POST /v1/staff/price-changes" => self.announce(invocation, &request).await,
            "GET /v1/staff/price-changes" => self.changes(invocation, &request).await,
            "DELETE /v1/staff/price-changes/{change_id}" => {
                self.withdraw(invocation, &request).await
            }
            _ => Err(Problem::not_found("route")),
        };
        auth::answered(invocation, &self.store, answer).await
    }

    async fn plans(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let caller = caller(invocation, &self.store, request, &[]).await?;

        let changes = self.price_changes().all(invocation).await;
        let changes = changes.map_err(|error| problem(&error))?;

        let plans = PlanView::all(&self.catalog, &changes, invocation.now);
        let sight = self.sight(invocation, &caller).await?;
        Ok(by_sight(sight, plans, MemberPlanView::from))
    }

    async fn packs(&self, invocation: &Invocation, request: &Request) -> Result<Response, Problem> {
        let caller = caller(invocation, &self.store, request, &[]).await?;

        let packs = PackView::all(&self.catalog);
        let sight = self.sight(invocation, &caller).await?;
        Ok(by_sight(sight, packs, MemberPackView::from))
    }

    async fn bank_details(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;

        let data = self.catalog.bank_accounts.iter().map(BankDetailsView::of).collect();
        Ok(Response::json(200, &Page { data, next_cursor: None }))
    }

    async fn regions(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;

        let data = self.catalog.regions.iter().map(RegionView::of).collect();
        Ok(Response::json(200, &Page { data, next_cursor: None }))
    }

    /// Part of the prices that a caller sees: none for an account that its parent pays for.
    async fn sight(&self, invocation: &Invocation, caller: &Caller) -> Result<Sight, Problem> {
        let Principal::Account { account, .. } = &caller.principal else {
            return Ok(caller.principal.sight());
        };
        let loaded = self.store.load(invocation, account, &[Part::Standing]).await;
        let standing = loaded.and_then(|loaded| loaded.standing());
        let standing = auth::there(standing, "account")?;
        Ok(caller.principal.sight_in(&standing.family, invocation.now))
    }

    fn price_changes(&self) -> PriceChanges<'_> {
        let Self { store, messages, catalog, .. } = self;
        PriceChanges { store, messages, catalog }
    }
}

/// 200: a whole list on one page; a member's callers see no prices.
fn by_sight<T: Serialize, M: Serialize>(
    sight: Sight,
    data: Vec<T>,
    of_member: impl Fn(T) -> M,
) -> Response {
    let page = Page { data, next_cursor: None };
    match sight {
        Sight::Billing => Response::json(200, &page),
        Sight::Product => Response::json(200, &page.map(of_member)),
    }
}
