//! Cursors of the ledger: the number of an entry, for one account, route and month. A cursor says where a list goes on and
//! nothing else; one that was made for another list, or changed, is refused.

use billing::month::Month;
use runtime::key::fingerprint;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request};

/// Hexadecimal digits by which a cursor is verified.
const CHECK_DIGITS: usize = 24;

/// The cursor of an entry.
pub(crate) fn write(request: &Request, month: Option<Month>, number: u64) -> String {
    format!("{number:012x}{}", check(request, month, number))
}

/// The number in the request's cursor, if it has one.
pub(crate) fn read(request: &Request, month: Option<Month>) -> Result<Option<u64>, Problem> {
    let Some(text) = request.query.get("cursor") else { return Ok(None) };
    let number = text.len().checked_sub(CHECK_DIGITS).and_then(|at| text.get(..at));
    let number = number.and_then(|number| u64::from_str_radix(number, 16).ok());
    let number = number.filter(|number| write(request, month, *number) == *text);
    number.map(Some).ok_or_else(invalid)
}

fn check(request: &Request, month: Option<Month>, number: u64) -> String {
    let account = request.path.get("id").map(String::as_str).unwrap_or_default();
    let month = month.map(|month| month.to_string()).unwrap_or_default();
    let list = format!("{}\n{account}\n{month}\n{number}", request.route);
    fingerprint(list.as_bytes()).chars().take(CHECK_DIGITS).collect()
}

fn invalid() -> Problem {
    let detail = "The `next_cursor` of an earlier page of this list is expected.";
    let field = FieldProblem { field: "cursor".to_owned(), detail: detail.to_owned() };
    Problem { code: "cursor_invalid", ..Problem::invalid(vec![field]) }
}
