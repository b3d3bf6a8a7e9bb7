//! The one retry policy: what was lost to another writer, or not answered, is tried again as a
//! whole.
//!
//! A try loads, decides and commits. It may be repeated whatever became of an earlier one, because
//! an effect is keyed by what it is: one that took place is found.

use std::time::Duration;

use crate::{Class, Classified, Invocation};

/// Most tries of what other writers change at the same time.
pub const CONFLICT_TRIES_MAX: u32 = 10;
/// Most tries of what the table does not answer or throttles: each may take seconds.
pub const UNANSWERED_TRIES_MAX: u32 = 2;
/// Longest wait before the second try, in milliseconds. It doubles with every further try.
pub const FIRST_WAIT_MILLISECONDS_MAX: u64 = 16;

impl Invocation {
    /// Tries something until it succeeds, another try is of no use, or the policy's tries are used
    /// up; then the last error is returned.
    ///
    /// # Errors
    /// The error of the last try.
    pub async fn retry<T, E: Classified, F: Future<Output = Result<T, E>>>(
        &self,
        attempt: impl FnMut() -> F,
    ) -> Result<T, E> {
        self.retry_while(attempt, |class, tries| tries < tries_max(class)).await
    }

    /// Tries something again after conflicts alone. For a try that calls Stripe: what Stripe or the
    /// table does not answer is repeated by whoever sent the request or the message, not by calling
    /// Stripe once more.
    ///
    /// # Errors
    /// The error of the last try.
    pub async fn retry_conflicts<T, E: Classified, F: Future<Output = Result<T, E>>>(
        &self,
        attempt: impl FnMut() -> F,
    ) -> Result<T, E> {
        let is_conflict = |class, tries| class == Class::Conflict && tries < tries_max(class);
        self.retry_while(attempt, is_conflict).await
    }

    async fn retry_while<T, E: Classified, F: Future<Output = Result<T, E>>>(
        &self,
        mut attempt: impl FnMut() -> F,
        helps: impl Fn(Class, u32) -> bool,
    ) -> Result<T, E> {
        let mut tries: u32 = 0;

        loop {
            tries = tries.saturating_add(1);
            match attempt().await {
                Err(error) if helps(error.class(), tries) && !self.remaining().is_zero() => {
                    self.wait(tries).await;
                }
                done => return done,
            }
        }
    }

    /// Waits before another try, with jitter, so that two writers that met once do not meet again.
    async fn wait(&self, tries: u32) {
        let doublings = tries.saturating_sub(1).min(8);
        let limit = FIRST_WAIT_MILLISECONDS_MAX
            .saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX));

        self.pause(Duration::from_millis(limit)).await;
    }
}

fn tries_max(class: Class) -> u32 {
    match class {
        Class::Conflict => CONFLICT_TRIES_MAX,
        Class::Retry => UNANSWERED_TRIES_MAX,
        Class::Operator | Class::Never => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entropy;
    use billing::journal::{Cause, CauseKind};
    use billing::time::Timestamp;

    #[derive(Debug, PartialEq, Eq)]
    struct Failure(Class);

    impl Classified for Failure {
        fn class(&self) -> Class {
            self.0
        }
    }

    async fn tries_of(class: Class) -> u32 {
        let cause = Cause::new(CauseKind::Api, "r-1");
        let invocation = Invocation::new(Timestamp(0), cause, Entropy::seeded(1));
        let mut tries: u32 = 0;
        let last: Result<(), Failure> = invocation
            .retry(|| {
                tries = u32::saturating_add(tries, 1);
                async { Err(Failure(class)) }
            })
            .await;
        assert_eq!(last, Err(Failure(class)));
        tries
    }

    #[tokio::test(start_paused = true)]
    async fn each_class_has_its_number_of_tries() {
        assert_eq!(tries_of(Class::Conflict).await, CONFLICT_TRIES_MAX);
        assert_eq!(tries_of(Class::Retry).await, UNANSWERED_TRIES_MAX);
        assert_eq!(tries_of(Class::Operator).await, 1);
        assert_eq!(tries_of(Class::Never).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_calls_stripe_is_repeated_after_conflicts_alone() {
        let cause = Cause::new(CauseKind::Api, "r-1");
        let invocation = Invocation::new(Timestamp(0), cause, Entropy::seeded(1));
        for (class, expected) in [(Class::Conflict, CONFLICT_TRIES_MAX), (Class::Retry, 1)] {
            let mut tries: u32 = 0;
            let last: Result<(), Failure> = invocation
                .retry_conflicts(|| {
                    tries = u32::saturating_add(tries, 1);
                    async { Err(Failure(class)) }
                })
                .await;
            assert_eq!((last, tries), (Err(Failure(class)), expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_ends_the_tries() {
        let cause = Cause::new(CauseKind::Api, "r-1");
        let invocation = Invocation::new(Timestamp(0), cause, Entropy::seeded(1));
        let mut tries: u32 = 0;
        let done = invocation
            .retry(|| {
                tries = u32::saturating_add(tries, 1);
                let done = if tries < 3 { Err(Failure(Class::Conflict)) } else { Ok(tries) };
                async { done }
            })
            .await;
        assert_eq!(done, Ok(3));
    }
}
