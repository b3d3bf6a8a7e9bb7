//! `GET /v1/accounts/{id}/credits/transactions` and `.csv`: the ledger (D15, D16).

use billing::time::Timestamp;
use credits_commands::Listed;
use invocation::Invocation;
use runtime::input::Page;
use runtime::{Problem, Request, Response, cursor, query};
use views::credits::EntryView;

use crate::problem::ended;
use crate::{Credits, csv, input};

/// Most entries of one answer in CSV.
const ROWS_MAX: usize = 4_000;

impl Credits {
    /// A page, the newest first.
    pub(crate) async fn ledger(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.caller(invocation, request, None).await?;
        let limit = query::limit(request);
        let before = number(request, invocation.now)?;

        let page = self.commands.ledger(invocation, &caller.loaded, (before, limit)).await;
        let (listed, more) = page.map_err(|error| ended(error, &account))?;

        let last = listed.last().map(|it| it.number).filter(|_| more);
        let next_cursor =
            last.map(|last| cursor::write(request, &last.to_string(), invocation.now));
        let data: Vec<EntryView> = listed.into_iter().map(view).collect();
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    /// The oldest first: all of it, or of one month. What one answer cannot hold follows under the
    /// link of its header.
    pub(crate) async fn export(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, caller) = self.caller(invocation, request, None).await?;
        let month = input::period(request)?;
        let from = number(request, invocation.now)?.unwrap_or(1);

        let wanted = (month, from, ROWS_MAX);
        let listed = self.commands.statement(invocation, &caller.loaded, wanted).await;
        let (listed, more) = listed.map_err(|error| ended(error, &account))?;

        let numbers: Vec<u64> = listed.iter().map(|it| it.number).collect();
        let entries: Vec<EntryView> = listed.into_iter().map(view).collect();
        let (table, rows) = csv::table(&entries);
        let behind_last = || numbers.last().map(|last| last.saturating_add(1)).filter(|_| more);
        let next = numbers.get(rows).copied().or_else(behind_last);
        let name = month.map_or_else(|| "all".to_owned(), |month| month.to_string());
        let next = next.map(|next| cursor::write(request, &next.to_string(), invocation.now));
        Ok(cursor::table(request, (&format!("credits-{account}-{name}.csv"), table), next))
    }
}

/// Number of the ledger's entry that the request's cursor leads to.
fn number(request: &Request, now: Timestamp) -> Result<Option<u64>, Problem> {
    let place = cursor::read(request, now)?;
    let number = place.map(|place| place.parse().map_err(|_| cursor::invalid()));
    number.transpose()
}

fn view(listed: Listed) -> EntryView {
    let Listed { entry, cause, balance_after, .. } = listed;
    EntryView::of(entry, &cause, balance_after)
}
