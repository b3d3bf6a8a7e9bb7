//! The upcoming invoice: everything that will be invoiced up to the next first of the month (A15,
//! and "Alerts compare" in the requirements).
//!
//! It is computed from the books: the renewals that fall due by then, last month's usage while it
//! is not invoiced yet, and this month's usage so far. Usage comes from the same functions as the
//! month-end run's. What Stripe adds to the next renewal and the books do not have (discounts,
//! other items, pending items, prorations) comes from Stripe's preview of it ([`Previewed`]): where
//! that is another amount, its lines take the place of ours.

mod outlook;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::account::history::History;
use crate::account::{PendingChange, Standing};
use crate::bill::Bill;
use crate::closing;
use crate::consolidated::{self, AccountUsage};
use crate::fact::{Fee, Interval, SubscriptionSnapshot, SubscriptionStatus};
use crate::money::{Currency, Money, TooLarge};
use crate::month::Month;
use crate::overage::{self, Line};
use crate::price_change::Told;
use crate::tax::{TaxRate, Taxes};
use crate::time::{DAY_SECONDS, Timestamp};
use crate::usage::{Allowance, Used};

pub use outlook::Outlook;

/// What is sold under a plan's id, in words and numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What people call the plan.
    pub name: String,
    /// What it costs, if the catalog has a price for the interval.
    pub fee: Option<Fee>,
}

/// What an upcoming invoice rests on.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The account's standing.
    pub standing: &'a Standing,
    /// What is used by now.
    pub used: &'a Used,
    /// What sub-accounts used by now that the account pays for.
    pub family: &'a [AccountUsage],
    /// What the plan in force now says of each resource.
    pub allowances: &'a [Allowance],
    /// States of the account, at least since this month began.
    pub history: &'a History,
    /// Lines of ended months that are not closed yet.
    pub unclosed: &'a [Line],
    /// Of which price changes the account was told.
    pub told: &'a Told,
    /// Closed months, as far as they are known.
    pub bills: &'a [Bill],
    /// The customer's balance at Stripe, in minor units: below zero is what Stripe owes (money rule
    /// 21).
    pub balance: i64,
    /// What that is in.
    pub balance_currency: Option<Currency>,
    /// The fixed tax rates on what is invoiced beside a subscription, which has its own (C1).
    pub tax_rates: &'a [TaxRate],
    /// True if the customer pays none of them.
    pub tax_exempt: bool,
    /// Stripe's preview of the next renewal, where there is one and Stripe answered.
    pub previewed: Option<&'a Previewed>,
}

/// Stripe's preview of the next renewal, at the prices that Stripe has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previewed {
    /// Its lines without tax, then one for each discount, below zero.
    pub lines: Vec<Line>,
    /// What they come to.
    pub total: Money,
    /// Time at which Stripe answered.
    pub at: Timestamp,
}

/// The upcoming invoice: with tax where fixed rates are known, else before tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    /// The metering month whose end it reaches to.
    pub month: Month,
    /// Its lines: renewals, then usage of ended months, then this month's, then what each tax rate
    /// puts on them.
    pub lines: Vec<Line>,
    /// What they come to, for each currency.
    pub sums: Vec<Sum>,
    /// True if fixed tax rates are in it; else it is before tax.
    pub tax_included: bool,
    /// Time at which Stripe answered with the lines of the next renewal; none where the books have
    /// them.
    pub previewed_at: Option<Timestamp>,
}

/// What lines of one currency come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// All of them, with tax: what alerts look at.
    pub total: Money,
    /// What the balance takes off, or adds when it is below zero.
    pub credit_applied: Money,
    /// What is left to pay.
    pub amount_due: Money,
}

