//! Order of the ledger: fixed by the commit of each entry, and never changed.
//!
//! Every change with an entry adds its name to the end of the *tail*, which is part of the numbers:
//! so its place is that of its commit, whichever requests ran at once, and the balance that is read
//! with the tail is the balance behind its last entry. Once the tail is long enough, the next
//! change turns it into a *page*, an item of its own, with that balance. Neither place nor balance
//! of an entry is derived from its time, its id, an index or what a caller sends.
//!
//! A page also takes along what its deductions used, day by day: a deduction is the metering of
//! what takes credits, and its usage is what the pages have counted and what the tail still names.

use std::collections::BTreeMap;

use super::ledger::{LedgerEntry, LedgerKind};
use super::{Change, Credits};
use crate::month::{Day, Month};

/// Entries of the tail from which on the next change turns it into a page: the numbers stay under 1
/// KB.
pub const TAIL_ENTRIES_MAX: usize = 6;

/// The end of the ledger, as the numbers name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    /// Number of entries on pages: the tail's follow.
    pub paged: u64,
    /// Entries that are on no page, in the order of their commits.
    pub entries: Vec<TailEntry>,
}

/// An entry as the tail names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailEntry {
    /// Id of the entry.
    pub id: String,
    /// Day of the entry.
    pub day: Day,
    /// Tokens that a deduction used, wherever from; none of any other entry.
    pub used: i64,
}

/// Entries that stand in their places for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage {
    /// Number of its first entry; the ledger's first is 1.
    pub first: u64,
    /// Ids of its entries, the oldest first.
    pub ids: Vec<String>,
    /// Balance behind its last entry.
    pub balance: i64,
    /// Days of its entries: the earliest and the latest.
    pub days: (Day, Day),
}

/// Tokens that deductions used in a month, by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokensUsed {
    /// The month.
    pub month: Month,
    /// Tokens by day.
    pub days: BTreeMap<Day, i64>,
}

/// A tail that becomes a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The tail as it was read.
    pub tail: Tail,
    /// Balance that was read with it.
    pub balance: i64,
    /// Months of whose included tokens the numbers need not know any more.
    pub forgotten: Vec<Month>,
}

/// Change of the ledger's end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerChange {
    /// The tail that becomes a page.
    pub turn: Option<Turn>,
    /// The entry that is added.
    pub added: Option<TailEntry>,
}

impl Tail {
    /// Number of entries of the whole ledger.
    pub fn len(&self) -> u64 {
        self.paged.saturating_add(u64::try_from(self.entries.len()).unwrap_or(u64::MAX))
    }

    /// True if the ledger has no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tail as the page that it becomes, with the balance that was read with it.
    pub fn page(&self, balance: i64) -> Option<LedgerPage> {
        let days = self.entries.iter().map(|entry| entry.day);
        let days = (days.clone().min()?, days.max()?);
        let ids = self.entries.iter().map(|entry| entry.id.clone()).collect();
        Some(LedgerPage { first: self.paged.saturating_add(1), ids, balance, days })
    }

    /// Tokens that the deductions of the tail used, by day.
    pub fn used(&self) -> BTreeMap<Day, i64> {
        let mut days: BTreeMap<Day, i64> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.used != 0) {
            let sum = days.entry(entry.day).or_default();
            *sum = sum.saturating_add(entry.used);
        }
        days
    }
}

impl LedgerPage {
    /// Number behind its last entry.
    pub fn behind(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.ids.len()).unwrap_or(u64::MAX))
    }
}

impl TailEntry {
    fn of(entry: &LedgerEntry) -> Self {
        let used = match entry.kind {
            LedgerKind::Deduction => entry.asked(),
            LedgerKind::Purchase
            | LedgerKind::AutoRecharge
            | LedgerKind::Refund
            | LedgerKind::Dispute
            | LedgerKind::Adjustment => 0,
        };
        Self { id: entry.id.clone(), day: Day::of(entry.at), used }
    }
}

impl Credits {
    /// The tail with what follows from turning it into a page, if it is long enough.
    pub(super) fn turn(&self) -> Option<Turn> {
        let last = self.tail.entries.last().map(|entry| entry.day)?;
        if self.tail.entries.len() < TAIL_ENTRIES_MAX {
            return None;
        }
        // No reservation holds included tokens of an earlier month any more.
        let kept_from = Month::of(last.month().start().plus_seconds(-1));
        let months = self.counted.included.keys().copied();
        Some(Turn {
            tail: self.tail.clone(),
            balance: self.counted.balance(),
            forgotten: months.filter(|month| *month < kept_from).collect(),
        })
    }
}

impl Change {
    /// Change of the ledger's end.
    pub(super) fn ledger_change(&self) -> LedgerChange {
        let turn = self.turn.clone().map(|mut turn| {
            turn.forgotten.retain(|month| !self.count.included.contains_key(month));
            turn
        });
        LedgerChange { turn, added: self.entry.as_ref().map(TailEntry::of) }
    }
}

impl Turn {
    /// What the deductions of the tail used, by month.
    pub fn used(&self) -> Vec<TokensUsed> {
        let mut months: BTreeMap<Month, BTreeMap<Day, i64>> = BTreeMap::new();
        for (day, used) in self.tail.used() {
            months.entry(day.month()).or_default().insert(day, used);
        }
        months.into_iter().map(|(month, days)| TokensUsed { month, days }).collect()
    }

    /// The page that the tail becomes.
    pub fn page(&self) -> Option<LedgerPage> {
        self.tail.page(self.balance)
    }
}

/// Balances behind entries, the oldest first, by the balance behind the last one.
pub fn balances(tokens: &[i64], last: i64) -> Vec<i64> {
    let mut balance = last;
    let mut balances: Vec<i64> = Vec::new();
    for tokens in tokens.iter().rev() {
        balances.push(balance);
        balance = balance.saturating_sub(*tokens);
    }
    balances.reverse();
    balances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credits::Counted;
    use crate::credits::tests::rules::{NOW, books_of, wish};

    /// Goal: the places of entries are those of their commits, a page takes the tail with its
    /// balance, and what deductions used is counted once.
    #[test]
    fn a_long_tail_becomes_a_page() {
        let day = Day::of(NOW);
        let entry = |nth: u64| TailEntry { id: format!("ded_{nth}"), day, used: 10 };
        let old = Month::parse("2026-08").unwrap();
        let included = [(old, 50), (day.month(), 50)].into();
        let counted = Counted { available: 70, reserved: 5, included };
        let tail = Tail { paged: 12, entries: (1..=6).map(entry).collect() };
        let credits = Credits { version: 3, counted, tail, ..Credits::default() };

        let change = books_of(credits).deduct(&wish(20), NOW).unwrap().change;
        let LedgerChange { turn, added } = change.numbers().ledger;

        let turn = turn.unwrap();
        let page = turn.page().unwrap();
        assert_eq!((page.first, page.ids.len(), page.balance), (13, 6, 75));
        assert_eq!((page.ids[0].as_str(), page.days), ("ded_1", (day, day)));
        assert_eq!(turn.used(), [TokensUsed { month: day.month(), days: [(day, 60)].into() }]);
        assert_eq!(turn.forgotten, [old]);
        assert_eq!(added, Some(TailEntry { id: "ded_1".to_owned(), day, used: 20 }));
    }

    /// Goal: the balance behind an entry follows from its page alone.
    #[test]
    fn balances_are_worked_out_backwards() {
        assert_eq!(balances(&[500, -200, 0, -100], 200), [500, 300, 300, 200]);
        assert_eq!(balances(&[], 7), Vec::<i64>::new());
    }
}
