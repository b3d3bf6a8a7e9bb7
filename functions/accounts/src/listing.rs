//! `GET /v1/accounts`: all accounts, newest first.

use accounts_commands::list::AccountPage;
use accounts_commands::read::Account;
use auth::caller;
use billing::ids::AccountId;
use billing::state::State;
use billing::time::Timestamp;
use billing::words::Word;
use invocation::Invocation;
use runtime::input::Page;
use runtime::{Problem, Request, Response, cursor, query};
use store::opened::Opened;
use views::accounts::AccountSummaryView;

use crate::Accounts;
use crate::problem::listing_failed;

impl Accounts {
    pub(crate) async fn list(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;
        let before = place(request, invocation.now)?;
        let state = request.query.get("state").and_then(|word| State::of_word(word));

        let window = (before.as_ref(), query::limit(request));
        let page = self.reader().list_accounts(invocation, window, state).await;
        let AccountPage { accounts, end } = page.map_err(listing_failed)?;

        let summary = |it: &Account| AccountSummaryView::of(&it.standing, &it.profile, it.state);
        let next_cursor = end.map(|end| {
            cursor::write(request, &format!("{} {}", end.at.0, end.account), invocation.now)
        });
        let data: Vec<_> = accounts.iter().map(summary).collect();
        Ok(Response::json(200, &Page { data, next_cursor }))
    }
}

/// Place of the request's cursor.
fn place(request: &Request, now: Timestamp) -> Result<Option<Opened>, Problem> {
    let place = cursor::read(request, now)?;
    let opened = |place: String| {
        let (at, account) = place.split_once(' ')?;
        let (at, account) = (at.parse().ok()?, AccountId::parse(account).ok()?);
        Some(Opened { at: Timestamp(at), account })
    };
    place.map(|place| opened(place).ok_or_else(cursor::invalid)).transpose()
}
