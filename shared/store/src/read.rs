//! Reads, tried again where the table does not answer: nothing can be done twice by them.

use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use invocation::stopwatch::CALL_MILLISECONDS_MAX;
use invocation::{Class, Classified, Invocation};

use crate::error::StoreError;

/// Most tries of one read.
pub const READ_TRIES_MAX: u32 = 3;
/// Longest wait before the second try, in milliseconds. It doubles before the third.
const FIRST_WAIT_MILLISECONDS_MAX: u64 = 50;

/// Reads, up to [`READ_TRIES_MAX`] times and only as long as a try ends in time.
pub(crate) async fn retried<T, F, E, R>(
    invocation: &Invocation,
    mut ask: impl FnMut() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, SdkError<E, R>>>,
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    has_time(invocation)?;

    let mut tries: u32 = 1;
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => StoreError::of(&error),
        };
        if error.class() != Class::Retry || tries >= READ_TRIES_MAX {
            return Err(error);
        }

        wait(invocation, tries).await;
        // The error says more than that the time is over.
        if has_time(invocation).is_err() {
            return Err(error);
        }
        tries = tries.saturating_add(1);
    }
}

/// Waits before another try, with jitter.
pub(crate) async fn wait(invocation: &Invocation, tries: u32) {
    let doublings = tries.saturating_sub(1).min(8);
    let factor = 1_u64.checked_shl(doublings).unwrap_or(1);
    let most = FIRST_WAIT_MILLISECONDS_MAX.saturating_mul(factor);
    invocation.pause(Duration::from_millis(most)).await;
}

/// Refuses a call that may not end in time.
pub(crate) fn has_time(invocation: &Invocation) -> Result<(), StoreError> {
    let longest = Duration::from_millis(CALL_MILLISECONDS_MAX);
    if invocation.has_time_for(longest) { Ok(()) } else { Err(StoreError::OutOfTime) }
}
