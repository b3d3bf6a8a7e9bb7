//! Known faults that are not mended yet: each test asserts the right value and expects it to be
//! missing. The list only shrinks.
//!
//! A body returns [`Wrong`] as long as its fault is there, and only by comparing with a right
//! value. An error while the body sets its scene panics and fails the test. A body that passes
//! fails its test too: the fault is mended, and the test becomes an ordinary one.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// A value that is not the right one.
#[derive(Debug)]
struct Wrong(String);

/// Compares what the product shows with what is right.
#[expect(clippy::needless_pass_by_value, reason = "a value that is compared is not needed again")]
fn is_right<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, right: T) -> Result<(), Wrong> {
    if seen == right {
        return Ok(());
    }
    Err(Wrong(format!("{what}: {seen:?}; right is {right:?}")))
}

/// Runs a body that shows a known fault, and fails once the fault is gone.
async fn still_there(fault: &str, body: impl Future<Output = Result<(), Wrong>>) {
    match Box::pin(body).await {
        Err(Wrong(seen)) => eprintln!("{fault} is still there: {seen}"),
        Ok(()) => {
            panic!("{fault} is mended: take it out of known_faults and make it an ordinary test")
        }
    }
}

/// Goal: the list can only shrink: a body that passes fails its test.
#[tokio::test]
async fn a_fault_that_is_gone_fails_its_test() {
    still_there("a fault", async { is_right("a sum", 1, 2) }).await;

    let mended = still_there("a fault", async { is_right("a sum", 2, 2) });
    assert!(AssertUnwindSafe(mended).catch_unwind().await.is_err());
}
