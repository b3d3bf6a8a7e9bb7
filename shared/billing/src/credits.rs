//! Prepaid credits: what an account has, what a deduction takes, what a reservation holds (D10 to
//! D17, D19).
//!
//! Two kinds of numbers. *Counted* ones (what is available, reserved, used of what is included)
//! change only by what is added to them, under conditions that the decision names, so that many
//! deductions at once never wait for each other. *Decided* ones (settings and state of
//! auto-recharge, money spent) change under the item's version, which every decision checks. So a
//! deduction that changes nothing decided is an addition and an entry of the ledger; one that
//! crosses the threshold decides about a recharge in the same transaction ([`recharge`]).
//!
//! The balance is what is available and what is reserved. It always equals the sum of the ledger's
//! entries (D16), because nothing but a change with an entry moves it: a reservation only moves
//! credits from one of the two to the other.

pub mod attempt;
pub mod holds;
pub mod ledger;
pub mod pages;
mod pause;
pub mod purchase;
pub mod recharge;
pub mod reservation;
pub mod runway;
pub mod told;
pub mod wake;

use std::collections::BTreeMap;

use crate::account::Standing;
use crate::ids::{PaymentIntentId, PurchaseId};
use crate::journal::Entry;
use crate::money::Money;
use crate::month::Month;
use crate::time::Timestamp;
use holds::Holds;
use ledger::{LedgerEntry, LedgerKind};
use pages::{Tail, Turn};
use purchase::Purchase;
use recharge::Decided;
use reservation::Reservation;

/// Most tokens of one deduction, reservation or adjustment, and the highest threshold.
pub const TOKENS_MAX: i64 = 1_000_000_000_000;

/// The credits of an account, as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credits {
    /// The version of the item that they were read from; 0 when there is none yet.
    pub version: u64,
    /// What only ever is added to.
    pub counted: Counted,
    /// What is decided under the version.
    pub decided: Decided,
    /// Open reservations, and those that are over and count in none of these numbers.
    pub holds: Holds,
    /// The end of the ledger.
    pub tail: Tail,
}

/// What only ever is added to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Tokens that nobody has reserved. Negative when more was taken back than was left (D18).
    pub available: i64,
    /// Tokens that are reserved for jobs whose cost is known only afterwards.
    pub reserved: i64,
    /// Tokens of what the plan includes that were used or are reserved, by metering month.
    pub included: BTreeMap<Month, i64>,
}

impl Counted {
    /// The balance: what is available and what is reserved.
    pub fn balance(&self) -> i64 {
        self.available.saturating_add(self.reserved)
    }

    /// What was used, or is reserved, of what the plan includes in a month.
    pub fn included_in(&self, month: Month) -> i64 {
        self.included.get(&month).copied().unwrap_or(0)
    }
}

/// A pack as it is sold (D10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The pack's id.
    pub pack: String,
    /// Tokens in it.
    pub tokens: i64,
    /// What it costs, without tax.
    pub price: Money,
}

/// What a decision about credits rests on.
#[derive(Debug, Clone)]
pub struct Books {
    /// The account's standing.
    pub standing: Standing,
    /// Its credits.
    pub credits: Credits,
    /// Tokens that the plan includes in a month; nothing when any number of them is.
    pub allowance: Option<i64>,
    /// The pack that auto-recharge buys, if it is sold.
    pub offer: Option<Offer>,
    /// The id of the next purchase, drawn: used if the decision begins one.
    pub next: PurchaseId,
}

/// What a decision writes, all or none, under the version of the credits that it was made on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The version that it was decided on.
    pub version: u64,
    /// What is decided now, if that changed.
    pub decided: Option<Decided>,
    /// What is added.
    pub count: Count,
    /// The ledger's entry.
    pub entry: Option<LedgerEntry>,
    /// Open reservations as they were read, with those that are over: the change takes these over.
    pub holds: Holds,
    /// The ledger's tail, if it becomes a page.
    pub turn: Option<Turn>,
    /// The reservation that was made or ended, under its own version.
    pub reservation: Option<Reservation>,
    /// The purchase that began or changed, under its own version.
    pub purchase: Option<Purchase>,
    /// The payment by which refunds and disputes of that purchase will be known.
    pub link: Option<PaymentIntentId>,
    /// What the journal says; the standing is left alone when that is nothing.
    pub journal: Vec<Entry>,
}

/// What is added to the counted numbers, and what must hold of them beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    /// Tokens added to what is available, or taken.
    pub available: i64,
    /// The least that must be available beforehand.
    pub available_min: Option<i64>,
    /// Tokens added to what is reserved, or taken.
    pub reserved: i64,
    /// Tokens added to what is used of the included ones, or taken, by month.
    pub included: BTreeMap<Month, i64>,
    /// The most that may be used of a month's included tokens beforehand.
    pub included_max: Option<(Month, i64)>,
}

/// Where the tokens of a deduction come from (D12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// From what the plan includes in the month.
    pub included: i64,
    /// From credits.
    pub credits: i64,
}

