//! Closing of a month: its counts for each payer, and their price for the account itself (A16,
//! money rule 19, "Bill to parent").
//!
//! A month is closed once: from then on nothing is counted to it. What the account pays for itself,
//! and a parent for its sub-accounts, is priced at once and frozen in a [`Bill`]; what a parent
//! pays for waits there, as counts, for the parent's own closing. A month that costs nothing has no
//! bill.

use std::collections::BTreeMap;

use crate::account::Standing;
use crate::account::history::History;
use crate::bill::{Bill, Charge, pages_of};
use crate::consolidated::{self, AccountUsage};
use crate::family::payers::{Payer, Payers};
use crate::ids::AccountId;
use crate::intent::Intent;
use crate::journal::{Entry, Kind, Value};
use crate::money::{Money, TooLarge};
use crate::month::{Day, Month};
use crate::overage::{self, Line};
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::usage::by_payer::{DaysDiffer, by_payer};
use crate::usage::{Allowance, Held, Kind as Adding, Usage};

/// What closing a month rests on.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The account's standing.
    pub standing: &'a Standing,
    /// All its subscriptions.
    pub subscriptions: &'a [Subscription],
    /// Its months, at least the one to close and those before it that are kept.
    pub months: &'a BTreeMap<Month, Usage>,
    /// Its states, at least since the month began.
    pub history: &'a History,
    /// What its family adds; nothing for a standard account.
    pub family: FamilyCounts<'a>,
}

/// What a family adds to the closing of a month.
#[derive(Debug, Clone, Copy, Default)]
pub struct FamilyCounts<'a> {
    /// Payers of a sub-account, with the counters of the month's days where they changed in it.
    pub payers: Option<(&'a Payers, &'a BTreeMap<Day, Usage>)>,
    /// Counts of sub-accounts that the account pays for.
    pub shares: &'a [AccountUsage],
}

/// A month, closed: its counts for each payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The month.
    pub month: Month,
    /// Its counters as they were read: nothing may be counted in between.
    pub counted: Usage,
    /// Counts that the account pays for, and the end of the last day on which it does; none where a
    /// parent pays for the whole month.
    pub own: Option<(Usage, Timestamp)>,
    /// Counts that parents pay for.
    pub shares: BTreeMap<AccountId, Usage>,
    /// Levels of gauges that go on in the next month, and were not reported in it yet.
    pub carried: BTreeMap<String, Held>,
}

/// A month, priced for its payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The month.
    pub month: Month,
    /// The plan by which it is priced.
    pub plan: String,
    /// Lines that are invoiced.
    pub lines: Vec<Line>,
    /// Their sum; nothing when nothing is invoiced.
    pub total: Option<Money>,
}

/// A month, closed and priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Its counts.
    pub closed: Closed,
    /// The price of what the account itself pays for.
    pub priced: Priced,
}

/// Reason why a month is not closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotClosed {
    /// The catalog does not have the plan: its usage is not given away.
    #[error("the catalog has no plan `{0}`, by which the month is to be priced")]
    UnknownPlan(String),
    /// No real sum is that large.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Usage was counted while it was read.
    #[error(transparent)]
    DaysDiffer(#[from] DaysDiffer),
}

impl Closing {
    /// The month, closed, and priced by the plan in force at the last instant for which the account
    /// pays; the account's own last instant if it was closed before that (C10). Nothing when the
    /// month has no counters, or is closed already. `allowances` says what a plan includes and what
    /// it charges beyond; nothing of a plan that is not in the catalog.
    ///
    /// # Errors
    /// [`NotClosed`]: the month stays open.
    pub fn of(
        ended: Ended<'_>,
        month: Month,
        allowances: impl Fn(&str) -> Option<Vec<Allowance>>,
    ) -> Result<Option<Self>, NotClosed> {
        let Some(closed) = Closed::of(ended, month)? else { return Ok(None) };
        let priced = Priced::of(ended, &closed, allowances)?;
        Ok(Some(Self { closed, priced }))
    }
}

impl Closed {
    /// The month's counts for each payer. Of a sub-account that got no service they are what is
    /// billed of any such account.
    ///
    /// # Errors
    /// [`DaysDiffer`]: month and days are to be read again.
    pub fn of(ended: Ended<'_>, month: Month) -> Result<Option<Self>, DaysDiffer> {
        let Ended { standing, months, history, family, .. } = ended;
        let Some(counted) = months.get(&month).filter(|usage| !usage.closed) else {
            return Ok(None);
        };
        let last = last_instant(standing, month);
        let earlier = months
            .range(..month)
            .fold(Usage::default(), |so_far, (_, usage)| usage.carrying(&so_far));
        let used = counted.carrying(&earlier);

        let mut split = split((month, &used), family)?;
        let own = split.remove(&Payer::Own);
        let own = own.map(|own| (own, own_until(family, month).min(last)));
        let shares = split.into_iter().filter_map(|(payer, usage)| match payer {
            Payer::Own => None,
            Payer::Parent(parent) => {
                Some((parent, served(usage, history, (month.start(), month.end()))))
            }
        });
        let shares = shares.collect();

        let goes_on = last == month.end();
        let next = months.get(&Month::of(month.end())).cloned().unwrap_or_default();
        let carried = used.held.into_iter().filter(|(resource, held)| {
            goes_on && !next.closed && held.level > 0 && !next.held.contains_key(resource)
        });
        let carried = carried.collect();
        Ok(Some(Self { month, counted: counted.clone(), own, shares, carried }))
    }
}

