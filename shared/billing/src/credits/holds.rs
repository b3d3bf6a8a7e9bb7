//! Open reservations in the numbers of an account: an expired one is nothing, in every number and
//! decision.
//!
//! The numbers name the earliest end of an open reservation. Once that time has come, the holds
//! that are over are read, and their tokens count as available again from then on
//! ([`Credits::with_lapsed`]): for whoever reads, and for every decision. The next change of the
//! numbers takes them over ([`Numbers`]), all at once and whatever their number, because the items
//! of expired holds are not written: everything that ended by `lapsed_until` is over.

use std::collections::BTreeMap;

use super::pages::LedgerChange;
use super::reservation::{Reservation, ReservationStatus};
use super::{Change, Count, Counted, Credits, Split};
use crate::credits::recharge::Decided;
use crate::month::Month;
use crate::time::Timestamp;

/// Open reservations, as far as the numbers have to know them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holds {
    /// Changes of reservations so far: a count of expired holds is right only while it stays.
    pub changes: u64,
    /// Reservations that have not ended, and whose tokens the stored numbers still hold.
    pub open: u64,
    /// No open reservation ends earlier.
    pub earliest: Option<Timestamp>,
    /// Every reservation that ends by then is over, and the stored numbers hold none of its tokens.
    pub lapsed_until: Option<Timestamp>,
    /// Holds that are over, and whose tokens the stored numbers still hold.
    pub lapsed: Option<Lapsed>,
}

/// Holds that are over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lapsed {
    /// They end by then.
    pub until: Timestamp,
    /// Number of holds.
    pub holds: u64,
    /// Credits that they held.
    pub credits: i64,
    /// Included tokens that they held, by month.
    pub included: BTreeMap<Month, i64>,
    /// End of the next open reservation behind them.
    pub next: Option<Timestamp>,
}

/// Tokens that a reservation holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Tokens by where they come from.
    pub held: Split,
    /// Month whose included tokens are held.
    pub month: Month,
}

/// Change of the stored numbers, and every condition under which it is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Version that the decision was made on.
    pub version: u64,
    /// Decisions, if they changed.
    pub decided: Option<Decided>,
    /// Additions to the stored numbers, and what must hold of those beforehand.
    pub count: Count,
    /// Change of open reservations.
    pub holds: HoldsChange,
    /// Change of the ledger's end.
    pub ledger: LedgerChange,
}

/// Change of the open reservations in the stored numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldsChange {
    /// Expired holds that are taken over: up to when, and the holds as they were read.
    pub lapse: Option<(Timestamp, Holds)>,
    /// End of the reservation that is made or ended: it must not be over.
    pub changed: Option<Timestamp>,
    /// Change of the number of open reservations.
    pub open: i64,
    /// Earliest end, if it changes.
    pub earliest: Option<Option<Timestamp>>,
    /// Earliest end as it was read, where a reservation is made.
    pub earliest_seen: Option<Option<Timestamp>>,
}

impl Credits {
    /// The range of ends whose holds are to be read: later than the first, up to the second.
    /// Nothing while none is over.
    pub fn lapsing(&self, now: Timestamp) -> Option<(Option<Timestamp>, Timestamp)> {
        let Holds { open, earliest, lapsed_until, .. } = &self.holds;
        let is_over = *open > 0 && earliest.is_some_and(|earliest| earliest <= now);
        is_over.then_some((*lapsed_until, now)).filter(|(after, _)| after.is_none_or(|at| at < now))
    }

    /// The credits without the holds that are over at a time; `next` is the end of the first one
    /// behind them.
    #[must_use]
    pub fn with_lapsed(
        mut self,
        holds: &[Hold],
        next: Option<Timestamp>,
        until: Timestamp,
    ) -> Self {
        let mut lapsed = Lapsed { until, next, ..Lapsed::default() };
        for Hold { held, month } in holds {
            lapsed.holds = lapsed.holds.saturating_add(1);
            lapsed.credits = lapsed.credits.saturating_add(held.credits);
            if held.included != 0 {
                let sum = lapsed.included.entry(*month).or_default();
                *sum = sum.saturating_add(held.included);
            }
        }
        self.counted.give_back(&lapsed);
        self.holds.lapsed = Some(lapsed);
        self
    }

    /// A reservation as it is at a time: one that is over is released.
    pub fn as_of(&self, reservation: &Reservation, now: Timestamp) -> Reservation {
        let is_over = reservation.is_expired(now)
            || (reservation.status == ReservationStatus::Open
                && self.holds.lapsed_until.is_some_and(|until| reservation.ends_at <= until));
        let status = if is_over { ReservationStatus::Released } else { reservation.status };
        Reservation { status, ..reservation.clone() }
    }

    /// The end of a reservation that is made: later than everything that counts as over, whose
    /// clock ever it was.
    pub(crate) fn end_of_new(&self, ends_at: Timestamp) -> Timestamp {
        let lapsed = self.holds.lapsed.as_ref().map(|lapsed| lapsed.until);
        let over = lapsed.max(self.holds.lapsed_until);
        over.map_or(ends_at, |over| ends_at.max(over.plus_seconds(1)))
    }
}

