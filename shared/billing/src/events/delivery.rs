//! Deliveries of events to endpoints: one place for each endpoint and account, the retries, and
//! what becomes of an event that is not accepted.

use crate::events::{Endpoint, EventId};
use crate::journal::events::EventType;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Delays of the first retries, in seconds.
const FIRST_DELAYS_SECONDS: [i64; 5] = [5, 300, 1_800, 7_200, 18_000];
/// Delay of each further one, in seconds.
const DELAY_SECONDS: i64 = 36_000;
/// Time for which an event is tried, from its first failure, in seconds.
pub const TRIED_SECONDS: i64 = 3 * DAY_SECONDS;
/// Time for which a worker has an account's deliveries to an endpoint for itself, in seconds:
/// longer than an invocation lasts.
pub const CLAIM_SECONDS: i64 = 75;
/// Longest wait for an answer of a receiver, in milliseconds.
pub const ANSWER_MILLISECONDS_MAX: u64 = 10_000;
/// Time for which a delivery is listed after its last attempt, in seconds.
pub const LISTED_SECONDS: i64 = 30 * DAY_SECONDS;

/// Place of an account's deliveries to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Version of its item; 0 where there is none.
    pub version: u64,
    /// Serial of the endpoint.
    pub serial: String,
    /// Number of the last event that is delivered, parked or not wanted.
    pub delivered: u64,
    /// Attempts of the next one that failed.
    pub attempts: u32,
    /// Time of the first of them.
    pub first_failed_at: Option<Timestamp>,
    /// Time of the last of them.
    pub failed_at: Option<Timestamp>,
    /// Time of the next attempt.
    pub next_attempt_at: Option<Timestamp>,
    /// Time up to which a worker has the place for itself.
    pub claimed_until: Option<Timestamp>,
}

/// Turn of a worker at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may deliver.
    Free,
    /// The next event is not due before that time.
    Waits(Timestamp),
    /// Another worker delivers, up to that time at most.
    Claimed(Timestamp),
}

/// Kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No answer came within [`ANSWER_MILLISECONDS_MAX`].
    TimedOut,
    /// The receiver was not reached, or ended the connection.
    NotReached,
    /// The address is not one of the public internet.
    AddressRefused,
}

impl Word for FailureKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::TimedOut, "timed_out"),
        (Self::NotReached, "not_reached"),
        (Self::AddressRefused, "address_refused"),
    ];
}

/// Outcome of one attempt: the receiver's status, or the kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered.
    Answered(u16),
    /// The receiver did not answer.
    Failed(FailureKind),
}

/// Consequence of a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The event is tried again at that time.
    Retry(Timestamp),
    /// The event is parked, and the account's next ones go on.
    Park,
}

/// Status of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It failed, and is tried again.
    Pending,
    /// It was accepted.
    Delivered,
    /// It is not tried any more, unless it is sent again by hand.
    Parked,
}

impl Word for DeliveryStatus {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Pending, "pending"), (Self::Delivered, "delivered"), (Self::Parked, "parked")];
}

/// Delivery of one event to one endpoint, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Event.
    pub event: EventId,
    /// Type of the event.
    pub kind: EventType,
    /// Time of the event's publication, by which deliveries are listed.
    pub published_at: Timestamp,
    /// Status.
    pub status: DeliveryStatus,
    /// Number of attempts.
    pub attempts: u32,
    /// Time of the last attempt.
    pub last_attempt_at: Timestamp,
    /// Time of the next attempt.
    pub next_attempt_at: Option<Timestamp>,
    /// Outcome of the last attempt.
    pub last: Outcome,
}

impl Outcome {
    /// True for 2xx.
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// True for 410: the receiver wants no more.
    pub fn is_gone(self) -> bool {
        self == Self::Answered(410)
    }
}

impl Place {
    /// The place of an endpoint: one of an earlier endpoint of the same id counts for nothing.
    #[must_use]
    pub fn of(self, endpoint: &Endpoint) -> Self {
        if self.serial == endpoint.serial {
            return self;
        }
        Self { version: self.version, serial: endpoint.serial.clone(), ..Self::default() }
    }

    /// Turn of a worker. What waits for a retry is due at once when the endpoint is enabled again.
    pub fn turn(&self, endpoint: &Endpoint, now: Timestamp) -> Turn {
        if let Some(until) = self.claimed_until.filter(|until| *until > now) {
            return Turn::Claimed(until);
        }
        let is_resumed = self.failed_at.is_some_and(|at| at < endpoint.resumed_at);
        match self.next_attempt_at.filter(|at| *at > now && !is_resumed) {
            Some(at) => Turn::Waits(at),
            None => Turn::Free,
        }
    }

