//! The watch of an account: its threshold, and the period for which it was last notified of each
//! kind.

use std::collections::BTreeMap;

use crate::journal::alert::AlertEvent;
use crate::journal::{Entry, Kind, Value};
use crate::money::{Currency, Money};
use crate::month::Month;
use crate::time::Timestamp;
use crate::words::Word;

/// Largest threshold, in minor units: larger than any invoice that Stripe makes.
pub const THRESHOLD_MAX: i64 = 99_999_999_999_999;

/// An account's alert, and what it was notified of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// Version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Threshold of the alert; none without an alert.
    pub threshold: Option<Threshold>,
    /// Latest month that a check judged after its end.
    pub judged_through: Option<Month>,
    /// Latest period of each kind for which the account was notified.
    pub told: BTreeMap<WatchKind, Month>,
}

/// Threshold of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// Amount that the upcoming invoice must exceed.
    pub amount: Money,
    /// Beginning of the alert; a changed amount keeps it.
    pub since: Timestamp,
}

/// Kinds of which an account is notified once a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WatchKind {
    /// The upcoming invoice exceeds the threshold (A22).
    Spend,
}

impl Word for WatchKind {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Spend, "spend")];
}

/// A notification of an exceeded threshold, as it was decided: one a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerted {
    /// Metering month.
    pub month: Month,
    /// Time of the check that decided it.
    pub at: Timestamp,
    /// Threshold at that time.
    pub threshold: Money,
    /// Upcoming invoice at that time, before balance and prepayments.
    pub amount: Money,
}

/// Reason why a threshold is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertRefusal {
    /// It is not an amount above zero and up to [`THRESHOLD_MAX`].
    #[error("a threshold is 1 to {THRESHOLD_MAX} minor units")]
    OutOfRange,
    /// The account is never invoiced in its currency.
    #[error("the account is not invoiced in that currency")]
    OtherCurrency(Vec<Currency>),
}

/// A threshold that was asked for, in one of the currencies in which the account is invoiced.
///
/// # Errors
/// [`AlertRefusal`].
pub fn threshold(
    amount: Option<i64>,
    currency: &str,
    invoiced_in: &[Currency],
) -> Result<Money, AlertRefusal> {
    let amount = amount.filter(|amount| (1..=THRESHOLD_MAX).contains(amount));
    let amount = amount.ok_or(AlertRefusal::OutOfRange)?;

    let known = Currency::parse(currency).ok().filter(|it| invoiced_in.contains(it));
    let currency = known.ok_or_else(|| AlertRefusal::OtherCurrency(invoiced_in.to_vec()))?;
    Ok(Money::new(amount, currency))
}

impl Watch {
    /// True if the account was notified of a kind for that month or a later one.
    pub fn has_told(&self, kind: WatchKind, month: Month) -> bool {
        self.told.get(&kind).is_some_and(|told| *told >= month)
    }

    /// The watch with that threshold, and the journal's entry; none if it is so already. What the
    /// account was notified of stays: another threshold does not notify a second time in a month.
    pub fn set(&self, amount: Money, now: Timestamp) -> Option<(Self, Entry)> {
        let before = self.threshold.map(|threshold| threshold.amount);
        if before == Some(amount) {
            return None;
        }
        let since = self.threshold.map_or(now, |threshold| threshold.since);
        let after = Self { threshold: Some(Threshold { amount, since }), ..self.clone() };
        let entry = Entry::new(now, Kind::Alert(AlertEvent::Updated), None).with(
            "threshold",
            before.map(Value::Money),
            Some(Value::Money(amount)),
        );
        Some((after, entry))
    }

    /// The watch without an alert, and the journal's entry; none if there is no alert.
    pub fn removed(&self, now: Timestamp) -> Option<(Self, Entry)> {
        let before = self.threshold?;
        let after = Self { threshold: None, ..self.clone() };
        let entry = Entry::new(now, Kind::Alert(AlertEvent::Removed), None).with(
            "threshold",
            Some(Value::Money(before.amount)),
            None,
        );
        Some((after, entry))
    }
}

impl Alerted {
    /// The journal's entry.
    pub fn entry(&self) -> Entry {
        let month = self.month.to_string();
        Entry::new(self.at, Kind::Alert(AlertEvent::Triggered), Some(&month))
            .with("threshold", None, Some(Value::Money(self.threshold)))
            .with("upcoming", None, Some(Value::Money(self.amount)))
    }
}