impl Counted {
    fn give_back(&mut self, lapsed: &Lapsed) {
        self.available = self.available.saturating_add(lapsed.credits);
        self.reserved = self.reserved.saturating_sub(lapsed.credits);
        for (month, tokens) in &lapsed.included {
            let used = self.included.entry(*month).or_default();
            *used = used.saturating_sub(*tokens);
        }
    }
}

impl Change {
    /// The change of the stored numbers. A decision is made on numbers without expired holds; what
    /// was stored still has them, and the change takes them out.
    pub fn numbers(&self) -> Numbers {
        Numbers {
            version: self.version,
            decided: self.decided.clone(),
            count: self.stored_count(),
            holds: self.holds_change(),
            ledger: self.ledger_change(),
        }
    }

    fn stored_count(&self) -> Count {
        let mut count = self.count.clone();
        let Some(lapsed) = &self.holds.lapsed else { return count };
        count.available = count.available.saturating_add(lapsed.credits);
        count.reserved = count.reserved.saturating_sub(lapsed.credits);
        count.available_min = count.available_min.map(|min| min.saturating_sub(lapsed.credits));
        for (month, tokens) in &lapsed.included {
            let used = count.included.entry(*month).or_default();
            *used = used.saturating_sub(*tokens);
        }
        count.included_max = count.included_max.map(|(month, max)| {
            let held = lapsed.included.get(&month).copied().unwrap_or(0);
            (month, max.saturating_add(held))
        });
        count
    }

    fn holds_change(&self) -> HoldsChange {
        let seen = &self.holds;
        let lapsed = seen.lapsed.as_ref();
        let made = self.reservation.as_ref().filter(|it| it.status == ReservationStatus::Open);
        let ended = self.reservation.as_ref().filter(|it| it.status != ReservationStatus::Open);

        let earliest = lapsed.map_or(seen.earliest, |lapsed| lapsed.next);
        let with_new = made.map(|it| earliest.map_or(it.ends_at, |at| at.min(it.ends_at)));
        let after = with_new.or(earliest);
        let lapsed_holds =
            lapsed.map_or(0, |lapsed| i64::try_from(lapsed.holds).unwrap_or(i64::MAX));
        let open = i64::from(made.is_some()).saturating_sub(i64::from(ended.is_some()));

        HoldsChange {
            lapse: lapsed.map(|lapsed| (lapsed.until, seen.clone())),
            changed: self.reservation.as_ref().map(|it| it.ends_at),
            open: open.saturating_sub(lapsed_holds),
            earliest: Some(after).filter(|after| *after != seen.earliest),
            earliest_seen: made.map(|_| seen.earliest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credits::tests::rules::{NOW, wish};

    fn credits(available: i64, reserved: i64, earliest: i64) -> Credits {
        let counted = Counted { available, reserved, ..Counted::default() };
        let earliest = Some(NOW.plus_seconds(earliest));
        let holds = Holds { changes: 1, open: 1, earliest, ..Holds::default() };
        Credits { version: 1, counted, holds, ..Credits::default() }
    }

    /// Goal: nothing is read until the earliest end has come, and nothing twice.
    #[test]
    fn holds_are_read_only_once_one_is_over() {
        for (earliest, lapsed_until, expected) in [
            (1, None, None),
            (0, None, Some((None, NOW))),
            (-5, Some(-9), Some((Some(NOW.plus_seconds(-9)), NOW))),
            (-5, Some(0), None),
        ] {
            let mut credits = credits(0, 30, earliest);
            credits.holds.lapsed_until = lapsed_until.map(|seconds| NOW.plus_seconds(seconds));
            assert_eq!(credits.lapsing(NOW), expected, "{earliest} {lapsed_until:?}");
        }
        let mut none = credits(0, 0, -5);
        none.holds.open = 0;
        assert_eq!(none.lapsing(NOW), None, "no reservation is open");
    }

    /// Goal: a decision sees the tokens of an expired hold, and its change takes them over under
    /// the holds as read.
    #[test]
    fn a_change_takes_expired_holds_over() {
        let hold = Hold { held: Split { included: 20, credits: 30 }, month: Month::of(NOW) };
        let mut credits = credits(0, 30, 0);
        credits.counted.included.insert(Month::of(NOW), 50);
        let credits = credits.with_lapsed(&[hold], None, NOW);
        assert_eq!((credits.counted.available, credits.counted.reserved), (30, 0));
        assert_eq!(credits.counted.included_in(Month::of(NOW)), 30);

        let books = crate::credits::tests::rules::books_of(credits);
        let change = books.deduct(&wish(45), NOW).unwrap().change;
        let numbers = change.numbers();

        assert_eq!(change.count.available, -25, "20 are included, 25 are credits");
        assert_eq!((numbers.count.available, numbers.count.reserved), (5, -30));
        assert_eq!(numbers.count.available_min, Some(-5));
        assert_eq!(numbers.count.included[&Month::of(NOW)], 0);
        assert_eq!(numbers.count.included_max, Some((Month::of(NOW), 50)));
        assert_eq!((numbers.holds.open, numbers.holds.earliest), (-1, Some(None)));
        assert_eq!(numbers.holds.lapse.map(|(until, _)| until), Some(NOW));
    }
}
