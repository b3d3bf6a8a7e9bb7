//! A subscription as we keep it: the newest snapshot of each, and which of them is the account's.
//!
//! Unlike an invoice's parts, a subscription's plan, seats and period can go back and forth, so the
//! later snapshot wins. A status only moves up (incomplete, then live, then ended), so a late snapshot of an
//! earlier status never does. Two snapshots of one second that neither can order are kept as
//! *ambiguous*: the larger is taken, whichever came first, and the books say that Stripe's object
//! must be read (money rule 8).

use crate::fact::{SubscriptionSnapshot, SubscriptionStatus};
use crate::time::Timestamp;

/// One subscription of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// The newest snapshot.
    pub snapshot: SubscriptionSnapshot,
    /// When that was true, at Stripe.
    pub as_of: Timestamp,
    /// Another snapshot of the same second says otherwise.
    pub ambiguous: bool,
}

impl Subscription {
    /// The subscription after one more snapshot of it.
    pub fn after(known: Option<&Self>, told: &SubscriptionSnapshot, at: Timestamp) -> Self {
        let version = known.map_or(0, |known| known.version);
        let new = Self { version, snapshot: told.clone(), as_of: at, ambiguous: false };
        let Some(known) = known else { return new };
        let rank = |one: &Self| (one.snapshot.status.rank(), one.as_of);
        match rank(known).cmp(&rank(&new)) {
            std::cmp::Ordering::Less => new,
            std::cmp::Ordering::Greater => known.clone(),
            std::cmp::Ordering::Equal if known.snapshot == new.snapshot => known.clone(),
            std::cmp::Ordering::Equal => {
                let snapshot = known.snapshot.clone().max(new.snapshot);
                Self { version, snapshot, as_of: at, ambiguous: true }
            }
        }
    }

    /// Which of an account's subscriptions is the account's: the newest live one, else the newest
    /// that has ended, else the newest that never began. So facts of an older subscription, such as a
    /// late `deleted`, change nothing for the account.
    pub fn current<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        all.into_iter().max_by_key(|one| {
            let snapshot = &one.snapshot;
            let preference = match snapshot.status {
                status if status.is_live() => 2,
                SubscriptionStatus::Canceled => 1,
                SubscriptionStatus::Incomplete
                | SubscriptionStatus::Trialing
                | SubscriptionStatus::Active
                | SubscriptionStatus::PastDue
                | SubscriptionStatus::Unpaid
                | SubscriptionStatus::Paused
                | SubscriptionStatus::IncompleteExpired => 0,
            };
            (preference, snapshot.created, &snapshot.id)
        })
    }
}

impl SubscriptionStatus {
    /// Whether the plan is in force.
    pub fn is_live(self) -> bool {
        match self {
            Self::Trialing | Self::Active | Self::PastDue | Self::Unpaid | Self::Paused => true,
            Self::Incomplete | Self::Canceled | Self::IncompleteExpired => false,
        }
    }

    /// Incomplete, then live, then ended: never back.
    fn rank(self) -> u8 {
        match self {
            Self::Incomplete => 0,
            Self::Trialing | Self::Active | Self::PastDue | Self::Unpaid | Self::Paused => 1,
            Self::Canceled | Self::IncompleteExpired => 2,
        }
    }
}
