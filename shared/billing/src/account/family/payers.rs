//! Payers of a sub-account over time: who pays for which day (B11).
//!
//! Each span begins on a cut line, so a day has one payer, and a month is split by payer from its
//! daily counters. A late event counts into its own day and so goes to the payer of that day.

use crate::ids::AccountId;
use crate::month::{Day, Month};
use crate::time::Timestamp;

/// Most spans of a history: those of more than a year with a change each week.
pub const SPANS_MAX: usize = 64;

/// Payer of a sub-account's usage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payer {
    /// The account itself.
    Own,
    /// A parent, by its id.
    Parent(AccountId),
}

/// A payer, from a cut line on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayerFrom {
    /// Its first moment: a day's beginning, or the opening of the sub-account.
    pub from: Timestamp,
    /// The payer.
    pub payer: Payer,
}

/// Part of a month with one payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// First day.
    pub first: Day,
    /// Moment at which the next payer, or the next month, begins.
    pub until: Timestamp,
    /// The payer.
    pub payer: Payer,
}

/// All payers of a sub-account, oldest first: one item. Days before the first span have its payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payers {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Spans, each until the next begins. Never empty.
    pub spans: Vec<PayerFrom>,
}

impl Payers {
    /// Payers of a sub-account that was opened at that moment.
    pub fn new(payer: Payer, opened_at: Timestamp) -> Self {
        Self { version: 0, spans: vec![PayerFrom { from: opened_at, payer }] }
    }

    /// Payer at a moment.
    pub fn payer_at(&self, at: Timestamp) -> Payer {
        let begun = self.spans.iter().rev().find(|span| span.from <= at);
        let span = begun.or_else(|| self.spans.first());
        span.map_or(Payer::Own, |span| span.payer.clone())
    }

    /// Payer of a day: the one at its last moment. Cut lines lie between days, so that is the payer
    /// of all of it.
    pub fn payer_on(&self, day: Day) -> Payer {
        self.payer_at(day.start())
    }

    /// Payers of a month, in order. One that pays twice in a month has two shares.
    pub fn payers_in(&self, month: Month) -> Vec<Share> {
        let (start, end) = (month.start(), month.end());
        let first = Share { first: Day::of(start), until: end, payer: self.payer_at(start) };
        let mut shares = vec![first];
        for span in self.spans.iter().filter(|span| span.from > start && span.from < end) {
            let Some(last) = shares.last_mut() else { continue };
            if last.payer == span.payer {
                continue;
            }
            last.until = span.from;
            let payer = span.payer.clone();
            shares.push(Share { first: Day::of(span.from), until: end, payer });
        }
        shares
    }

    /// The payers with another one from a cut line on. What was to begin at or behind it is
    /// replaced. The oldest spans go when there are too many.
    #[must_use]
    pub fn with(mut self, payer: Payer, from: Timestamp) -> Self {
        self.spans.retain(|span| span.from < from);
        if self.spans.last().is_none_or(|last| last.payer != payer) {
            self.spans.push(PayerFrom { from, payer });
        }
        let surplus = self.spans.len().saturating_sub(SPANS_MAX);
        self.spans.drain(..surplus);
        self
    }

    /// The payers without what is over at a moment: for months that are closed.
    #[must_use]
    pub fn pruned_before(mut self, moment: Timestamp) -> Self {
        let over = self.spans.iter().filter(|span| span.from <= moment).count();
        self.spans.drain(..over.saturating_sub(1));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn parent() -> Payer {
        Payer::Parent(AccountId::parse("group").unwrap())
    }

    fn moved() -> Payers {
        Payers::new(parent(), at("2026-10-07T13:00:00Z"))
            .with(Payer::Own, at("2026-11-11T00:00:00Z"))
            .with(parent(), at("2026-11-21T00:00:00Z"))
    }

    /// Goal: a day has one payer, and each day of a month is in exactly one share.
    #[test]
    fn each_day_has_one_payer() {
        let payers = moved();
        let month = Month::parse("2026-11").unwrap();
        let days: Vec<Day> = month.days_until(month.end()).collect();

        let shares = payers.payers_in(month);

        let words: Vec<String> = shares
            .iter()
            .map(|it| format!("{} until {} {:?}", it.first, it.until, it.payer))
            .collect();
        assert_eq!(
            words,
            [
                "2026-11-01 until 2026-11-11T00:00:00Z Parent(group)",
                "2026-11-11 until 2026-11-21T00:00:00Z Own",
                "2026-11-21 until 2026-12-01T00:00:00Z Parent(group)",
            ]
        );
        for day in days {
            let within = |it: &&Share| it.first <= day && day.start() < it.until;
            let shares: Vec<&Share> = shares.iter().filter(within).collect();
            assert_eq!(shares.len(), 1, "{day}");
            assert_eq!(shares[0].payer, payers.payer_on(day), "{day}");
        }
    }

    /// Goal: days before the opening, and months without a change, have a payer too.
    #[test]
    fn every_month_has_a_payer() {
        for (month, payer) in [("2026-09", parent()), ("2026-10", parent()), ("2026-12", parent())]
        {
            let shares = moved().payers_in(Month::parse(month).unwrap());
            assert_eq!((shares.len(), &shares[0].payer), (1, &payer), "{month}");
        }
        assert_eq!(moved().payer_on(Day::parse("2026-10-07").unwrap()), parent());
        assert_eq!(moved().payer_at(at("2026-11-10T23:59:59Z")), parent());
        assert_eq!(moved().payer_at(at("2026-11-11T00:00:00Z")), Payer::Own);
    }

    /// Goal: the history stays small, and what is closed can be dropped without changing later
    /// days.
    #[test]
    fn a_history_is_pruned_from_its_beginning() {
        let cut = at("2026-11-21T00:00:00Z");
        let pruned = moved().pruned_before(cut);
        assert_eq!(pruned.spans, [PayerFrom { from: cut, payer: parent() }]);
        assert_eq!(moved().pruned_before(at("2026-11-20T23:59:59Z")).spans.len(), 2);
        assert_eq!(moved().pruned_before(at("2026-01-01T00:00:00Z")), moved());

        let mut many = moved();
        for nth in 0..200 {
            let payer = if nth % 2 == 0 { Payer::Own } else { parent() };
            many = many.with(payer, at("2027-01-01T00:00:00Z").plus_seconds(nth * 86_400));
        }
        assert_eq!(many.spans.len(), SPANS_MAX);
        let replaced = moved().with(Payer::Own, at("2026-11-11T00:00:00Z"));
        assert_eq!(replaced.spans.len(), 2, "a change replaces what begins behind it");
    }
}
