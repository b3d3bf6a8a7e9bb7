//! Events listed, of all accounts or of one, and one event shown.

use auth::{caller, problem};
use billing::events::{Bookmark, EVENT_SECONDS, Event, EventId};
use billing::ids::AccountId;
use billing::journal::events::EventType;
use events_commands::feed::{Feed, Wanted};
use invocation::Invocation;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request, Response, cursor, query};

use crate::Events;

impl Events {
    pub(crate) async fn list(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;
        let wanted = Wanted { types: types(request)?, limit: query::limit(request) };
        let place = cursor::read(request, invocation.now)?;
        let after = after(request)?;

        let feed = Feed { store: &self.store };
        let (events, place) = if let Some(account) = request.query.get("account") {
            let account = AccountId::parse(account).map_err(|_| not_found())?;
            let place = place.map(|place| place.parse().map_err(|_| cursor::invalid()));
            let behind = place.transpose()?.or(after).unwrap_or_default();
            let read = feed.of_account(invocation, &account, behind, &wanted).await;
            let (events, place) = read.map_err(|error| problem(&error))?.ok_or_else(not_found)?;
            (events, place.to_string())
        } else {
            let place = place.map(|place| Bookmark::parse(&place));
            let place = place.transpose().map_err(|_| cursor::invalid())?.unwrap_or_default();
            let read = feed.of_all(invocation, place, &wanted).await;
            let (events, place) = read.map_err(|error| problem(&error))?;
            (events, place.to_string())
        };

        let until = invocation.now.plus_seconds(EVENT_SECONDS);
        let next_cursor = cursor::write_until(request, &place, until);
        Ok(Response::of_type(200, "application/json", page(&events, &next_cursor)))
    }

    pub(crate) async fn show(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Response, Problem> {
        caller(invocation, &self.store, request, &[]).await?;
        let id = request.path.get("event_id").map(String::as_str).unwrap_or_default();
        let no_event = || Problem::not_found("event");
        let id = EventId::parse(id).ok_or_else(no_event)?;

        let event = Feed { store: &self.store }.one(invocation, &id).await;
        let event = event.map_err(|error| problem(&error))?.ok_or_else(no_event)?;

        Ok(Response::of_type(200, "application/json", event.body))
    }
}

fn not_found() -> Problem {
    Problem::not_found("account")
}

/// A page with the texts of its events as they are kept: an event is the same bytes wherever it is
/// read.
fn page(events: &[Event], next_cursor: &str) -> String {
    let data: Vec<&str> = events.iter().map(|event| event.body.as_str()).collect();
    format!("{{\"data\":[{}],\"next_cursor\":\"{next_cursor}\"}}", data.join(","))
}

/// Types that a request asks for.
fn types(request: &Request) -> Result<Vec<EventType>, Problem> {
    let Some(list) = request.query.get("types") else { return Ok(Vec::new()) };
    let unknown = || {
        let detail = "Types of events are expected, such as `invoice.paid,account.disabled`.";
        Problem::invalid_field(FieldProblem::invalid("types", detail))
    };
    list.split(',').map(|name| EventType::parse(name).ok_or_else(unknown)).collect()
}

/// Number behind which the events of an account begin.
fn after(request: &Request) -> Result<Option<u64>, Problem> {
    let Some(after) = request.query.get("after") else { return Ok(None) };
    let wrong = |detail: &str| Problem::invalid_field(FieldProblem::invalid("after", detail));
    if !request.query.contains_key("account") {
        return Err(wrong("`after` is a number of one account's events: `account` is expected."));
    }
    after.parse().map(Some).map_err(|_| wrong("A whole number is expected."))
}
