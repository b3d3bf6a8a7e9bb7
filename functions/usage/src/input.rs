//! Requests about usage. A batch as a whole is right or refused; an event that is wrong is rejected by itself.

use billing::ids::{AccountId, BatchId};
use billing::metering::{EVENTS_MAX, Event, QUANTITY_MAX, Rejection};
use billing::month::Month;
use billing::time::Timestamp;
use runtime::key::fingerprint;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request};
use serde::Deserialize;
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
    let input: Input<'_> =
        serde_json::from_slice(body).map_err(|error| unreadable(body, &error))?;

    let mut wrong = Vec::new();
    let id = BatchId::parse(input.batch_id.text().unwrap_or_default());
    let id = id.map_err(|error| wrong.push(field("batch_id", error.to_string()))).ok();
    if !(1..=EVENTS_MAX).contains(&input.events.len()) {
        let detail = format!("1 to {EVENTS_MAX} events are expected, not {}.", input.events.len());
        wrong.push(field("events", detail));
    }
    let Some(id) = id.filter(|_| wrong.is_empty()) else { return Err(Problem::invalid(wrong)) };

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
    let month = Month::parse(text).map_err(|error| wrong_period(error.to_string()))?;
    if month > this {
        return Err(wrong_period(format!("{month} has not begun.")));
    }
    Ok(month)
}

fn wrong_period(detail: String) -> Problem {
    Problem::invalid(vec![field("period", detail)])
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

fn field(field: impl Into<String>, detail: String) -> FieldProblem {
    FieldProblem { field: field.into(), detail }
}

/// 422: the body is not a batch. The field is the last one before the place of the complaint, such as a bare `NaN`.
fn unreadable(body: &[u8], error: &serde_json::Error) -> Problem {
    let lines = body.split(|byte| *byte == b'\n');
    let before: Vec<&[u8]> = lines.take(error.line()).collect();
    let text = match before.split_last() {
        Some((last, before)) => {
            let last = last.get(..error.column().min(last.len())).unwrap_or_default();
            String::from_utf8_lossy(&[before.concat().as_slice(), last].concat()).into_owned()
        }
        None => String::new(),
    };
    // The complaint of an unknown field stands at the end of its name.
    let key = text.strip_suffix('"').or_else(|| text.rsplit_once("\":").map(|(key, _)| key));
    let key = key.and_then(|key| key.rsplit_once('"'));
    let name = key.map_or("body", |(_, name)| name);
    let detail = format!("This is not as expected: {error}. JSON knows neither NaN nor Infinity.");
    Problem::invalid(vec![field(name.chars().take(40).collect::<String>(), detail)])
}
