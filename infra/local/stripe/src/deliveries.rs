//! Deliveries of events to webhook endpoints: when each is tried, and what became of it
//! (docs.stripe.com/webhooks#retries).
//!
//! It sends nothing itself: [`take_due`] says what is to be sent where, and [`answered`] is told
//! what became of it. All times are those of the simulator's own clock, also for customers on a
//! test clock.
//!
//! Decided here, because Stripe does not publish it: the waits between tries ([`RETRY_SECONDS`]),
//! which follow what users of Stripe have seen, and that a copy of an event (a fault) changes
//! nothing of what is known of its delivery.

mod outgoing;
mod registration;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use billing::time::{DAY_SECONDS, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::Event;
use crate::stripe::Stripe;

pub use outgoing::{Outgoing, live_secrets};
pub use registration::{register, roll};

/// Waits after each failed try, in seconds: 5 and 30 minutes, 2, 4, 8, 16 and 24 hours. Eight tries
/// within three days.
pub const RETRY_SECONDS: [i64; 7] = [300, 1_800, 7_200, 14_400, 28_800, 57_600, 86_400];
/// Seconds of failures without a success between, after which an endpoint is disabled: nine days.
pub const FAILING_SECONDS_MAX: i64 = DAY_SECONDS * 9;
/// Deliveries that are over and kept to be looked at.
const KEPT_MAX: usize = 10_000;
/// Tries of one delivery that are kept.
const ATTEMPTS_KEPT_MAX: usize = 20;

/// What is to be sent, and what was.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Deliveries {
    all: BTreeMap<u64, Delivery>,
    /// What is due, by time and then by rank: the order in which it was told, unless a fault
    /// changes it.
    #[serde(with = "crate::kept::pairs")]
    due: BTreeMap<Due, Purpose>,
    of_event: BTreeMap<String, Vec<u64>>,
    over: VecDeque<u64>,
    /// Since when an endpoint has failed without a success between.
    failing: BTreeMap<String, Timestamp>,
    made: u64,
}

/// When, in which place among those of that time, and which delivery.
type Due = (Timestamp, u64, u64);

/// Reason why something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    /// To be delivered.
    Try,
    /// Once more, though nothing asks for it: a fault.
    Copy,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Counted from 1.
    pub number: u64,
    /// The event's id.
    pub event: String,
    /// The event's type.
    pub kind: Cow<'static, str>,
    /// The endpoint's id.
    pub endpoint: String,
    /// Where it stands.
    pub state: State,
    /// How often it was tried to be delivered, by itself.
    pub tries: usize,
    /// The newest tries, oldest first, with those that somebody asked for.
    pub attempts: VecDeque<Attempt>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It is tried at this time.
    Waiting(Timestamp),
    /// It is being sent.
    UnderWay,
    /// The endpoint took it.
    Delivered,
    /// It is not tried any more.
    GivenUp,
}

/// One try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The endpoint answered with this HTTP status; only 2xx is success.
    Answered(u16),
    /// The endpoint could not be reached.
    Unreachable,
    /// A fault lost it on the way.
    Dropped,
}

impl Outcome {
    /// True if the endpoint took it.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

impl Deliveries {
    /// Endpoints that have not taken an event: those that still wait, and those that were given up.
    pub fn pending(&self, event: &str) -> usize {
        self.of(event).filter(|delivery| delivery.state != State::Delivered).count()
    }

    /// Time at which the next try is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _, _)| *at)
    }

    /// Those of an event, the oldest first.
    pub fn of(&self, event: &str) -> impl Iterator<Item = &Delivery> {
        let numbers = self.of_event.get(event).into_iter().flatten();
        numbers.filter_map(|number| self.all.get(number))
    }

    /// All that are kept, the oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.all.values()
    }

    /// Since when an endpoint has failed without a success between.
    pub fn failing_since(&self, endpoint: &str) -> Option<Timestamp> {
        self.failing.get(endpoint).copied()
    }

    fn put(&mut self, at: Timestamp, rank: u64, number: u64, purpose: Purpose) {
        self.due.insert((at, rank, number), purpose);
        if purpose == Purpose::Try
            && let Some(delivery) = self.all.get_mut(&number)
        {
            delivery.state = State::Waiting(at);
        }
    }

    /// A delivery is over; the oldest of those that are over is forgotten.
    fn end(&mut self, number: u64, state: State) {
        let Some(delivery) = self.all.get_mut(&number) else { return };
        let was_over = matches!(delivery.state, State::Delivered | State::GivenUp);
        delivery.state = state;
        if was_over {
            return;
        }
        self.over.push_back(number);
        if self.over.len() > KEPT_MAX
            && let Some(oldest) = self.over.pop_front()
            && let Some(forgotten) = self.all.remove(&oldest)
            && let Some(numbers) = self.of_event.get_mut(&forgotten.event)
        {
            numbers.retain(|number| *number != oldest);
            if numbers.is_empty() {
                self.of_event.remove(&forgotten.event);
            }
        }
    }

    /// After a failed try: the next one, unless it was the last.
    fn retry(&mut self, number: u64, now: Timestamp) {
        let Some(delivery) = self.all.get_mut(&number) else { return };
        let wait = RETRY_SECONDS.get(delivery.tries).copied();
        delivery.tries = delivery.tries.saturating_add(1);
        match wait {
            Some(seconds) => self.put(now.plus_seconds(seconds), number, number, Purpose::Try),
            None => self.end(number, State::GivenUp),
        }
    }
}

