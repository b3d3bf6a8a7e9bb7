//! `GET /v1/accounts/{id}/access`: what an account may do (C11). The hottest read of all: one request to
//! the table, for the key and the standing together.

use admit::{admit_to_account, problem};
use billing::explain::{Reason, reasons};
use billing::words::Word;
use runtime::environment::TABLE_NAME;
use runtime::{Clock, EnvironmentError, Host, Problem, Request, Response};
use serde::Serialize;
use store::{Cost, Store, keys};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Access {
    clock: Clock,
    store: Store,
}

/// The contract's answer.
#[derive(Debug, Serialize)]
struct Answer {
    access: &'static str,
    state: &'static str,
    reasons: Vec<Reason>,
}

impl Access {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        Ok(Self { clock: host.clock.clone(), store })
    }

    /// One request.
    pub async fn handle(&self, request: Request) -> Response {
        match self.answer(&request).await {
            Ok(answer) => Response::json(200, &answer),
            Err(problem) => problem.response(),
        }
    }

    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        let now = self.clock.now();
        let wanted = |account: &_| vec![keys::standing(account)];
        let mut cost = Cost::default();
        let (_, admitted) = admit_to_account(&self.store, request, wanted, &mut cost).await?;
        let item = admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        let standing = store::standing::read(item).map_err(|error| problem(&error))?;
        let state = standing.state_at(now);
        Ok(Answer {
            access: state.access().as_str(),
            state: state.word(),
            reasons: reasons(&standing, now),
        })
    }
}
