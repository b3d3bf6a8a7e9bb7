//! Proof that our books miss nothing that Stripe told (G2, money rule 32).
//!
//! Stripe's list of events is read since an hour before the time up to which that is proven; once
//! all of it is applied, the time of the reading is proven. What the list no longer has is a gap,
//! which only a comparison of the objects themselves can close.

use crate::ids::AccountId;
use crate::time::{DAY_SECONDS, Timestamp};
use crate::words::Word;

/// Time before the proven one from which events are read again, in seconds: some are visible late.
pub const OVERLAP_SECONDS: i64 = 3_600;
/// Time for which Stripe keeps events, in seconds.
pub const KEPT_SECONDS: i64 = 30 * DAY_SECONDS;
/// Time within which an event may still be on its way, in seconds: it is applied, and is no
/// difference.
pub const UNDER_WAY_SECONDS: i64 = 300;
/// Time after which objects are compared again, in seconds: a day, less what a schedule may be
/// early.
pub const COMPARED_SECONDS: i64 = DAY_SECONDS - 600;

/// Time up to which the books are proven to miss nothing of Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Every event before that time is applied.
    pub proven_until: Timestamp,
    /// Time at which the last comparison of objects began.
    pub compared_at: Option<Timestamp>,
    /// Latest time whose events Stripe had forgotten before they were read: begin and end.
    pub gap: Option<(Timestamp, Timestamp)>,
}

/// Events that are read at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Begin.
    pub since: Timestamp,
    /// Time of the reading.
    pub until: Timestamp,
}

/// Kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// An event had not come.
    EventMissed,
    /// An object at Stripe was not as the books had it.
    ObjectDiffered,
    /// A fact of Stripe that the books refuse: an operator must look.
    Refused,
    /// An event cannot be read: a person must look.
    Unreadable,
}

impl Word for DifferenceKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::EventMissed, "event_missed"),
        (Self::ObjectDiffered, "object_differed"),
        (Self::Refused, "refused"),
        (Self::Unreadable, "unreadable"),
    ];
}

impl DifferenceKind {
    /// True if the books have it by now.
    pub fn is_mended(self) -> bool {
        match self {
            Self::EventMissed | Self::ObjectDiffered => true,
            Self::Refused | Self::Unreadable => false,
        }
    }
}

/// Something that our books did not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Time at which it was found.
    pub found_at: Timestamp,
    /// Kind.
    pub kind: DifferenceKind,
    /// The account.
    pub account: Option<AccountId>,
    /// Id of the event, or of the object.
    pub about: String,
    /// Type of the event; empty for an object.
    pub event_type: String,
    /// Time of the event.
    pub happened_at: Option<Timestamp>,
}

impl Proof {
    /// Proof before the first reading: linking has read what happened earlier.
    pub fn first(now: Timestamp) -> Self {
        Self { version: 0, proven_until: now, compared_at: None, gap: None }
    }

    /// The events to be read at a moment.
    pub fn window(&self, now: Timestamp) -> Window {
        let wanted = self.proven_until.plus_seconds(OVERLAP_SECONDS.saturating_neg());
        let kept = now.plus_seconds(KEPT_SECONDS.saturating_neg());
        Window { since: wanted.max(kept), until: now }
    }

    /// The same, once everything of a window is applied. Another reading may have proven more.
    #[must_use]
    pub fn after(&self, window: Window) -> Self {
        let mut proof = self.clone();
        if window.since > self.proven_until {
            proof.gap = Some((self.proven_until, window.since));
            // Only the objects themselves tell what happened then.
            proof.compared_at = None;
        }
        proof.proven_until = self.proven_until.max(window.until);
        proof
    }

    /// True if objects are to be compared at a moment.
    pub fn is_compared_at(&self, now: Timestamp) -> bool {
        self.compared_at.is_none_or(|at| at.plus_seconds(COMPARED_SECONDS) <= now)
    }
}

/// True if an event that happened at a time is late at another: it is not merely on its way.
pub fn is_late(happened_at: Timestamp, now: Timestamp) -> bool {
    happened_at.plus_seconds(UNDER_WAY_SECONDS) <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DAY_SECONDS;

    /// Goal: each reading begins an hour before the proven time, and proves up to its own.
    #[test]
    fn a_reading_overlaps_and_proves() {
        let proof = Proof::first(Timestamp(10 * DAY));
        let window = proof.window(Timestamp(11 * DAY));
        assert_eq!(
            window,
            Window { since: Timestamp(10 * DAY - 3_600), until: Timestamp(11 * DAY) }
        );
        let proven = proof.after(window);
        assert_eq!((proven.proven_until, proven.gap), (Timestamp(11 * DAY), None));
        assert_eq!(proven.after(Window { since: Timestamp(0), until: Timestamp(DAY) }), proven);
    }

    /// Goal: what Stripe has forgotten is a gap, which is said, and the objects are compared at
    /// once.
    #[test]
    fn a_gap_is_said() {
        let now = Timestamp(100 * DAY);
        let proof = Proof { compared_at: Some(now), ..Proof::first(Timestamp(50 * DAY)) };
        let window = proof.window(now);
        let proven = proof.after(window);
        assert_eq!(window.since, Timestamp(70 * DAY));
        assert_eq!(proven.gap, Some((Timestamp(50 * DAY), Timestamp(70 * DAY))));
        assert!(!proof.is_compared_at(now) && proven.is_compared_at(now));
    }

    /// Goal: objects are compared once a day.
    #[test]
    fn objects_are_compared_daily() {
        let proof = Proof { compared_at: Some(Timestamp(0)), ..Proof::first(Timestamp(0)) };
        assert!(!proof.is_compared_at(Timestamp(82_800)) && proof.is_compared_at(Timestamp(DAY)));
        assert!(!is_late(Timestamp(0), Timestamp(299)) && is_late(Timestamp(0), Timestamp(300)));
    }
}
