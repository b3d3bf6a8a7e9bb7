//! Events delivered: those of one account to one endpoint, in order, each until it is accepted or
//! parked.

use std::time::Duration;

use billing::events::{
    ANSWER_MILLISECONDS_MAX, Delivery, DeliveryStatus, Disabling, Endpoint, Event, EventId, Next,
    Outcome, Place, Turn,
};
use billing::ids::{AccountId, EndpointId};
use billing::time::Timestamp;
use invocation::{Class, Classified, Invocation};
use store::event::{Attempt, DeliveryState};
use store::{Store, StoreError};
use tracing::{info, warn};
use webhook_sender::{Letter, SecretError, Sender};

/// Most events of an account that are read at once.
const EVENTS_MAX: i32 = 20;
/// Longest delay of a message, in seconds: one that waits longer is sent again and again.
const DELAY_SECONDS_MAX: i64 = 900;
/// Delay of a message whose account another worker delivers, in seconds.
const CLAIMED_SECONDS: i64 = 20;
/// Time that must be left for a POST and what is kept of it, in milliseconds.
const ATTEMPT_MILLISECONDS: u64 = ANSWER_MILLISECONDS_MAX + 6_000;
/// Most tries to keep what became of an attempt.
const KEPT_TRIES_MAX: u32 = 5;

/// Delivers events.
#[derive(Debug, Clone, Copy)]
pub struct Deliverer<'a> {
    /// The table.
    pub store: &'a Store,
    /// What posts.
    pub sender: &'a Sender,
}

/// Reason why events are not delivered now.
#[derive(Debug, thiserror::Error)]
pub enum NotDelivered {
    /// The table failed, or another worker was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The secrets cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl Classified for NotDelivered {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Secret(_) => Class::Never,
        }
    }
}

/// End of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing is left to do now.
    Done,
    /// The message is sent again with a delay; `behind` are the failed attempts behind which it
    /// waits.
    Again {
        /// Delay in seconds.
        delay_seconds: u64,
        /// Failed attempts.
        behind: Option<u32>,
    },
    /// The endpoint was disabled.
    Disabled(Disabling),
}

/// Progress after one attempt.
enum Progress {
    /// The next event may go.
    GoesOn(Place),
    /// Nothing more is sent now.
    Ends(Step),
}

