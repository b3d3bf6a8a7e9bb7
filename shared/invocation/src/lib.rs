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
mod retry;

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use billing::ids::AccountId;
use billing::journal::{Cause, CauseKind};
use billing::lease::Lease;
use billing::request::{Remembered, Repetition};
use billing::time::Timestamp;

pub use class::{Class, Classified};
pub use clock::Clock;
pub use entropy::Entropy;
pub use meter::{Cost, Meter};
pub use retry::{CONFLICT_TRIES_MAX, FIRST_WAIT_MILLISECONDS_MAX, UNANSWERED_TRIES_MAX};

/// Begins invocations: the part of a function's host that each of its calls needs.
#[derive(Debug, Clone)]
pub struct Invocations {
    clock: Clock,
    entropy: Entropy,
}

impl Invocations {
    /// Invocations with the time of that clock and the randomness of that entropy.
    pub fn new(clock: Clock, entropy: Entropy) -> Self {
        Self { clock, entropy }
    }

    /// The next invocation: the clock is read here, once.
    pub fn begin(&self, kind: CauseKind, id: impl Into<String>) -> Invocation {
        Invocation::new(self.clock.now(), Cause { kind, id: id.into() }, self.entropy.clone())
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
    actor: OnceLock<CauseKind>,
    /// Idempotency-Key of an API request, once its caller is admitted.
    claim: OnceLock<Claim>,
    /// Lease that it holds.
    held: Mutex<Option<Held>>,
    meter: Meter,
}

impl Invocation {
    /// An invocation at a moment, for a cause.
    pub fn new(now: Timestamp, cause: Cause, entropy: Entropy) -> Self {
        Self {
            now,
            entropy,
            cause,
            actor: OnceLock::new(),
            claim: OnceLock::new(),
            held: Mutex::new(None),
            meter: Meter::default(),
        }
    }

    /// The same moment for another cause, with a meter of its own: one message of a batch.
    #[must_use]
    pub fn part(&self, kind: CauseKind, id: impl Into<String>) -> Self {
        Self::new(self.now, Cause { kind, id: id.into() }, self.entropy.clone())
    }

    /// Names the actor of an API request, once its key is known. The first word stands: one request
    /// has one key.
    pub fn acts_as(&self, kind: CauseKind) {
        self.actor.get_or_init(|| kind);
    }

    /// Names the Idempotency-Key of an API request. The first word stands.
    pub fn claims(&self, claim: Claim) {
        self.claim.get_or_init(|| claim);
    }

    /// Idempotency-Key of the request, if it has one that counts.
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.get()
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
        let kind = self.actor.get().copied().unwrap_or(self.cause.kind);
        Cause { kind, id: self.cause.id.clone() }
    }

    /// Id of the cause: the event, the request or the schedule.
    pub fn cause_id(&self) -> &str {
        &self.cause.id
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
