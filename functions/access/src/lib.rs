//! `GET /v1/accounts/{id}/access`: what an account may do (C11). The hottest read of all: one
//! request to the table, for the key, the standing and what was used together. A sub-account that
//! is billed to its parent is served as the parent is, whose standing is remembered for five
//! seconds.

use auth::caller_of_account;
use billing::authority::Sight;
use billing::explain::Reason;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::served::Served;
use billing::state::State;
use billing::time::Timestamp;
use billing::usage::{Used, exceeded, over_limit};
use catalog::Catalog;
use runtime::environment::TABLE_NAME;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use store::{Part, Store};
use views::access::AccessView;
use views::product::member_access;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Access {
    invocations: Invocations,
    store: Store,
    catalog: Catalog,
}

impl Access {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self { invocations: host.invocations(), store, catalog })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        match self.answer(&request).await {
            Ok(answer) => Response::json(200, &answer),
            Err(problem) => problem.response(),
        }
    }

    async fn answer(&self, request: &Request) -> Result<AccessView, Problem> {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let now = invocation.now;
        let parts = |_: &AccountId| Part::used(now).into_iter().chain([Part::Standing]).collect();
        let (_, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let standing = caller.standing()?;
        let used = caller.loaded.used(now).map_err(|error| auth::problem(&error))?;

        let parent = self.store.paying_parent(invocation, &standing).await;
        let parent = parent.map_err(|error| auth::problem(&error))?;

        let served = Served::new(&standing, parent.as_ref());
        let (state, reasons) = self.found(served, &used, now);
        let access = served.access(state);
        let allowances = self.catalog.allowances(served.plan());
        let until = served.changes_at((&used, &allowances), now);
        let sequence = standing.journal_entries;
        Ok(match caller.principal.sight_in(&standing.family, now) {
            Sight::Billing => AccessView::of((access, state), reasons, until, sequence),
            Sight::Product => member_access((access, state), reasons, until, sequence),
        })
    }

    /// State of an account, in which usage counts too, and the reasons of it.
    fn found(&self, served: Served<'_>, used: &Used, now: Timestamp) -> (State, Vec<Reason>) {
        let exceeded = exceeded(&self.catalog.allowances(served.plan()), used);
        let over_limits = exceeded.iter().map(|exceeded| over_limit(exceeded, now));
        let reasons = served.reasons(now).into_iter().chain(over_limits);
        (served.state_at(now).limited_by(&exceeded), reasons.collect())
    }
}
