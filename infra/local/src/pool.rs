//! Lambda: warm instances of each function, one invocation at a time in each.
//!
//! An instance is built when no warm one is free, with the environment that template.yaml resolves
//! to. It is dropped, as Lambda drops a sandbox, when an invocation is killed, panics or takes too
//! long.

#[cfg(test)]
pub(crate) mod stub;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use catalog::Catalog;
use futures_util::FutureExt;
use runtime::{Clock, Entropy, Environment, Host};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::{Instrument, info_span};

use crate::gate::{self, Cost, Ended, Gate, Invocation, Tag};
use crate::handler::{Handler, HandlerError};
use crate::tasks::lock;
use crate::template::Function;

/// Instances of one function at one time; more invocations wait, as callers would be throttled.
pub const INSTANCES_MAX: usize = 50;

/// In a stepped run an invocation mostly waits for its turn: its time-out, which is wall time, is
/// so many times as long, so that it does not end a run that another machine would have finished.
const STEPPED_PATIENCE: u32 = 60;

/// All functions.
#[derive(Debug)]
pub struct Pool {
    functions: BTreeMap<String, Warm>,
    gate: Arc<Gate>,
    clock: Clock,
    entropy: Entropy,
    catalog: Catalog,
}

#[derive(Debug)]
struct Warm {
    function: Function,
    permits: Semaphore,
    instances: Mutex<Vec<Instance>>,
    starts: Mutex<u64>,
}

#[derive(Debug)]
struct Instance {
    handler: Handler,
    tag: Arc<Tag>,
}

/// What became of an invocation.
#[derive(Debug)]
pub struct Invoked {
    /// Its number at the gate; 0 when it did not begin.
    pub id: u64,
    /// The text of its answer.
    pub answer: Result<String, InvokeError>,
    /// What its calls to the table cost.
    pub cost: Cost,
    /// How many calls it made.
    pub calls: u32,
    /// Wall time.
    pub took: Duration,
    /// Time on its stopwatch, in milliseconds.
    pub spent_milliseconds: u64,
}

/// An invocation without an answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No such function in template.yaml.
    #[error("there is no function `{0}`")]
    Unknown(String),
    /// It could not be built, or did not understand.
    #[error(transparent)]
    Handler(#[from] HandlerError),
    /// The gate ended it.
    #[error("the invocation was killed")]
    Killed,
    /// It panicked.
    #[error("the function panicked")]
    Panicked,
    /// It took longer than its `Timeout`.
    #[error("the invocation took longer than {0} seconds")]
    TimedOut(u32),
}

impl Pool {
    /// Of the template's functions, with `extra` variables that AWS would set.
    pub fn new(
        functions: &BTreeMap<String, Function>,
        extra: &BTreeMap<String, String>,
        gate: Arc<Gate>,
        clock: Clock,
        entropy: Entropy,
        catalog: Catalog,
    ) -> Self {
        let warm = functions.iter().map(|(name, function)| {
            let mut function = function.clone();
            let extra = extra.iter().map(|(name, value)| (name.clone(), value.clone()));
            function.environment.extend(extra);
            let warm = Warm {
                function,
                permits: Semaphore::new(INSTANCES_MAX),
                instances: Mutex::new(Vec::new()),
                starts: Mutex::new(0),
            };
            (name.clone(), warm)
        });
        Self { functions: warm.collect(), gate, clock, entropy, catalog }
    }

    /// Queue of a function's asynchronous invocations that failed each time.
    pub fn failure_queue(&self, function: &str) -> Option<&str> {
        self.functions.get(function)?.function.on_failure.as_deref()
    }

    /// The gate that its functions' calls pass.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// How many cold starts a function had.
    pub fn starts(&self, function: &str) -> u64 {
        let warm = self.functions.get(function);
        warm.map_or(0, |warm| *lock(&warm.starts))
    }

    /// Lets go of all warm instances, with what they remember.
    pub fn forget_instances(&self) {
        for warm in self.functions.values() {
            lock(&warm.instances).clear();
        }
    }

