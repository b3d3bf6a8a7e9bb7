//! Counters of a month, split by who pays for them (B11).
//!
//! Sums are split by the counters of days, because a payer changes at the beginning of a day (UTC).
//! A gauge goes to the payer of the month's last day, at whose end its level is billed.

use std::collections::BTreeMap;

use super::Usage;
use crate::month::{Day, Month};

/// The counters of days do not add up to the month's: they were read while usage was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the days do not add up to the month: usage was counted while they were read")]
pub struct DaysDiffer;

/// Counters of a month that has ended, for each payer of one of its days. `used` has the levels
/// that were carried into the month; `payer_on` is the payer of a day.
///
/// # Errors
/// [`DaysDiffer`]: month and days are to be read again.
pub fn by_payer<P: Ord>(
    (month, used): (Month, &Usage),
    days: &BTreeMap<Day, Usage>,
    payer_on: impl Fn(Day) -> P,
) -> Result<BTreeMap<P, Usage>, DaysDiffer> {
    let added = sums_by_payer(days, |_| ()).remove(&()).unwrap_or_default();
    let resources = used.sums.keys().chain(added.keys());
    for resource in resources {
        if used.sum(resource) != added.get(resource).copied().unwrap_or(0) {
            return Err(DaysDiffer);
        }
    }

    let sums = sums_by_payer(days, &payer_on).into_iter();
    let mut split: BTreeMap<P, Usage> =
        sums.map(|(payer, sums)| (payer, Usage { sums, ..Usage::default() })).collect();

    if !used.held.is_empty() {
        let last = Day::of(month.end().plus_seconds(-1));
        split.entry(payer_on(last)).or_default().held.clone_from(&used.held);
    }
    Ok(split)
}

/// Sums of days, added up for each payer of one.
pub fn sums_by_payer<P: Ord>(
    days: &BTreeMap<Day, Usage>,
    payer_on: impl Fn(Day) -> P,
) -> BTreeMap<P, BTreeMap<String, u64>> {
    let mut split: BTreeMap<P, BTreeMap<String, u64>> = BTreeMap::new();
    for (day, counted) in days {
        let sums = split.entry(payer_on(*day)).or_default();
        for (resource, units) in &counted.sums {
            let sum = sums.entry(resource.clone()).or_default();
            *sum = sum.saturating_add(*units);
        }
    }
    split
}

#[cfg(test)]
mod tests;
