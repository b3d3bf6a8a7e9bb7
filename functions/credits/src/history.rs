//! `GET /v1/accounts/{id}/credits/transactions` and `.csv`: the ledger (D15, D16).

use invocation::Invocation;
use std::fmt::Write as _;

use auth::problem;
use billing::credits::ledger::LedgerEntry;
use billing::journal::Cause;
use billing::words::Word;
use runtime::input::Page;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use serde::Serialize;

use crate::Credits;

/// Most entries of one page.
const LIMIT_MAX: i32 = 100;
/// How many entries a page has when nobody says.
const LIMIT: i32 = 50;

/// An entry as the contract shows it.
#[derive(Debug, Serialize)]
struct EntryView {
    id: String,
    at: String,
    kind: &'static str,
    tokens: i64,
    from_included: i64,
    balance_after: i64,
    reason: Option<String>,
    about: Option<String>,
    cause: CauseView,
}

#[derive(Debug, Serialize)]
struct CauseView {
    r#type: &'static str,
    id: String,
}

impl Credits {
    /// A page, the newest first. The balance behind each entry is made of the balance now and what came later, so nothing
    /// that is stored can disagree with it.
    pub(crate) async fn history(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let work = self.work(invocation, request, |_| Vec::new()).await?;
        let limit = limit(request)?;
        let cursor = request.query.get("cursor").map(|text| cursor(text)).transpose()?;
        let (behind, mut balance) = match cursor {
            Some((balance, place)) => (Some(place), balance),
            None => (None, work.books.credits.counted.balance()),
        };
        let page =
            self.store.ledger(work.invocation, &work.account, behind.as_deref(), limit).await;
        let page = page.map_err(|error| problem(&error))?;
        let data = page.entries.into_iter().map(|(entry, cause)| {
            let balance_after = balance;
            balance = balance.saturating_sub(entry.tokens);
            view(entry, &cause, balance_after)
        });
        let data = data.collect();
        let next_cursor = page.next.map(|place| format!("{balance}~{place}"));
        Ok(Response::json(200, &Page { data, next_cursor }))
    }

    /// All of it, the oldest first.
    pub(crate) async fn export(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let work = self.work(invocation, request, |_| Vec::new()).await?;
        let entries = self.store.whole_ledger(work.invocation, &work.account).await;
        let entries = entries.map_err(|error| problem(&error))?;
        let mut csv = String::from(
            "at,id,kind,tokens,from_included,balance_after,reason,about,cause_type,cause_id\r\n",
        );
        let mut balance: i64 = 0;
        for (entry, cause) in entries {
            balance = balance.saturating_add(entry.tokens);
            let row = row(&view(entry, &cause, balance));
            write!(csv, "{row}\r\n").map_err(|_| Problem::internal())?;
        }
        Ok(Response::of_type(200, "text/csv; charset=utf-8", csv))
    }
}

fn view(entry: LedgerEntry, cause: &Cause, balance_after: i64) -> EntryView {
    EntryView {
        id: entry.id,
        at: entry.at.to_string(),
        kind: entry.kind.word(),
        tokens: entry.tokens,
        from_included: entry.included,
        balance_after,
        reason: entry.reason,
        about: entry.about,
        cause: CauseView { r#type: cause.kind.as_str(), id: cause.id.clone() },
    }
}

fn row(entry: &EntryView) -> String {
    let EntryView { id, at, kind, tokens, from_included, balance_after, reason, about, cause } =
        entry;
    let (reason, about) = (cell(reason.as_deref()), cell(about.as_deref()));
    let (cause_type, cause) = (cause.r#type, cell(Some(&cause.id)));
    format!(
        "{at},{id},{kind},{tokens},{from_included},{balance_after},{reason},{about},{cause_type},{cause}"
    )
}

/// A cell of RFC 4180. What a spreadsheet would take for a formula is text.
fn cell(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

fn limit(request: &Request) -> Result<i32, Problem> {
    let Some(text) = request.query.get("limit") else { return Ok(LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| wrong("limit", &format!("A number from 1 to {LIMIT_MAX} is expected.")))
}

/// The balance behind the page before, and where it ended.
fn cursor(text: &str) -> Result<(i64, String), Problem> {
    let parts = text.split_once('~');
    let parts = parts.and_then(|(balance, place)| Some((balance.parse().ok()?, place.to_owned())));
    parts.ok_or_else(|| wrong("cursor", "The `next_cursor` of an earlier page is expected."))
}

fn wrong(field: &str, detail: &str) -> Problem {
    Problem::invalid(vec![FieldProblem { field: field.to_owned(), detail: detail.to_owned() }])
}
