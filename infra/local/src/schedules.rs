//! `EventBridge` Scheduler: functions that are started by the virtual clock.
//!
//! A schedule hands its function the template's `Input`, with Scheduler's context attribute
//! `<aws.scheduler.scheduled-time>` put in. A rate begins to count when the cloud starts, at which
//! AWS would fire for the first time. Scheduler invokes asynchronously: a function that fails, or
//! is killed, is tried twice more by Lambda, after one minute and after two, and then told to its
//! failure destination. A firing that would find nothing to do, because nothing changed and nothing
//! fell due since the last, is skipped: so a year of the clock costs what happens in it.

mod expression;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use billing::time::Timestamp;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::warn;

use crate::gate::{Activity, COMPARES};
use crate::pool::Pool;
use crate::sqs::{Queues, Sent};
use crate::tasks::lock;
use crate::template::Schedule;

pub use expression::{EXPECTED, Expression};

/// What stands in an `Input` for the time at which the schedule was to fire.
const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";
/// What Scheduler hands over when the template says nothing.
pub const NO_INPUT: &str = "{}";
/// How often Lambda tries an asynchronous invocation.
const ATTEMPTS_MAX: u32 = 3;
/// How much later each time, in seconds.
const RETRY_SECONDS: i64 = 60;

/// Longest time for which a firing with nothing to do is taken for granted, in seconds: what is
/// written into the table past the gate, as by a test, is found by then, and what failed is tried
/// again.
const IDLE_SECONDS: i64 = 24 * 3_600;
/// Longest such time of the function that compares every account with Stripe: it doubles with each
/// firing that changed nothing, because Stripe's events are heard.
const COMPARES_SECONDS_MAX: i64 = 7 * 24 * 3_600;

/// All schedules of the template, and what of them is to come.
#[derive(Debug)]
pub struct Schedules {
    all: Vec<Schedule>,
    pool: Arc<Pool>,
    queues: Arc<Queues>,
    coming: Mutex<Vec<Firing>>,
    /// True if firings that would find nothing happen too.
    fires_idle: bool,
    /// The last firing of each schedule, by its place.
    fired: Mutex<BTreeMap<usize, Fired>>,
}

/// A schedule fires, or its function is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Firing {
    at: Timestamp,
    /// Its place among the schedules.
    schedule: usize,
    /// Time at which it was to fire.
    scheduled_for: Timestamp,
    /// From 1.
    attempt: u32,
}

/// A firing that ended well.
///
/// The next one has nothing to do as long as nothing was changed since the function began, no
/// message was sent since it ended, and no entry of the index has fallen due: a walk begins with
/// the index, and reads what it finds there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Fired {
    at: Timestamp,
    /// Time for which the next one is taken for granted, in seconds.
    idle_seconds: i64,
    /// Changes before it.
    changes: u64,
    /// Messages sent up to its end.
    sends: u64,
}

impl Fired {
    /// True if nothing happened since that it could find.
    fn is_idle(&self, activity: Activity) -> bool {
        activity.changes == self.changes && activity.sends == self.sends
    }

    /// Latest time at which the next one fires although nothing happened.
    fn longest(&self) -> Timestamp {
        self.at.plus_seconds(self.idle_seconds)
    }
}

/// Next firing of each schedule, by its name, in a kept world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    coming: Vec<(String, Firing)>,
    fired: BTreeMap<String, Fired>,
}

impl Schedules {
    /// Made at a moment. `queues` are where invocations go that failed each time.
    pub fn new(
        schedules: Vec<Schedule>,
        pool: Arc<Pool>,
        (queues, now): (Arc<Queues>, Timestamp),
    ) -> Self {
        let firings = schedules.iter().enumerate();
        let coming = firings.filter_map(|(at, schedule)| first(at, schedule, now)).collect();
        let (coming, fired) = (Mutex::new(coming), Mutex::default());
        Self { all: schedules, pool, queues, coming, fires_idle: false, fired }
    }

    /// The same, with firings that would find nothing too: to show that they change nothing.
    #[must_use]
    pub fn firing_idle(self) -> Self {
        Self { fires_idle: true, ..self }
    }

    /// To be kept.
    pub fn kept(&self) -> Kept {
        let name = |at: usize| self.all.get(at).map(|schedule| schedule.name.clone());
        let coming = lock(&self.coming);
        let coming = coming.iter().filter_map(|it| Some((name(it.schedule)?, *it)));
        let fired = lock(&self.fired);
        let fired = fired.iter().filter_map(|(at, fired)| Some((name(*at)?, *fired)));
        Kept { coming: coming.collect(), fired: fired.collect() }
    }

    /// Goes on from what was kept at that time. A schedule that was not there begins anew.
    pub fn go_on(&self, kept: Kept, now: Timestamp) {
        let place = |name: &str| self.all.iter().position(|schedule| schedule.name == name);
        let coming = kept.coming.iter();
        let coming = coming.filter_map(|(name, it)| Some(Firing { schedule: place(name)?, ..*it }));
        let mut coming: Vec<Firing> = coming.collect();
        let known = |at: usize| coming.iter().any(|firing| firing.schedule == at);
        let new = self.all.iter().enumerate().filter(|(at, _)| !known(*at));
        let new: Vec<Firing> = new.filter_map(|(at, it)| first(at, it, now)).collect();
        coming.extend(new);
        *lock(&self.coming) = coming;
        let fired = kept.fired.into_iter();
        *lock(&self.fired) = fired.filter_map(|(name, it)| Some((place(&name)?, it))).collect();
    }

