//! The table's stream: records of writes that a function's filter lets through, handed over in
//! batches.
//!
//! The records come from the gate, which sees each committed write: the embedded table keeps none.
//! So a put under the condition that its item is new is an `INSERT`, any other a `MODIFY`, and the
//! new image has keys alone, of the table and of the index. A batch that fails comes again with
//! half of its records, after a minute; a record that is a day old is gone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use billing::time::{DAY_SECONDS, Timestamp};
use runtime::Entropy;
use runtime::entropy::Drawn;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::warn;

use crate::gate::{Gate, StreamRecord};
use crate::pool::Pool;
use crate::tasks::lock;
use crate::template::StreamMapping;

/// Time for which the stream keeps a record, in seconds.
const KEPT_SECONDS: i64 = DAY_SECONDS;
/// Time after which a failed batch comes again, in seconds.
const RETRY_SECONDS: i64 = 60;
/// One batch of so many is handed over twice, where disorder holds.
const AGAIN_ONE_IN: u64 = 4;

/// Every event source mapping of the stream.
#[derive(Debug)]
pub struct Streams {
    mappings: Vec<StreamMapping>,
    gate: Arc<Gate>,
    pool: Arc<Pool>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Waiting records of each mapping, in order.
    waiting: Vec<VecDeque<StreamRecord>>,
    /// Most records of the next batch of each mapping, behind a failure.
    halved: Vec<Option<usize>>,
    /// Time before which nothing is handed over, behind a failure.
    not_before: Timestamp,
    is_away: bool,
    disorder: Option<Entropy>,
}

/// Records that wait, in a kept world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// By the name of the function that takes it: its records, and most of the next batch.
    mappings: BTreeMap<String, (VecDeque<StreamRecord>, Option<usize>)>,
    not_before: Timestamp,
    disorder: Option<Drawn>,
}

impl Streams {
    /// Mappings of the template. From now on the gate keeps the records that their filters let
    /// through.
    pub fn new(mappings: Vec<StreamMapping>, gate: Arc<Gate>, pool: Arc<Pool>) -> Self {
        gate.keep_stream(mappings.iter().flat_map(|mapping| mapping.filters.clone()).collect());
        let state = State {
            waiting: mappings.iter().map(|_| VecDeque::new()).collect(),
            halved: vec![None; mappings.len()],
            ..State::default()
        };
        Self { mappings, gate, pool, state: Mutex::new(state) }
    }

    /// Hands nothing over from now on, as if the event source mappings were switched off, or lets
    /// them go on.
    pub fn set_away(&self, is_away: bool) {
        lock(&self.state).is_away = is_away;
    }

    /// Shuffles records of different items, and hands a batch over twice now and then.
    pub fn set_disorder(&self, chance: Option<Entropy>) {
        lock(&self.state).disorder = chance;
    }

    /// Records that wait, of all mappings.
    pub fn depth(&self) -> usize {
        self.learn();
        lock(&self.state).waiting.iter().map(VecDeque::len).sum()
    }

