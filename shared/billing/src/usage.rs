//! Metered usage: what was used, what a plan allows, and what follows for the account (D2, C7 to
//! C9).
//!
//! A *sum* adds up over a metering month and is zero again at the next one's first instant, because
//! that is another month's sum. A *gauge* is a level that is held: the latest report counts, and
//! goes on counting in the next month. What a plan allows is passed in: the catalog knows it, and
//! knows this crate.

mod allowance;
pub mod by_payer;
pub mod correction;
pub mod forecast;
pub mod metering;
pub mod monthly;
pub mod overage;

use std::collections::BTreeMap;

use crate::month::Month;
use crate::reason::Reason;
use crate::time::Timestamp;

pub use allowance::{Allowance, Beyond, Kind, Level, NEAR_PERCENT};

/// A gauge's level. The later report is the greater; of two in one second the larger level,
/// whichever came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Since when.
    pub at: Timestamp,
    /// How many units.
    pub level: u64,
}

/// What was used in a month or a day, by resource; of gauges, the latest level that was reported in
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The month has been invoiced: nothing is counted to it any more.
    pub closed: bool,
    /// Sums.
    pub sums: BTreeMap<String, u64>,
    /// Gauges.
    pub held: BTreeMap<String, Held>,
    /// Number of closings of sub-accounts that left their counts of a month with the account.
    pub shares: u64,
    /// Time of the last batch that counted to the month; none before that was kept, and of days.
    pub reported_at: Option<Timestamp>,
}

/// What an account has used by now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used {
    /// In this month.
    pub month: Usage,
    /// The latest level of each gauge, of whatever month.
    pub latest: Usage,
}

/// A limit that an account is over, and that restricts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// Which resource.
    pub resource: String,
    /// What people call it.
    pub name: String,
    /// How it adds up.
    pub kind: Kind,
    /// How much is used.
    pub used: u64,
    /// How much the plan includes.
    pub included: u64,
}

impl Usage {
    /// How much of a resource was used in a month that has ended. Gauges count with the level that
    /// was held at its last instant, so those that nobody reported in it must be
    /// [carried](Self::carrying) over first.
    pub fn of(&self, allowance: &Allowance) -> u64 {
        match allowance.kind {
            Kind::Sum => self.sum(&allowance.resource),
            Kind::Gauge => self.held.get(&allowance.resource).map_or(0, |held| held.level),
        }
    }

    /// With the levels that an earlier month ended with, where none was reported in this one.
    #[must_use]
    pub fn carrying(&self, earlier: &Self) -> Self {
        let mut carried = self.clone();
        for (resource, held) in &earlier.held {
            carried.held.entry(resource.clone()).or_insert(*held);
        }
        carried
    }

    /// Adds the usage of another month of the same account, which is billed with this one: sums and
    /// levels alike.
    pub fn add(&mut self, other: &Self) {
        for (resource, units) in &other.sums {
            let sum = self.sums.entry(resource.clone()).or_default();
            *sum = sum.saturating_add(*units);
        }
        for (resource, held) in &other.held {
            let so_far = self.held.entry(resource.clone()).or_insert(Held { level: 0, ..*held });
            let level = so_far.level.saturating_add(held.level);
            *so_far = Held { at: so_far.at.max(held.at), level };
        }
    }

    /// True if nothing was used and nothing is held.
    pub fn is_empty(&self) -> bool {
        self.sums.values().all(|units| *units == 0) && self.held.values().all(|it| it.level == 0)
    }

    /// How much of a sum.
    pub fn sum(&self, resource: &str) -> u64 {
        self.sums.get(resource).copied().unwrap_or(0)
    }
}

impl Used {
    /// Sums of the month and the latest levels, as a month that ends now would have them.
    pub fn all(&self) -> Usage {
        let (sums, held) = (self.month.sums.clone(), self.latest.held.clone());
        Usage { sums, held, ..Usage::default() }
    }

    /// How much of a resource is used.
    pub fn of(&self, allowance: &Allowance) -> u64 {
        let resource = &allowance.resource;
        match allowance.kind {
            Kind::Sum => self.month.sum(resource),
            Kind::Gauge => self.latest.held.get(resource).map_or(0, |held| held.level),
        }
    }
}

