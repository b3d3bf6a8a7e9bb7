//! The body of `POST /v1/usage`: a batch as a whole is right or refused; an event that is wrong is rejected by itself.

use std::collections::{BTreeMap, BTreeSet};

use billing::ids::{AccountId, BatchId};
use billing::metering::{EVENTS_MAX, Event, QUANTITY_MAX, Rejection};
use billing::month::{Day, Month};
use billing::time::Timestamp;
use runtime::key::fingerprint;
use runtime::problem::FieldProblem;
use runtime::{Problem, Request};
use serde::Deserialize;

use crate::loose::Loose;

/// Longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 1_048_576;

/// A batch, checked as far as its own content goes.
#[derive(Debug)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// The fingerprint of its body.
    pub body: String,
    /// How many events it has.
    pub len: usize,
    /// Its events by account, in the order in which accounts first appear; each with its place in the batch.
    pub accounts: Vec<(AccountId, Vec<(usize, Event)>)>,
    /// Events that are wrong whatever is known, by their place.
    pub rejected: BTreeMap<usize, Rejection>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input<'a> {
    #[serde(borrow, default)]
    batch_id: Loose<'a>,
    #[serde(borrow)]
    events: Vec<InputEvent<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputEvent<'a> {
    #[serde(borrow, default)]
    account: Loose<'a>,
    #[serde(borrow, default)]
    resource: Loose<'a>,
    #[serde(borrow, default)]
    quantity: Loose<'a>,
    #[serde(borrow, default)]
    at: Loose<'a>,
    #[serde(borrow, default)]
    id: Loose<'a>,
}

impl Batch {
    /// Reads a request; `now` is the time of events without one.
    pub fn read(request: &Request, now: Timestamp) -> Result<Self, Problem> {
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
            let detail =
                format!("1 to {EVENTS_MAX} events are expected, not {}.", input.events.len());
            wrong.push(field("events", detail));
        }
        let Some(id) = id.filter(|_| wrong.is_empty()) else { return Err(Problem::invalid(wrong)) };
        let mut batch = Self {
            id,
            body: fingerprint(body),
            len: input.events.len(),
            accounts: Vec::new(),
            rejected: BTreeMap::new(),
        };
        batch.sort(&input.events, now);
        Ok(batch)
    }

    fn sort(&mut self, events: &[InputEvent<'_>], now: Timestamp) {
        let mut ids = BTreeSet::new();
        let mut places: BTreeMap<AccountId, usize> = BTreeMap::new();
        for (place, input) in events.iter().enumerate() {
            let event = input.event(now).and_then(|event| match input.id.text() {
                Some(id) if !ids.insert(id) => Err(Rejection::DuplicateId),
                Some(_) | None => Ok(event),
            });
            let event = match event {
                Ok(event) => event,
                Err(rejection) => {
                    self.rejected.insert(place, rejection);
                    continue;
                }
            };
            let account = *places.entry(event.account.clone()).or_insert(self.accounts.len());
            match self.accounts.get_mut(account) {
                Some((_, events)) => events.push((place, event)),
                None => self.accounts.push((event.account.clone(), vec![(place, event)])),
            }
        }
    }

    /// An event by its place, unless it is wrong whatever is known.
    pub fn event(&self, place: usize) -> Option<&Event> {
        let mut events = self.accounts.iter().flat_map(|(_, events)| events);
        events.find(|(it, _)| *it == place).map(|(_, event)| event)
    }
}

impl InputEvent<'_> {
    fn event(&self, now: Timestamp) -> Result<Event, Rejection> {
        let account = self.account.text().ok_or(Rejection::InvalidEvent)?;
        let resource = self.resource.text().ok_or(Rejection::InvalidEvent)?.to_owned();
        // What can be no account's id is no account's id.
        let account = AccountId::parse(account).map_err(|_| Rejection::UnknownAccount)?;
        let Loose::Whole(quantity) = self.quantity else { return Err(Rejection::InvalidQuantity) };
        if quantity > QUANTITY_MAX {
            return Err(Rejection::InvalidQuantity);
        }
        let at = match &self.at {
            Loose::Absent => now,
            Loose::Text(text) => Timestamp::parse(text).map_err(|_| Rejection::InvalidTime)?,
            Loose::Whole(_) | Loose::Other => return Err(Rejection::InvalidTime),
        };
        match self.id {
            Loose::Absent | Loose::Text(_) => Ok(Event { account, resource, quantity, at }),
            Loose::Whole(_) | Loose::Other => Err(Rejection::InvalidEvent),
        }
    }
}

/// How many counters events of one account may come to; `holds` says whether a resource may have one more, for its
/// latest level.
pub fn counters(events: &[(usize, Event)], holds: impl Fn(&str) -> bool) -> usize {
    let days: BTreeSet<Day> = events.iter().map(|(_, event)| Day::of(event.at)).collect();
    let months: BTreeSet<Month> = days.iter().map(|day| day.month()).collect();
    let latest = usize::from(events.iter().any(|(_, event)| holds(&event.resource)));
    days.len().saturating_add(months.len()).saturating_add(latest)
}

fn field(field: impl Into<String>, detail: String) -> FieldProblem {
    FieldProblem { field: field.into(), detail }
}

/// The body is not a batch. The field is the last one that stands before the place of the complaint, such as a bare
/// `NaN`.
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
    // A field that is not known is complained of at the end of its name.
    let key = text.strip_suffix('"').or_else(|| text.rsplit_once("\":").map(|(key, _)| key));
    let key = key.and_then(|key| key.rsplit_once('"'));
    let name = key.map_or("body", |(_, name)| name);
    let detail = format!("This is not as expected: {error}. JSON knows neither NaN nor Infinity.");
    Problem::invalid(vec![field(name.chars().take(40).collect::<String>(), detail)])
}
