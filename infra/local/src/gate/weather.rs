//! Limits at a call that passes: time on the invocation's stopwatch, items that another transaction
//! holds, an index that is behind; and what the index and the schedules learn from a call that
//! passed.

use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use billing::time::Timestamp;
use dynoxide::actions::get_item::GetItemRequest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::index::{ItemKey, place_of};
use super::operation::{After, Operation, Written};
use super::{Fault, Gate, Limits, State, limits};
use crate::tasks::lock;

/// Partition of what is proven of our books.
const PROOF: &str = "PROOF";

/// Latest calls among which those of a schedule's invocation are, when it ends.
const CALLS_OF_A_SCHEDULE_MAX: usize = 500;
/// Function that compares every account with Stripe, in pages that it sends to itself: what differs
/// it changes, and the rest is no reason for any schedule to fire.
pub const COMPARES: &str = "Reconcile";

/// Work of functions that can make the next firing of a schedule find something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Activity {
    /// Writes of the table that were committed, calls that change something at Stripe, and rounds
    /// in which Stripe told of something.
    pub changes: u64,
    /// Messages sent, in requests, without those with which schedules begin, the pages of a walk,
    /// and those of [`COMPARES`] to itself.
    pub sends: u64,
    /// Time at which the last of either was.
    pub last_at: Timestamp,
}

/// Items held by a call, until its answer is there.
#[derive(Debug)]
pub struct Holding<'a> {
    gate: &'a Gate,
    key: (u64, u32),
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        lock(&self.gate.state).held.retain(|_, holder| *holder != self.key);
    }
}

/// Outcome of the try to hold the items of a write.
#[derive(Debug)]
pub enum Hold<'a> {
    /// Another transaction holds the item at that place of the write.
    Taken(usize),
    /// A transaction holds its items.
    Held(Holding<'a>),
    /// The call holds nothing: it reads, or is a single write.
    Nothing,
}

impl Gate {
    /// Work that functions did so far.
    pub fn activity(&self) -> Activity {
        lock(&self.state).activity
    }

    /// Takes off what an invocation sent that a schedule started: it is no reason for another to
    /// fire.
    pub fn is_scheduled(&self, invocation: u64) {
        let mut state = lock(&self.state);
        let latest = state.calls.iter().rev().take(CALLS_OF_A_SCHEDULE_MAX);
        let calls = latest.filter(|call| call.invocation == invocation);
        let calls = calls.filter(|call| call.function != COMPARES);
        let sends = calls.filter(|call| call.operation.starts_with("SQS.")).count();
        let sends = u64::try_from(sends).unwrap_or(0);
        state.activity.sends = state.activity.sends.saturating_sub(sends);
    }

    /// Learns how many events Stripe ever told: a new one, delivered or not, is something to find.
    pub fn hears(&self, told: u64) {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        if state.told != told {
            state.told = told;
            state.activity.changes = state.activity.changes.saturating_add(1);
            state.activity.last_at = now;
        }
    }

    /// Time at which the next entry of the index that names a time behind a moment falls due.
    pub fn next_entry(&self, behind: Timestamp) -> Option<Timestamp> {
        lock(&self.state).index.next_due(behind)
    }

    /// Fault of a call to a service that is away; it comes before every other fault.
    pub(super) fn away(&self, operation: &Operation) -> Option<Fault> {
        let is_away = lock(&self.state).away.contains(operation.service);
        is_away.then_some(Fault::TimeoutBefore)
    }

    /// Time that a call takes which meets that fault, or none.
    pub(super) fn time(&self, operation: &Operation, fault: Option<Fault>) -> Duration {
        let state = lock(&self.state);
        if state.away.contains(operation.service) {
            return limits::patience(operation.service);
        }
        if !state.limits.latency {
            return Duration::ZERO;
        }
        match fault {
            Some(Fault::TimeoutBefore | Fault::TimeoutAfter) => limits::patience(operation.service),
            Some(Fault::Throttle | Fault::Conflict | Fault::KillBefore | Fault::KillAfter)
            | None => limits::time(operation.service, &state.entropy),
        }
    }

