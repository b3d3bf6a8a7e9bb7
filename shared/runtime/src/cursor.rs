//! Cursors of lists: the place where a page ends, for one list and a day.
//!
//! A list is a route, its path and its filters. A cursor says where that list goes on and nothing
//! else: one of another list, an older or a changed one is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use billing::time::{DAY_SECONDS, Timestamp};
use lambda_http::http::HeaderValue;
use lambda_http::http::header::LINK;

use crate::http::{Request, Response};
use crate::key::fingerprint;
use crate::problem::{FieldProblem, Problem};

/// Time for which a cursor is good, in seconds.
const GOOD_SECONDS: i64 = DAY_SECONDS;
/// Hexadecimal digits by which a cursor is verified.
const CHECK_DIGITS: usize = 24;
/// Parameters of the query that a cursor does not depend on.
const FREE: [&str; 2] = ["cursor", "limit"];

/// The cursor of a place in the list that a request asks for.
pub fn write(request: &Request, place: &str, now: Timestamp) -> String {
    write_until(request, place, now.plus_seconds(GOOD_SECONDS))
}

/// The same, good until another moment: for lists that a reader goes on with after a pause.
pub fn write_until(request: &Request, place: &str, until: Timestamp) -> String {
    let text = format!("{} {place}", until.0);
    let check = check(request, &text);
    URL_SAFE_NO_PAD.encode(format!("{check}{text}"))
}

/// A table of a list's page, saved under a name; the `Link` of its header leads to the next page.
pub fn table(request: &Request, (name, table): (&str, String), next: Option<String>) -> Response {
    let answer = Response::csv(name, table);
    let Some(next) = next else { return answer };

    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in request.query.iter().filter(|(name, _)| *name != "cursor") {
        query.append_pair(name, value);
    }
    query.append_pair("cursor", &next);
    let path = request.route.split_once(' ').map_or("", |(_, path)| path).to_owned();
    let filled = |path: String, (name, value): (&String, &String)| {
        path.replace(&format!("{{{name}}}"), value)
    };
    let path = request.path.iter().fold(path, filled);
    match HeaderValue::try_from(format!("<{path}?{}>; rel=\"next\"", query.finish())) {
        Ok(link) => answer.with_header(LINK, link),
        // No id that was admitted has a character that a header cannot have.
        Err(_) => answer,
    }
}

/// The place in the request's cursor, if it has one.
///
/// # Errors
/// 422 `cursor_invalid` for a cursor that this list did not give within a day.
pub fn read(request: &Request, now: Timestamp) -> Result<Option<String>, Problem> {
    let Some(given) = request.query.get("cursor") else { return Ok(None) };
    let place = place(request, given, now);
    place.map(Some).ok_or_else(invalid)
}

/// 422: the cursor is not one of this list.
pub fn invalid() -> Problem {
    let detail = "The `next_cursor` of an earlier page of this list is expected, within 24 hours.";
    let problem = Problem::invalid_field(FieldProblem::invalid("cursor", detail));
    Problem { code: "cursor_invalid", ..problem }
}

fn place(request: &Request, given: &str, now: Timestamp) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(given).ok()?).ok()?;
    let (found, text) = text.split_at_checked(CHECK_DIGITS)?;
    let (until, place) = text.split_once(' ')?;
    let is_good = Timestamp(until.parse().ok()?) > now && found == check(request, text);
    is_good.then(|| place.to_owned())
}

fn check(request: &Request, text: &str) -> String {
    let filters = request.query.iter().filter(|(name, _)| !FREE.contains(&name.as_str()));
    let named = request.path.iter().chain(filters);
    let named: Vec<String> = named.map(|(name, value)| format!("{name}={value}\n")).collect();
    let list = format!("{}\n{}\n{text}", request.route, named.concat());
    fingerprint(list.as_bytes()).chars().take(CHECK_DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tests::about;

    const NOW: Timestamp = Timestamp(1_790_000_000);

    /// Goal: a cursor is good for its own list and a day, and for nothing else.
    #[test]
    fn a_cursor_is_good_for_its_own_list_and_a_day() {
        let list = |id: &str, query: &[(&str, &str)]| about("GET /v1/a/{id}", id, query);
        let cursor = write(&list("acme", &[("period", "2026-11")]), "m 7", NOW);
        let ask = |id: &str, period: &str, cursor: &str, seconds: i64| {
            let request = list(id, &[("period", period), ("cursor", cursor), ("limit", "3")]);
            read(&request, NOW.plus_seconds(seconds)).map_err(|problem| problem.code)
        };

        assert_eq!(ask("acme", "2026-11", &cursor, 0), Ok(Some("m 7".to_owned())));
        let refused = Err("cursor_invalid");
        assert_eq!(ask("acme", "2026-11", &cursor, GOOD_SECONDS), refused, "old");
        assert_eq!(ask("acme", "2026-12", &cursor, 0), refused, "other filter");
        assert_eq!(ask("other", "2026-11", &cursor, 0), refused, "other account");
        let (most, _) = cursor.split_at(cursor.len() - 2);
        for made_up in ["", "x", "0", "../..", "\u{0}", "%00", most, &"A".repeat(5_000)] {
            assert_eq!(ask("acme", "2026-11", made_up, 0), refused, "{made_up}");
        }
        assert_eq!(read(&list("acme", &[]), NOW).unwrap(), None);
    }
}