impl Upcoming {
    /// Of what is known. `offer` says what a plan costs for an interval that begins at a moment.
    pub fn of(
        known: Known<'_>,
        offer: impl Fn(&str, Interval, Timestamp) -> Offer,
        now: Timestamp,
    ) -> Result<Self, TooLarge> {
        let month = Month::of(now);
        let all = renewals(known.standing, known.told, &offer, month.end())?;
        let at_stripe = renewals(known.standing, &Told::default(), &offer, month.end())?;
        let first = at_stripe.first().map(Vec::as_slice).unwrap_or_default();
        let previewed = known.previewed.filter(|_| !all.is_empty());
        let previewed = previewed.filter(|previewed| !previewed.is_of(first));
        let all = all.into_iter().enumerate().flat_map(|(nth, renewal)| match previewed {
            Some(previewed) if nth == 0 => previewed.lines.clone(),
            Some(_) | None => renewal,
        });
        let mut lines: Vec<Line> = all.collect();
        let renewed = lines.len();
        for bill in known.bills.iter().filter(|bill| bill.is_open()) {
            lines.extend(bill.lines.iter().cloned());
        }
        lines.extend(known.unclosed.iter().cloned());
        if !known.used.month.closed {
            let so_far = (month, now.plus_seconds(1));
            let billed = closing::billed(known.allowances, known.history, so_far);
            let (account, usage) = (known.standing.account.clone(), known.used.all());
            let mut accounts = known.family.to_vec();
            accounts.push(AccountUsage { account: account.clone(), name: String::new(), usage });
            lines.extend(consolidated::lines((&account, month), &billed, &accounts)?);
        }
        let subscribed = known.standing.subscription.as_ref();
        let own = subscribed.map_or(&[][..], |subscription| &subscription.tax_rates);
        if !known.tax_exempt {
            let (renewed, used) = lines.split_at_checked(renewed).unwrap_or((&lines, &[]));
            let mut taxes = Taxes::default();
            taxes.add(renewed, own)?;
            taxes.add(used, known.tax_rates)?;
            lines.extend(taxes.lines());
        }
        let tax_included = !own.is_empty() || !known.tax_rates.is_empty();
        let sums = known.sums(&lines)?;
        let previewed_at = previewed.map(|previewed| previewed.at);
        Ok(Self { month, lines, sums, tax_included, previewed_at })
    }
}

impl Previewed {
    /// True if it comes to these lines of the books, at the prices that Stripe has now.
    fn is_of(&self, renewal: &[Line]) -> bool {
        overage::total(renewal).ok().flatten() == Some(self.total)
    }
}

impl Standing {
    /// The subscription whose next renewal is invoiced and collected by a moment, such that
    /// Stripe's preview of it may have more than the books.
    pub fn renews_by(&self, until: Timestamp) -> Option<&SubscriptionSnapshot> {
        let ends = |at: Timestamp| move |ends: Timestamp| ends <= at;
        self.subscription.as_ref().filter(|it| {
            let at = it.period_end;
            renews(it) && at <= until && self.closed.is_none() && !it.ends_at.is_some_and(ends(at))
        })
    }
}

impl Known<'_> {
    fn sums(self, lines: &[Line]) -> Result<Vec<Sum>, TooLarge> {
        let mut totals: BTreeMap<Currency, Money> = BTreeMap::new();
        for Line { amount, .. } in lines {
            let none = Money::new(0, amount.currency);
            let total = totals.entry(amount.currency).or_insert(none);
            *total = total.plus(amount.amount)?;
        }
        let sums = totals.into_values().map(|total| {
            let is_its = self.balance_currency == Some(total.currency) && total.amount > 0;
            let balance = if is_its { self.balance } else { 0 };
            let credit = balance.checked_neg().ok_or(TooLarge)?.min(total.amount);
            let amount_due = total.plus(credit.checked_neg().ok_or(TooLarge)?)?;
            Ok(Sum { total, credit_applied: Money::new(credit, total.currency), amount_due })
        });
        sums.collect()
    }
}

/// The renewals up to a moment and with it, each with its lines: what the subscription charges,
/// after a change that is booked for then.
fn renewals(
    standing: &Standing,
    told: &Told,
    offer: &impl Fn(&str, Interval, Timestamp) -> Offer,
    until: Timestamp,
) -> Result<Vec<Vec<Line>>, TooLarge> {
    let Some(subscription) = standing.subscription.as_ref().filter(|it| renews(it)) else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    let mut at = subscription.period_end;
    let ends = |at: Timestamp| subscription.ends_at.is_some_and(|ends| ends <= at);
    while at <= until && standing.closed.is_none() && !ends(at) {
        let pending = standing.pending.as_ref().filter(|pending| pending.at <= at);
        let offer = |plan: &str, interval| offer(plan, interval, at);
        let (renewal, interval) =
            Renewal::of(subscription, told.fee(subscription, at), pending, offer);
        let until = interval.map_or(at, |interval| end_of_period(subscription, at, interval));
        lines.push(renewal.map_or(Ok(Vec::new()), |renewal| renewal.lines((at, until)))?);
        // Of the longer intervals, there is one renewal within a month.
        match interval {
            Some(Interval::Day) => at = at.plus_seconds(DAY_SECONDS),
            Some(Interval::Week) => at = at.plus_seconds(DAY_SECONDS.saturating_mul(7)),
            Some(Interval::Month | Interval::Year) | None => break,
        }
    }
    Ok(lines)
}

