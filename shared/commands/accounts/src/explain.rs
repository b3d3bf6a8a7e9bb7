//! The explanation of a value: the entries of the journal that made it, the parts that it is the
//! sum of, and what would change it.

use std::collections::BTreeSet;
use std::convert::Infallible;

use billing::account::Standing;
use billing::explain::{self, Explanation, Reason, per_currency};
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Invoice;
use billing::journal::Record;
use billing::journal::page::Recorded;
use billing::money::{Currency, Money};
use billing::month::{Day, Month};
use billing::served::Served;
use billing::state::{Access, State};
use billing::time::Timestamp;
use billing::upcoming::Upcoming;
use billing::usage::correction::Correction;
use billing::usage::monthly::{MonthUsage, ResourceUsage, TokensOfMonth};
use billing::usage::{Kind, exceeded, over_limit};
use invocation::Invocation;
use store::{Loaded, Part};

use crate::Failure;
use crate::read::{Accounts, with_all_open};

/// Records of the journal that an explanation looks at.
const EXPLAIN_RECORDS_MAX: i32 = 500;

/// A number or state that can be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The account's state.
    State,
    /// What the account may do.
    Access,
    /// Everything that is owed.
    Outstanding,
    /// The balance of credits.
    Credits,
    /// What is prepaid and left.
    PrepaidBalance,
    /// The upcoming invoice, as it was forecast.
    Upcoming(Box<Upcoming>),
    /// Usage of a resource in this month.
    Usage(String),
    /// What remains to be paid of an invoice.
    Invoice(InvoiceId),
}

/// A value, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The value.
    pub value: Explainable,
    /// The entries that made it, oldest first.
    pub because: Vec<Recorded>,
    /// What would change it for the better.
    pub clears_by: Vec<Reason>,
    /// Parts that the value is the sum of, beside invoices that [`Self::clears_by`] names.
    pub parts: Vec<Component>,
    /// What the entries come to, where the value is a number of tokens.
    pub tokens_told: Option<i64>,
    /// Time of the oldest record that was looked at, if there are older ones.
    pub looked_back_to: Option<Timestamp>,
}

/// A value that can be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explainable {
    /// A state.
    State(State),
    /// An access.
    Access(Access),
    /// Sums, one for each currency, and the account's currency where there are none.
    Sums(Vec<Money>, Option<Currency>),
    /// Tokens.
    Tokens(i64),
    /// Units of a resource.
    Units(u64),
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Kind of the part.
    pub kind: &'static str,
    /// The part in words, or the day that it is of.
    pub label: String,
    /// Money or units that the part comes to; money below zero is taken off.
    pub measure: Measure,
}

/// Size of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Money.
    Money(Money),
    /// Units of a resource; below zero where a correction takes some off.
    Units(i64),
}

/// A value and the entries that made it, before invoices are named.
struct Found<'a> {
    value: Explainable,
    explanation: Explanation<'a>,
    parts: Vec<Component>,
    tokens_told: Option<i64>,
}

impl<'a> Found<'a> {
    fn new(value: Explainable, explanation: Explanation<'a>) -> Self {
        Self { value, explanation, parts: Vec::new(), tokens_told: None }
    }
}

/// Parts that every explanation needs.
pub fn parts_to_explain(now: Timestamp) -> Vec<Part> {
    Accounts::parts(now).into_iter().chain([Part::Credits, Part::Tokens(Month::of(now))]).collect()
}