    /// Time at which something is handed over next.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        self.learn();
        let state = lock(&self.state);
        let waits = state.waiting.iter().any(|records| !records.is_empty());
        (waits && !state.is_away).then(|| state.not_before.max(now))
    }

    /// Hands over everything that waits, and waits for the functions; the number of invocations.
    pub async fn run_due(&self, now: Timestamp) -> usize {
        let mut started: usize = 0;
        self.learn();
        for (place, mapping) in self.mappings.iter().enumerate() {
            while let Some(batch) = self.take(place, mapping, now) {
                started = started.saturating_add(1);
                if !self.hand_over(mapping, &batch).await {
                    self.put_back(place, batch, now);
                    break;
                }
                self.succeeded(place, batch);
            }
        }
        started
    }

    /// To be kept.
    pub fn kept(&self) -> Kept {
        self.learn();
        let state = lock(&self.state);
        let each = self.mappings.iter().zip(&state.waiting).zip(&state.halved);
        let each = each.map(|((mapping, waiting), halved)| {
            (mapping.function.clone(), (waiting.clone(), *halved))
        });
        let disorder = state.disorder.as_ref().and_then(Entropy::drawn);
        Kept { mappings: each.collect(), not_before: state.not_before, disorder }
    }

    /// Goes on from what was kept.
    pub fn go_on(&self, mut kept: Kept) {
        let each = self.mappings.iter();
        let each = each.map(|mapping| kept.mappings.remove(&mapping.function).unwrap_or_default());
        let (waiting, halved) = each.unzip();
        let mut state = lock(&self.state);
        let disorder = kept.disorder.map(Entropy::from);
        *state = State {
            waiting,
            halved,
            not_before: kept.not_before,
            disorder,
            is_away: state.is_away,
        };
    }

    /// Takes what the gate has kept.
    fn learn(&self) {
        let records = self.gate.take_stream();
        if records.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        for (mapping, waiting) in self.mappings.iter().zip(state.waiting.iter_mut()) {
            waiting.extend(records.iter().filter(|it| mapping.takes(&it.value)).cloned());
        }
    }

    /// The next batch of a mapping; none while it waits, or is switched off.
    fn take(
        &self,
        place: usize,
        mapping: &StreamMapping,
        now: Timestamp,
    ) -> Option<Vec<StreamRecord>> {
        let mut state = lock(&self.state);
        if state.is_away || state.not_before > now {
            return None;
        }
        let largest = usize::try_from(mapping.batch_max).unwrap_or(usize::MAX);
        let most = state.halved.get(place).copied().flatten().unwrap_or(largest);
        let disorder = state.disorder.clone();
        let waiting = state.waiting.get_mut(place)?;
        waiting.retain(|record| record.at.plus_seconds(KEPT_SECONDS) > now);
        let length = waiting.len().min(most);
        let mut batch: Vec<StreamRecord> = waiting.drain(..length).collect();
        if let Some(chance) = disorder {
            shuffle(&mut batch, &chance);
        }
        (!batch.is_empty()).then_some(batch)
    }

    async fn hand_over(&self, mapping: &StreamMapping, batch: &[StreamRecord]) -> bool {
        let records: Vec<&Value> = batch.iter().map(|record| &record.value).collect();
        let event = json!({ "Records": records }).to_string();
        self.pool.announce(1);
        match self.pool.invoke(&mapping.function, &event).await.answer {
            Ok(answer) => {
                let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
                let failures = answer.get("batchItemFailures").and_then(Value::as_array);
                let failures = failures.map_or(0, Vec::len);
                failures == 0 || !mapping.reports_failures
            }
            Err(error) => {
                warn!("{} failed with a batch of the stream: {error}", mapping.function);
                false
            }
        }
    }

    fn put_back(&self, place: usize, batch: Vec<StreamRecord>, now: Timestamp) {
        let mut state = lock(&self.state);
        state.not_before = now.plus_seconds(RETRY_SECONDS);
        let half = batch.len().div_euclid(2).max(1);
        if let Some(halved) = state.halved.get_mut(place) {
            *halved = Some(half);
        }
        if let Some(waiting) = state.waiting.get_mut(place) {
            for record in batch.into_iter().rev() {
                waiting.push_front(record);
            }
        }
    }

    fn succeeded(&self, place: usize, batch: Vec<StreamRecord>) {
        let mut state = lock(&self.state);
        if let Some(halved) = state.halved.get_mut(place) {
            *halved = None;
        }
        let comes_again =
            state.disorder.as_ref().is_some_and(|chance| chance.below(AGAIN_ONE_IN) == 0);
        if let Some(waiting) = state.waiting.get_mut(place).filter(|_| comes_again) {
            waiting.extend(batch);
        }
    }
}

fn shuffle(batch: &mut [StreamRecord], chance: &Entropy) {
    for place in (1..batch.len()).rev() {
        let limit = u64::try_from(place).unwrap_or(0).saturating_add(1);
        let other = usize::try_from(chance.below(limit)).unwrap_or(0);
        batch.swap(place, other);
    }
}
