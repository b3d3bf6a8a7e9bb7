//! One call of a function, and what it carries: the time, who caused it, what it has cost, and how
//! it tries again.
//!
//! An [`Invocation`] is made once, where an event comes in, and handed down by shared reference to
//! everything that reads, decides, commits or calls Stripe. It knows no table, no queue and no rule
//! of billing.

pub mod class;
pub mod clock;
pub mod entropy;
pub mod meter;
mod precondition;
mod retry;
pub mod stopwatch;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use billing::ids::AccountId;
use billing::journal::{Actor, Cause, CauseKind};
use billing::lease::Lease;
use billing::request::{Remembered, Repetition};
use billing::time::Timestamp;

pub use class::{Class, Classified};
pub use clock::Clock;
pub use entropy::Entropy;
pub use meter::{Cost, Meter};
pub use precondition::Precondition;
pub use retry::{CONFLICT_TRIES_MAX, FIRST_WAIT_MILLISECONDS_MAX, UNANSWERED_TRIES_MAX};
pub use stopwatch::Stopwatch;

/// Begins invocations: the part of a function's host that each of its calls needs.
#[derive(Debug, Clone)]
pub struct Invocations {
    clock: Clock,
    entropy: Entropy,
    stopwatch: Stopwatch,
    reserve: Duration,
}

impl Invocations {
    /// Invocations with the time of that clock, the randomness of that entropy, and the time left
    /// by that stopwatch.
    pub fn new(clock: Clock, entropy: Entropy, stopwatch: Stopwatch) -> Self {
        let reserve = Duration::from_millis(stopwatch::ANSWER_MILLISECONDS);
        Self { clock, entropy, stopwatch, reserve }
    }

    /// The same for a function that hands on to a queue what it could not finish: the time for that
    /// is kept.
    #[must_use]
    pub fn handing_on(self) -> Self {
        Self { reserve: Duration::from_millis(stopwatch::HAND_ON_MILLISECONDS), ..self }
    }

    /// The next invocation: the clock is read here, once.
    pub fn begin(&self, kind: CauseKind, id: impl Into<String>) -> Invocation {
        let cause = Cause::new(kind, id);
        let invocation = Invocation::new(self.clock.now(), cause, self.entropy.clone());
        Invocation { stopwatch: self.stopwatch.clone(), reserve: self.reserve, ..invocation }
    }
}

/// Idempotency-Key of a request that is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Fingerprint of account, route and key.
    pub fingerprint: String,
    /// Way in which a repeat is recognised.
    pub repetition: Repetition,
    /// The request as the table remembers it.
    pub remembered: Remembered,
    /// True behind an interrupted attempt.
    pub goes_on: bool,
    /// Person whose address the answer may show.
    pub shown: Shown,
}

/// Person whose mail address an answer shows. It is not kept with the answer (F8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The answer shows no member.
    Nobody,
    /// The member that the route names, with the address as it is known.
    Member(Option<String>),
    /// The member whose page it is, with the address.
    Visitor(String),
}

impl Claim {
    /// The claim once its mark was written.
    #[must_use]
    pub fn written(mut self) -> Self {
        self.remembered.version = self.remembered.version.saturating_add(1);
        self
    }
}

/// Lease of an account that an invocation holds.
#[derive(Debug)]
struct Held {
    account: AccountId,
    lease: Lease,
    ends_with_commit: bool,
}

/// One call of a function.
#[derive(Debug)]
pub struct Invocation {
    /// Time of the whole invocation.
    pub now: Timestamp,
    /// Randomness, for new ids and for the jitter of retries.
    pub entropy: Entropy,
    cause: Cause,
    /// Actor of an API request, once its key is read.
    actor: OnceLock<(CauseKind, Actor)>,
    /// Reason that a person of the vendor's gave.
    reason: OnceLock<String>,
    /// Idempotency-Key of an API request, once its caller is admitted.
    claim: OnceLock<Claim>,
    /// `If-Match` of an API request, once its caller asks for items.
    precondition: OnceLock<Arc<Precondition>>,
    /// Lease that it holds.
    held: Mutex<Option<Held>>,
    meter: Meter,
    stopwatch: Stopwatch,
    /// Time kept for an answer, or for handing on what is not done.
    reserve: Duration,
}

