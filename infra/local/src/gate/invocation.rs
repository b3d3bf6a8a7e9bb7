//! Live invocations: which one a call belongs to, and how one ends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use runtime::Stopwatch;
use tokio::sync::Notify;

use super::cost::Cost;
use super::{Gate, Live};
use crate::tasks::lock;

/// What ties an instance's HTTP client to the invocation that the instance serves just now.
#[derive(Debug)]
pub struct Tag {
    function: String,
    current: Mutex<Option<u64>>,
    stopwatch: Stopwatch,
    /// Milliseconds by which the invocation began later than the clock says.
    began_late: AtomicU64,
}

/// Reason why the gate ended an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By a fault.
    Killed,
    /// Its time was over.
    OutOfTime,
}

impl Tag {
    /// Of a new instance of a function.
    pub fn new(function: &str) -> Arc<Self> {
        Arc::new(Self {
            function: function.to_owned(),
            current: Mutex::new(None),
            stopwatch: Stopwatch::simulated(),
            began_late: AtomicU64::new(0),
        })
    }

    /// The stopwatch of the invocations of its instance.
    pub fn stopwatch(&self) -> &Stopwatch {
        &self.stopwatch
    }

    /// Milliseconds by which the invocation is later than the clock says.
    pub fn late_milliseconds(&self) -> u64 {
        self.began_late.load(Ordering::Relaxed).saturating_add(self.stopwatch.spent_milliseconds())
    }

    /// The function's logical name.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The invocation that its instance serves just now.
    pub fn invocation(&self) -> Option<u64> {
        *lock(&self.current)
    }
}

/// A live invocation; it ends when this is dropped.
#[derive(Debug)]
pub struct Invocation {
    gate: Arc<Gate>,
    tag: Arc<Tag>,
    id: u64,
    kill: Arc<Notify>,
}

impl Invocation {
    /// Begins, so many milliseconds later than the clock says, with a time limit in seconds.
    pub fn begin(gate: &Arc<Gate>, tag: &Arc<Tag>, (late, limit): (u64, u32)) -> Self {
        tag.began_late.store(late, Ordering::Relaxed);
        tag.stopwatch.restart(u64::from(limit).saturating_mul(1_000));
        let kill = Arc::new(Notify::new());
        let id = {
            let mut state = lock(&gate.state);
            state.begun = state.begun.saturating_add(1);
            state.expected = state.expected.saturating_sub(1);
            let id = state.begun;
            let live = Live {
                function: tag.function.clone(),
                calls: 0,
                cost: Cost::default(),
                kill: kill.clone(),
                is_out_of_time: false,
            };
            state.live.insert(id, live);
            id
        };
        *lock(&tag.current) = Some(id);
        Self { gate: gate.clone(), tag: tag.clone(), id, kill }
    }

    /// Counted from 1.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Resolves when the gate ends it, with the reason.
    pub async fn killed(&self) -> Ended {
        self.kill.notified().await;
        let state = lock(&self.gate.state);
        let is_out_of_time = state.live.get(&self.id).is_some_and(|live| live.is_out_of_time);
        if is_out_of_time { Ended::OutOfTime } else { Ended::Killed }
    }

    /// Time on its stopwatch, in milliseconds.
    pub fn spent_milliseconds(&self) -> u64 {
        self.tag.stopwatch.spent_milliseconds()
    }

    /// What its calls cost so far, and how many they are.
    pub fn spent(&self) -> (Cost, u32) {
        let state = lock(&self.gate.state);
        let live = state.live.get(&self.id);
        live.map_or((Cost::default(), 0), |live| (live.cost, live.calls))
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        *lock(&self.tag.current) = None;
        let mut state = lock(&self.gate.state);
        state.live.remove(&self.id);
        let id = self.id;
        state.waiting.retain(|(invocation, _), _| *invocation != id);
        state.step();
        drop(state);
        self.gate.changed.notify_waiters();
    }
}
