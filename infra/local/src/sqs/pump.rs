//! Event source mappings: what takes messages from a queue and hands them to a function.

use std::collections::BTreeMap;
use std::sync::Arc;

use billing::time::Timestamp;
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use super::message::Message;
use super::queues::Queues;
use crate::pool::Pool;
use crate::template::{Mapping, Places};

/// Rounds of batches at one instant after which we call it an endless loop.
const ROUNDS_MAX: usize = 10_000;

/// All event source mappings.
#[derive(Debug)]
pub struct Pump {
    mappings: Vec<Mapping>,
    queues: Arc<Queues>,
    pool: Arc<Pool>,
    places: Places,
}

/// What a function answers that reports the messages which failed.
#[derive(Debug, Default, Deserialize)]
struct Report {
    #[serde(rename = "batchItemFailures", default)]
    failures: Option<Vec<Failure>>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    message: String,
}

impl Pump {
    /// Of the template's mappings.
    pub fn new(
        mappings: Vec<Mapping>,
        queues: Arc<Queues>,
        pool: Arc<Pool>,
        places: Places,
    ) -> Self {
        Self { mappings, queues, pool, places }
    }

    /// Time at which the next message becomes visible that a function takes.
    pub fn next_due(&self) -> Option<Timestamp> {
        let queues = self.mappings.iter().map(|mapping| &mapping.queue);
        queues.filter_map(|queue| self.queues.next_due(queue)).min()
    }

    /// Hands out everything that is visible now, and what becomes visible by doing so, and waits
    /// for the functions.
    pub async fn run_due(&self) {
        // Milliseconds for which each place of a mapping was busy at this instant: who comes next
        // begins behind that.
        let mut busy: BTreeMap<(&str, usize), u64> = BTreeMap::new();
        for _ in 0..ROUNDS_MAX {
            let batches = self.batches();
            if batches.is_empty() {
                return;
            }
            self.pool.announce(batches.len());
            // All are begun in this order, which a seeded run relies on.
            let runs = batches.into_iter().map(|(mapping, place, batch)| {
                let place = (mapping.queue.as_str(), place);
                let late = busy.get(&place).copied().unwrap_or_default();
                async move { (place, self.run(mapping, batch, late).await) }
            });
            let ended = join_all(runs).await;
            for (place, spent) in ended {
                let sum = busy.entry(place).or_default();
                *sum = sum.saturating_add(spent);
            }
        }
        warn!("stopped after {ROUNDS_MAX} rounds of messages at one instant");
    }

    /// Batches of what is visible, each with its place among those of its mapping.
    fn batches(&self) -> Vec<(&Mapping, usize, Vec<Message>)> {
        let mut batches = Vec::new();
        for mapping in &self.mappings {
            let max = usize::try_from(mapping.batch_max).unwrap_or(usize::MAX);
            let places = usize::try_from(mapping.concurrency_max).unwrap_or(usize::MAX);
            for place in 0..places {
                match self.queues.receive(&mapping.queue, max) {
                    Ok(batch) if !batch.is_empty() => batches.push((mapping, place, batch)),
                    // The template's check makes sure that the queue is there.
                    Ok(_) | Err(_) => break,
                }
            }
        }
        batches
    }

    /// Hands a batch to its function; the time that it took, in milliseconds.
    async fn run(&self, mapping: &Mapping, batch: Vec<Message>, late: u64) -> u64 {
        let event = event(&mapping.queue, &batch, &self.places);
        let invoked = self.pool.invoke_late(&mapping.function, &event, late).await;
        let spent = invoked.spent_milliseconds;
        let failed = match invoked.answer {
            Ok(answer) => failed(mapping, &batch, &answer),
            Err(error) => {
                warn!("{} failed with a batch: {error}", mapping.function);
                None
            }
        };
        // Without an answer that can be read, the whole batch becomes visible again in its time.
        let Some(failed) = failed else { return spent };
        for message in batch.iter().filter(|message| !failed.contains(&message.id)) {
            if let Some(receipt) = &message.receipt {
                // The queue is there: the batch came from it.
                let _ = self.queues.delete(&mapping.queue, receipt);
            }
        }
        spent
    }
}

/// The event of a batch, as text.
pub fn event(queue: &str, batch: &[Message], places: &Places) -> String {
    let records: Vec<Value> = batch.iter().map(|message| message.record(queue, places)).collect();
    json!({ "Records": records }).to_string()
}

/// The ids of the messages that failed, by Lambda's rules; none when the batch failed as a whole:
/// the answer cannot be read, or names a message that was not in it.
fn failed(mapping: &Mapping, batch: &[Message], answer: &str) -> Option<Vec<String>> {
    if !mapping.reports_failures {
        return Some(Vec::new());
    }
    let report: Option<Report> = serde_json::from_str(answer).ok()?;
    let failures = report.unwrap_or_default().failures.unwrap_or_default();
    let failed: Vec<String> = failures.into_iter().map(|failure| failure.message).collect();
    let known = |id: &String| batch.iter().any(|message| message.id == *id);
    failed.iter().all(known).then_some(failed)
}