    /// The place, claimed by a worker.
    #[must_use]
    pub fn claimed(self, now: Timestamp) -> Self {
        Self { claimed_until: Some(now.plus_seconds(CLAIM_SECONDS)), ..self }
    }

    /// The place without a claim.
    #[must_use]
    pub fn released(self) -> Self {
        Self { claimed_until: None, ..self }
    }

    /// The place as it is once it is kept.
    #[must_use]
    pub fn kept(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }

    /// The place behind an event that is delivered, parked or not wanted.
    #[must_use]
    pub fn behind(self, sequence: u64) -> Self {
        Self {
            delivered: self.delivered.max(sequence),
            attempts: 0,
            first_failed_at: None,
            failed_at: None,
            next_attempt_at: None,
            ..self
        }
    }

    /// The place after a failed attempt of the next event, and what follows. The last attempt is
    /// [`TRIED_SECONDS`] after the first failure.
    pub fn failed(self, now: Timestamp) -> (Self, Next) {
        let first = self.first_failed_at.unwrap_or(now);
        let attempts = self.attempts.saturating_add(1);
        let end = first.plus_seconds(TRIED_SECONDS);
        let at = now.plus_seconds(delay_seconds(attempts)).min(end);
        let next = if now >= end { Next::Park } else { Next::Retry(at) };
        let failed = Self {
            attempts,
            first_failed_at: Some(first),
            failed_at: Some(now),
            next_attempt_at: Some(at),
            ..self
        };
        (failed, next)
    }
}

/// Delay behind a number of failed attempts, in seconds.
fn delay_seconds(attempts: u32) -> i64 {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    FIRST_DELAYS_SECONDS.get(place).copied().unwrap_or(DELAY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_338_000);

    /// Goal: retries come after 5 s, 5 min, 30 min, 2 h, 5 h, then each 10 h, the last three days
    /// after the first failure; then the event is parked.
    #[test]
    fn retries_follow_the_schedule_for_three_days() {
        let (mut place, mut now, mut delays) = (Place::default(), NOW, Vec::new());
        loop {
            let (failed, next) = place.failed(now);
            let Next::Retry(at) = next else { break };
            delays.push(at.0 - now.0);
            (place, now) = (failed, at);
        }
        let hours = [10 * 3_600; 6];
        assert_eq!(delays[..5], FIRST_DELAYS_SECONDS);
        assert_eq!(delays[5..11], hours);
        assert_eq!(delays.len(), 12);
        assert_eq!(delays.iter().sum::<i64>(), TRIED_SECONDS);
    }

    /// Goal: a claim keeps other workers away until its end, a delivered event clears the retries.
    #[test]
    fn a_claim_keeps_others_away() {
        let endpoint = endpoint();
        let place = Place { serial: endpoint.serial.clone(), ..Place::default() };
        let claimed = place.clone().claimed(NOW);
        let until = NOW.plus_seconds(CLAIM_SECONDS);
        assert_eq!(claimed.turn(&endpoint, NOW), Turn::Claimed(until));
        assert_eq!(claimed.turn(&endpoint, until), Turn::Free);

        let (failed, _) = place.failed(NOW.plus_seconds(10));
        let at = NOW.plus_seconds(15);
        assert_eq!(failed.turn(&endpoint, NOW.plus_seconds(11)), Turn::Waits(at));
        assert_eq!(failed.turn(&endpoint, at), Turn::Free);
        let resumed = endpoint.clone().resumed(NOW.plus_seconds(12));
        assert_eq!(failed.turn(&resumed, NOW.plus_seconds(12)), Turn::Free);
        assert_eq!(failed.behind(3).next_attempt_at, None);

        let (serial, version) = ("another".to_owned(), 4);
        let other = Place { serial, version, delivered: 9, attempts: 7, ..Place::default() };
        let fresh = other.of(&endpoint);
        assert_eq!((fresh.version, fresh.delivered, fresh.attempts), (4, 0, 0));
    }

    fn endpoint() -> Endpoint {
        Endpoint {
            version: 1,
            id: crate::ids::EndpointId::parse("backend").unwrap(),
            serial: "serial".to_owned(),
            url: "https://hooks.example.com/".to_owned(),
            types: Vec::new(),
            is_enabled: true,
            created_at: NOW,
            resumed_at: NOW,
            disabled: None,
        }
    }

    /// Goal: only 2xx is accepted: not a redirect either.
    #[test]
    fn only_2xx_is_accepted() {
        for status in [200, 204, 299] {
            assert!(Outcome::Answered(status).is_accepted());
        }
        for status in [199, 301, 307, 400, 410, 500] {
            assert!(!Outcome::Answered(status).is_accepted());
        }
        assert!(!Outcome::Failed(FailureKind::TimedOut).is_accepted());
        assert!(Outcome::Answered(410).is_gone());
    }
}
