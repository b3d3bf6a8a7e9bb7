//! An intent: what is about to be done at Stripe, kept before Stripe is asked (design, section 4).
//!
//! Whatever breaks on the way, whoever repeats the request finds the intent and goes on where it
//! stopped. Stripe does a thing once per idempotency key, and keys are made of the intent's own
//! token, drawn once: so the same intent never makes two things. Two rules of Stripe's bound that.
//! It forgets a key after a day, and it repeats a failure of its own (5xx) for as long as it knows
//! the key. In both cases it is looked for what the intent may have made, and only when nothing is
//! found comes another attempt, with another key.

use crate::time::Timestamp;
use crate::words::Word;

/// For how long a key is relied on, in seconds. Stripe keeps it for 24 hours at least, by its own
/// clock.
pub const KEY_SECONDS: i64 = 23 * 3_600;
/// How far our clock may be ahead of Stripe's when it is looked for what an intent made, in
/// seconds.
pub const CLOCKS_APART_SECONDS: i64 = 3_600;

/// What is about to be done at Stripe for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Its id within the account: derived from what asked for it, so that the same request finds
    /// it.
    pub id: String,
    /// What Stripe's objects and keys are marked with: drawn once.
    pub token: String,
    /// The fingerprint of what was asked for.
    pub content: String,
    /// The fingerprint of the caller's Idempotency-Key, if it was begun with one.
    pub request: Option<String>,
    /// Whether it is still to be done.
    pub status: IntentStatus,
    /// Time at which it was begun; by Stripe's clock, if Stripe was asked before.
    pub begun_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Time at which the attempt was begun.
    pub attempted_at: Timestamp,
    /// True if Stripe failed at this attempt and would only repeat that.
    pub spent: bool,
}

/// Where an intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentStatus {
    /// To be done, or to be gone on with.
    Open,
    /// Done: its outcome is in the books.
    Done,
}

impl Word for IntentStatus {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Open, "open"), (Self::Done, "done")];
}

impl Intent {
    /// A new one.
    pub fn new(id: String, token: String, content: String, now: Timestamp) -> Self {
        Self {
            version: 0,
            id,
            token,
            content,
            request: None,
            status: IntentStatus::Open,
            begun_at: now,
            attempt: 1,
            attempted_at: now,
            spent: false,
        }
    }

    /// The key under which Stripe does this attempt once.
    pub fn idempotency_key(&self) -> String {
        format!("tollgate-{}-{}", self.token, self.attempt)
    }

    /// True if it must be looked for what it may have made, before Stripe is asked to make it.
    pub fn must_look_first(&self, now: Timestamp) -> bool {
        self.spent || now >= self.attempted_at.plus_seconds(KEY_SECONDS)
    }

    /// Since when, by Stripe's clock, that can have been made.
    pub fn made_since(&self) -> Timestamp {
        self.begun_at.plus_seconds(CLOCKS_APART_SECONDS.saturating_neg())
    }

    /// The next attempt, under another key.
    #[must_use]
    pub fn next_attempt(&self, now: Timestamp) -> Self {
        let attempt = self.attempt.saturating_add(1);
        Self { attempt, attempted_at: now, spent: false, ..self.clone() }
    }

    /// The same attempt, at which Stripe failed.
    #[must_use]
    pub fn after_failure(&self) -> Self {
        Self { spent: true, ..self.clone() }
    }

    /// The same intent, done.
    #[must_use]
    pub fn done(&self) -> Self {
        Self { status: IntentStatus::Done, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_338_000);

    fn intent() -> Intent {
        Intent::new("i".to_owned(), "a1".to_owned(), "c".to_owned(), NOW)
    }

    /// Goal: within a day the same key answers for whatever became of an attempt; after a day, or
    /// after a failure that Stripe would repeat, it is looked first and another key used.
    #[test]
    fn a_key_is_relied_on_for_less_than_a_day_and_not_after_a_failure() {
        let first = intent();
        assert_eq!(first.idempotency_key(), "tollgate-a1-1");
        assert!(!first.must_look_first(NOW.plus_seconds(KEY_SECONDS - 1)));
        let later = NOW.plus_seconds(KEY_SECONDS);
        assert!(first.must_look_first(later));
        assert!(first.after_failure().must_look_first(NOW));
        let second = first.after_failure().next_attempt(later);
        assert_eq!(second.idempotency_key(), "tollgate-a1-2");
        assert!(!second.must_look_first(later) && second.made_since() < NOW);
    }
}
