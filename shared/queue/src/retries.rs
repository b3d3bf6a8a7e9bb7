//! Retries by the queue: a message that must wait is sent anew with a longer delay, until its time
//! is over.

use billing::time::Timestamp;

/// Longest delay, in seconds: the most that SQS can delay a message.
pub const DELAY_SECONDS_MAX: u64 = 900;
/// Most doublings of the first delay: enough to reach the longest.
const DOUBLINGS_MAX: u32 = 16;

/// Retries of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Beginning of the time within which the message is tried.
    pub since: Timestamp,
    /// Length of that time, in seconds.
    pub seconds_max: i64,
    /// Failed attempts, the last one included.
    pub attempts: u32,
    /// Delay after the first failed attempt, in seconds. It doubles with every further one.
    pub first_delay_seconds: u64,
}

impl Retries {
    /// True once the message has been tried for as long as messages of its kind are.
    pub fn are_over(&self, now: Timestamp) -> bool {
        now > self.since.plus_seconds(self.seconds_max)
    }

    /// Delay before the next attempt, in seconds; `jitter` spreads messages that failed together
    /// over the upper half.
    pub fn delay_seconds(&self, jitter: impl FnOnce(u64) -> u64) -> u64 {
        let doublings = self.attempts.saturating_sub(1).min(DOUBLINGS_MAX);
        let delay = self
            .first_delay_seconds
            .saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX))
            .min(DELAY_SECONDS_MAX);
        let half = delay.div_euclid(2);
        delay.saturating_sub(jitter(half.saturating_add(1)).min(half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(attempts: u32, first_delay_seconds: u64) -> Retries {
        Retries { since: Timestamp(0), seconds_max: 72_000, attempts, first_delay_seconds }
    }

    /// Goal: delays double up to what SQS can delay, and jitter takes at most half of one.
    #[test]
    fn delays_double_up_to_what_sqs_can_delay() {
        let delays = |first| -> Vec<u64> {
            (1..=8).map(|attempts| retries(attempts, first).delay_seconds(|_| 0)).collect()
        };

        assert_eq!(delays(15), [15, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(delays(30), [30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(retries(u32::MAX, 15).delay_seconds(|_| 0), DELAY_SECONDS_MAX);
        assert_eq!(retries(3, 15).delay_seconds(|_| u64::MAX), 30);
    }

    /// Goal: retries end when their time is over, however many there were.
    #[test]
    fn retries_end_with_their_time() {
        let few = retries(1, 15);
        assert!(!few.are_over(Timestamp(72_000)) && few.are_over(Timestamp(72_001)));
    }
}
