//! Counting: which usage events are taken, and what they add to which counters (D2, A16, money rule
//! 19).
//!
//! Sums only grow and the latest level of a gauge wins, so the end does not depend on the order in
//! which events come. Only a limit beyond which usage is refused is first come, first served: an
//! event is taken as a whole or not at all, and a smaller one behind it may still fit.

use std::collections::BTreeMap;

use crate::family::AccountKind;
use crate::ids::AccountId;
use crate::month::{Day, Month};
use crate::time::Timestamp;
use crate::usage::{Allowance, Beyond, Held, Kind, Usage};
use crate::words::Word;

/// Most units of one event.
pub const QUANTITY_MAX: u64 = 1_000_000_000_000;
/// How far an event's time may be ahead of ours, in seconds: clocks differ.
pub const FUTURE_SECONDS_MAX: i64 = 300;
/// Most events of one batch.
pub const EVENTS_MAX: usize = 1_000;

/// Usage, as it was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub account: AccountId,
    /// Of what.
    pub resource: String,
    /// How many units; the level, for a gauge. At most [`QUANTITY_MAX`].
    pub quantity: u64,
    /// When.
    pub at: Timestamp,
}

/// Reason why an event is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejection {
    /// A field is missing or is not what it must be.
    InvalidEvent,
    /// The quantity is not a whole number from 0 to [`QUANTITY_MAX`].
    InvalidQuantity,
    /// The time cannot be read.
    InvalidTime,
    /// An earlier event of the batch has the same id.
    DuplicateId,
    /// No such account.
    UnknownAccount,
    /// The account is closed (C10).
    AccountClosed,
    /// The account is a parent, which has no usage of its own (B3).
    ParentAccount,
    /// The catalog has no such resource.
    UnknownResource,
    /// Its time is more than [`FUTURE_SECONDS_MAX`] ahead.
    InTheFuture,
    /// Its month has ended for so long that it is invoiced.
    TooLate,
    /// The plan refuses what is beyond its limit.
    OverLimit,
    /// Deductions of credits are the metering of the resource (D12).
    MeteredByDeductions,
}

impl Word for Rejection {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::InvalidEvent, "invalid_event"),
        (Self::InvalidQuantity, "invalid_quantity"),
        (Self::InvalidTime, "invalid_at"),
        (Self::DuplicateId, "duplicate_id"),
        (Self::UnknownAccount, "unknown_account"),
        (Self::AccountClosed, "account_closed"),
        (Self::ParentAccount, "parent_account"),
        (Self::UnknownResource, "unknown_resource"),
        (Self::InTheFuture, "at_in_future"),
        (Self::TooLate, "too_late"),
        (Self::OverLimit, "over_limit"),
        (Self::MeteredByDeductions, "metered_by_deductions"),
    ];
}

/// What is known of an account before its events are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meters {
    /// True if it is closed.
    pub closed: bool,
    /// Kind of the account; none is a standard account.
    pub kind: Option<AccountKind>,
    /// What its plan says of every resource of the catalog.
    pub allowances: Vec<Allowance>,
    /// The resource that takes credits, if there is one: nothing else counts it but deductions.
    pub deducted: Option<String>,
    /// Its months.
    pub months: BTreeMap<Month, Usage>,
    /// Its days, as far as gauges were reported for them.
    pub days: BTreeMap<Day, Usage>,
    /// The latest level of each gauge.
    pub latest: Usage,
}

/// What some events of one account come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// To its months.
    pub months: BTreeMap<Month, Counts>,
    /// To its days.
    pub days: BTreeMap<Day, Counts>,
    /// To the latest level of each gauge.
    pub latest: Counts,
    /// What is not counted, by the event's place in the batch.
    pub rejected: BTreeMap<usize, Rejection>,
}

/// What is to change in the counters of one month or day. Each change holds whatever else was
/// counted meanwhile, but for what it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Units to add to sums.
    pub add: BTreeMap<String, u64>,
    /// The most that a sum may be beforehand, so that nothing is taken beyond a limit that refuses
    /// it.
    pub room: BTreeMap<String, u64>,
    /// Levels of gauges, each with the level that it takes the place of.
    pub hold: BTreeMap<String, (Held, Option<Held>)>,
}

impl Counts {
    /// True if nothing changes.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.hold.is_empty()
    }

    fn add(&mut self, resource: &str, quantity: u64) {
        if quantity > 0 {
            let sum = self.add.entry(resource.to_owned()).or_default();
            *sum = sum.saturating_add(quantity);
        }
    }

    /// The level so far, with what was seen.
    fn held(&self, resource: &str, seen: Option<&Usage>) -> Option<Held> {
        let seen = || seen.and_then(|seen| seen.held.get(resource)).copied();
        self.hold.get(resource).map(|(new, _)| *new).or_else(seen)
    }

    fn hold(&mut self, resource: &str, new: Held, seen: Option<&Usage>) {
        if self.held(resource, seen).is_none_or(|held| held < new) {
            let seen = seen.and_then(|seen| seen.held.get(resource)).copied();
            self.hold.insert(resource.to_owned(), (new, seen));
        }
    }
}

