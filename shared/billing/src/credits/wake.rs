//! Wake times that move on: what the sweep found, and could not be done now, waits in the index.
//!
//! So an account that is stuck costs one message at a time, however often the sweep comes by.

use super::{Change, Credits};
use crate::time::Timestamp;

/// Time until the sweep finds an account again whose step failed, in seconds.
pub const WAKE_AGAIN_SECONDS: i64 = 900;

/// Next sweep of an account whose step failed for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// No sweep finds it soon: the message that asked for the step must be sent again.
    NotSwept,
    /// A sweep finds it soon: nothing is to be written.
    Soon,
    /// It was due: the change moves its wake time on.
    Moved(Box<Change>),
}

impl Credits {
    /// Next sweep after a step that failed and may succeed later.
    pub fn wake_after_failure(&self, now: Timestamp) -> Wake {
        let again = now.plus_seconds(WAKE_AGAIN_SECONDS);
        let mut decided = self.decided.clone();
        match decided.wake_at {
            Some(at) if at <= now => {
                decided.wake_at = Some(again);
                let mut change = Change::on(self);
                change.decided = Some(decided);
                Wake::Moved(Box::new(change))
            }
            Some(at) if at <= again => Wake::Soon,
            Some(_) | None => Wake::NotSwept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    /// Goal: what was due is due again a quarter of an hour later, and what no sweep finds soon is
    /// left to its message.
    #[test]
    fn a_wake_time_moves_on_once() {
        let with = |wake_at: Option<i64>| {
            let mut credits = Credits::default();
            credits.decided.wake_at = wake_at.map(Timestamp);
            credits
        };
        for (wake_at, expected) in [
            (None, Wake::NotSwept),
            (Some(1_000_001), Wake::Soon),
            (Some(1_000_900), Wake::Soon),
            (Some(1_000_901), Wake::NotSwept),
        ] {
            assert_eq!(with(wake_at).wake_after_failure(NOW), expected, "{wake_at:?}");
        }

        let due = with(Some(999_000));
        let Wake::Moved(change) = due.wake_after_failure(NOW) else { panic!("it was due") };
        let decided = change.decided.unwrap();
        assert_eq!(decided.wake_at, Some(NOW.plus_seconds(WAKE_AGAIN_SECONDS)));
        let moved = Credits { decided, ..due };
        assert_eq!(moved.wake_after_failure(NOW), Wake::Soon);
    }
}
