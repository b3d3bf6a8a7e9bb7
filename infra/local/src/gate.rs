//! The gate: every call that a function makes to AWS or Stripe passes it.
//!
//! It knows the live invocations, so it can answer in their place (throttled, conflict), let a call
//! time out before or after it took effect, or end an invocation as a crash would. In a stepped run
//! it lets one call through at a time, only when every live invocation waits at it, and the seed
//! picks which: the same seed gives the same run whatever the scheduler does. Functions make their
//! calls one after the other, or joined on one thread; this is what the stepping relies on.

mod answer;
mod connector;
mod cost;
mod faults;
mod index;
mod invocation;
mod kept;
mod limits;
mod operation;
mod stream;
#[cfg(test)]
mod tests;
mod token;
mod weather;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use billing::time::Timestamp;
use dynoxide::Database;
pub use index::item_key;
use index::{Index, ItemKey};
use runtime::Entropy;
use serde::{Deserialize, Serialize};
use stream::Stream;
use tokio::sync::{Notify, oneshot};

use crate::clock::VirtualClock;
use crate::tasks::lock;
use crate::template::{Places, Policy, Template};

pub use connector::{Client, client, endless_sleep, http_client};
pub use cost::{Cost, Units};
pub use faults::{Fault, Faults, Probability, Script};
pub use invocation::{Ended, Invocation, Tag};
pub use kept::Kept;
pub use limits::Limits;
pub use operation::Operation;
pub use stream::StreamRecord;
pub use weather::{Activity, COMPARES};

/// Calls that are kept for the control page and for tests.
pub const CALLS_MAX: usize = 10_000;

/// How calls pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// At once, with faults by chance.
    Free(Faults),
    /// One at a time, picked by the seed, with faults by chance.
    Stepped(Faults),
}

/// One call that passed, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Virtual time.
    pub at: Timestamp,
    /// The function's logical name.
    pub function: String,
    /// The invocation, counted from 1; 0 is outside of any.
    pub invocation: u64,
    /// Which call of its invocation, counted from 1.
    pub nth: u32,
    /// Such as `DynamoDB.TransactWriteItems` or `Stripe.POST /v1/customers`.
    pub operation: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What the table charged.
    pub cost: Cost,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With this HTTP status.
    Answered(u16),
    /// The function's policy in template.yaml does not allow it.
    Denied,
    /// By a fault; after [`Fault::TimeoutAfter`] and [`Fault::KillAfter`] it had taken effect.
    Faulted(Fault),
    /// Nobody answered.
    Unreachable,
    /// The invocation's time was over before the call, or while it took effect.
    OutOfTime,
}

/// The gate of one cloud.
pub struct Gate {
    state: Mutex<State>,
    clock: VirtualClock,
    places: Places,
    client: Client,
    database: Database,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    mode: Mode,
    entropy: Entropy,
    scripts: Vec<Script>,
    policies: BTreeMap<String, Policy>,
    /// Queue that a function takes messages from, by the function's logical name: its ARN.
    own_queues: BTreeMap<String, String>,
    live: BTreeMap<u64, Live>,
    begun: u64,
    /// Invocations that were announced and did not begin yet: nothing steps before they do.
    expected: usize,
    waiting: BTreeMap<(u64, u32), oneshot::Sender<Option<Fault>>>,
    /// Calls that were let through and are not back yet; counted in a stepped run only.
    passing: BTreeSet<(u64, u32)>,
    calls: VecDeque<Call>,
    limits: Limits,
    /// Services that do not answer.
    away: BTreeSet<&'static str>,
    /// Items that transactions under way hold, with the call that does.
    held: BTreeMap<ItemKey, (u64, u32)>,
    index: Index,
    stream: Stream,
    activity: Activity,
    /// Events that Stripe ever told.
    told: u64,
}

#[derive(Debug)]
struct Live {
    function: String,
    calls: u32,
    cost: Cost,
    kill: Arc<Notify>,
    is_out_of_time: bool,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gate({} live)", self.live())
    }
}

impl Gate {
    /// One that lets everything pass.
    pub fn new(
        clock: VirtualClock,
        places: Places,
        entropy: Entropy,
        (template, database): (&Template, Database),
    ) -> Self {
        let own_queues = template.mappings.iter();
        let own_queues = own_queues
            .map(|mapping| (mapping.function.clone(), places.queue_arn(&mapping.queue)))
            .collect();
        Self {
            state: Mutex::new(State {
                mode: Mode::Free(Faults::default()),
                entropy,
                scripts: Vec::new(),
                policies: template.policies(),
                own_queues,
                live: BTreeMap::new(),
                begun: 0,
                expected: 0,
                waiting: BTreeMap::new(),
                passing: BTreeSet::new(),
                calls: VecDeque::new(),
                limits: Limits::default(),
                away: BTreeSet::new(),
                held: BTreeMap::new(),
                index: Index::default(),
                stream: Stream::default(),
                activity: Activity::default(),
                told: 0,
            }),
            clock,
            places,
            client: client(),
            database,
            changed: Notify::new(),
        }
    }