/// Until when usage of a month is taken: not at that instant any more.
pub fn taken_until(month: Month, late_seconds: i64) -> Timestamp {
    month.end().plus_seconds(late_seconds)
}

/// What events of one account come to. Each stands with its place in the batch, in that order;
/// `known` is nothing when there is no such account.
pub fn tally<'a>(
    known: Option<&Meters>,
    events: impl IntoIterator<Item = (usize, &'a Event)>,
    late_seconds: i64,
    now: Timestamp,
) -> Tally {
    let mut tally = Tally::default();
    for (place, event) in events {
        let taken = match known {
            None => Err(Rejection::UnknownAccount),
            Some(known) => tally.count(known, event, late_seconds, now),
        };
        if let Err(rejection) = taken {
            tally.rejected.insert(place, rejection);
        }
    }
    tally.months.retain(|_, counts| !counts.is_empty());
    tally.days.retain(|_, counts| !counts.is_empty());
    tally
}

impl Tally {
    /// How many items it changes.
    pub fn items(&self) -> usize {
        let latest = usize::from(!self.latest.is_empty());
        self.months.len().saturating_add(self.days.len()).saturating_add(latest)
    }

    fn count(
        &mut self,
        known: &Meters,
        event: &Event,
        late_seconds: i64,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        if known.closed {
            return Err(Rejection::AccountClosed);
        }
        if known.kind == Some(AccountKind::Parent) {
            return Err(Rejection::ParentAccount);
        }
        let allowance = known.allowances.iter().find(|it| it.resource == event.resource);
        let allowance = allowance.ok_or(Rejection::UnknownResource)?;
        if known.deducted.as_ref() == Some(&event.resource) {
            return Err(Rejection::MeteredByDeductions);
        }
        if event.quantity > QUANTITY_MAX {
            return Err(Rejection::InvalidQuantity);
        }
        let month = Month::of(event.at);
        if event.at > now.plus_seconds(FUTURE_SECONDS_MAX) {
            return Err(Rejection::InTheFuture);
        }
        let is_closed = known.months.get(&month).is_some_and(|usage| usage.closed);
        if now >= taken_until(month, late_seconds) || is_closed {
            return Err(Rejection::TooLate);
        }
        match allowance.kind {
            Kind::Sum => self.add(known, allowance, event),
            Kind::Gauge => self.hold(known, allowance, event),
        }
    }

    fn add(
        &mut self,
        known: &Meters,
        allowance: &Allowance,
        event: &Event,
    ) -> Result<(), Rejection> {
        let Event { resource, quantity, at, .. } = event;
        let month = Month::of(*at);
        let counts = self.months.entry(month).or_default();
        if let Some(limit) = refused_beyond(allowance) {
            let seen = known.months.get(&month).map_or(0, |usage| usage.sum(resource));
            let added = counts.add.get(resource).copied().unwrap_or(0).saturating_add(*quantity);
            let room = limit.checked_sub(added).filter(|room| seen <= *room);
            counts.room.insert(resource.clone(), room.ok_or(Rejection::OverLimit)?);
        }
        counts.add(resource, *quantity);
        self.days.entry(Day::of(*at)).or_default().add(resource, *quantity);
        Ok(())
    }

    fn hold(
        &mut self,
        known: &Meters,
        allowance: &Allowance,
        event: &Event,
    ) -> Result<(), Rejection> {
        let Event { resource, quantity, at, .. } = event;
        let new = Held { at: *at, level: *quantity };
        let held = self.latest.held(resource, Some(&known.latest)).map_or(0, |held| held.level);
        // Less than before is a step in the right direction, and true.
        if refused_beyond(allowance).is_some_and(|limit| new.level > limit.max(held)) {
            return Err(Rejection::OverLimit);
        }
        let (month, day) = (Month::of(*at), Day::of(*at));
        self.months.entry(month).or_default().hold(resource, new, known.months.get(&month));
        self.days.entry(day).or_default().hold(resource, new, known.days.get(&day));
        self.latest.hold(resource, new, Some(&known.latest));
        Ok(())
    }
}

/// The limit beyond which usage is refused, where there is one.
fn refused_beyond(allowance: &Allowance) -> Option<u64> {
    match allowance.beyond {
        Beyond::Refused => allowance.included,
        Beyond::Counted | Beyond::Restricts => None,
    }
}

/// Into how many accounts each transaction is cut, when the accounts of a batch, in this order,
/// need so many items each and a transaction takes `items_max`. An account is never cut.
pub fn chunks(items: &[usize], items_max: usize) -> Vec<usize> {
    let mut chunks = Vec::new();
    let (mut accounts, mut sum) = (0_usize, 0_usize);
    for items in items {
        if accounts > 0 && sum.saturating_add(*items) > items_max {
            chunks.push(accounts);
            (accounts, sum) = (0, 0);
        }
        accounts = accounts.saturating_add(1);
        sum = sum.saturating_add(*items);
    }
    if accounts > 0 {
        chunks.push(accounts);
    }
    chunks
}

#[cfg(test)]
mod tests;
