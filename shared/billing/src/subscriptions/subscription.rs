//! A subscription as we keep it: the newest snapshot of each, and which of them is the account's.
//!
//! Unlike an invoice's parts, a subscription's plan, seats and period can go back and forth, so the
//! later snapshot wins. A status only moves up (incomplete, then live, then ended), so a late
//! snapshot of an earlier status never does. Two snapshots of one second that neither can order are
//! kept as *ambiguous*: the larger is taken, whichever came first, and the books say that Stripe's
//! object must be read (money rule 8).

use crate::fact::{Origin, SubscriptionSnapshot, SubscriptionStatus};
use crate::ids::SubscriptionId;
use crate::time::Timestamp;

impl SubscriptionSnapshot {
    /// True if it ends with the period that runs, or within it.
    pub fn ends_by_period(&self) -> bool {
        self.ends_at.is_some_and(|ends_at| ends_at <= self.period_end)
    }
}

/// One subscription of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// The newest snapshot.
    pub snapshot: SubscriptionSnapshot,
    /// Time at which that was true, at Stripe.
    pub as_of: Timestamp,
    /// Another snapshot of the same second says otherwise.
    pub ambiguous: bool,
    /// It was read from Stripe, and not told by an event: of one second, that is the likelier to be
    /// the newest.
    pub read: bool,
    /// How it stood before the month that the snapshot is of began, as far as was told: usage of a
    /// month is priced by the plan at its last instant (money rule 19), which may have changed by
    /// the time of pricing.
    pub before: Option<Earlier>,
}

/// How a subscription stood at an earlier moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Earlier {
    /// Time at which that was true, at Stripe.
    pub as_of: Timestamp,
    /// What it sold.
    pub plan: String,
    /// Its status.
    pub status: SubscriptionStatus,
}

impl Earlier {
    fn of(snapshot: &SubscriptionSnapshot, as_of: Timestamp) -> Self {
        Self { as_of, plan: snapshot.plan.clone(), status: snapshot.status }
    }

    /// The same, still running, where this is the end: a subscription sold the same until then.
    fn before_its_end(self) -> Option<Self> {
        let ended = self.status == SubscriptionStatus::Canceled;
        ended.then_some(Self { status: SubscriptionStatus::Active, ..self })
    }
}

impl Subscription {
    /// The subscription after one more snapshot of it.
    pub fn after(known: Option<&Self>, told: &SubscriptionSnapshot, at: Timestamp) -> Self {
        Self::newest(known, told, at).remembering(known, told, at)
    }

    fn newest(known: Option<&Self>, told: &SubscriptionSnapshot, at: Timestamp) -> Self {
        let new = Self::new(known, told, at);
        let Some(known) = known else { return new };
        let rank = |one: &Self| (one.snapshot.status.rank(), one.as_of);
        match rank(known).cmp(&rank(&new)) {
            std::cmp::Ordering::Less => new,
            std::cmp::Ordering::Greater => known.clone(),
            std::cmp::Ordering::Equal if known.snapshot == new.snapshot => known.clone(),
            std::cmp::Ordering::Equal if known.read => Self { ambiguous: true, ..known.clone() },
            std::cmp::Ordering::Equal => {
                let snapshot = known.snapshot.clone().max(new.snapshot.clone());
                Self { snapshot, ambiguous: true, ..new }
            }
        }
    }

    /// The subscription as it was read from Stripe, after what is known of it was read from the
    /// table: so it is at least as new. `at` is a moment before the reading by Stripe's clock, if
    /// one is known: what happened later takes its place when it is told.
    pub fn after_reading(known: Option<&Self>, read: &SubscriptionSnapshot, at: Timestamp) -> Self {
        let as_of = known.map_or(at, |known| known.as_of.max(at));
        let new = Self { read: true, ..Self::new(known, read, as_of) };
        let ended = |one: &Self| one.snapshot.status.rank();
        let newest = match known {
            // Never back from its end, whatever Stripe answers.
            Some(known) if ended(known) > ended(&new) => known.clone(),
            Some(known) if known.snapshot == new.snapshot && !known.ambiguous => known.clone(),
            Some(_) | None => new,
        };
        newest.remembering(known, read, as_of)
    }

    fn new(known: Option<&Self>, told: &SubscriptionSnapshot, at: Timestamp) -> Self {
        Self {
            version: known.map_or(0, |known| known.version),
            snapshot: told.clone(),
            as_of: at,
            ambiguous: false,
            read: false,
            before: None,
        }
    }

    /// With the latest of what was told, in whatever order, from before the month that this is of.
    fn remembering(self, known: Option<&Self>, told: &SubscriptionSnapshot, at: Timestamp) -> Self {
        let (month, _) = self.as_of.month();
        let before = known.and_then(|known| known.before.clone());
        let known = known.map(|known| Earlier::of(&known.snapshot, known.as_of));
        let all = [before, known, Some(Earlier::of(told, at))].into_iter().flatten();
        Self { before: all.filter(|one| one.as_of < month).max(), ..self }
    }

    /// The plan that an account's own subscriptions had in force just before a moment; none when
    /// none was.
    pub fn plan_before<'a>(
        all: impl IntoIterator<Item = &'a Self>,
        moment: Timestamp,
    ) -> Option<String> {
        let ours = all.into_iter().filter(|one| one.snapshot.is_ours());
        let then = ours.filter_map(|one| {
            let now = Earlier::of(&one.snapshot, one.as_of);
            let stood = if one.as_of < moment {
                Some(now)
            } else {
                one.before.clone().or_else(|| now.before_its_end())
            };
            let stood = stood.filter(|stood| stood.status.is_in_force())?;
            let begun = one.snapshot.created;
            (begun < moment).then_some((one.snapshot.origin.is_sold(), begun, stood.plan))
        });
        then.max().map(|(.., plan)| plan)
    }

    /// The subscriptions that were bought through us and run besides an older one of ours: bought
    /// twice.
    pub fn doubles<'a>(all: impl IntoIterator<Item = &'a Self>) -> Vec<SubscriptionId> {
        let ours = all.into_iter().filter(|one| one.snapshot.is_ours());
        let live = ours.filter(|one| one.snapshot.status.is_live());
        let mut live: Vec<_> = live.collect();
        live.sort_unstable_by_key(|one| (one.snapshot.created, &one.snapshot.id));
        let newer = live.into_iter().skip(1);
        let bought = newer.filter(|one| one.snapshot.origin == Origin::Bought);
        bought.map(|one| one.snapshot.id.clone()).collect()
    }

    /// The account's subscription among those of its customer: of those that sell a plan of ours,
    /// the newest live one, else the newest that has ended, else the newest that never began. So
    /// facts of an older subscription, such as a late `deleted`, change nothing for the account.
    /// One at a price of ours goes before one that only names a plan.
    pub fn current<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        all.into_iter().filter(|one| one.snapshot.is_ours()).max_by_key(|one| {
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
            (preference, snapshot.origin.is_sold(), snapshot.created, &snapshot.id)
        })
    }
}

impl SubscriptionStatus {
    /// True if the plan is in force: of a paused subscription it is not.
    pub fn is_in_force(self) -> bool {
        match self {
            Self::Trialing | Self::Active | Self::PastDue | Self::Unpaid => true,
            Self::Incomplete | Self::Paused | Self::Canceled | Self::IncompleteExpired => false,
        }
    }

    /// True if it has begun and not ended.
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

#[cfg(test)]
mod tests;
