//! `GET /v1/accounts/{id}` and `GET /v1/accounts/{id}/explain`.

use auth::{admit_to_account, problem};
use billing::account::Standing;
use billing::explain::{self, Reason};
use billing::ids::AccountId;
use billing::journal::Record;
use billing::time::Timestamp;
use billing::usage::{Exceeded, exceeded, over_limit};
use billing::words::Word;
use invocation::Invocation;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::attributes::Attributes;
use store::keys;
use store::keys::Key;
use store::usage::{used, used_keys};

use crate::Accounts;
use crate::timeline::{EntryView, entry_view};
use crate::view::{self, Sums, owed, standing_and_profile};

/// How far back an explanation looks, in records of the journal.
const EXPLAIN_RECORDS_MAX: i32 = 500;

/// `{value, because, clears_by}`.
#[derive(Debug, Serialize)]
struct Explanation<V> {
    value: V,
    because: Vec<EntryView>,
    clears_by: Vec<Reason>,
}

impl Accounts {
    pub(crate) async fn read(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let wanted = |account: &_| wanted(account, invocation.now);
        let (_, admitted) = admit_to_account(invocation, &self.store, request, wanted).await?;
        let view = view::account(invocation, &self.store, &admitted.items).await?;
        let (standing, _) = standing_and_profile(&admitted.items)?;
        let exceeded = self.exceeded(&standing, &admitted.items)?;
        let state = standing.state_at(invocation.now).limited_by(&exceeded);
        Ok(Response::json(200, &view.in_state(state)))
    }

    /// The limits that restrict the account.
    fn exceeded(
        &self,
        standing: &Standing,
        items: &[Attributes],
    ) -> Result<Vec<Exceeded>, Problem> {
        let used = used(items).map_err(|error| problem(&error))?;
        Ok(exceeded(&self.catalog.allowances(standing.plan()), &used))
    }

    pub(crate) async fn explain(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let wanted = |account: &_| {
            let mut wanted = wanted(account, invocation.now);
            wanted.push(keys::credits(account));
            wanted
        };
        let (account, admitted) =
            admit_to_account(invocation, &self.store, request, wanted).await?;
        let field = request.query.get("field").map(String::as_str).unwrap_or_default();
        let (standing, profile) = standing_and_profile(&admitted.items)?;
        let journal = self.store.journal(invocation, &account, None, EXPLAIN_RECORDS_MAX).await;
        let (records, _) = journal.map_err(|error| problem(&error))?;
        match field {
            "state" => {
                let mut because = explain::state(&standing, &records, invocation.now);
                let exceeded = self.exceeded(&standing, &admitted.items)?;
                let over_limits =
                    exceeded.iter().map(|exceeded| over_limit(exceeded, invocation.now));
                because.clears_by.extend(over_limits);
                let value = standing.state_at(invocation.now).limited_by(&exceeded).word();
                Ok(answer(value, &because))
            }
            "outstanding" => {
                let standing = owed(invocation, &self.store, &standing).await?;
                let open = standing.counting().map(|(id, entry)| (id.clone(), entry.remaining));
                let open: Vec<_> = open.collect();
                let because = explain::outstanding(&open, &records);
                let sums = open.iter().map(|(_, remaining)| *remaining);
                let sums = Sums::of(sums, standing.currency.or(profile.details.currency))?;
                Ok(answer(sums, &because))
            }
            "credits" => {
                let credits = store::credits::read(admitted.item("credits"));
                let credits = credits.map_err(|error| problem(&error))?;
                let because = explain::credits(&credits.decided, &records);
                Ok(answer(credits.counted.balance(), &because))
            }
            _ => Err(Problem::invalid(vec![FieldProblem {
                field: "field".to_owned(),
                detail: "`state`, `outstanding` or `credits` is expected.".to_owned(),
            }])),
        }
    }
}

/// Everything that an account's own page shows, and what was used.
fn wanted(account: &AccountId, now: Timestamp) -> Vec<Key> {
    let used = used_keys(account, now).into_iter();
    used.chain([keys::standing(account), keys::profile(account)]).collect()
}

fn answer<V: Serialize>(value: V, explanation: &explain::Explanation<'_>) -> Response {
    let because = explanation.because.iter();
    let because = because.map(|(record, entry): &(&Record, _)| entry_view(record, entry));
    let clears_by = explanation.clears_by.clone();
    Response::json(200, &Explanation { value, because: because.collect(), clears_by })
}