impl Accounts<'_> {
    /// The explanation of a value, of the account's loaded parts.
    ///
    /// # Errors
    /// There is no such account or invoice, a sum does not fit, or the table failed.
    pub async fn explain(
        &self,
        invocation: &Invocation,
        (account, loaded): (&AccountId, &Loaded),
        question: Question,
    ) -> Result<Explained, Failure<Infallible>> {
        let no_account = || Failure::NoAccount(account.clone());
        let standing = loaded.standing()?.ok_or_else(no_account)?;
        let journal = self.store.journal(invocation, account, None, EXPLAIN_RECORDS_MAX);
        let (records, more) = journal.await?;

        let about = (&standing, loaded);
        let found = match question {
            Question::State => self.state(invocation, about, &records).await?.0,
            Question::Access => {
                let (found, access) = self.state(invocation, about, &records).await?;
                Found { value: Explainable::Access(access), ..found }
            }
            Question::Outstanding => self.outstanding(invocation, about, &records).await?,
            Question::Credits => self.credits(invocation, about, &records).await?,
            Question::PrepaidBalance => {
                let profile = loaded.profile()?.ok_or_else(no_account)?;
                let currency = standing.currency.or(profile.details.currency);
                let sums = Explainable::Sums(profile.prepaid_sums(), currency);
                Found::new(sums, explain::prepaid(&records))
            }
            Question::Upcoming(upcoming) => upcoming_found(&standing, *upcoming, &records),
            Question::Usage(resource) => {
                self.usage(invocation, about, (&resource, &records)).await?
            }
            Question::Invoice(id) => {
                let invoice = loaded.invoice(&id)?.filter(|invoice| invoice.terms.is_some());
                let invoice = invoice.ok_or(Failure::Unknown("invoice"))?;
                invoice_found(&invoice, &records)
            }
        };

        let Found { value, explanation, parts, tokens_told } = found;
        let because = explanation.because.iter();
        let because: Vec<_> = because.map(|(record, entry)| Recorded::of(record, entry)).collect();
        let owed = explanation.clears_by.iter().filter_map(|it| it.invoice.as_ref());
        let owed = owed.map(|owed| owed.id.clone());
        let ids: BTreeSet<_> = because.iter().flat_map(Recorded::invoices).chain(owed).collect();
        let invoices = self.store.invoices_of(invocation, account, &ids).await?;

        let clears_by = explanation.clears_by.into_iter().map(|it| it.naming(&invoices));
        Ok(Explained {
            value,
            because: because.into_iter().map(|entry| entry.naming(&invoices)).collect(),
            clears_by: clears_by.collect(),
            parts,
            tokens_told,
            looked_back_to: records.last().filter(|_| more).map(|record| record.at),
        })
    }

    async fn state<'a>(
        &self,
        invocation: &Invocation,
        (standing, loaded): (&Standing, &Loaded),
        records: &'a [Record],
    ) -> Result<(Found<'a>, Access), Failure<Infallible>> {
        let now = invocation.now;
        let used = loaded.used(now)?;
        let parent = self.store.paying_parent(invocation, standing).await?;
        let served = Served::new(standing, parent.as_ref());
        let exceeded = exceeded(&self.catalog.allowances(served.plan()), &used);
        let over_limits = exceeded.iter().map(|exceeded| over_limit(exceeded, now));

        let mut explanation = explain::state(standing, records, now);
        explanation.clears_by = served.reasons(now).into_iter().chain(over_limits).collect();
        let state = served.state_at(now).limited_by(&exceeded);
        Ok((Found::new(Explainable::State(state), explanation), served.access(state)))
    }

    async fn outstanding<'a>(
        &self,
        invocation: &Invocation,
        (standing, loaded): (&Standing, &Loaded),
        records: &'a [Record],
    ) -> Result<Found<'a>, Failure<Infallible>> {
        let no_account = || Failure::NoAccount(standing.account.clone());
        let profile = loaded.profile()?.ok_or_else(no_account)?;
        let standing = with_all_open(invocation, self.store, standing.clone()).await?;

        let open = standing.outstanding();
        let open = open.map(|(id, it)| (id.clone(), it.remaining, it.overdue_at));
        let open: Vec<_> = open.collect();
        let sums = per_currency(open.iter().map(|(_, remaining, _)| *remaining))?;
        let currency = standing.currency.or(profile.details.currency);
        let value = Explainable::Sums(sums, currency);
        Ok(Found::new(value, explain::outstanding(&open, records)))
    }

    async fn credits<'a>(
        &self,
        invocation: &Invocation,
        (standing, loaded): (&Standing, &Loaded),
        records: &'a [Record],
    ) -> Result<Found<'a>, Failure<Infallible>> {
        let credits = self.store.credits(invocation, &standing.account, loaded).await?;
        let explanation = explain::credits(&credits.decided, records);
        let tokens_told = Some(explain::tokens(&explanation));
        let value = Explainable::Tokens(credits.counted.balance());
        Ok(Found { tokens_told, ..Found::new(value, explanation) })
    }

    /// Usage of a resource in this month, day by day, with the changes of plan that say what of it
    /// is included.
    async fn usage<'a>(
        &self,
        invocation: &Invocation,
        (standing, loaded): (&Standing, &Loaded),
        (resource, records): (&str, &'a [Record]),
    ) -> Result<Found<'a>, Failure<Infallible>> {
        let (now, month) = (invocation.now, Month::of(invocation.now));
        let parent = self.store.paying_parent(invocation, standing).await?;
        let served = Served::new(standing, parent.as_ref());
        let allowances = self.catalog.allowances(served.plan());
        let allowance = allowances.iter().find(|it| it.resource == resource);
        let allowance = allowance.ok_or(Failure::Unknown("resource"))?;

        let used = loaded.used(now)?;
        let over = exceeded(std::slice::from_ref(allowance), &used);
        let before = used.latest.held.into_iter().filter(|(_, held)| held.at < month.start());
        let mut counted = MonthUsage {
            counted: used.month,
            days: self.store.usage_days(invocation, &standing.account, month).await?,
            before: before.collect(),
            tokens: None,
        };
        if self.catalog.credit_resource().is_some_and(|it| it.id == resource) {
            counted.count_tokens(TokensOfMonth {
                resource: resource.to_owned(),
                days: loaded.tokens(month)?,
                included: loaded.included_tokens(month)?,
            });
        }
        let usage = counted.of(allowance.clone(), month, now);

        let account = &standing.account;
        let corrections = self.store.corrections(invocation, account, month).await?;
        let of_days = reported(&usage, &corrections).into_iter();
        let mut parts: Vec<Component> = of_days
            .map(|(day, units)| Component::of_units("day", day.to_string(), units))
            .collect();
        // Of a gauge a correction is a report like any other: the day shows the level.
        let of_resource = corrections.iter().filter(|it| it.resource == resource);
        let sums = of_resource.filter(|_| allowance.kind == Kind::Sum);
        parts.extend(
            sums.map(|it| Component::of_units("correction", it.reason.clone(), it.quantity)),
        );
        let mut explanation = explain::usage((resource, month), records);
        explanation.clears_by = over.iter().map(|exceeded| over_limit(exceeded, now)).collect();
        Ok(Found { parts, ..Found::new(Explainable::Units(usage.used), explanation) })
    }
}

