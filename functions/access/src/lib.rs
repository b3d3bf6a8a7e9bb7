//! `GET /v1/accounts/{id}/access`: what an account may do (C11). The hottest read of all: one request to
//! the table, for the key, the standing and what was used together.

use auth::{admit_to_account, problem};
use billing::explain::{Reason, reasons};
use billing::journal::CauseKind;
use billing::usage::{exceeded, over_limit};
use billing::words::Word;
use catalog::Catalog;
use runtime::environment::TABLE_NAME;
use runtime::{EnvironmentError, Host, Invocations, Problem, Request, Response};
use serde::Serialize;
use store::usage::{used, used_keys};
use store::{Store, keys};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Access {
    invocations: Invocations,
    store: Store,
    catalog: Catalog,
}

/// The contract's answer.
#[derive(Debug, Serialize)]
struct Answer {
    access: &'static str,
    state: &'static str,
    reasons: Vec<Reason>,
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

    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        let now = invocation.now;
        let wanted = |account: &_| {
            let used = used_keys(account, now).into_iter();
            used.chain([keys::standing(account)]).collect()
        };
        let (_, admitted) = admit_to_account(invocation, &self.store, request, wanted).await?;
        let item = admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        let standing = store::standing::read(item).map_err(|error| problem(&error))?;
        let used = used(&admitted.items).map_err(|error| problem(&error))?;
        let exceeded = exceeded(&self.catalog.allowances(standing.plan()), &used);
        let state = standing.state_at(now).limited_by(&exceeded);
        let over_limits = exceeded.iter().map(|exceeded| over_limit(exceeded, now));
        Ok(Answer {
            access: state.access().as_str(),
            state: state.word(),
            reasons: reasons(&standing, now).into_iter().chain(over_limits).collect(),
        })
    }
}
