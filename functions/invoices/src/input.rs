//! Input of the list of invoices: filters, limit and cursor.

use billing::fact::InvoiceKind;
use billing::ids::InvoiceId;
use billing::listing::{Position, Range, Wanted, WantedStatus};
use billing::month::Day;
use billing::time::{DAY_SECONDS, Timestamp};
use billing::words::Word;
use runtime::key::fingerprint;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request};

/// Parameters of the list.
const PARAMETERS: [&str; 6] = ["cursor", "from", "kind", "limit", "status", "to"];
/// Filters among them: a cursor goes with these.
const FILTERS: [&str; 4] = ["from", "kind", "status", "to"];
/// Most invoices of one page.
const LIMIT_MAX: usize = 100;
/// Invoices of a page without a limit in the request.
const LIMIT: usize = 25;
/// Hexadecimal digits by which a cursor is verified.
const CHECK_DIGITS: usize = 24;

/// The invoice in the path; none for what can be no id of one.
pub(crate) fn invoice_id(request: &Request) -> Option<InvoiceId> {
    InvoiceId::parse(request.path.get("invoice_id")?).ok()
}

/// Filters of the list; every wrong parameter is named.
pub(crate) fn wanted(request: &Request) -> Result<Wanted, Problem> {
    let mut wrong = Vec::new();
    for name in request.query.keys().filter(|name| !PARAMETERS.contains(&name.as_str())) {
        wrong.push(field(name, "There is no such parameter."));
    }
    let mut checked = |name: &str, holds: bool, expected: &str| {
        if !holds {
            wrong.push(field(name, expected));
        }
    };

    let text = |name: &str| request.query.get(name).map(String::as_str);
    let status = text("status").map(WantedStatus::of_word);
    let expected = "`open`, `uncollectible`, `unpaid` (both), `paid` or `void` is expected.";
    checked("status", status != Some(None), expected);
    let kind = text("kind").map(InvoiceKind::of_word);
    let expected = "`subscription`, `usage`, `manual` or `credits` is expected.";
    checked("kind", kind != Some(None), expected);
    let expected =
        "A day such as `2026-11-01`, or a time such as `2026-11-01T00:00:00Z`, is expected.";
    let from = text("from").map(|text| moment(text).map(|(first, _)| first));
    checked("from", from != Some(None), expected);
    let to = text("to").map(|text| moment(text).map(|(_, last)| last));
    checked("to", to != Some(None), expected);

    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let all = Range::default();
    let range =
        Range { from: from.flatten().unwrap_or(all.from), to: to.flatten().unwrap_or(all.to) };
    Ok(Wanted { status: status.flatten(), kind: kind.flatten(), range })
}

/// First and last second of a day, or a time twice.
fn moment(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(day) = Day::parse(text) {
        return Some((day.start(), day.start().plus_seconds(DAY_SECONDS.saturating_sub(1))));
    }
    let at = Timestamp::parse(text).ok()?;
    Some((at, at))
}

/// Most invoices of the page.
pub(crate) fn limit(request: &Request) -> Result<usize, Problem> {
    let Some(text) = request.query.get("limit") else { return Ok(LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    let wrong = || {
        let detail = format!("A number from 1 to {LIMIT_MAX} is expected.");
        Problem::invalid(vec![field("limit", &detail)])
    };
    limit.ok_or_else(wrong)
}

/// The cursor of a place, for one account, route and set of filters.
pub(crate) fn cursor(request: &Request, place: &Position) -> String {
    let Position { created, id } = place;
    format!("{:x}.{id}.{}", created.0, check(request, place))
}

/// The place in the request's cursor, if it has one. A cursor that was made for another list, or
/// changed, is refused.
pub(crate) fn behind(request: &Request) -> Result<Option<Position>, Problem> {
    let Some(text) = request.query.get("cursor") else { return Ok(None) };
    let mut parts = text.split('.');
    let created = parts.next().and_then(|hex| i64::from_str_radix(hex, 16).ok()).map(Timestamp);
    let id = parts.next().and_then(|id| InvoiceId::parse(id).ok());
    let place = created.zip(id).map(|(created, id)| Position { created, id });
    let place = place.filter(|place| cursor(request, place) == *text);
    let wrong = || {
        let detail = "The `next_cursor` of an earlier page of this list is expected.";
        Problem { code: "cursor_invalid", ..Problem::invalid(vec![field("cursor", detail)]) }
    };
    place.map(Some).ok_or_else(wrong)
}

/// The query of the next page of a list that is followed by its link.
pub(crate) fn next_query(request: &Request, place: &Position) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in request.query.iter().filter(|(name, _)| FILTERS.contains(&name.as_str())) {
        query.append_pair(name, value);
    }
    query.append_pair("cursor", &cursor(request, place)).finish()
}

fn check(request: &Request, Position { created, id }: &Position) -> String {
    let account = request.path.get("id").map(String::as_str).unwrap_or_default();
    let filters = FILTERS.map(|name| {
        let value = request.query.get(name).map(String::as_str).unwrap_or_default();
        format!("{name}={value}")
    });
    let list = format!("{}\n{account}\n{}\n{}\n{id}", request.route, filters.join("\n"), created.0);
    fingerprint(list.as_bytes()).chars().take(CHECK_DIGITS).collect()
}

fn field(field: &str, detail: &str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), detail: detail.to_owned() }
}
