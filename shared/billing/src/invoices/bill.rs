//! A month's usage, closed and priced: what the month-end run invoices (A16, money rules 18 and
//! 19).
//!
//! A month is closed once: from then on nothing is counted to it, and what it costs is frozen in a
//! [`Bill`], so that whatever interrupts the run, the same invoice is made. A month that costs
//! nothing is closed and has no bill.

use std::collections::BTreeMap;

use crate::account::Standing;
use crate::account::history::History;
use crate::fact::Collection;
use crate::ids::InvoiceId;
use crate::intent::{Intent, IntentStatus};
use crate::journal::{Entry, Kind, Value};
use crate::money::{Money, TooLarge};
use crate::month::Month;
use crate::overage::{self, Line};
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::usage::{Allowance, Held, Kind as Adding, Usage};
use crate::voided::Rest;

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
}

/// A month, priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Which.
    pub month: Month,
    /// What was counted in it, as it was read: nothing may be counted in between.
    pub counted: Usage,
    /// The plan by which it is priced.
    pub plan: String,
    /// What is invoiced.
    pub lines: Vec<Line>,
    /// What that comes to; nothing when nothing is invoiced.
    pub total: Option<Money>,
    /// Levels of gauges that go on in the next month, and were not reported in it yet.
    pub carried: BTreeMap<String, Held>,
}

/// Service that a bill charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// Usage of a month.
    Usage(Month),
    /// The rest of a subscription's period whose renewal was voided.
    Rest(Rest),
}

impl Charge {
    /// Id within the account, and in the metadata of the invoice: `2026-11`, or the voided renewal's
    /// time.
    pub fn id(self) -> String {
        match self {
            Self::Usage(month) => month.to_string(),
            Self::Rest(rest) => rest.renewal.to_string(),
        }
    }

    /// First instant, and the end, which is not part of it.
    pub fn period(self) -> (Timestamp, Timestamp) {
        match self {
            Self::Usage(month) => (month.start(), month.end()),
            Self::Rest(rest) => (rest.from, rest.until),
        }
    }

    /// Text above the lines of the invoice.
    pub fn description(self) -> String {
        match self {
            Self::Usage(month) => format!("Usage in {}", overage::month_name(month)),
            Self::Rest(rest) => format!(
                "Rest of the period that began on {}: its renewal was not charged",
                overage::day_name(rest.renewal)
            ),
        }
    }
}

/// What is invoiced for a service, and how far that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The version of the item that it was read from; 0 when there is none yet.
    pub version: u64,
    /// Service that it charges for.
    pub charge: Charge,
    /// By which plan.
    pub plan: String,
    /// The lines of the invoice.
    pub lines: Vec<Line>,
    /// What they come to.
    pub total: Money,
    /// How the invoice is collected, as was agreed when the month was closed.
    pub collection: Collection,
    /// In how many days it is due, if it is sent.
    pub net_days: u32,
    /// Tax rates of its invoice, as Stripe names them; nothing until the first try has found them.
    pub tax_rates: Option<Vec<String>>,
    /// What is done at Stripe for it.
    pub intent: Intent,
    /// The invoice, once it is known.
    pub invoice: Option<InvoiceId>,
    /// Why Stripe does not make it.
    pub refused: Option<String>,
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
}

impl Closing {
    /// The month, priced by the plan in force at its last instant; the account's own last instant
    /// if it was closed before that (C10). Nothing when the month has no counters, or is closed
    /// already. `allowances` says what a plan includes and what it charges beyond; nothing of a plan
    /// that is not in the catalog.
    ///
    /// # Errors
    /// [`NotClosed`]: the month stays open.
    pub fn of(
        ended: Ended<'_>,
        month: Month,
        allowances: impl Fn(&str) -> Option<Vec<Allowance>>,
    ) -> Result<Option<Self>, NotClosed> {
        let Ended { standing, subscriptions, months, history } = ended;
        let Some(counted) = months.get(&month).filter(|usage| !usage.closed) else {
            return Ok(None);
        };
        let last = standing.closed.map_or(month.end(), |closed| closed.at.min(month.end()));
        let plan = Subscription::plan_before(subscriptions, last);
        let plan = plan.unwrap_or_else(|| standing.base_plan.clone());
        let earlier = months
            .range(..month)
            .fold(Usage::default(), |so_far, (_, usage)| usage.carrying(&so_far));
        let used = counted.carrying(&earlier);
        let known = allowances(&plan).ok_or_else(|| NotClosed::UnknownPlan(plan.clone()))?;
        let billed = billed(&known, history, (month, month.end()));
        let lines = overage::lines(month, &billed, |allowance| used.of(allowance))?;
        let total = overage::total(&lines)?;
        let goes_on = last == month.end();
        let next = months.get(&Month::of(month.end())).cloned().unwrap_or_default();
        let carried = used.held.into_iter().filter(|(resource, held)| {
            goes_on && !next.closed && held.level > 0 && !next.held.contains_key(resource)
        });
        let carried = carried.collect();
        Ok(Some(Self { month, counted: counted.clone(), plan, lines, total, carried }))
    }

    /// The bill of it; nothing when nothing is invoiced. `token` is what its invoice is marked
    /// with: drawn once.
    pub fn bill(&self, standing: &Standing, token: String, now: Timestamp) -> Option<Bill> {
        let total = self.total?;
        let id = self.month.to_string();
        Some(Bill {
            version: 0,
            charge: Charge::Usage(self.month),
            plan: self.plan.clone(),
            lines: self.lines.clone(),
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

impl Bill {
    /// Whether it is still to be invoiced.
    pub fn is_open(&self) -> bool {
        match self.intent.status {
            IntentStatus::Open => self.refused.is_none(),
            IntentStatus::Done => false,
        }
    }

    /// The same bill, invoiced.
    #[must_use]
    pub fn done(&self, invoice: &InvoiceId) -> Self {
        let (intent, invoice) = (self.intent.done(), Some(invoice.clone()));
        Self { intent, invoice, refused: None, ..self.clone() }
    }

    /// The same bill, which Stripe does not invoice. Whoever tries it again looks first what there
    /// is.
    #[must_use]
    pub fn refused(&self, reason: &str) -> Self {
        let intent = self.intent.after_failure();
        Self { intent, refused: Some(reason.to_owned()), ..self.clone() }
    }

    /// The journal's entry about a bill that Stripe refuses.
    pub fn refusal(&self, now: Timestamp) -> Entry {
        let reason = self.refused.clone().unwrap_or_default();
        match self.charge {
            Charge::Usage(month) => {
                Entry::new(now, Kind::UsageNotInvoiced, Some(&month.to_string()))
                    .with("total", None, Some(Value::Money(self.total)))
                    .with("reason", None, Some(Value::Text(reason)))
            }
            Charge::Rest(_) => rest_not_invoiced(Some(self.total), &reason, now),
        }
    }
}

/// The journal's entry about the rest of a period that is not invoiced, with its total where it has a price.
pub fn rest_not_invoiced(total: Option<Money>, reason: &str, now: Timestamp) -> Entry {
    Entry::new(now, Kind::RestNotInvoiced, None).with("total", None, total.map(Value::Money)).with(
        "reason",
        None,
        Some(Value::Text(reason.to_owned())),
    )
}

#[cfg(test)]
mod tests;
