//! `GET /v1/accounts/{id}`, its timeline, and the changes of one invoice.

use std::convert::Infallible;

use accounts_commands::Failure;
use accounts_commands::read::{Accounts as Read, Window};
use auth::{caller_of_account, problem};
use billing::authority::{Principal, Sight};
use billing::ids::{AccountId, InvoiceId};
use billing::journal::Kind;
use billing::journal::page::{Cursor, Detail, Filter, Recorded};
use billing::month::Day;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::{Problem, Request, Response, cursor, query};
use store::Part;
use views::accounts::AccountView;
use views::product::{BilledToParentView, MemberAccountView, ProductAccountView};
use views::timeline::TimelineView;

use crate::problem::{failed, field};
use crate::{Accounts, LANGUAGE, csv};

/// Most entries of one answer in CSV.
const ROWS_MAX: usize = 500;

impl Accounts {
    pub(crate) async fn read(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| Read::parts(invocation.now);
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;

        let read = self.reader().read(invocation, &account, &caller.loaded).await;
        let read = read.map_err(|failure| not_read(failure, &account))?;

        let (standing, profile) = (&read.standing, &read.profile);
        if let Principal::Account { role, .. } = caller.principal
            && standing.family.paid_by(invocation.now).is_some()
        {
            let seen = (read.state, role);
            let view = BilledToParentView::of(standing, profile, seen, invocation.now);
            let view = view.map_err(|error| not_read(error.into(), &account))?;
            return Ok(Response::json(200, &ProductAccountView::BilledToParent(view)));
        }
        if caller.principal.sight() == Sight::Product {
            let view = MemberAccountView::of(standing, profile, read.state, invocation.now);
            return Ok(Response::json(200, &ProductAccountView::Member(view)));
        }
        let view = AccountView::of(standing, profile, read.state, invocation.now);
        let view = view.map_err(|error| not_read(error.into(), &account))?;
        Ok(Response::json(200, &view))
    }

    /// The account as it is behind a change.
    pub(crate) async fn show_now(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Response, Problem> {
        let parts = Read::parts(invocation.now);
        let loaded = self.store.load(invocation, account, &parts).await;
        let loaded = loaded.map_err(|error| problem(&error))?;
        let read = self.reader().read(invocation, account, &loaded).await;
        let read = read.map_err(|failure| not_read(failure, account))?;

        let view = AccountView::of(&read.standing, &read.profile, read.state, invocation.now);
        let view = view.map_err(|error| not_read(error.into(), account))?;
        Ok(Response::json(200, &view))
    }

    pub(crate) async fn timeline(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (_, view) = self.timeline_page(invocation, request, query::limit(request)).await?;
        Ok(Response::json(200, &view))
    }

    /// The timeline as CSV. What one answer does not hold follows under the link of its header.
    pub(crate) async fn export(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let (account, view) = self.timeline_page(invocation, request, ROWS_MAX).await?;
        let name = format!("timeline-{account}.csv");
        let table = csv::entries(&view.data);
        Ok(cursor::table(request, (&name, table), view.next_cursor))
    }

    async fn timeline_page(
        &self,
        invocation: &Invocation,
        request: &Request,
        limit: usize,
    ) -> Result<(AccountId, TimelineView), Problem> {
        let parts = |_: &_| vec![Part::Standing];
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let sight = caller.sight(invocation.now)?;
        let wanted = (filter(request)?, limit);

        let view = self.entries(invocation, request, (&account, sight), wanted).await?;
        Ok((account, view))
    }

    /// Entries of the journal about one invoice of the account.
    pub(crate) async fn changes(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let id = request.path.get("invoice_id").map(String::as_str).unwrap_or_default();
        let id = InvoiceId::parse(id).ok();
        let parts = |_: &_| {
            let invoice = id.clone().map(Part::Invoice);
            [Part::Standing].into_iter().chain(invoice).collect()
        };
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let sight = caller.sight(invocation.now)?;
        let no_invoice = || Problem::not_found("invoice");
        let id = id.ok_or_else(no_invoice)?;
        let known = caller.loaded.invoice(&id).map_err(|error| problem(&error))?;
        known.filter(|invoice| invoice.terms.is_some()).ok_or_else(no_invoice)?;

        let filter = Filter { about: Some(id.to_string()), ..Filter::default() };
        let wanted = (filter, query::limit(request));
        let view = self.entries(invocation, request, (&account, sight), wanted).await?;
        Ok(Response::json(200, &view))
    }

    async fn entries(
        &self,
        invocation: &Invocation,
        request: &Request,
        (account, sight): (&AccountId, Sight),
        (filter, limit): (Filter, usize),
    ) -> Result<TimelineView, Problem> {
        let place = cursor::read(request, invocation.now)?;
        let place = place.map(|place| Cursor::parse(&place).ok_or_else(cursor::invalid));
        let window = Window { limit, cursor: place.transpose()?, filter };

        let page = self.reader().timeline(invocation, account, window).await;
        let mut page = page.map_err(|error| problem(&error))?;
        if sight == Sight::Product {
            let seen = page.entries.iter().filter_map(Recorded::for_paid_by_parent);
            page.entries = seen.collect();
        }

        let next = page.next.map(|next| cursor::write(request, &next.to_string(), invocation.now));
        Ok(TimelineView::of(&page, next, |it| LANGUAGE.entry(&it.named)))
    }

    pub(crate) fn reader(&self) -> Read<'_> {
        Read { store: &self.store, catalog: &self.catalog }
    }
}

/// The problem of a read that failed: nothing is refused to a caller who may read.
pub(crate) fn not_read(failure: Failure<Infallible>, account: &AccountId) -> Problem {
    failed(failure, account, |never| match never {})
}

/// Entries that a request asks for.
fn filter(request: &Request) -> Result<Filter, Problem> {
    let query = &request.query;
    let kind = query.get("kind").map(|word| {
        let unknown =
            || field("kind", "A kind of entry is expected, such as `invoice.paid`.".into());
        Kind::parse(word).ok_or_else(unknown)
    });
    let since = query.get("since").map(|text| match Day::parse(text) {
        Ok(day) => Ok(day.start()),
        Err(_) => Timestamp::parse(text).map_err(|error| field("since", error.to_string())),
    });
    let detail = if query::is_on(request, "raw") { Detail::Raw } else { Detail::Account };
    let (kind, since) = (kind.transpose()?, since.transpose()?);
    Ok(Filter { kind, since, detail, ..Filter::default() })
}
