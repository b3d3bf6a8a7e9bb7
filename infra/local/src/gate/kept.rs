//! The gate's part of a kept world: all that it knows beside the table.

use dynoxide::Database;
use runtime::Entropy;
use runtime::entropy::Drawn;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::index::{Index, item_key, place_of};
use super::{Activity, Gate, Limits, Mode, Stream};
use crate::tasks::lock;

/// Mode in which calls pass, and counts so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    mode: Mode,
    limits: Limits,
    entropy: Option<Drawn>,
    begun: u64,
    stream: Stream,
    activity: Activity,
    told: u64,
}

impl Gate {
    /// To be kept.
    pub fn kept(&self) -> Kept {
        let state = lock(&self.state);
        Kept {
            mode: state.mode.clone(),
            limits: state.limits,
            entropy: state.entropy.drawn(),
            begun: state.begun,
            stream: state.stream.clone(),
            activity: state.activity,
            told: state.told,
        }
    }

    /// Goes on from what was kept, over a table with these items. The calls so far are forgotten.
    pub fn go_on<'a>(&self, kept: Kept, items: impl Iterator<Item = &'a Value>) {
        let mut index = Index::default();
        for item in items {
            if let Some(key) = item_key(item) {
                index.wrote(key, place_of(item), kept.activity.last_at);
            }
        }
        let mut state = lock(&self.state);
        state.mode = kept.mode;
        state.limits = kept.limits;
        if let Some(drawn) = kept.entropy {
            state.entropy = Entropy::from(drawn);
        }
        state.begun = kept.begun;
        state.stream.go_on(kept.stream);
        state.activity = kept.activity;
        state.told = kept.told;
        state.index = index;
        state.calls.clear();
        state.scripts.clear();
    }

    /// Number of invocations that ever began.
    pub fn begun(&self) -> u64 {
        lock(&self.state).begun
    }

    /// The embedded table.
    pub fn database(&self) -> &Database {
        &self.database
    }
}
