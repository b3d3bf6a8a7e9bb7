//! Stopwatches: the time that is left to an invocation, and waiting within it.
//!
//! Lambda ends an invocation at its deadline, whatever it is doing. So nothing is begun that may
//! not end in time: it is reported as not done while there is time to report. `now` is still read
//! once; the stopwatch is the one exception, and no rule of billing sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::system_milliseconds;

/// Longest wait for one call to AWS, in milliseconds: an answer after that is an unknown outcome.
pub const CALL_MILLISECONDS_MAX: u64 = 1_500;
/// Time that an API function keeps for its answer, in milliseconds.
pub const ANSWER_MILLISECONDS: u64 = 400;
/// Time that a function keeps for handing on what it could not finish, in milliseconds: one send to
/// a queue, and its answer.
pub const HAND_ON_MILLISECONDS: u64 = CALL_MILLISECONDS_MAX + ANSWER_MILLISECONDS;

/// Stopwatch of a function: one for all its invocations, which come one after the other.
#[derive(Debug, Clone)]
pub struct Stopwatch(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// Nothing ends an invocation.
    Unlimited,
    /// Real time, up to Lambda's deadline in milliseconds since 1970.
    Wall { deadline: AtomicU64 },
    /// Time of a simulation in milliseconds, which passes by what is spent.
    Simulated { spent: AtomicU64, limit: AtomicU64 },
}

impl Stopwatch {
    /// A stopwatch that never runs out: for a test, or a program that nobody ends.
    pub fn unlimited() -> Self {
        Self(Arc::new(Source::Unlimited))
    }

    /// A stopwatch in real time; each invocation names its deadline ([`Self::ends_at`]).
    pub fn wall() -> Self {
        Self(Arc::new(Source::Wall { deadline: AtomicU64::new(u64::MAX) }))
    }

    /// A stopwatch of local mode: time passes only by [`Self::spend`] and [`Self::pause`].
    pub fn simulated() -> Self {
        let (spent, limit) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        Self(Arc::new(Source::Simulated { spent, limit }))
    }

    /// Sets the deadline of the invocation that begins, in milliseconds since 1970. Only a
    /// stopwatch in real time has one.
    pub fn ends_at(&self, milliseconds: u64) {
        match &*self.0 {
            Source::Wall { deadline } => deadline.store(milliseconds, Ordering::Relaxed),
            Source::Unlimited | Source::Simulated { .. } => {}
        }
    }

    /// Begins an invocation of a simulation, with so many milliseconds until it is ended.
    pub fn restart(&self, limit_milliseconds: u64) {
        match &*self.0 {
            Source::Simulated { spent, limit } => {
                spent.store(0, Ordering::Relaxed);
                limit.store(limit_milliseconds, Ordering::Relaxed);
            }
            Source::Unlimited | Source::Wall { .. } => {}
        }
    }

    /// Lets time of a simulation pass.
    pub fn spend(&self, length: Duration) {
        match &*self.0 {
            Source::Simulated { spent, .. } => {
                spent.fetch_add(milliseconds(length), Ordering::Relaxed);
            }
            Source::Unlimited | Source::Wall { .. } => {}
        }
    }

    /// Time of a simulation that has passed in its invocation, in milliseconds.
    pub fn spent_milliseconds(&self) -> u64 {
        match &*self.0 {
            Source::Simulated { spent, .. } => spent.load(Ordering::Relaxed),
            Source::Unlimited | Source::Wall { .. } => 0,
        }
    }

    /// Time that is left.
    pub fn remaining(&self) -> Duration {
        match &*self.0 {
            Source::Unlimited => Duration::MAX,
            Source::Wall { deadline } => {
                let deadline = deadline.load(Ordering::Relaxed);
                Duration::from_millis(deadline.saturating_sub(system_milliseconds()))
            }
            Source::Simulated { spent, limit } => {
                let limit = limit.load(Ordering::Relaxed);
                Duration::from_millis(limit.saturating_sub(spent.load(Ordering::Relaxed)))
            }
        }
    }

    /// Waits. In a simulation no real time passes: other tasks get their turn, and the stopwatch is
    /// later.
    pub async fn pause(&self, length: Duration) {
        match &*self.0 {
            Source::Unlimited | Source::Wall { .. } => tokio::time::sleep(length).await,
            Source::Simulated { .. } => {
                self.spend(length);
                tokio::task::yield_now().await;
            }
        }
    }
}

fn milliseconds(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: time of a simulation passes by what is spent and waited, and each invocation begins
    /// anew.
    #[tokio::test]
    async fn a_simulated_stopwatch_runs_by_what_is_spent() {
        let stopwatch = Stopwatch::simulated();
        stopwatch.restart(5_000);

        stopwatch.spend(Duration::from_secs(2));
        stopwatch.clone().pause(Duration::from_secs(1)).await;
        assert_eq!(stopwatch.remaining(), Duration::from_secs(2));

        stopwatch.spend(Duration::from_secs(9));
        assert_eq!(stopwatch.remaining(), Duration::ZERO);
        stopwatch.restart(5_000);
        assert_eq!(stopwatch.remaining(), Duration::from_secs(5));
    }

    /// Goal: in real time what is left shrinks towards Lambda's deadline, and is nothing behind it.
    #[test]
    fn a_deadline_of_the_past_leaves_nothing() {
        let stopwatch = Stopwatch::wall();
        stopwatch.ends_at(system_milliseconds().saturating_add(60_000));
        let left = stopwatch.remaining();
        assert!(left > Duration::from_secs(50) && left <= Duration::from_mins(1), "{left:?}");

        stopwatch.ends_at(1);
        assert_eq!(stopwatch.remaining(), Duration::ZERO);
    }
}