impl Deliverer<'_> {
    /// Delivers what an endpoint lacks of an account, as far as time allows.
    ///
    /// # Errors
    /// [`NotDelivered`].
    pub async fn deliver(
        &self,
        invocation: &Invocation,
        who: (&EndpointId, &AccountId),
        behind: Option<u32>,
    ) -> Result<Step, NotDelivered> {
        let Some(state) = self.store.delivery_state(invocation, who).await? else {
            return Ok(Step::Done);
        };
        if !state.endpoint.is_delivering() {
            return Ok(Step::Done);
        }
        let place = self.place(invocation, who.1, &state).await?;

        match place.turn(&state.endpoint, invocation.now) {
            Turn::Free => self.go_on(invocation, who.1, (state, place)).await,
            Turn::Claimed(_) => Ok(again(CLAIMED_SECONDS, behind)),
            // The message that waits is the one behind the last failure, and no other.
            Turn::Waits(at) if behind == Some(place.attempts) => {
                Ok(again(seconds_until(at, invocation.now), behind))
            }
            Turn::Waits(_) => Ok(Step::Done),
        }
    }

    /// Sends one event out of turn; nothing is kept.
    ///
    /// # Errors
    /// [`NotDelivered`].
    pub async fn send(
        &self,
        invocation: &Invocation,
        endpoint: &Endpoint,
        (id, body): (&str, &str),
    ) -> Result<Option<Outcome>, NotDelivered> {
        let secrets = self.store.endpoint_secrets(invocation, &endpoint.id).await?;
        let Some((secrets, _)) = secrets else { return Ok(None) };
        let letter = Letter { id, at: invocation.now, body };
        let signing = secrets.signing(invocation.now);
        let outcome = self.sender.post(&endpoint.url, &signing, letter).await?;
        log(&endpoint.id, id, outcome);
        Ok(Some(outcome))
    }

    /// Place of the account. A new endpoint begins with the first event that was published at its
    /// creation or later.
    async fn place(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        state: &DeliveryState,
    ) -> Result<Place, NotDelivered> {
        let known = state.place.clone().unwrap_or_default();
        if known.serial == state.endpoint.serial {
            return Ok(known);
        }

        let (mut earlier, mut later) = (0_u64, state.published.events.saturating_add(1));
        while later.saturating_sub(earlier) > 1 {
            let middle = earlier.midpoint(later);
            let id = EventId { account: account.clone(), sequence: middle };
            let event = self.store.event(invocation, &id).await?;
            // An event that is no longer kept is older than any that is.
            if event.is_some_and(|event| event.published_at >= state.endpoint.created_at) {
                later = middle;
            } else {
                earlier = middle;
            }
        }
        Ok(known.of(&state.endpoint).behind(earlier))
    }

    async fn go_on(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (mut state, place): (DeliveryState, Place),
    ) -> Result<Step, NotDelivered> {
        let (id, last) = (state.endpoint.id.clone(), state.published.events);
        let range = (place.delivered, last);
        let events = self.store.events_of(invocation, account, range, EVENTS_MAX).await?;
        let end = events.last().map_or(last, |event| event.sequence);
        let wanted: Vec<&Event> =
            events.iter().filter(|event| state.endpoint.wants(event.kind)).collect();

        let Some((final_one, _)) = wanted.split_last() else {
            let is_new = state.place.as_ref().is_none_or(|known| known.serial != place.serial);
            if is_new || place.delivered < end {
                self.store.keep_place(invocation, (&id, account), &place.behind(end)).await?;
            }
            return Ok(if end < last { again(0, None) } else { Step::Done });
        };

        let mut place = place.claimed(invocation.now);
        self.store.keep_place(invocation, (&id, account), &place).await?;
        place = place.kept();
        for event in &wanted {
            if !invocation.has_time_for(Duration::from_millis(ATTEMPT_MILLISECONDS)) {
                self.store.keep_place(invocation, (&id, account), &place.released()).await?;
                return Ok(again(0, None));
            }
            let is_final = event.sequence == final_one.sequence;
            let reached = if is_final { end } else { event.sequence };
            let sent = Sent { event, reached, is_final };
            match self.attempt(invocation, (&mut state, place), sent).await? {
                Progress::GoesOn(next) => place = next,
                Progress::Ends(step) => return Ok(step),
            }
        }
        Ok(if end < last { again(0, None) } else { Step::Done })
    }

    /// Sends the next event, and keeps what became of it.
    async fn attempt(
        &self,
        invocation: &Invocation,
        (state, place): (&mut DeliveryState, Place),
        sent: Sent<'_>,
    ) -> Result<Progress, NotDelivered> {
        let event = sent.event;
        let (now, id) = (invocation.now, event.id().to_string());
        let signing = state.secrets.signing(now);
        let letter = Letter { id: &id, at: now, body: &event.body };
        let outcome = self.sender.post(&state.endpoint.url, &signing, letter).await?;
        log(&state.endpoint.id, &id, outcome);

        for _ in 1..KEPT_TRIES_MAX {
            let ended = Ended::of(state, &place, sent, (outcome, now));
            match self.store.keep_attempt(invocation, &ended.attempt(state)).await {
                Ok(()) => return Ok(ended.progress(now)),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
            // Another account's worker changed the endpoint's health; the place is still ours.
            let who = (&state.endpoint.id.clone(), &event.account);
            let Some(fresh) = self.store.delivery_state(invocation, who).await? else {
                return Ok(Progress::Ends(Step::Done));
            };
            if fresh.place.as_ref().is_none_or(|it| it.version != place.version) {
                break;
            }
            *state = fresh;
        }
        Err(StoreError::Conflict.into())
    }
}

