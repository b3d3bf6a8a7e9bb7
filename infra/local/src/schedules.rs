//! `EventBridge` Scheduler: functions that are started by the virtual clock.
//!
//! A schedule hands its function the template's `Input`, with Scheduler's context attribute `<aws.scheduler.scheduled-time>`
//! put in. A rate begins to count when the cloud starts, at which AWS would fire for the first time. Scheduler invokes
//! asynchronously: a function that fails, or is killed, is tried twice more by Lambda, after one minute and after two.

mod expression;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};

use billing::time::Timestamp;
use futures_util::future::join_all;
use tracing::warn;

use crate::pool::Pool;
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

/// All schedules of the template, and what of them is to come.
#[derive(Debug)]
pub struct Schedules {
    all: Vec<Schedule>,
    pool: Arc<Pool>,
    coming: Mutex<Vec<Firing>>,
}

/// A schedule fires, or its function is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Firing {
    at: Timestamp,
    /// Its place among the schedules.
    schedule: usize,
    /// When it was to fire.
    scheduled_for: Timestamp,
    /// From 1.
    attempt: u32,
}

impl Schedules {
    /// Made at a moment.
    pub fn new(schedules: Vec<Schedule>, pool: Arc<Pool>, now: Timestamp) -> Self {
        let firings = schedules.iter().enumerate();
        let coming = firings.filter_map(|(at, schedule)| first(at, schedule, now)).collect();
        Self { all: schedules, pool, coming: Mutex::new(coming) }
    }

    /// When one fires next.
    pub fn next_due(&self) -> Option<Timestamp> {
        lock(&self.coming).iter().map(|firing| firing.at).min()
    }

    /// Starts what is due by then, in order, those of one instant together, and waits for the functions; how many were
    /// started.
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

    /// What is due first, and only that; what fires regularly is put back for its next time.
    fn take_due(&self, now: Timestamp) -> Vec<Firing> {
        let Some(at) = self.next_due().filter(|at| *at <= now) else { return Vec::new() };
        let mut coming = lock(&self.coming);
        let (mut due, mut later): (Vec<_>, Vec<_>) =
            coming.drain(..).partition(|firing| firing.at == at);
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
        let event = schedule.input.replace(SCHEDULED_TIME, &firing.scheduled_for.to_string());
        let invoked = self.pool.invoke(&schedule.function, &event).await;
        let Err(error) = invoked.answer else { return };
        warn!("{} failed, started by its schedule {}: {error}", schedule.function, schedule.name);
        if firing.attempt < ATTEMPTS_MAX {
            let wait = RETRY_SECONDS.saturating_mul(firing.attempt.into());
            let attempt = firing.attempt.saturating_add(1);
            let again = Firing { at: now.plus_seconds(wait), attempt, ..firing };
            lock(&self.coming).push(again);
        }
    }
}

/// The first time that a schedule fires after a moment.
fn first(at: usize, schedule: &Schedule, after: Timestamp) -> Option<Firing> {
    let next = schedule.expression.next(after)?;
    Some(Firing { at: next, schedule: at, scheduled_for: next, attempt: 1 })
}
