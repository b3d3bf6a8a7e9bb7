//! Open reservations of the model: read, written, and checked.

use std::collections::BTreeMap;

use super::World;
use crate::credits::Credits;
use crate::credits::holds::{Hold, HoldsChange};
use crate::credits::reservation::{Reservation, ReservationStatus};
use crate::month::Month;

impl World {
    /// The credits as they are read: without the holds that are over.
    pub(super) fn read(&self) -> Credits {
        let credits = self.credits.clone();
        let Some((after, until)) = credits.lapsing(self.now) else { return credits };
        let ends = |it: &&Reservation| it.status == ReservationStatus::Open;
        let open = self.reservations.values().filter(ends);
        let is_over =
            |it: &Reservation| after.is_none_or(|at| at < it.ends_at) && it.ends_at <= until;
        let (over, rest): (Vec<_>, Vec<_>) = open.partition(|it| is_over(it));
        let holds: Vec<Hold> =
            over.iter().map(|it| Hold { held: it.held, month: it.month }).collect();
        let next = rest.iter().map(|it| it.ends_at).filter(|at| *at > until).min();
        credits.with_lapsed(&holds, next, until)
    }

    /// True if the open reservations are such that a change of them may be written.
    pub(super) fn holds_as_read(&self, change: &HoldsChange) -> bool {
        let known = &self.credits.holds;
        if let Some((_, seen)) = &change.lapse {
            return known.changes == seen.changes && known.lapsed_until == seen.lapsed_until;
        }
        let is_early = match (change.earliest_seen, change.earliest) {
            (Some(seen), Some(_)) => known.earliest == seen,
            (Some(_), None) => known.earliest.is_some_and(|at| Some(at) <= change.changed),
            (None, _) => true,
        };
        is_early
            && change.changed.is_none_or(|at| known.lapsed_until.is_none_or(|until| until < at))
    }

    pub(super) fn change_holds(&mut self, change: &HoldsChange) {
        let known = &mut self.credits.holds;
        known.changes += u64::from(change.changed.is_some());
        known.open = known.open.checked_add_signed(change.open).unwrap();
        if let Some(earliest) = change.earliest {
            known.earliest = earliest;
        }
        if let Some((until, _)) = &change.lapse {
            known.lapsed_until = Some(*until);
        }
    }

    /// What is read is made of the entries and of the reservations that hold something: an expired
    /// one has no effect on any number (XB2).
    pub(super) fn check_holds(&self, seed: u64, read: &Credits) {
        let is_open =
            |it: &&Reservation| read.as_of(it, self.now).status == ReservationStatus::Open;
        let open: Vec<_> = self.reservations.values().filter(is_open).collect();
        let held: i64 = open.iter().map(|it| it.held.credits).sum();
        assert_eq!(read.counted.reserved, held, "seed {seed}: what is reserved is what is held");
        let mut included: BTreeMap<Month, i64> = BTreeMap::new();
        for entry in self.ledger.values() {
            let held = self.reservations.get(&entry.id).map(|it| it.month);
            *included.entry(held.unwrap_or(Month::of(entry.at))).or_default() += entry.included;
        }
        for it in open {
            *included.entry(it.month).or_default() += it.held.included;
        }
        let mut known = read.counted.included.clone();
        // Earlier months are forgotten.
        let last = Month::of(Month::of(self.now).start().plus_seconds(-1));
        known.retain(|month, used| *month >= last && *used != 0);
        included.retain(|month, used| *month >= last && *used != 0);
        assert_eq!(known, included, "seed {seed}: what is used of what is included");
    }
}