    /// Time at which one fires next that may find something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        lock(&self.coming).iter().map(|firing| self.skipping(firing).at).min()
    }

    /// Starts what is due by then, in order, those of one instant together, and waits for the
    /// functions; how many were started.
    pub async fn run_due(&self, now: Timestamp) -> usize {
        let mut started: usize = 0;
        loop {
            let due = self.take_due(now);
            if due.is_empty() {
                return started;
            }
            started = started.saturating_add(due.len());
            self.pool.announce(due.len());
            join_all(due.into_iter().map(|firing| self.fire(firing, now))).await;
        }
    }

    /// The firing itself or, while it would have nothing to do, the first of its schedule that may
    /// have.
    fn skipping(&self, firing: &Firing) -> Firing {
        let fired = lock(&self.fired).get(&firing.schedule).copied();
        let (Some(fired), Some(schedule)) = (fired, self.all.get(firing.schedule)) else {
            return *firing;
        };
        if firing.attempt > 1 || self.fires_idle {
            return *firing;
        }

        let gate = self.pool.gate();
        let activity = gate.activity();
        let moment = if fired.is_idle(activity) {
            let longest = fired.longest();
            gate.next_entry(fired.at).unwrap_or(longest).min(longest)
        } else {
            activity.last_at.plus_seconds(1)
        };
        let at = schedule.expression.not_before(firing.at, moment);
        Firing { at, scheduled_for: at, ..*firing }
    }

    /// What is due first, and only that; what fires regularly is put back for its next time.
    fn take_due(&self, now: Timestamp) -> Vec<Firing> {
        let Some(at) = self.next_due().filter(|at| *at <= now) else { return Vec::new() };
        let mut coming = lock(&self.coming);
        let (mut due, mut later) = (Vec::new(), Vec::new());
        for firing in coming.drain(..) {
            let skipping = self.skipping(&firing);
            if skipping.at == at {
                due.push(skipping);
            } else {
                later.push(firing);
            }
        }
        due.sort_unstable();
        let regular = due.iter().filter(|firing| firing.attempt == 1);
        later.extend(regular.filter_map(|firing| {
            first(firing.schedule, self.all.get(firing.schedule)?, firing.scheduled_for)
        }));
        *coming = later;
        due
    }

    async fn fire(&self, firing: Firing, now: Timestamp) {
        let Some(schedule) = self.all.get(firing.schedule) else { return };
        let before = self.pool.gate().activity();
        let last = lock(&self.fired).get(&firing.schedule).copied();
        let was_idle = last.filter(|last| last.is_idle(before));
        let event = schedule.input.replace(SCHEDULED_TIME, &firing.scheduled_for.to_string());
        let invoked = self.pool.invoke(&schedule.function, &event).await;
        self.pool.gate().is_scheduled(invoked.id);
        let Err(error) = invoked.answer else {
            let waits = was_idle.filter(|_| schedule.function == COMPARES);
            let doubled = waits.map(|last| last.idle_seconds.saturating_mul(2));
            let fired = Fired {
                at: firing.scheduled_for,
                idle_seconds: doubled.unwrap_or(IDLE_SECONDS).min(COMPARES_SECONDS_MAX),
                changes: before.changes,
                sends: self.pool.gate().activity().sends,
            };
            lock(&self.fired).insert(firing.schedule, fired);
            return;
        };

        lock(&self.fired).remove(&firing.schedule);
        warn!("{} failed, started by its schedule {}: {error}", schedule.function, schedule.name);
        if firing.attempt < ATTEMPTS_MAX {
            let wait = RETRY_SECONDS.saturating_mul(firing.attempt.into());
            let attempt = firing.attempt.saturating_add(1);
            let again = Firing { at: now.plus_seconds(wait), attempt, ..firing };
            lock(&self.coming).push(again);
        } else if let Some(queue) = self.pool.failure_queue(&schedule.function) {
            let body = failure(schedule, &event, &error.to_string()).to_string();
            // The template's check makes sure that the queue is there.
            let _ = self.queues.send(queue, Sent { body, ..Sent::default() });
        }
    }
}

/// An invocation that failed each time, as Lambda tells its failure destination.
fn failure(schedule: &Schedule, event: &str, error: &str) -> Value {
    json!({
        "version": "1.0",
        "requestContext": {
            "functionArn": schedule.function,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": ATTEMPTS_MAX,
        },
        "requestPayload": serde_json::from_str::<Value>(event).unwrap_or_default(),
        "responseContext": { "statusCode": 200, "functionError": "Unhandled" },
        "responsePayload": { "errorMessage": error },
    })
}

/// The first time that a schedule fires after a moment.
fn first(at: usize, schedule: &Schedule, after: Timestamp) -> Option<Firing> {
    let next = schedule.expression.next(after)?;
    Some(Firing { at: next, schedule: at, scheduled_for: next, attempt: 1 })
}
