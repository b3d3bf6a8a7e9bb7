//! `GET /v1/accounts/{id}/timeline`: the journal, newest first.

use auth::{admit_to_account, problem};
use billing::ids::AccountId;
use billing::journal::{Entry, FieldChange, Record, Value};
use billing::money::Money;
use billing::time::Timestamp;
use invocation::Invocation;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response};
use serde::Serialize;
use store::keys;

use crate::Accounts;

/// Most entries of one page.
const LIMIT_MAX: usize = 100;
/// How many entries a page has when nobody says.
const LIMIT: usize = 50;

#[derive(Debug, Serialize)]
struct Page {
    data: Vec<EntryView>,
    next_cursor: Option<String>,
}

/// An entry as the contract shows it.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    at: String,
    recorded_at: String,
    kind: &'static str,
    about: Option<String>,
    cause: CauseView,
    summary: String,
    changes: Vec<ChangeView>,
    because: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CauseView {
    r#type: &'static str,
    id: String,
}

#[derive(Debug, Serialize)]
struct ChangeView {
    field: String,
    before: ValueView,
    after: ValueView,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ValueView {
    None,
    Text(String),
    Number(i64),
    Money(Money),
}

/// Where a page begins: behind so many entries of the record with that time and number.
struct Cursor {
    at: Timestamp,
    sequence: u64,
    skip: usize,
}

impl Accounts {
    pub(crate) async fn timeline(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        let wanted = |account: &_| vec![keys::standing(account)];
        let (account, admitted) =
            admit_to_account(invocation, &self.store, request, wanted).await?;
        admitted.item("standing").ok_or_else(|| Problem::not_found("account"))?;
        let limit = limit(request)?;
        let cursor = request.query.get("cursor").map(|text| Cursor::parse(text)).transpose()?;
        let before = cursor.as_ref().map(|cursor| cursor.start(&account));
        // One more record than entries are wanted, because the first may be used up.
        let records_max = i32::try_from(limit.saturating_add(1)).unwrap_or(i32::MAX);
        let journal = self.store.journal(invocation, &account, before.as_deref(), records_max);
        let (records, more) = journal.await.map_err(|error| problem(&error))?;
        let skip = cursor.map_or(0, |cursor| cursor.skip);
        Ok(Response::json(200, &page(&records, more, skip, limit)))
    }
}

/// Fills a page: within a record, too, the newest entry comes first.
fn page(records: &[Record], more: bool, skip: usize, limit: usize) -> Page {
    let mut entries = records.iter().flat_map(|record| {
        let newest_first = record.entries.iter().rev().enumerate();
        newest_first.map(move |(place, entry)| (record, place, entry))
    });
    let mut entries = entries.by_ref().skip(skip).peekable();
    let mut data = Vec::new();
    let mut last = None;
    while data.len() < limit
        && let Some((record, place, entry)) = entries.next()
    {
        data.push(entry_view(record, entry));
        last = Some((record, place.saturating_add(1)));
    }
    let is_more = more || entries.peek().is_some();
    let next_cursor = last.filter(|_| is_more).map(|(record, used)| {
        let Record { at, sequence, entries, .. } = record;
        if used == entries.len() {
            format!("{}.{sequence}.0", at.0)
        } else {
            format!("{}.{}.{used}", at.0, sequence.saturating_add(1))
        }
    });
    Page { data, next_cursor }
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, Problem> {
        Self::read(text).ok_or_else(|| {
            let detail = "This is not a cursor that we gave.".to_owned();
            Problem::invalid(vec![FieldProblem { field: "cursor".to_owned(), detail }])
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        let (at, sequence, skip) = (parts.next()??, parts.next()??, parts.next()??);
        let skip = usize::try_from(skip).ok()?;
        Some(Self { at: Timestamp(at.into()), sequence: sequence.into(), skip })
    }

    /// The sort key that the page's records come behind.
    fn start(&self, account: &AccountId) -> String {
        keys::journal(account, self.at, self.sequence).sk
    }
}

fn limit(request: &Request) -> Result<usize, Problem> {
    let Some(text) = request.query.get("limit") else { return Ok(LIMIT) };
    text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
        let detail = format!("A number from 1 to {LIMIT_MAX} is expected.");
        Problem::invalid(vec![FieldProblem { field: "limit".to_owned(), detail }])
    })
}

/// An entry of a record.
pub(crate) fn entry_view(record: &Record, entry: &Entry) -> EntryView {
    EntryView {
        at: entry.at.to_string(),
        recorded_at: record.at.to_string(),
        kind: entry.kind.as_str(),
        about: entry.about.clone(),
        cause: CauseView { r#type: record.cause.kind.as_str(), id: record.cause.id.clone() },
        summary: entry.summary(),
        changes: entry.changes.iter().map(change_view).collect(),
        because: entry.because.clone(),
    }
}

fn change_view(change: &FieldChange) -> ChangeView {
    ChangeView {
        field: change.field.clone(),
        before: value_view(change.before.as_ref()),
        after: value_view(change.after.as_ref()),
    }
}

fn value_view(value: Option<&Value>) -> ValueView {
    match value {
        None => ValueView::None,
        Some(Value::Text(text)) => ValueView::Text(text.clone()),
        Some(Value::Number(number)) => ValueView::Number(*number),
        Some(Value::Money(money)) => ValueView::Money(*money),
        Some(Value::Time(at)) => ValueView::Text(at.to_string()),
    }
}
