//! The lease of an account: one writer at a time changes its subscription or its customer at
//! Stripe.
//!
//! It is held for at most [`LEASE_SECONDS`]. A holder that has not ended it by then was
//! interrupted, and no call of it to Stripe can be under way: functions that take a lease end
//! [`CALL_SECONDS`] before it does. The item stays when the lease has ended and counts the requests
//! that held it, so that a request that goes on behind an interruption knows whether another one
//! came between. Workers are not counted: they finish what the books say, and decide nothing.

use crate::time::Timestamp;

/// Longest time for which a lease is held, in seconds.
pub const LEASE_SECONDS: i64 = 120;
/// Time before the end of a lease in which its holder begins no call to Stripe, in seconds.
pub const CALL_SECONDS: i64 = 10;

/// A lease, held or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Version of the item that it was read from; 0 where there is none.
    pub version: u64,
    /// Latest holder: the fingerprint of a request's Idempotency-Key, or a drawn token.
    pub holder: String,
    /// Time until which it is held; in the past once it has ended.
    pub until: Timestamp,
    /// Latest holder that was a request.
    pub requester: String,
    /// Number of times that a request took it.
    pub turns: u64,
}

/// Writer that asks for the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Its name as a holder.
    pub holder: String,
    /// Its kind.
    pub kind: Kind,
}

/// Kind of an applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A worker: what it does follows from the books.
    Worker,
    /// A request that begins.
    Request,
    /// A request that goes on behind an interruption.
    GoesOn {
        /// Turns of the lease when the request began.
        began_at: u64,
    },
}

/// A lease that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    /// The lease as it is to be written, under its version.
    pub lease: Lease,
    /// True if another holder was interrupted: its last call may only now take effect.
    pub is_takeover: bool,
}

/// Reason why a lease is not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotLeased {
    /// Another change is at work.
    #[error("another change of the account is in progress")]
    InProgress,
    /// The request was interrupted, and another change was made since: going on would undo that.
    #[error("another change was made since the request was interrupted")]
    Overtaken,
}

/// Decides whether an applicant gets the lease.
///
/// # Errors
/// [`NotLeased`].
pub fn take(
    known: Option<&Lease>,
    applicant: &Applicant,
    now: Timestamp,
) -> Result<Taking, NotLeased> {
    let version = known.map_or(0, |known| known.version);
    let is_own = known.is_some_and(|known| known.holder == applicant.holder);
    let is_held = known.is_some_and(|known| known.until > now);
    if is_held && !is_own {
        return Err(NotLeased::InProgress);
    }
    let turns = known.map_or(0, |known| known.turns);
    let was_latest = known.is_some_and(|known| known.requester == applicant.holder);
    let (requester, turns) = match applicant.kind {
        Kind::Worker => (known.map(|known| known.requester.clone()).unwrap_or_default(), turns),
        Kind::GoesOn { began_at } if began_at != turns && !was_latest => {
            return Err(NotLeased::Overtaken);
        }
        Kind::Request | Kind::GoesOn { .. } => (applicant.holder.clone(), turns.saturating_add(1)),
    };

    let never_ended = known.is_some_and(|known| known.until > Timestamp::MIN);
    let (holder, until) = (applicant.holder.clone(), now.plus_seconds(LEASE_SECONDS));
    let lease = Lease { version, holder, until, requester, turns };
    Ok(Taking { lease, is_takeover: never_ended && !is_own })
}

impl Lease {
    /// The lease, ended.
    #[must_use]
    pub fn ended(&self) -> Self {
        Self { until: Timestamp::MIN, ..self.clone() }
    }

    /// The lease as it is once it was written.
    #[must_use]
    pub fn written(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    /// A lease that was taken four times, and twice by requests.
    fn lease(holder: &str, until: Timestamp) -> Lease {
        let (holder, requester) = (holder.to_owned(), "b".to_owned());
        Lease { version: 8, holder, until, requester, turns: 2 }
    }

    fn applicant(holder: &str, kind: Kind) -> Applicant {
        Applicant { holder: holder.to_owned(), kind }
    }

    /// Goal: one holder at a time, the own lease at once, an expired one as a takeover, and none
    /// behind another request.
    #[test]
    fn one_writer_holds_a_lease() {
        let (held, expired, ended) = (NOW.plus_seconds(1), NOW, Timestamp::MIN);
        let goes_on = |began_at| Kind::GoesOn { began_at };
        for (known, who, expected) in [
            (None, applicant("a", Kind::Request), Ok((0, 1, false))),
            (None, applicant("w", Kind::Worker), Ok((0, 0, false))),
            (Some(lease("b", held)), applicant("a", Kind::Request), Err(NotLeased::InProgress)),
            (Some(lease("b", held)), applicant("a", goes_on(2)), Err(NotLeased::InProgress)),
            (Some(lease("b", held)), applicant("b", goes_on(1)), Ok((8, 3, false))),
            (Some(lease("b", expired)), applicant("a", Kind::Request), Ok((8, 3, true))),
            (Some(lease("b", ended)), applicant("a", Kind::Request), Ok((8, 3, false))),
            (Some(lease("b", ended)), applicant("a", goes_on(2)), Ok((8, 3, false))),
            (Some(lease("b", ended)), applicant("a", goes_on(1)), Err(NotLeased::Overtaken)),
            // A worker that came between has decided nothing.
            (Some(lease("w", ended)), applicant("b", goes_on(1)), Ok((8, 3, false))),
            (Some(lease("w", ended)), applicant("a", goes_on(1)), Err(NotLeased::Overtaken)),
            (Some(lease("b", ended)), applicant("w", Kind::Worker), Ok((8, 2, false))),
        ] {
            let taken = take(known.as_ref(), &who, NOW);
            let seen = taken.map(|it| (it.lease.version, it.lease.turns, it.is_takeover));
            assert_eq!(seen, expected, "{known:?} {who:?}");
        }
    }

    /// Goal: a lease ends two minutes behind its beginning, and says which request held it last.
    #[test]
    fn a_lease_ends() {
        let taken = take(None, &applicant("a", Kind::Request), NOW).unwrap().lease.written();
        assert_eq!(taken.until, NOW.plus_seconds(120));
        let ended = taken.ended().written();
        assert_eq!((ended.version, ended.requester.as_str()), (2, "a"));
        assert!(take(Some(&ended), &applicant("w", Kind::Worker), NOW).is_ok());
    }
}
