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
    /// Tokens that deductions used, where some resource takes credits.
    pub tokens: Option<TokensOfMonth>,
}

/// Tokens that deductions used in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokensOfMonth {
    /// Resource that takes credits.
    pub resource: String,
    /// Tokens by day, wherever they were taken from.
    pub days: BTreeMap<Day, i64>,
    /// Tokens of what the plan includes that were used or are reserved; none where that is not kept
    /// any more.
    pub included: Option<i64>,
}

/// Usage of one resource in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceUsage {
    /// The plan's word on the resource.
    pub allowance: Allowance,
    /// Units used in the month; the last level of a gauge.
    pub used: u64,
    /// Units that were taken from credits.
    pub credits: u64,
    /// Units beyond the included that are invoiced; none where a parent pays.
    pub billed: Option<u64>,
    /// Units of each day until now; the level at a day's end for a gauge.
    pub daily: Vec<(Day, u64)>,
}

impl MonthUsage {
    /// With the tokens that deductions used, as the usage of the resource that takes credits.
    pub fn count_tokens(&mut self, tokens: TokensOfMonth) {
        let mut sum: u64 = 0;
        for (day, used) in &tokens.days {
            let used = u64::try_from(*used).unwrap_or(0);
            sum = sum.saturating_add(used);
            self.days.entry(*day).or_default().sums.insert(tokens.resource.clone(), used);
        }
        self.counted.sums.insert(tokens.resource.clone(), sum);
        self.tokens = Some(tokens);
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
        let is_priced = allowance.overage.is_some();
        let billed = allowance.included.filter(|_| is_priced);
        let billed = Some(billed.map_or(0, |included| used.saturating_sub(included)));
        let credits = self.taken_from_credits(&allowance, used);
        ResourceUsage { allowance, used, credits, billed, daily }
    }

    /// Of the used units of a resource, those that were taken from credits: what was not of the
    /// included tokens. Where it is not kept how many of these were used, the plan's are taken.
    fn taken_from_credits(&self, allowance: &Allowance, used: u64) -> u64 {
        let tokens = self.tokens.as_ref().filter(|tokens| tokens.resource == allowance.resource);
        let Some(tokens) = tokens else { return 0 };
        let included = match tokens.included {
            Some(included) => u64::try_from(included).unwrap_or(0),
            None => allowance.included.unwrap_or(u64::MAX),
        };
        used.saturating_sub(included)
    }
}