    /// True if calls pass one at a time.
    pub fn is_stepped(&self) -> bool {
        matches!(lock(&self.state).mode, Mode::Stepped(_))
    }

    /// Changes how calls pass. The seed starts anew; calls that wait are let through by the new
    /// rules.
    pub fn set_mode(&self, mode: Mode, seed: u64) {
        let mut state = lock(&self.state);
        state.entropy = Entropy::seeded(seed);
        state.mode = mode;
        state.step();
    }

    /// How calls pass.
    pub fn mode(&self) -> Mode {
        lock(&self.state).mode.clone()
    }

    /// Lets limits hold from now on.
    pub fn set_limits(&self, limits: Limits) {
        lock(&self.state).limits = limits;
    }

    /// The limits that hold.
    pub fn limits(&self) -> Limits {
        lock(&self.state).limits
    }

    /// Lets services answer nothing from now on, such as `DynamoDB` and `Stripe`: calls to them
    /// hang until their clients give up, and take no effect.
    pub fn set_away(&self, services: &[&'static str]) {
        lock(&self.state).away = services.iter().copied().collect();
    }

    /// Lets one fault happen at a certain call of the next invocation that makes it.
    pub fn script(&self, script: Script) {
        lock(&self.state).scripts.push(script);
    }

    /// Scripts that did not happen yet.
    pub fn scripts_left(&self) -> usize {
        lock(&self.state).scripts.len()
    }

    /// Forgets the scripts that did not happen yet.
    pub fn forget_scripts(&self) {
        lock(&self.state).scripts.clear();
    }

    /// The calls so far, oldest first; the newest [`CALLS_MAX`].
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.state).calls.iter().cloned().collect()
    }

    /// The calls of one invocation.
    pub fn calls_of(&self, invocation: u64) -> Vec<Call> {
        let state = lock(&self.state);
        let calls = state.calls.iter();
        calls.filter(|call| call.invocation == invocation).cloned().collect()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        lock(&self.state).calls.clear();
    }

    /// Number of invocations that are live.
    pub fn live(&self) -> usize {
        lock(&self.state).live.len()
    }

    /// Waits until no invocation is live.
    pub async fn idle(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if lock(&self.state).live.is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// Announces so many invocations: in a stepped run nothing passes before they began, so that
    /// the seed chooses among all of them.
    pub fn expect(&self, invocations: usize) {
        let mut state = lock(&self.state);
        state.expected = state.expected.saturating_add(invocations);
    }
}

impl State {
    /// In a stepped run: lets one call through when every live invocation waits. In a free one:
    /// lets through whatever still waits from before.
    fn step(&mut self) {
        match self.mode {
            Mode::Free(_) => {
                for (_, waiter) in std::mem::take(&mut self.waiting) {
                    // A caller that is gone does not mind.
                    let _ = waiter.send(None);
                }
            }
            Mode::Stepped(_) => {
                while self.all_wait() {
                    if self.let_one_through() {
                        return;
                    }
                }
            }
        }
    }

    fn all_wait(&self) -> bool {
        let waits = |id: &u64| {
            let mut calls = self.waiting.range((*id, 0)..=(*id, u32::MAX));
            calls.next().is_some()
        };
        self.expected == 0
            && self.passing.is_empty()
            && !self.waiting.is_empty()
            && self.live.keys().all(waits)
    }

    /// True if somebody took it: a call that was given up while it waited is skipped.
    fn let_one_through(&mut self) -> bool {
        let count = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        let pick = usize::try_from(self.entropy.below(count)).unwrap_or(0);
        let Some(key) = self.waiting.keys().nth(pick).copied() else {
            return false;
        };
        let Some(waiter) = self.waiting.remove(&key) else {
            return false;
        };
        let fault = self.fault(key);
        if waiter.send(fault).is_err() {
            return false;
        }
        self.passing.insert(key);
        true
    }

    /// The fault that a call meets, by script first and by chance else.
    fn fault(&mut self, (invocation, nth): (u64, u32)) -> Option<Fault> {
        if self.held.values().any(|holder| *holder == (invocation, nth)) {
            // Its second turn: it met its fault at the first.
            return None;
        }
        let function = &self.live.get(&invocation)?.function;
        let scripted = self
            .scripts
            .iter()
            .position(|script| script.call == nth && script.function == *function);
        if let Some(at) = scripted {
            return Some(self.scripts.remove(at).fault);
        }
        let (Mode::Free(faults) | Mode::Stepped(faults)) = &self.mode;
        faults.draw(&self.entropy)
    }

    fn record(&mut self, call: Call) {
        if let Some(live) = self.live.get_mut(&call.invocation) {
            live.cost = live.cost.and(call.cost);
        }
        if self.calls.len() >= CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }
}