/// End of the period that begins with a renewal. A subscription that began on the 31st renews on
/// the last day of shorter months, and on the 31st again.
fn end_of_period(
    subscription: &SubscriptionSnapshot,
    from: Timestamp,
    interval: Interval,
) -> Timestamp {
    let months: u32 = match interval {
        Interval::Day => return from.plus_seconds(DAY_SECONDS),
        Interval::Week => return from.plus_seconds(DAY_SECONDS.saturating_mul(7)),
        Interval::Month => 1,
        Interval::Year => 12,
    };
    let began = subscription.period_start;
    if began.plus_months(months) == from {
        began.plus_months(months.saturating_mul(2))
    } else {
        from.plus_months(months)
    }
}

/// True if an invoice is made for a subscription's next period, and collected.
fn renews(subscription: &SubscriptionSnapshot) -> bool {
    match subscription.status {
        SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue => {
            !subscription.collection_is_paused()
        }
        SubscriptionStatus::Incomplete
        | SubscriptionStatus::Unpaid
        | SubscriptionStatus::Paused
        | SubscriptionStatus::Canceled
        | SubscriptionStatus::IncompleteExpired => false,
    }
}

/// What the next period costs.
struct Renewal {
    name: String,
    interval: Interval,
    fee: Fee,
    seats: u64,
}

impl Renewal {
    /// Nothing when it is not known what it costs; and how often it renews. `own` is what it costs
    /// by the subscription's own prices.
    fn of(
        subscription: &SubscriptionSnapshot,
        own: Option<Fee>,
        pending: Option<&PendingChange>,
        offer: impl Fn(&str, Interval) -> Offer,
    ) -> (Option<Self>, Option<Interval>) {
        let (plan, interval, seats) = match pending {
            Some(pending) => (&pending.plan, Some(pending.interval), pending.seats),
            None => (&subscription.plan, subscription.interval, subscription.seats),
        };
        let Some(interval) = interval else { return (None, None) };
        let Offer { name, fee } = offer(plan, interval);
        // A subscription that stays on its plan keeps its prices, negotiated and older ones too,
        // but for announced changes.
        let stays = *plan == subscription.plan && Some(interval) == subscription.interval;
        let fee = if stays { own.or(fee) } else { fee };
        (fee.map(|fee| Self { name, interval, fee, seats }), Some(interval))
    }

    fn lines(self, (from, until): (Timestamp, Timestamp)) -> Result<Vec<Line>, TooLarge> {
        let Self { name, interval, fee, seats } = self;
        let every = match interval {
            Interval::Day => "daily",
            Interval::Week => "weekly",
            Interval::Month => "monthly",
            Interval::Year => "annual",
        };
        let date = from.to_string();
        let date = date.get(..10).unwrap_or_default();
        let line = |item: &str, description: String, amount: i64| {
            Line::new(item, description, Money::new(amount, fee.currency)).within((from, until))
        };
        let plan = format!("{name}, {every}, from {date}");
        let mut lines = vec![line("plan", plan, fee.plan_amount)];
        if let Some(seat_amount) = fee.seat_amount {
            let all = i64::try_from(seats).ok().and_then(|seats| seat_amount.checked_mul(seats));
            let each = Money::new(seat_amount, fee.currency);
            let count = crate::money::grouped(&seats.to_string());
            let said = format!("Seats of {name}, {every}, from {date}: {count} at {each}");
            let unit_price = Some(Decimal::from(seat_amount));
            let line = line("seat", said, all.ok_or(TooLarge)?);
            lines.push(line.measured(seats, "seat", unit_price));
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests;
