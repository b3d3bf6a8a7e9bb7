//! A correction of counted usage by staff, before its month is invoiced (F3).
//!
//! Units of a sum are taken off, or added, on the day that is named. Without a day they are taken
//! off all days in proportion to what each counted: so the payers of a month bear the error as they
//! bear the usage. What is added without a day stands on the month's latest day. A gauge is set to
//! another level as if it had been reported now, or in the last second of a month that has ended:
//! the next report replaces it.

mod refusal;

use std::collections::BTreeMap;

use super::{Allowance, Beyond, Held, Kind, Usage, Used, exceeded};
use crate::account::Standing;
use crate::journal::{Entry, Kind as EntryKind, Value};
use crate::month::{Day, Month};
use crate::state::State;
use crate::time::Timestamp;
use crate::words::Word;

pub use self::refusal::{CorrectionRefusal, Invoiced};

/// Most units that one correction adds or takes off.
pub const CORRECTION_UNITS_MAX: i64 = 1_000_000_000_000;

/// A correction as staff ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionRequest {
    /// Id of the correction: the same request has the same one.
    pub id: String,
    /// Month whose counters are wrong.
    pub month: Month,
    /// Resource.
    pub resource: String,
    /// Units to add; below zero to take off.
    pub quantity: i64,
    /// Day on which the correction stands; none spreads it.
    pub day: Option<Day>,
    /// Reason of staff.
    pub reason: String,
    /// Key or person who asks.
    pub by: String,
}

/// Counters that a correction rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountedMonth {
    /// Sums and last levels of the month; none where nothing was counted.
    pub month: Option<Usage>,
    /// Sums and last levels of its days.
    pub days: BTreeMap<Day, Usage>,
    /// Levels that the month began with.
    pub before: BTreeMap<String, Held>,
    /// Latest level of each gauge, of whatever month.
    pub latest: Usage,
}

/// Limits in force for the account, and the state that they are added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The plan's word on each resource.
    pub allowances: Vec<Allowance>,
    /// Resource that only deductions of credits count.
    pub deducted: Option<String>,
    /// State of the account apart from its usage.
    pub state: State,
}

/// A correction that was made, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Its id.
    pub id: String,
    /// Month whose counters it changed.
    pub month: Month,
    /// Resource.
    pub resource: String,
    /// Units that it added; below zero where it took some off.
    pub quantity: i64,
    /// Day that the request named.
    pub day: Option<Day>,
    /// Units by day, which add up to the quantity. Of a gauge the day on which the level was set.
    pub days: BTreeMap<Day, i64>,
    /// Units of the month before it.
    pub before: u64,
    /// Units of the month behind it.
    pub after: u64,
    /// Time of the correction.
    pub at: Timestamp,
    /// Key or person who made it.
    pub by: String,
    /// Reason of staff.
    pub reason: String,
}

/// A correction with the counters that it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    /// The correction.
    pub correction: Correction,
    /// The counters as they were read, which must not have changed.
    pub counters: Counters,
}

/// A decided correction, with what the journal says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The correction with its counters.
    pub corrected: Corrected,
    /// The journal's entry.
    pub entry: Entry,
}

/// Counters that a correction changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counters {
    /// A sum; none where it was never counted in the month.
    Sum(Option<u64>),
    /// A gauge: its new level, and the levels whose place it takes.
    Gauge {
        /// New level.
        level: Held,
        /// Level of the month.
        in_month: Option<Held>,
        /// Level of the day.
        on_day: Option<Held>,
        /// Latest level, where the new one takes its place; none where a later one stays.
        latest: Option<Option<Held>>,
    },
}

impl Correction {
    /// True if a request asks for what this correction was made for.
    pub fn is_of(&self, request: &CorrectionRequest) -> bool {
        let asked = (request.month, request.quantity, request.day);
        let texts = (self.resource == request.resource, self.reason == request.reason);
        (self.month, self.quantity, self.day) == asked && texts == (true, true)
    }
}

