//! Requests about usage. A batch as a whole is right or refused; an event that is wrong is rejected
//! by itself.

use billing::ids::{AccountId, BatchId};
use billing::metering::{EVENTS_MAX, Event, QUANTITY_MAX, Rejection};
use billing::month::Month;
use billing::time::Timestamp;
use runtime::input::Checks;
use runtime::key::fingerprint;
use runtime::problem::{FieldCode, FieldProblem};
use runtime::{Problem, Request, body};
use serde::Deserialize;
use serde_json::Value;
use usage_commands::{Batch, Reported};

use crate::lenient_json::Lenient;

/// Longest body, in bytes.
const BODY_BYTES_MAX: usize = 1_048_576;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input<'a> {
    #[serde(borrow, default)]
    batch_id: Lenient<'a>,
    #[serde(borrow)]
    events: Vec<InputEvent<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputEvent<'a> {
    #[serde(borrow, default)]
    account: Lenient<'a>,
    #[serde(borrow, default)]
    resource: Lenient<'a>,
    #[serde(borrow, default)]
    quantity: Lenient<'a>,
    #[serde(borrow, default)]
    at: Lenient<'a>,
    #[serde(borrow, default)]
    id: Lenient<'a>,
}

/// Reads a batch; `now` is the time of events without one.
pub(crate) fn batch(request: &Request, now: Timestamp) -> Result<Batch, Problem> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.len() > BODY_BYTES_MAX {
        let detail = format!("A batch may have {BODY_BYTES_MAX} bytes.");
        return Err(Problem::new(413, "body_too_large", detail));
    }
    let input: Input<'_> = serde_json::from_slice(body).map_err(|_| refused(body))?;

    let mut checks = Checks::default();
    let id = batch_id(&input.batch_id).map_err(|fault| checks.add(fault)).ok();
    let fits = (1..=EVENTS_MAX).contains(&input.events.len());
    let detail = format!("1 to {EVENTS_MAX} events are expected, not {}.", input.events.len());
    checks.expect_range(fits, "events", &detail);
    checks.passed()?;
    let id = id.ok_or_else(Problem::internal)?;

    let reported = input
        .events
        .iter()
        .map(|input| Reported { id: input.id.text().map(str::to_owned), event: input.event(now) });
    Ok(Batch::new(id, fingerprint(body), reported.collect()))
}

/// The metering month that a request names, or that of now.
pub(crate) fn month(request: &Request, now: Timestamp) -> Result<Month, Problem> {
    let this = Month::of(now);
    let Some(text) = request.query.get("period") else { return Ok(this) };
    let month = Month::parse(text).map_err(|_| {
        let detail = "A month is expected, such as `2026-11`.";
        Problem::invalid_field(FieldProblem::invalid("period", detail))
    })?;
    if month > this {
        let detail = format!("{month} has not begun.");
        return Err(Problem::invalid_field(FieldProblem::out_of_range("period", detail)));
    }
    Ok(month)
}

fn batch_id(given: &Lenient<'_>) -> Result<BatchId, FieldProblem> {
    match given {
        Lenient::Text(text) => BatchId::parse(text)
            .map_err(|error| FieldProblem::invalid("batch_id", error.to_string())),
        Lenient::Absent => Err(FieldProblem::missing("batch_id")),
        Lenient::Whole(_) | Lenient::Other => {
            Err(FieldProblem::of(FieldCode::WrongType, "batch_id", "A text is expected."))
        }
    }
}

impl InputEvent<'_> {
    fn event(&self, now: Timestamp) -> Result<Event, Rejection> {
        let account = self.account.text().ok_or(Rejection::InvalidEvent)?;
        let resource = self.resource.text().ok_or(Rejection::InvalidEvent)?.to_owned();
        // A text that can be no account's id names no account.
        let account = AccountId::parse(account).map_err(|_| Rejection::UnknownAccount)?;
        let Lenient::Whole(quantity) = self.quantity else {
            return Err(Rejection::InvalidQuantity);
        };
        if quantity > QUANTITY_MAX {
            return Err(Rejection::InvalidQuantity);
        }
        let at = match &self.at {
            Lenient::Absent => now,
            Lenient::Text(text) => Timestamp::parse(text).map_err(|_| Rejection::InvalidTime)?,
            Lenient::Whole(_) | Lenient::Other => return Err(Rejection::InvalidTime),
        };
        match self.id {
            Lenient::Absent | Lenient::Text(_) => Ok(Event { account, resource, quantity, at }),
            Lenient::Whole(_) | Lenient::Other => Err(Rejection::InvalidEvent),
        }
    }
}

/// The refusal of a body that is not a batch.
fn refused(bytes: &[u8]) -> Problem {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => body::refusal::<Input<'_>>(&value),
        Err(error) => body::unreadable(bytes, &error),
    }
}