    /// Holds the items of a transaction, if limits have it so.
    pub(super) fn hold(&self, operation: &Operation, key: (u64, u32)) -> Hold<'_> {
        let mut state = lock(&self.state);
        if !state.limits.conflicts || operation.writes.is_empty() {
            return Hold::Nothing;
        }
        let taken = |written: &Written| {
            written.item.as_ref().is_some_and(|item| state.held.contains_key(item))
        };
        if let Some(place) = operation.writes.iter().position(taken) {
            return Hold::Taken(place);
        }
        if operation.name != "TransactWriteItems" {
            return Hold::Nothing;
        }
        for item in operation.writes.iter().filter_map(|written| written.item.clone()) {
            state.held.insert(item, key);
        }
        Hold::Held(Holding { gate: self, key })
    }

    /// Learns from a call of a function that was answered.
    pub(super) fn learn(&self, function: &str, operation: &Operation, is_success: bool) {
        let now = self.clock.now();
        let is_write = operation.service == "DynamoDB" && !operation.writes.is_empty();
        if is_write && is_success {
            for written in &operation.writes {
                self.learn_write(written, now);
            }
        }

        let mut state = lock(&self.state);
        let is_own = function == COMPARES && state.sends_to_itself(function, operation);
        let activity = &mut state.activity;
        let of_proof = |(pk, _): &ItemKey| pk == PROOF;
        let is_proof =
            operation.writes.iter().all(|written| written.item.as_ref().is_some_and(of_proof));
        // What is only looked at, and up to when, gives no schedule something to find.
        let is_look = operation.name.starts_with("GET ");
        let is_change = if operation.service == "Stripe" {
            !is_look
        } else {
            is_write && is_success && !is_proof
        };
        if is_change {
            activity.changes = activity.changes.saturating_add(1);
            activity.last_at = now;
        } else if operation.service == "SQS" && !is_own {
            activity.sends = activity.sends.saturating_add(1);
            activity.last_at = now;
        }
    }

    fn learn_write(&self, written: &Written, now: Timestamp) {
        let Some(item) = &written.item else { return };
        let after = match &written.after {
            After::At(place) => place.clone(),
            After::Updated => self.place(&written.table, item),
            After::Unchanged => return,
        };
        let mut state = lock(&self.state);
        state.stream.wrote(written, now);
        state.index.wrote(item.clone(), after, now);
    }

    /// Place in the index of an item that an update may have moved.
    fn place(&self, table: &str, (pk, sk): &ItemKey) -> Option<(String, String)> {
        let request =
            json!({ "TableName": table, "Key": { "pk": { "S": pk }, "sk": { "S": sk } } });
        let request: GetItemRequest = serde_json::from_value(request).ok()?;
        let answer = self.database.get_item(request).ok()?;
        place_of(&serde_json::to_value(answer.item?).ok()?)
    }

    /// An answer to a query of the index as it was some writes ago.
    pub(super) fn behind(&self, operation: &Operation, body: SdkBody) -> SdkBody {
        let now = self.clock.now();
        let state = lock(&self.state);
        let (Some(range), Some(writes)) = (&operation.range, state.lag()) else { return body };
        let Some(mut answer) =
            body.bytes().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok())
        else {
            return body;
        };
        state.index.behind(&mut answer, range, writes, now);
        SdkBody::from(answer.to_string())
    }
}

impl State {
    /// True if a function sends to the queue that it takes messages from.
    fn sends_to_itself(&self, function: &str, operation: &Operation) -> bool {
        let own = self.own_queues.get(function);
        own.is_some_and(|queue| operation.needs.iter().all(|need| need.resource == *queue))
    }

    /// Writes that a query is behind; none where limits do not have it so.
    fn lag(&self) -> Option<usize> {
        let Limits { index_lag_writes, .. } = self.limits;
        let writes = self.entropy.below(index_lag_writes.saturating_add(1));
        usize::try_from(writes).ok().filter(|writes| *writes > 0)
    }
}
