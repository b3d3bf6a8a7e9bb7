//! `GET /v1/accounts/{id}` and `GET /v1/accounts/{id}/explain`.

use admit::{admit_to_account, problem};
use billing::explain::{self, Reason};
use billing::journal::Record;
use billing::time::Timestamp;
use billing::words::Word;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::{Cost, keys};

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
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Problem> {
        let mut cost = Cost::default();
        let wanted = |account: &_| vec![keys::standing(account), keys::profile(account)];
        let (_, admitted) = admit_to_account(&self.store, request, wanted, &mut cost).await?;
        let view = view::account(&self.store, &admitted.items, now, &mut cost).await?;
        Ok(Response::json(200, &view))
    }

    pub(crate) async fn explain(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Problem> {
        let mut cost = Cost::default();
        let wanted = |account: &_| vec![keys::standing(account), keys::profile(account)];
        let (account, admitted) = admit_to_account(&self.store, request, wanted, &mut cost).await?;
        let field = request.query.get("field").map(String::as_str).unwrap_or_default();
        let (standing, profile) = standing_and_profile(&admitted.items)?;
        let journal = self.store.journal(&account, None, EXPLAIN_RECORDS_MAX, &mut cost).await;
        let (records, _) = journal.map_err(|error| problem(&error))?;
        match field {
            "state" => {
                let because = explain::state(&standing, &records, now);
                let value = standing.state_at(now).word();
                Ok(answer(value, &because))
            }
            "outstanding" => {
                let standing = owed(&self.store, &standing, &mut cost).await?;
                let open = standing.counting().map(|(id, entry)| (id.clone(), entry.remaining));
                let open: Vec<_> = open.collect();
                let because = explain::outstanding(&open, &records);
                let sums = open.iter().map(|(_, remaining)| *remaining);
                let sums = Sums::of(sums, standing.currency.or(profile.details.currency))?;
                Ok(answer(sums, &because))
            }
            _ => Err(Problem::invalid(vec![FieldProblem {
                field: "field".to_owned(),
                detail: "`state` or `outstanding` is expected.".to_owned(),
            }])),
        }
    }
}

fn answer<V: Serialize>(value: V, explanation: &explain::Explanation<'_>) -> Response {
    let because = explanation.because.iter();
    let because = because.map(|(record, entry): &(&Record, _)| entry_view(record, entry));
    let clears_by = explanation.clears_by.clone();
    Response::json(200, &Explanation { value, because: because.collect(), clears_by })
}
