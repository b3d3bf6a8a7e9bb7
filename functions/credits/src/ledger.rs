//! `GET /v1/accounts/{id}/credits/transactions` and `.csv`: the ledger (D15, D16).

use credits_commands::{LedgerPosition, Listed};
use invocation::Invocation;
use runtime::input::Page;
use runtime::{Problem, Request, Response};
use views::credits::EntryView;

use crate::problem::ended;
use crate::{Credits, csv, input};

impl Credits {
    /// A page, the newest first.
    pub(crate) async fn ledger(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.caller(invocation, request, None).await?;
        let limit = input::limit(request)?;
        let from = if let Some(place) = input::cursor(request)? {
            place
        } else {
            let read = self.commands.read(invocation, &caller.loaded).await;
            let credits = read.map_err(|error| ended(error, &account))?.credits;
            LedgerPosition { balance: credits.counted.balance(), behind: None }
        };

        let page = self.commands.ledger(invocation, &account, from, limit).await;
        let (listed, next) = page.map_err(|error| ended(error, &account))?;

        let next_cursor = next.as_ref().and_then(input::next_cursor);
        Ok(Response::json(200, &Page { data: views(listed), next_cursor }))
    }

    /// All of it, the oldest first.
    pub(crate) async fn export(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, _) = self.caller(invocation, request, None).await?;

        let listed = self.commands.whole_ledger(invocation, &account).await;
        let listed = listed.map_err(|error| ended(error, &account))?;

        Ok(Response::of_type(200, "text/csv; charset=utf-8", csv::table(&views(listed))))
    }
}

fn views(listed: Vec<Listed>) -> Vec<EntryView> {
    let view = |Listed { entry, cause, balance_after }| EntryView::of(entry, &cause, balance_after);
    listed.into_iter().map(view).collect()
}