/// Corrects counted usage. State and limits follow from the counters, so an account that fits its
/// plan again is served from the same commit on.
///
/// # Errors
/// [`CorrectionRefusal`]: nothing is changed.
pub fn correct(
    (standing, counted): (&Standing, &CountedMonth),
    limits: &Limits,
    request: &CorrectionRequest,
    now: Timestamp,
) -> Result<Decided, CorrectionRefusal> {
    let allowance = checked(standing, limits, request, now)?;
    let made = match allowance.kind {
        Kind::Sum => corrected_sum(counted, allowance, request, now)?,
        Kind::Gauge => corrected_gauge(counted, request, now)?,
    };

    let Correction { before, after, .. } = made.correction;
    let number = |units: u64| Some(Value::Number(i64::try_from(units).unwrap_or(i64::MAX)));
    let entry = Entry::new(now, EntryKind::UsageCorrected, Some(&request.resource))
        .with("month", None, Some(Value::Text(request.month.to_string())))
        .with("quantity", None, Some(Value::Number(request.quantity)))
        .with("used", number(before), number(after))
        .with("reason", None, Some(Value::Text(request.reason.clone())));
    let (was, is) = states((counted, limits), &made, now);
    let word = |state: State| Some(Value::Text(state.word().to_owned()));
    let entry = entry.with("state", word(was), word(is));
    Ok(Decided { corrected: made, entry })
}

/// What can be said before the counters are looked at.
fn checked<'a>(
    standing: &Standing,
    limits: &'a Limits,
    request: &CorrectionRequest,
    now: Timestamp,
) -> Result<&'a Allowance, CorrectionRefusal> {
    if standing.family.as_parent().is_some() {
        return Err(CorrectionRefusal::ParentAccount);
    }
    let allowance = limits.allowances.iter().find(|it| it.resource == request.resource);
    let allowance = allowance.ok_or(CorrectionRefusal::UnknownResource)?;
    if limits.deducted.as_ref() == Some(&request.resource) {
        return Err(CorrectionRefusal::MeteredByDeductions);
    }
    if request.month.start() > now {
        return Err(CorrectionRefusal::NotBegun);
    }
    let is_within = |day: Day| day.month() == request.month && day.start() <= now;
    if request.day.is_some_and(|day| !is_within(day)) {
        return Err(CorrectionRefusal::DayOutside);
    }
    if allowance.kind == Kind::Gauge && request.day.is_some() {
        return Err(CorrectionRefusal::DayOfGauge);
    }
    Ok(allowance)
}

fn corrected_sum(
    counted: &CountedMonth,
    allowance: &Allowance,
    request: &CorrectionRequest,
    now: Timestamp,
) -> Result<Corrected, CorrectionRefusal> {
    let resource = &request.resource;
    let seen = counted.month.as_ref().and_then(|usage| usage.sums.get(resource)).copied();
    let before = seen.unwrap_or(0);
    let after = added(before, request.quantity, before)?;
    let is_more = request.quantity > 0 && allowance.beyond == Beyond::Refused;
    if let Some(limit) = allowance.included.filter(|limit| is_more && after > *limit) {
        return Err(CorrectionRefusal::OverLimit { limit });
    }

    let of_days: BTreeMap<Day, u64> =
        counted.days.iter().map(|(day, usage)| (*day, usage.sum(resource))).collect();
    if of_days.values().fold(0, |sum: u64, units| sum.saturating_add(*units)) != before {
        return Err(CorrectionRefusal::Moving);
    }
    let days = match request.day {
        Some(day) => {
            let on_day = of_days.get(&day).copied().unwrap_or(0);
            added(on_day, request.quantity, on_day)?;
            BTreeMap::from([(day, request.quantity)])
        }
        None if request.quantity > 0 => {
            BTreeMap::from([(latest_day(request.month, now), request.quantity)])
        }
        None => spread(request.quantity, &of_days),
    };
    let correction = made(request, (days, before, after), now);
    Ok(Corrected { correction, counters: Counters::Sum(seen) })
}

