//! Usage of a metering month, resource by resource and day by day (D2).

use std::collections::BTreeMap;

use super::{Allowance, Held, Kind, Usage};
use crate::month::{Day, Month};
use crate::time::Timestamp;

/// Counters of a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthUsage {
    /// Sums and last levels of the month.
    pub counted: Usage,
    /// Sums and last levels of its days.
    pub days: BTreeMap<Day, Usage>,
    /// Levels that the month began with.
    pub before: BTreeMap<String, Held>,
}

/// Usage of one resource in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceUsage {
    /// The plan's word on the resource.
    pub allowance: Allowance,
    /// Units used in the month; the last level of a gauge.
    pub used: u64,
    /// Units of each day until now; the level at a day's end for a gauge.
    pub daily: Vec<(Day, u64)>,
}

impl MonthUsage {
    /// With the tokens that deductions used, as the usage of the resource that takes credits.
    pub fn count_tokens(&mut self, resource: &str, days: &BTreeMap<Day, i64>) {
        let mut sum: u64 = 0;
        for (day, tokens) in days {
            let tokens = u64::try_from(*tokens).unwrap_or(0);
            sum = sum.saturating_add(tokens);
            self.days.entry(*day).or_default().sums.insert(resource.to_owned(), tokens);
        }
        self.counted.sums.insert(resource.to_owned(), sum);
    }

    /// Usage of one resource. A gauge that nobody reported on a day keeps its level.
    pub fn of(&self, allowance: Allowance, month: Month, now: Timestamp) -> ResourceUsage {
        let resource = &allowance.resource;
        let mut level = self.before.get(resource).map_or(0, |held| held.level);
        let daily = month.days_until(now).map(|day| {
            let usage = self.days.get(&day);
            let used = match allowance.kind {
                Kind::Sum => usage.map_or(0, |usage| usage.sum(resource)),
                Kind::Gauge => {
                    let held = usage.and_then(|usage| usage.held.get(resource));
                    level = held.map_or(level, |held| held.level);
                    level
                }
            };
            (day, used)
        });
        let daily = daily.collect();

        let used = match allowance.kind {
            Kind::Sum => self.counted.sum(resource),
            Kind::Gauge => self.counted.held.get(resource).map_or(level, |held| held.level),
        };
        ResourceUsage { allowance, used, daily }
    }
}
