//! Reservations: tokens held for a job whose cost is known only afterwards.
//!
//! Making one takes what it holds out of what is available; settling one gives back what the job
//! did not need. So nobody who holds a reservation can be refused when the job is done, and nothing
//! is ever taken twice. One that nobody ended by its time holds nothing from then on
//! ([`super::holds`]).

use std::collections::BTreeMap;

use super::ledger::{LedgerEntry, LedgerKind};
use super::{Books, Change, Count, Deduction, Short, Split, Wish};
use crate::month::Month;
use crate::time::Timestamp;
use crate::words::Word;

/// Shortest time for which tokens are held, in seconds.
pub const HELD_SECONDS_MIN: i64 = 1;
/// Longest time for which tokens are held, in seconds: a week.
pub const HELD_SECONDS_MAX: i64 = 604_800;

/// Tokens that are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Its id.
    pub id: String,
    /// What it holds, and where from.
    pub held: Split,
    /// The month whose included tokens it holds.
    pub month: Month,
    /// Until when.
    pub ends_at: Timestamp,
    /// What became of it.
    pub status: ReservationStatus,
    /// The tokens that it was settled at.
    pub settled: Option<i64>,
    /// The fingerprint of the request that made it.
    pub request: Option<String>,
}

/// What became of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReservationStatus {
    /// It holds its tokens.
    Open,
    /// The job is done, and took its tokens.
    Settled,
    /// It holds nothing any more.
    Released,
}

/// Reason why a reservation cannot be settled or released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotHeld {
    /// Its time is over.
    Expired,
    /// It was settled, at another number of tokens.
    Settled,
    /// It was released.
    Released,
    /// It holds fewer tokens than that.
    HoldsLess,
}

impl Word for ReservationStatus {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Open, "open"), (Self::Settled, "settled"), (Self::Released, "released")];
}

impl Reservation {
    /// All tokens that it holds.
    pub fn tokens(&self) -> i64 {
        self.held.included.saturating_add(self.held.credits)
    }

    /// True if nobody has ended it, and its time is over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.status == ReservationStatus::Open && now >= self.ends_at
    }

    /// True if it can be settled or released; nothing is to be done when that was done already.
    fn check(&self, ends: ReservationStatus, now: Timestamp) -> Result<bool, NotHeld> {
        match (self.status, ends) {
            (ReservationStatus::Open, _) => Ok(true),
            (known, ends) if known == ends => Ok(false),
            (ReservationStatus::Settled, _) => Err(NotHeld::Settled),
            (ReservationStatus::Released, _) if now >= self.ends_at => Err(NotHeld::Expired),
            (ReservationStatus::Released, _) => Err(NotHeld::Released),
        }
    }
}

impl Books {
    /// Holds tokens until a moment: like a deduction, but without an entry in the ledger.
    pub fn reserve(
        &self,
        wish: &Wish,
        ends_at: Timestamp,
        now: Timestamp,
    ) -> Result<(Reservation, Change), Short> {
        let held = self.split(wish.tokens, now)?;
        let ends_at = self.credits.end_of_new(ends_at);
        let mut change = self.take(held, now);
        change.count.reserved = held.credits;
        let reservation = Reservation {
            version: 0,
            id: wish.id.clone(),
            held,
            month: Month::of(now),
            ends_at,
            status: ReservationStatus::Open,
            settled: None,
            request: None,
        };
        change.reservation = Some(reservation.clone());
        Ok((reservation, change))
    }

    /// Takes what a job needed, at most what is held for it, and gives the rest back. Nothing when
    /// that was done already.
    pub fn settle(
        &self,
        reservation: &Reservation,
        tokens: i64,
        now: Timestamp,
    ) -> Result<Option<Deduction>, NotHeld> {
        let reservation = &self.credits.as_of(reservation, now);
        if !reservation.check(ReservationStatus::Settled, now)? {
            let same = reservation.settled == Some(tokens);
            return if same { Ok(None) } else { Err(NotHeld::Settled) };
        }
        if tokens > reservation.tokens() {
            return Err(NotHeld::HoldsLess);
        }
        let included = tokens.min(reservation.held.included);
        let split = Split { included, credits: tokens.saturating_sub(included) };
        let balance = self.credits.counted.balance().saturating_sub(split.credits);
        let entry = LedgerEntry {
            included,
            told: Some(balance),
            about: Some(reservation.id.clone()),
            ..LedgerEntry::new(
                &reservation.id,
                LedgerKind::Deduction,
                split.credits.saturating_neg(),
                now,
            )
        };
        let ended = Reservation {
            status: ReservationStatus::Settled,
            settled: Some(tokens),
            ..reservation.clone()
        };
        let change = Change {
            count: given_back(reservation, split),
            entry: Some(entry),
            reservation: Some(ended),
            ..Change::on(&self.credits)
        };
        Ok(Some(Deduction { split, balance, change }))
    }

    /// Gives back all that is held. Nothing when that was done already, or its time is over.
    pub fn release(
        &self,
        reservation: &Reservation,
        now: Timestamp,
    ) -> Result<Option<Change>, NotHeld> {
        let reservation = &self.credits.as_of(reservation, now);
        if !reservation.check(ReservationStatus::Released, now)? {
            return Ok(None);
        }
        let status = ReservationStatus::Released;
        Ok(Some(Change {
            count: given_back(reservation, Split { included: 0, credits: 0 }),
            reservation: Some(Reservation { status, ..reservation.clone() }),
            ..Change::on(&self.credits)
        }))
    }
}

/// What an ended reservation gives back, but for what was used of it.
fn given_back(reservation: &Reservation, used: Split) -> Count {
    let Split { included, credits } = reservation.held;
    let unused = used.included.saturating_sub(included);
    let included =
        if unused == 0 { BTreeMap::new() } else { BTreeMap::from([(reservation.month, unused)]) };
    Count {
        available: credits.saturating_sub(used.credits),
        reserved: credits.saturating_neg(),
        included,
        ..Count::default()
    }
}