impl Invocation {
    /// An invocation at a moment, for a cause, that nothing ends.
    pub fn new(now: Timestamp, cause: Cause, entropy: Entropy) -> Self {
        Self {
            now,
            entropy,
            cause,
            actor: OnceLock::new(),
            reason: OnceLock::new(),
            claim: OnceLock::new(),
            precondition: OnceLock::new(),
            held: Mutex::new(None),
            meter: Meter::default(),
            stopwatch: Stopwatch::unlimited(),
            reserve: Duration::ZERO,
        }
    }

    /// The same moment for another cause, with a meter of its own: one message of a batch.
    #[must_use]
    pub fn part(&self, kind: CauseKind, id: impl Into<String>) -> Self {
        let part = Self::new(self.now, Cause::new(kind, id), self.entropy.clone());
        Self { stopwatch: self.stopwatch.clone(), reserve: self.reserve, ..part }
    }

    /// Time left for work: what is kept for an answer, or for handing on what is not done, is
    /// taken off.
    pub fn remaining(&self) -> Duration {
        self.stopwatch.remaining().saturating_sub(self.reserve)
    }

    /// True if something that takes so long at most ends in time. Nothing else is begun.
    pub fn has_time_for(&self, longest: Duration) -> bool {
        self.remaining() >= longest
    }

    /// Waits up to so long, with jitter over the whole of it.
    pub async fn pause(&self, most: Duration) {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        let length = self.entropy.below(most.saturating_add(1));
        self.stopwatch.pause(Duration::from_millis(length)).await;
    }

    /// Names the actor of an API request, once its key or session is known. The first word stands:
    /// one request has one actor.
    pub fn acts_as(&self, kind: CauseKind, actor: Actor) {
        self.actor.get_or_init(|| (kind, actor));
    }

    /// Keeps the reason that a person of the vendor's gave, for the journal. The first word stands.
    pub fn acts_because(&self, reason: &str) {
        self.reason.get_or_init(|| reason.to_owned());
    }

    /// Names the Idempotency-Key of an API request. The first word stands.
    pub fn claims(&self, claim: Claim) {
        self.claim.get_or_init(|| claim);
    }

    /// Idempotency-Key of the request, if it has one that counts.
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.get()
    }

    /// Rests on what the caller has read, by `If-Match`. The first word stands.
    pub fn rests_on(&self, precondition: Arc<Precondition>) {
        self.precondition.get_or_init(|| precondition);
    }

    /// What it rests on by `If-Match`, if the request has one.
    pub fn precondition(&self) -> Option<&Precondition> {
        self.precondition.get().map(AsRef::as_ref)
    }

    /// Keeps the lease that was taken of an account.
    pub fn holds(&self, account: AccountId, lease: Lease) {
        *self.held() = Some(Held { account, lease, ends_with_commit: false });
    }

    /// The lease that is held, which is let go.
    pub fn lets_go(&self) -> Option<Lease> {
        self.held().take().map(|held| held.lease)
    }

    /// Lets the lease that is held end with the next commit, because that is the last one.
    pub fn ends_with_next_commit(&self) {
        if let Some(held) = self.held().as_mut() {
            held.ends_with_commit = true;
        }
    }

    /// Lease that ends with the next commit of an account.
    pub fn ending_lease(&self, account: &AccountId) -> Option<Lease> {
        let held = self.held();
        let ending = held.as_ref().filter(|held| held.ends_with_commit);
        ending.filter(|held| held.account == *account).map(|held| held.lease.clone())
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cause of a change that this invocation makes, as the journal keeps it.
    pub fn cause(&self) -> Cause {
        match self.actor.get() {
            Some((kind, actor)) => Cause {
                kind: *kind,
                id: self.cause.id.clone(),
                actor: Some(actor.clone()),
                reason: self.reason.get().cloned(),
            },
            None => self.cause.clone(),
        }
    }

    /// Id of the cause: the event, the request or the schedule.
    pub fn cause_id(&self) -> &str {
        &self.cause.id
    }

    /// Id of whoever acts: of the key or the member, where one asks, else of the cause.
    pub fn actor_id(&self) -> &str {
        self.actor.get().map_or(self.cause_id(), |(_, actor)| actor.id.as_str())
    }

    /// The meter that each call to the table and to Stripe counts on.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Cost so far, for the closing log line.
    pub fn cost(&self) -> Cost {
        self.meter.cost()
    }
}