impl Component {
    fn of_units(kind: &'static str, label: String, units: i64) -> Self {
        Self { kind, label, measure: Measure::Units(units) }
    }
}

/// Units of each day as they were reported: of a sum without its corrections.
fn reported(usage: &ResourceUsage, corrections: &[Correction]) -> Vec<(Day, i64)> {
    let of_resource = corrections.iter().filter(|it| it.resource == usage.allowance.resource);
    let of_resource: Vec<_> = of_resource.filter(|_| usage.allowance.kind == Kind::Sum).collect();
    let reported = usage.daily.iter().map(|(day, units)| {
        let corrected = of_resource.iter().filter_map(|it| it.days.get(day));
        let corrected = corrected.fold(0_i64, |sum, units| sum.saturating_add(*units));
        let units = i64::try_from(*units).unwrap_or(i64::MAX);
        (*day, units.saturating_sub(corrected))
    });
    reported.filter(|(_, units)| *units != 0).collect()
}

/// The upcoming invoice, line by line, with the changes of plan and price behind it.
fn upcoming_found<'a>(standing: &Standing, upcoming: Upcoming, records: &'a [Record]) -> Found<'a> {
    let sums = upcoming.sums.iter().map(|sum| sum.total).collect();
    let lines = upcoming.lines.into_iter().map(|line| Component {
        kind: "line",
        label: line.description,
        measure: Measure::Money(line.amount),
    });
    let value = Explainable::Sums(sums, standing.currency);
    Found { parts: lines.collect(), ..Found::new(value, explain::plan(records)) }
}

/// What remains of an invoice: what was due at its finalization, less payments and credit notes.
fn invoice_found<'a>(invoice: &Invoice, records: &'a [Record]) -> Found<'a> {
    let currency = invoice.currency;
    let due = invoice.terms.as_ref().map_or(0, |terms| terms.due);
    let part = |kind: &'static str, amount: i64| Component {
        kind,
        label: kind.replace('_', " "),
        measure: Measure::Money(Money::new(amount, currency)),
    };
    let taken = [
        part("paid", invoice.paid().saturating_neg()),
        part("credit_notes", invoice.credited().saturating_neg()),
    ];
    let is_nothing = |it: &Component| it.measure == Measure::Money(Money::new(0, currency));
    let parts = taken.into_iter().filter(|it| !is_nothing(it));
    let parts = std::iter::once(part("due", due)).chain(parts).collect();
    let remaining = Money::new(invoice.remaining(), currency);
    let value = Explainable::Sums(vec![remaining], Some(currency));
    Found { parts, ..Found::new(value, explain::invoice(invoice, records)) }
}