/// An event is to be sent to all endpoints that want it.
pub fn announce(stripe: &mut Stripe, event: &Event) {
    let wants = |wanted: &String| wanted == "*" || *wanted == event.kind;
    let endpoints: Vec<String> = (stripe.endpoints.iter())
        .filter(|endpoint| endpoint.enabled && endpoint.enabled_events.iter().any(wants))
        .map(|endpoint| endpoint.id.clone())
        .collect();
    let now = stripe.now();
    for endpoint in endpoints {
        let chance = stripe.faults.for_delivery();
        let deliveries = &mut stripe.deliveries;
        deliveries.made = deliveries.made.saturating_add(1);
        let number = deliveries.made;
        let delivery = Delivery {
            number,
            event: event.id.clone(),
            kind: event.kind.clone(),
            endpoint,
            state: State::UnderWay,
            tries: 0,
            attempts: VecDeque::new(),
        };
        deliveries.all.insert(number, delivery);
        deliveries.of_event.entry(event.id.clone()).or_default().push(number);
        let at = now.plus_seconds(chance.late_seconds);
        let rank = number.saturating_add(chance.places_behind);
        deliveries.put(at, rank, number, Purpose::Try);
        if let Some(after) = chance.copy_after_seconds {
            deliveries.put(at.plus_seconds(after), rank, number, Purpose::Copy);
        }
    }
}

/// The next try that is due by then.
pub fn take_due(stripe: &mut Stripe, now: Timestamp) -> Option<Outgoing> {
    loop {
        let (&due, &purpose) = stripe.deliveries.due.first_key_value()?;
        let (at, _, number) = due;
        if at > now {
            return None;
        }
        stripe.deliveries.due.remove(&due);
        let Some(outgoing) = outgoing::of(stripe, number, now) else {
            // The endpoint is disabled or gone: there are no further retries, also when it comes
            // back.
            if purpose == Purpose::Try {
                stripe.deliveries.end(number, State::GivenUp);
            }
            continue;
        };
        if purpose == Purpose::Try {
            if let Some(delivery) = stripe.deliveries.all.get_mut(&number) {
                delivery.state = State::UnderWay;
            }
            if stripe.faults.drops() {
                end_try(stripe, number, Outcome::Dropped, now);
                continue;
            }
        }
        return Some(outgoing);
    }
}

/// What an endpoint answered: its HTTP status, or nothing when it could not be reached.
pub fn answered(stripe: &mut Stripe, delivery: u64, status: Option<u16>, now: Timestamp) {
    let outcome = status.map_or(Outcome::Unreachable, Outcome::Answered);
    end_try(stripe, delivery, outcome, now);
}

/// Sends an event again, now, whatever became of it before: to one of the endpoints that it was
/// for, or to all of them; how many those are.
pub fn resend(stripe: &mut Stripe, event: &str, endpoint: Option<&str>) -> usize {
    let now = stripe.now();
    if stripe.events.get(event).is_none() {
        return 0;
    }
    let wanted = |delivery: &&Delivery| endpoint.is_none_or(|only| only == delivery.endpoint);
    let deliveries = &mut stripe.deliveries;
    let numbers: Vec<u64> = deliveries.of(event).filter(wanted).map(|it| it.number).collect();
    for number in &numbers {
        deliveries.put(now, *number, *number, Purpose::Copy);
    }
    numbers.len()
}

fn end_try(stripe: &mut Stripe, number: u64, outcome: Outcome, now: Timestamp) {
    let deliveries = &mut stripe.deliveries;
    let Some(delivery) = deliveries.all.get_mut(&number) else { return };
    if delivery.attempts.len() >= ATTEMPTS_KEPT_MAX {
        delivery.attempts.pop_front();
    }
    delivery.attempts.push_back(Attempt { at: now, outcome });
    let endpoint = delivery.endpoint.clone();
    if outcome.is_success() {
        deliveries.failing.remove(&endpoint);
        if matches!(delivery.state, State::Waiting(_)) {
            // It was sent again before its next try.
            deliveries.due.retain(|due, purpose| due.2 != number || *purpose == Purpose::Copy);
        }
        deliveries.end(number, State::Delivered);
        return;
    }
    if delivery.state == State::UnderWay {
        deliveries.retry(number, now);
    }
    let failing_since = *stripe.deliveries.failing.entry(endpoint.clone()).or_insert(now);
    if failing_since.plus_seconds(FAILING_SECONDS_MAX) <= now
        && let Some(endpoint) = stripe.endpoints.get_mut(&endpoint)
    {
        endpoint.enabled = false;
    }
}