impl Priced {
    fn of(
        ended: Ended<'_>,
        closed: &Closed,
        allowances: impl Fn(&str) -> Option<Vec<Allowance>>,
    ) -> Result<Self, NotClosed> {
        let Ended { standing, subscriptions, history, family, .. } = ended;
        let month = closed.month;
        let until = closed.own.as_ref().map_or(last_instant(standing, month), |(_, until)| *until);
        let plan = Subscription::plan_before(subscriptions, until);
        let plan = plan.unwrap_or_else(|| standing.base_plan.clone());

        let mut accounts = family.shares.to_vec();
        if let Some((usage, _)) = &closed.own {
            let (account, usage) = (standing.account.clone(), usage.clone());
            accounts.push(AccountUsage { account, name: String::new(), usage });
        }
        if accounts.is_empty() {
            return Ok(Self { month, plan, lines: Vec::new(), total: None });
        }

        let known = allowances(&plan).ok_or_else(|| NotClosed::UnknownPlan(plan.clone()))?;
        let billed = billed(&known, history, (month, month.end()));
        let lines = consolidated::lines((&standing.account, month), &billed, &accounts)?;
        let total = overage::total(&lines)?;
        Ok(Self { month, plan, lines, total })
    }

    /// Its bill; nothing when nothing is invoiced. `token` marks its invoice: drawn once.
    pub fn bill(&self, standing: &Standing, token: String, now: Timestamp) -> Option<Bill> {
        let total = self.total?;
        let id = self.month.to_string();
        Some(Bill {
            version: 0,
            charge: Charge::Usage(self.month),
            plan: self.plan.clone(),
            lines: self.lines.clone(),
            pages: pages_of(&self.lines),
            total,
            collection: standing.collection,
            net_days: standing.net_days,
            tax_rates: None,
            intent: Intent::new(id.clone(), token, id, now),
            invoice: None,
            refused: None,
        })
    }

    /// The journal's entry about it.
    pub fn entry(&self, now: Timestamp) -> Entry {
        Entry::new(now, Kind::UsageClosed, Some(&self.month.to_string()))
            .with("plan", None, Some(Value::Text(self.plan.clone())))
            .with("total", None, self.total.map(Value::Money))
    }
}

/// The end of the month, or of the account if that was closed before.
fn last_instant(standing: &Standing, month: Month) -> Timestamp {
    standing.closed.map_or(month.end(), |closed| closed.at.min(month.end()))
}

/// Counts for each payer. Days matter only where the payer changed in the month.
fn split(
    (month, used): (Month, &Usage),
    family: FamilyCounts<'_>,
) -> Result<BTreeMap<Payer, Usage>, DaysDiffer> {
    let whole = |payer| Ok(BTreeMap::from([(payer, used.clone())]));
    let Some((payers, days)) = family.payers else { return whole(Payer::Own) };
    let mut parts = payers.payers_in(month);
    match (parts.pop(), parts.is_empty()) {
        (None, _) => whole(Payer::Own),
        (Some(only), true) => whole(only.payer),
        (Some(_), false) => by_payer((month, used), days, |day| payers.payer_on(day)),
    }
}

/// The end of the last day of a month on which the account pays for itself.
fn own_until(family: FamilyCounts<'_>, month: Month) -> Timestamp {
    let Some((payers, _)) = family.payers else { return month.end() };
    let parts = payers.payers_in(month).into_iter();
    let own = parts.filter(|part| part.payer == Payer::Own).map(|part| part.until);
    own.max().unwrap_or(month.end())
}

/// Counts that are billed to a parent, by the states that the account had from one moment to
/// another: as `billed` for the account itself.
pub fn served(usage: Usage, history: &History, (since, until): (Timestamp, Timestamp)) -> Usage {
    if history.was_unserved(since, until) {
        return Usage::default();
    }
    let at_end = history.at(until.plus_seconds(-1));
    if at_end.is_unserved() { Usage { held: BTreeMap::new(), ..usage } } else { usage }
}

/// Resources that are billed for a month, or for the part of it up to a moment: none if the account
/// got no service in all of it, and no gauge if it got none at the end. Sums were reported while it
/// was served (C10, requirements "Usage of a disabled account").
pub(crate) fn billed(
    allowances: &[Allowance],
    history: &History,
    (month, until): (Month, Timestamp),
) -> Vec<Allowance> {
    if history.was_unserved(month.start(), until) {
        return Vec::new();
    }
    let at_end = history.at(until.plus_seconds(-1));
    let is_billed = |allowance: &&Allowance| match allowance.kind {
        Adding::Sum => true,
        Adding::Gauge => !at_end.is_unserved(),
    };
    allowances.iter().filter(is_billed).cloned().collect()
}

#[cfg(test)]
mod tests;