/// An event that is sent in its turn.
#[derive(Debug, Clone, Copy)]
struct Sent<'a> {
    event: &'a Event,
    /// Number behind which the place is once the event is accepted or parked.
    reached: u64,
    /// True for the last one of the invocation, behind which the place is released.
    is_final: bool,
}

/// What is kept of an attempt.
struct Ended {
    place: Place,
    next: Option<Next>,
    disabled: Option<Endpoint>,
    health_after: Option<billing::events::Health>,
    delivery: Delivery,
}

impl Ended {
    fn of(
        state: &DeliveryState,
        place: &Place,
        Sent { event, reached, is_final }: Sent<'_>,
        (outcome, now): (Outcome, Timestamp),
    ) -> Self {
        let mut delivery = Delivery {
            event: event.id(),
            kind: event.kind,
            published_at: event.published_at,
            status: DeliveryStatus::Delivered,
            attempts: place.attempts.saturating_add(1),
            last_attempt_at: now,
            next_attempt_at: None,
            last: outcome,
        };
        let behind = |place: Place| {
            let place = place.behind(reached);
            if is_final { place.released() } else { place }
        };
        if outcome.is_accepted() {
            let health_after = state.health.accepted();
            let place = behind(place.clone());
            return Self { place, next: None, disabled: None, health_after, delivery };
        }

        let (failed, next) = place.clone().failed(now);
        let because = if outcome.is_gone() {
            Some(Disabling::Gone)
        } else {
            state.health.is_failing(now).then_some(Disabling::Failing)
        };
        let disabled = because.map(|because| state.endpoint.clone().disabled(because, now));
        let is_parked = next == Next::Park && disabled.is_none();
        let place = if is_parked { behind(failed) } else { failed.released() };
        delivery.status = if is_parked { DeliveryStatus::Parked } else { DeliveryStatus::Pending };
        delivery.next_attempt_at = place.next_attempt_at.filter(|_| disabled.is_none());
        let health_after = state.health.failed(now);
        Self { place, next: Some(next), disabled, health_after, delivery }
    }

    fn attempt<'a>(&'a self, state: &'a DeliveryState) -> Attempt<'a> {
        Attempt {
            endpoint: &state.endpoint,
            disabled: self.disabled.as_ref(),
            place: Some(&self.place),
            health: state.health,
            health_after: self.health_after,
            delivery: &self.delivery,
        }
    }

    fn progress(self, now: Timestamp) -> Progress {
        if let Some(disabled) = self.disabled.and_then(|endpoint| endpoint.disabled) {
            return Progress::Ends(Step::Disabled(disabled.because));
        }
        match self.next {
            Some(Next::Retry(at)) => {
                Progress::Ends(again(seconds_until(at, now), Some(self.place.attempts)))
            }
            Some(Next::Park) | None => Progress::GoesOn(self.place.kept()),
        }
    }
}

fn again(delay_seconds: i64, behind: Option<u32>) -> Step {
    Step::Again { delay_seconds: u64::try_from(delay_seconds).unwrap_or(0), behind }
}

/// Seconds up to a time, at most those that a message can wait.
fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    at.0.saturating_sub(now.0).clamp(0, DELAY_SECONDS_MAX)
}

fn log(endpoint: &EndpointId, event: &str, outcome: Outcome) {
    match outcome {
        Outcome::Answered(status) if outcome.is_accepted() => {
            info!(event.id = event, "endpoint {endpoint} accepted event {event} with {status}");
        }
        Outcome::Answered(status) => {
            warn!(event.id = event, "endpoint {endpoint} refused event {event} with {status}");
        }
        Outcome::Failed(kind) => {
            warn!(event.id = event, "endpoint {endpoint} did not answer event {event}: {kind:?}");
        }
    }
}
