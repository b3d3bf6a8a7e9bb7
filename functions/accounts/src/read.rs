//! `GET /v1/accounts/{id}`, its timeline, and `GET /v1/accounts/{id}/explain`.

use std::convert::Infallible;

use accounts_commands::Failure;
use accounts_commands::read::{Accounts as Read, Explainable, Explained, Question, Window};
use auth::{caller_of_account, problem};
use billing::authority::{Principal, Sight};
use billing::ids::AccountId;
use billing::journal::Kind;
use billing::journal::page::{Cursor, Detail, Filter, Recorded};
use billing::month::Day;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::{Problem, Request, Response, cursor, query};
use store::Part;
use views::access::ReasonView;
use views::accounts::{AccountView, SumsView};
use views::explain::{ExplainedView, ExplanationView, PartView};
use views::product::{BilledToParentView, MemberAccountView, ProductAccountView};
use views::timeline::{EntryView, TimelineView};

use crate::problem::{failed, field};
use crate::{Accounts, LANGUAGE};

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
        let parts = |_: &_| vec![Part::Standing];
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        let sight = caller.sight(invocation.now)?;
        let place = cursor::read(request, invocation.now)?;
        let place = place.map(|place| Cursor::parse(&place).ok_or_else(cursor::invalid));
        let filter = filter(request)?;
        let window = Window { limit: query::limit(request), cursor: place.transpose()?, filter };

        let page = self.reader().timeline(invocation, &account, window).await;
        let mut page = page.map_err(|error| problem(&error))?;
        if sight == Sight::Product {
            let seen = page.entries.iter().filter_map(Recorded::for_paid_by_parent);
            page.entries = seen.collect();
        }

        let next = page.next.map(|next| cursor::write(request, &next.to_string(), invocation.now));
        let view = TimelineView::of(&page, next, |it| LANGUAGE.entry(&it.named));
        Ok(Response::json(200, &view))
    }

    pub(crate) async fn explain(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let parts = |_: &_| Read::parts_to_explain(invocation.now);
        let (account, caller) = caller_of_account(invocation, &self.store, request, parts).await?;
        caller.standing()?;
        let question = question(request)?;

        let about = (&account, &caller.loaded);
        let explained = self.reader().explain(invocation, about, question).await;
        let explained = explained.map_err(|failure| not_read(failure, &account))?;

        let parts = parts_of(&explained);
        let because = explained.because.iter();
        let view = ExplanationView {
            value: match explained.value {
                Explainable::State(state) => ExplainedView::of_state(state),
                Explainable::Sums(sums, currency) => {
                    ExplainedView::Sums(SumsView::of(sums, currency))
                }
                Explainable::Tokens(tokens) => ExplainedView::Credits(tokens),
            },
            because: because.map(|it| EntryView::of(it, LANGUAGE.entry(&it.named))).collect(),
            clears_by: explained.clears_by.into_iter().map(ReasonView::from).collect(),
            parts,
            looked_back_to: explained.looked_back_to.map(|at| at.to_string()),
        };
        Ok(Response::json(200, &view))
    }

    pub(crate) fn reader(&self) -> Read<'_> {
        Read { store: &self.store, catalog: &self.catalog }
    }
}

/// The problem of a read that failed: nothing is refused to a caller who may read.
pub(crate) fn not_read(failure: Failure<Infallible>, account: &AccountId) -> Problem {
    failed(failure, account, |never| match never {})
}

/// Parts that the value is the sum of: unpaid invoices, or tokens that came and those that were
/// used. Nothing where the journal was not read to its beginning.
fn parts_of(explained: &Explained) -> Vec<PartView> {
    let owed = explained.clears_by.iter().filter_map(|it| it.invoice.as_ref());
    match (&explained.value, explained.tokens_told) {
        (Explainable::Sums(..), _) => owed.map(PartView::of_invoice).collect(),
        (Explainable::Tokens(balance), Some(told)) if explained.looked_back_to.is_none() => {
            let used = balance.saturating_sub(told);
            vec![PartView::of_tokens("granted", told), PartView::of_tokens("used", used)]
        }
        (Explainable::Tokens(_) | Explainable::State(_), _) => Vec::new(),
    }
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
    Ok(Filter { kind: kind.transpose()?, since: since.transpose()?, detail })
}

fn question(request: &Request) -> Result<Question, Problem> {
    match request.query.get("field").map(String::as_str) {
        Some("state") => Ok(Question::State),
        Some("outstanding") => Ok(Question::Outstanding),
        Some("credits") => Ok(Question::Credits),
        Some("prepaid_balance") => Ok(Question::PrepaidBalance),
        Some(_) | None => {
            let detail = "`state`, `outstanding`, `credits` or `prepaid_balance` is expected.";
            Err(field("field", detail.to_owned()))
        }
    }
}