/// The limits that restrict an account: those that more is used of than the plan includes (C7, for
/// Free as well). All of what is included may be used. A limit that refuses holds a sum by itself;
/// a gauge can lie beyond it all the same, because it was filled under a larger plan. What costs
/// money or credits beyond the included never restricts.
pub fn exceeded(allowances: &[Allowance], used: &Used) -> Vec<Exceeded> {
    let restricts = |allowance: &&Allowance| match (allowance.beyond, allowance.kind) {
        (Beyond::Restricts, Kind::Sum | Kind::Gauge) | (Beyond::Refused, Kind::Gauge) => true,
        (Beyond::Refused, Kind::Sum) | (Beyond::Counted, Kind::Sum | Kind::Gauge) => false,
    };
    let over = allowances.iter().filter(restricts).filter_map(|allowance| {
        let used = used.of(allowance);
        let included = allowance.included.filter(|included| used > *included)?;
        let Allowance { resource, name, kind, .. } = allowance.clone();
        Some(Exceeded { resource, name, kind, used, included })
    });
    over.collect()
}

/// Reason why a limit restricts an account, and what would clear it (C9).
pub fn over_limit(exceeded: &Exceeded, now: Timestamp) -> Reason {
    let Exceeded { resource, name, kind, used, included } = exceeded;
    let month = Month::of(now);
    let (detail, clears_by) = match kind {
        Kind::Sum => (
            format!("{name}: {used} were used in {month}, and {included} are included."),
            format!(
                "The next month, on {}, or a plan that includes at least {used} of `{resource}`.",
                month.end()
            ),
        ),
        Kind::Gauge => (
            format!("{name}: {used} are held, and {included} are included."),
            format!(
                "Holding no more than {included}, or a plan that includes at least {used} of \
                 `{resource}`."
            ),
        ),
    };
    Reason::new("over_limit", detail, clears_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(kind: Kind, included: Option<u64>, beyond: Beyond) -> Allowance {
        let (resource, name) = ("events".to_owned(), "Events".to_owned());
        let unit = "event".to_owned();
        Allowance { resource, name, unit, kind, included, beyond, overage: None }
    }

    /// Goal: the bar changes colour at exactly 80 % and at the limit, not a unit earlier (D2).
    #[test]
    fn near_begins_at_80_percent_and_over_at_the_limit() {
        let level =
            |included, used| allowance(Kind::Sum, Some(included), Beyond::Restricts).level(used);
        for (included, used, expected) in [
            (1_000, 799, Level::Ok),
            (1_000, 800, Level::Near),
            (1_000, 999, Level::Near),
            (1_000, 1_000, Level::Over),
            (7, 5, Level::Ok),
            (7, 6, Level::Near),
            (0, 0, Level::Ok),
            (0, 1, Level::Over),
            (u64::MAX, u64::MAX - 1, Level::Near),
        ] {
            assert_eq!(level(included, used), expected, "{used} of {included}");
        }
        assert_eq!(allowance(Kind::Sum, None, Beyond::Counted).level(u64::MAX), Level::Ok);
    }

    /// Goal: only a `restrict` limit restricts, and only beyond it (C7).
    #[test]
    fn what_is_included_may_be_used_up() {
        let used = |count: u64| Used {
            month: Usage { sums: [("events".to_owned(), count)].into(), ..Usage::default() },
            latest: Usage::default(),
        };
        let over =
            |beyond, count| exceeded(&[allowance(Kind::Sum, Some(10), beyond)], &used(count)).len();
        assert_eq!(over(Beyond::Restricts, 10), 0);
        assert_eq!(over(Beyond::Restricts, 11), 1);
        assert_eq!(over(Beyond::Counted, 11), 0);
        assert_eq!(over(Beyond::Refused, 11), 0);
        let gauge = allowance(Kind::Gauge, Some(10), Beyond::Restricts);
        assert_eq!(exceeded(&[gauge], &used(11)), [], "a gauge is not a sum");
    }

    /// Goal: a level that is held beyond a limit restricts, whether the limit restricts or refuses
    /// more of it; what costs money or credits does not (C7).
    #[test]
    fn a_gauge_over_its_limit_restricts() {
        let held = |level| Used {
            latest: Usage {
                held: [("events".to_owned(), Held { at: Timestamp(0), level })].into(),
                ..Usage::default()
            },
            ..Used::default()
        };
        for (beyond, level, expected) in [
            (Beyond::Refused, 11, 1),
            (Beyond::Refused, 10, 0),
            (Beyond::Restricts, 11, 1),
            (Beyond::Restricts, 10, 0),
            (Beyond::Counted, 11, 0),
        ] {
            let gauge = allowance(Kind::Gauge, Some(10), beyond);
            assert_eq!(exceeded(&[gauge], &held(level)).len(), expected, "{beyond:?} {level}");
        }
        let unlimited = allowance(Kind::Gauge, None, Beyond::Refused);
        assert_eq!(exceeded(&[unlimited], &held(u64::MAX)), []);
    }
}
