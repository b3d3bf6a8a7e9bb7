//! Input of the list of invoices: filters, limit and cursor.

use billing::fact::InvoiceKind;
use billing::ids::InvoiceId;
use billing::listing::{Position, Range, Wanted, WantedStatus};
use billing::month::Day;
use billing::time::{DAY_SECONDS, Timestamp};
use billing::words::Word;
use runtime::{Problem, Request, cursor};

/// The invoice in the path; none for what can be no id of one.
pub(crate) fn invoice_id(request: &Request) -> Option<InvoiceId> {
    InvoiceId::parse(request.path.get("invoice_id")?).ok()
}

/// Filters of the list, whose forms the table of parameters holds.
pub(crate) fn wanted(request: &Request) -> Wanted {
    let text = |name: &str| request.query.get(name).map(String::as_str);
    Wanted {
        status: text("status").and_then(WantedStatus::of_word),
        kind: text("kind").and_then(InvoiceKind::of_word),
        range: span(request),
    }
}

/// Span from `from` to `to`, both included; all times where they are not given.
pub(crate) fn span(request: &Request) -> Range {
    let moment = |name: &str| request.query.get(name).and_then(|text| moment(text));
    let all = Range::default();
    let from = moment("from").map_or(all.from, |(first, _)| first);
    let to = moment("to").map_or(all.to, |(_, last)| last);
    Range { from, to }
}

/// First and last second of a day, or a time twice.
fn moment(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(day) = Day::parse(text) {
        return Some((day.start(), day.start().plus_seconds(DAY_SECONDS.saturating_sub(1))));
    }
    let at = Timestamp::parse(text).ok()?;
    Some((at, at))
}

/// The cursor of a place.
pub(crate) fn cursor(
    request: &Request,
    Position { created, id }: &Position,
    now: Timestamp,
) -> String {
    cursor::write(request, &format!("{}.{id}", created.0), now)
}

/// The place in the request's cursor, if it has one.
pub(crate) fn behind(request: &Request, now: Timestamp) -> Result<Option<Position>, Problem> {
    let Some(text) = cursor::read(request, now)? else { return Ok(None) };
    let parts = text.split_once('.');
    let created = parts.and_then(|(created, _)| created.parse().ok()).map(Timestamp);
    let id = parts.and_then(|(_, id)| InvoiceId::parse(id).ok());
    let place = created.zip(id).map(|(created, id)| Position { created, id });
    place.map(Some).ok_or_else(cursor::invalid)
}