fn corrected_gauge(
    counted: &CountedMonth,
    request: &CorrectionRequest,
    now: Timestamp,
) -> Result<Corrected, CorrectionRefusal> {
    let resource = &request.resource;
    let held = |usage: &Usage| usage.held.get(resource).copied();
    let in_month = counted.month.as_ref().and_then(held);
    let carried = counted.before.get(resource).copied();
    let before = in_month.or(carried).map_or(0, |held| held.level);
    let after = added(before, request.quantity, before)?;

    let day = latest_day(request.month, now);
    let at = now.min(request.month.end().plus_seconds(-1));
    let latest = held(&counted.latest);
    let counters = Counters::Gauge {
        level: Held { at, level: after },
        in_month,
        on_day: counted.days.get(&day).and_then(held),
        latest: latest.is_none_or(|latest| latest.at <= at).then_some(latest),
    };
    let days = BTreeMap::from([(day, request.quantity)]);
    Ok(Corrected { correction: made(request, (days, before, after), now), counters })
}

fn made(
    request: &CorrectionRequest,
    (days, before, after): (BTreeMap<Day, i64>, u64, u64),
    now: Timestamp,
) -> Correction {
    Correction {
        id: request.id.clone(),
        month: request.month,
        resource: request.resource.clone(),
        quantity: request.quantity,
        day: request.day,
        days,
        before,
        after,
        at: now,
        by: request.by.clone(),
        reason: request.reason.clone(),
    }
}

/// Units with a quantity added; what was counted never goes below zero.
fn added(units: u64, quantity: i64, counted: u64) -> Result<u64, CorrectionRefusal> {
    units.checked_add_signed(quantity).ok_or(CorrectionRefusal::BeyondCounted { counted })
}

/// The latest day of a month that has begun.
fn latest_day(month: Month, now: Timestamp) -> Day {
    Day::of(now.min(month.end().plus_seconds(-1)))
}

/// Units to take off, spread over days in proportion to what each counted; units that remain of the
/// division go to the days with the largest remainders, the earlier first. No day gets below zero.
fn spread(quantity: i64, of_days: &BTreeMap<Day, u64>) -> BTreeMap<Day, i64> {
    let off = u128::from(quantity.unsigned_abs());
    let total = of_days.values().fold(0_u128, |sum, units| sum.saturating_add((*units).into()));
    let total = total.max(1);
    let mut shares: Vec<(Day, u128, u128)> = Vec::new();
    for (day, units) in of_days {
        let exact = off.saturating_mul(u128::from(*units));
        let share = exact.checked_div(total).unwrap_or(0);
        let remainder = exact.checked_rem(total).unwrap_or(0);
        shares.push((*day, share, remainder));
    }

    let given = shares.iter().fold(0_u128, |sum, (_, share, _)| sum.saturating_add(*share));
    let left = usize::try_from(off.saturating_sub(given)).unwrap_or(0);
    shares.sort_by(|one, other| other.2.cmp(&one.2).then(one.0.cmp(&other.0)));
    for (_, share, _) in shares.iter_mut().take(left) {
        *share = share.saturating_add(1);
    }

    let taken = shares.into_iter().filter(|(_, share, _)| *share > 0);
    let signed = |share: u128| i64::try_from(share).unwrap_or(i64::MAX).saturating_neg();
    taken.map(|(day, share, _)| (day, signed(share))).collect()
}

/// States of the account before and behind a correction, as its usage by now decides them.
fn states(
    (counted, limits): (&CountedMonth, &Limits),
    made: &Corrected,
    now: Timestamp,
) -> (State, State) {
    let Correction { month, resource, after, .. } = &made.correction;
    let is_current = *month == Month::of(now);
    let in_month = counted.month.clone().filter(|_| is_current).unwrap_or_default();
    let was = Used { month: in_month, latest: counted.latest.clone() };

    let mut is = was.clone();
    match &made.counters {
        Counters::Sum(_) if is_current => {
            is.month.sums.insert(resource.clone(), *after);
        }
        Counters::Gauge { level, latest: Some(_), .. } => {
            is.latest.held.insert(resource.clone(), *level);
        }
        Counters::Sum(_) | Counters::Gauge { latest: None, .. } => {}
    }
    let state = |used: &Used| limits.state.limited_by(&exceeded(&limits.allowances, used));
    (state(&was), state(&is))
}

#[cfg(test)]
mod tests;
