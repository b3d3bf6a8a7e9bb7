//! Live invocations: which one a call belongs to, and how one ends.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::cost::Cost;
use super::{Gate, Live};
use crate::tasks::lock;

/// What ties an instance's HTTP client to the invocation that the instance serves just now.
#[derive(Debug)]
pub struct Tag {
    function: String,
    current: Mutex<Option<u64>>,
}

impl Tag {
    /// Of a new instance of a function.
    pub fn new(function: &str) -> Arc<Self> {
        Arc::new(Self { function: function.to_owned(), current: Mutex::new(None) })
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
    /// Begins.
    pub fn begin(gate: &Arc<Gate>, tag: &Arc<Tag>) -> Self {
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

    /// Resolves when the gate ends it.
    pub async fn killed(&self) {
        self.kill.notified().await;
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