    /// Builds an instance of each function, so that a wrong configuration shows at the start.
    pub fn warm_up(&self) -> Result<(), HandlerError> {
        for (name, warm) in &self.functions {
            let instance = self.start(name, warm)?;
            lock(&warm.instances).push(instance);
        }
        Ok(())
    }

    /// Says how many invocations are about to begin, so that the seed of a stepped run chooses
    /// among all of them. More than a function's instances cannot begin at once.
    pub fn announce(&self, invocations: usize) {
        if self.gate.is_stepped() {
            self.gate.expect(invocations.min(INSTANCES_MAX));
        }
    }

    /// Invokes a function and waits for what becomes of it.
    pub async fn invoke(&self, function: &str, event: &str) -> Invoked {
        self.invoke_late(function, event, 0).await
    }

    /// Invokes a function `late` milliseconds after the time of the clock: behind the invocations
    /// that the caller waited for at one instant.
    pub async fn invoke_late(&self, function: &str, event: &str, late: u64) -> Invoked {
        let Some(warm) = self.functions.get(function) else {
            return Invoked::not_begun(InvokeError::Unknown(function.to_owned()));
        };
        // The semaphore is never closed, so an error cannot come.
        let _permit = warm.permits.acquire().await.ok();
        let free = lock(&warm.instances).pop();
        let instance = match free.map_or_else(|| self.start(function, warm), Ok) {
            Ok(instance) => instance,
            Err(error) => return Invoked::not_begun(error.into()),
        };
        let limit = warm.function.timeout_seconds;
        let invocation = Invocation::begin(&self.gate, &instance.tag, (late, limit));
        let span = info_span!("invocation", function, id = invocation.id());
        let began = now();
        let mut timeout_seconds = limit;
        if self.gate.is_stepped() {
            timeout_seconds = timeout_seconds.saturating_mul(STEPPED_PATIENCE);
        }
        let answer =
            run(&instance, &invocation, (limit, timeout_seconds), event).instrument(span).await;
        let (cost, calls) = invocation.spent();
        let spent_milliseconds = invocation.spent_milliseconds();
        let id = invocation.id();
        // The instance is free, or gone, before the gate hears of the end and lets others go on.
        match &answer {
            Ok(_) => lock(&warm.instances).push(instance),
            Err(_) => drop(instance),
        }
        drop(invocation);
        Invoked { id, answer, cost, calls, took: began.elapsed(), spent_milliseconds }
    }

    fn start(&self, name: &str, warm: &Warm) -> Result<Instance, HandlerError> {
        let tag = Tag::new(name);
        let host = Host {
            environment: warm.function.environment.clone().into_iter().collect::<Environment>(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            http: gate::http_client(self.gate.clone(), tag.clone()),
            sleep: gate::endless_sleep(),
            stopwatch: tag.stopwatch().clone(),
        };
        let handler = Handler::start(&warm.function.binary, &host, &self.catalog)?;
        let mut starts = lock(&warm.starts);
        *starts = starts.saturating_add(1);
        Ok(Instance { handler, tag })
    }
}

impl Invoked {
    fn not_begun(error: InvokeError) -> Self {
        Self {
            id: 0,
            answer: Err(error),
            cost: Cost::default(),
            calls: 0,
            took: Duration::ZERO,
            spent_milliseconds: 0,
        }
    }
}

async fn run(
    instance: &Instance,
    invocation: &Invocation,
    (limit_seconds, timeout_seconds): (u32, u32),
    event: &str,
) -> Result<String, InvokeError> {
    let handled = AssertUnwindSafe(Box::pin(instance.handler.handle(event))).catch_unwind();
    let limit = Duration::from_secs(timeout_seconds.into());
    tokio::select! {
        biased;
        ended = invocation.killed() => Err(match ended {
            Ended::Killed => InvokeError::Killed,
            Ended::OutOfTime => InvokeError::TimedOut(limit_seconds),
        }),
        answer = tokio::time::timeout(limit, handled) => match answer {
            Ok(Ok(answer)) => Ok(answer?),
            Ok(Err(_)) => Err(InvokeError::Panicked),
            Err(_) => Err(InvokeError::TimedOut(timeout_seconds)),
        },
    }
}

/// The wall's time, to measure by.
fn now() -> Instant {
    Instant::now()
}