/// A deduction that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its id, which is its entry's: made of the caller's Idempotency-Key, so that the same key
    /// takes once (D17).
    pub id: String,
    /// How many tokens, from 1 to [`TOKENS_MAX`].
    pub tokens: i64,
    /// What for, in the caller's words.
    pub reason: Option<String>,
}

/// Neither what is included nor credits cover it: nothing is taken (D12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// Tokens that are left of what is included.
    pub included: i64,
    /// Tokens that are available.
    pub available: i64,
    /// What follows all the same: a refusal is a reason to recharge (money rule 26).
    pub change: Option<Box<Change>>,
}

/// A decided deduction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deduction {
    /// Where its tokens come from.
    pub split: Split,
    /// The balance behind it, by what was known: other deductions of the same moment are not in it.
    pub balance: i64,
    /// What is written.
    pub change: Change,
}

impl Books {
    /// Takes tokens: first what the plan still includes this month, then credits, or nothing at all
    /// (D12).
    pub fn deduct(&self, wish: &Wish, now: Timestamp) -> Result<Deduction, Short> {
        let split = self.split(wish.tokens, now)?;
        let balance = self.credits.counted.balance().saturating_sub(split.credits);
        let mut change = self.take(split, now);
        change.entry = Some(LedgerEntry {
            included: split.included,
            told: Some(balance),
            reason: wish.reason.clone(),
            ..LedgerEntry::new(&wish.id, LedgerKind::Deduction, split.credits.saturating_neg(), now)
        });
        Ok(Deduction { split, balance, change })
    }

    /// Where so many tokens come from.
    pub(crate) fn split(&self, tokens: i64, now: Timestamp) -> Result<Split, Short> {
        let counted = &self.credits.counted;
        let used = counted.included_in(Month::of(now));
        let left = self.allowance.map_or(tokens, |allowance| allowance.saturating_sub(used).max(0));
        let included = tokens.min(left);
        let credits = tokens.saturating_sub(included);
        if credits > 0 && counted.available < credits {
            let change = self.recharged(Change::on(&self.credits), counted.available, now);
            let change = change.filter(Change::has_more_than_tokens).map(Box::new);
            return Err(Short { included: left, available: counted.available, change });
        }
        Ok(Split { included, credits })
    }

    /// What is written for tokens that leave what is available: the numbers, and a recharge if it
    /// is time for one.
    pub(crate) fn take(&self, split: Split, now: Timestamp) -> Change {
        let month = Month::of(now);
        let mut count = Count { available: split.credits.saturating_neg(), ..Count::default() };
        if split.included > 0 {
            count.included.insert(month, split.included);
            let room = self.allowance.map(|all| all.saturating_sub(split.included));
            count.included_max = room.map(|room| (month, room));
        }
        let after = self.credits.counted.available.saturating_sub(split.credits);
        // Whoever crosses the threshold must decide, so one that does not may not cross it unseen.
        let floor =
            self.credits.decided.buys_below().filter(|threshold| after >= *threshold).unwrap_or(0);
        if split.credits > 0 || floor > 0 {
            count.available_min = Some(floor.saturating_add(split.credits));
        }
        let change = Change { count, ..Change::on(&self.credits) };
        self.recharged(change.clone(), after, now).unwrap_or(change)
    }

    /// Adds tokens or takes them, by staff (F3). Nothing when more would be taken than is
    /// available.
    pub fn adjust(&self, wish: &Wish, now: Timestamp) -> Option<Deduction> {
        let available = self.credits.counted.available;
        if wish.tokens < 0 && available < wish.tokens.saturating_neg() {
            return None;
        }
        let balance = self.credits.counted.balance().saturating_add(wish.tokens);
        let floor = Some(wish.tokens.saturating_neg()).filter(|floor| *floor > 0);
        let count = Count { available: wish.tokens, available_min: floor, ..Count::default() };
        let entry = LedgerEntry {
            told: Some(balance),
            reason: wish.reason.clone(),
            ..LedgerEntry::new(&wish.id, LedgerKind::Adjustment, wish.tokens, now)
        };
        let journal = vec![ledger::adjusted(wish, now)];
        let change = Change { count, entry: Some(entry), journal, ..Change::on(&self.credits) };
        let split = Split { included: 0, credits: wish.tokens.saturating_neg() };
        Some(Deduction { split, balance, change })
    }
}

impl Change {
    /// Nothing, on the version of some credits.
    pub(crate) fn on(credits: &Credits) -> Self {
        Self {
            version: credits.version,
            holds: credits.holds.clone(),
            turn: credits.turn(),
            ..Self::default()
        }
    }

    /// True if something is decided, or expired reservations are taken over: then it is written
    /// though no token moves, and whoever comes next need not read them again.
    fn has_more_than_tokens(&self) -> bool {
        self.decided.is_some() || self.holds.lapsed.is_some()
    }
}

#[cfg(test)]
mod tests;
