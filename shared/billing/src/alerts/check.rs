//! A check of an alert: the months that it judges, and the verdict on them.

use crate::alerts::{Alerted, Watch, WatchKind};
use crate::money::Money;
use crate::month::Month;
use crate::time::Timestamp;

/// A month with the amounts that it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Metering month.
    pub month: Month,
    /// Totals by currency, before balance and prepayments.
    pub totals: Vec<Money>,
}

/// Outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is to be written.
    Nothing,
    /// A month was judged after its end, and did not exceed the threshold: it is not judged again.
    Judged(Watch),
    /// The account is notified: the watch behind it, and each month that exceeded the threshold.
    Exceeded(Watch, Vec<Alerted>),
}

/// Months that a check judges now, the earlier one first: the month that has ended, until a check
/// judged it after its end, and the running one. `walked` is the month of the walk that asked for
/// the check: a message that comes late judges no month that began behind it.
pub fn months(watch: &Watch, walked: Month, now: Timestamp) -> Vec<Month> {
    let Some(threshold) = watch.threshold else { return Vec::new() };
    let running = Month::of(now);
    let ended = Month::of(running.start().plus_seconds(-1));
    let is_judged = watch.judged_through.is_some_and(|judged| judged >= ended);
    let is_older = threshold.since < running.start();

    let mut months = Vec::new();
    if is_older && !is_judged {
        months.push(ended);
    }
    if running <= walked && !watch.has_told(WatchKind::Spend, running) {
        months.push(running);
    }
    months
}

/// The total that exceeds a threshold: strictly greater, in the same currency (A22).
pub fn due(totals: &[Money], threshold: Money) -> Option<Money> {
    let exceeds =
        |total: &&Money| total.currency == threshold.currency && total.amount > threshold.amount;
    totals.iter().find(exceeds).copied()
}

/// The verdict on the months of a check, which rests on the watch as it was read.
pub fn verdict(watch: &Watch, judged: &[Judged], now: Timestamp) -> Verdict {
    let Some(threshold) = watch.threshold else { return Verdict::Nothing };
    let mut after = watch.clone();
    let mut alerted = Vec::new();
    for Judged { month, totals } in judged {
        if *month < Month::of(now) {
            after.judged_through = after.judged_through.max(Some(*month));
        }
        if watch.has_told(WatchKind::Spend, *month) {
            continue;
        }
        if let Some(amount) = due(totals, threshold.amount) {
            after.told.insert(WatchKind::Spend, *month);
            let threshold = threshold.amount;
            alerted.push(Alerted { month: *month, at: now, threshold, amount });
        }
    }

    if alerted.is_empty() {
        return if after == *watch { Verdict::Nothing } else { Verdict::Judged(after) };
    }
    Verdict::Exceeded(after, alerted)
}
