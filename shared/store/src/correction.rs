//! Corrections of counted usage as items, with the counters that each changes in its transaction.
//!
//! A correction rests on the month's counter as it was read, so of a correction and a batch, or of
//! two corrections, one is decided again. A closed month is not corrected, and a month whose
//! counter moved is not closed: so the bill has a correction whole, or it is refused.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::account::Standing;
use billing::bill::Bill;
use billing::family::payers::Payers;
use billing::ids::AccountId;
use billing::month::{Day, Month};
use billing::usage::Held;
use billing::usage::correction::{Corrected, Correction, CountedMonth, Counters};
use futures_util::future::try_join3;
use invocation::Invocation;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::expression::Expression;
use crate::keys::{self, Key};
use crate::transaction::{Condition, Transaction};
use crate::usage::{LEVEL, SINCE, SUM};
use crate::{Store, bill, family, standing, usage};

/// Everything that a correction rests on.
#[derive(Debug, Clone)]
pub struct Correctable {
    /// Standing of the account, whose version guards the decision.
    pub standing: Standing,
    /// Counters.
    pub counted: CountedMonth,
    /// The correction of that id, if it was made before.
    pub known: Option<Correction>,
    /// Bill of the month, once it is closed.
    pub bill: Option<Bill>,
    /// Payers, of a sub-account.
    pub payers: Option<Payers>,
}

impl Store {
    /// Everything that a correction of a month rests on: three requests at once. Nothing when there
    /// is no such account.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn correctable(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (month, id): (Month, &str),
    ) -> Result<Option<Correctable>, StoreError> {
        let keys = [
            keys::standing(account),
            keys::gauges(account),
            keys::usage_correction(account, month, id),
            keys::bill(account, month),
            keys::payers(account),
        ];
        let others = self.batch_all(invocation, &keys);
        let months = self.usage_months(invocation, account, month);
        let days = self.usage_days(invocation, account, month);
        let (others, mut months, days) = try_join3(others, months, days).await?;

        let [own, gauges, known, bill, payers] = keys.map(|key| others.get(&key));
        let Some(own) = own else { return Ok(None) };
        let counted = months.remove(&month);
        // Later months replace what earlier ones say.
        let before: BTreeMap<String, Held> =
            months.into_values().flat_map(|usage| usage.held).collect();
        let latest = gauges.map(usage::read).transpose()?.unwrap_or_default();
        Ok(Some(Correctable {
            standing: standing::read(own)?,
            counted: CountedMonth { month: counted, days, before, latest },
            known: known.map(read).transpose()?,
            bill: bill.map(bill::read).transpose()?,
            payers: payers.map(family::read_payers).transpose()?,
        }))
    }

    /// Corrections of a month of an account, in order of their ids.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn corrections(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<Vec<Correction>, StoreError> {
        let prefix = keys::usage_corrections(month);
        let items = self.all_with_prefix(invocation, account, &prefix).await?;
        items.iter().map(read).collect()
    }
}

/// Adds a correction to a transaction: its item, and each counter that it changes.
pub(crate) fn add(transaction: &mut Transaction, account: &AccountId, corrected: &Corrected) {
    let Corrected { correction, counters } = corrected;
    transaction.put(write(account, correction), Condition::New);
    match counters {
        Counters::Sum(seen) => {
            transaction.update(sum_of_month(account, correction, *seen));
            for (day, units) in &correction.days {
                transaction.update(sum_of_day(account, (*day, &correction.resource), *units));
            }
        }
        Counters::Gauge { level, in_month, on_day, latest } => {
            let resource = &correction.resource;
            let mut month = month_of(account, correction.month);
            hold(&mut month, resource, (*level, *in_month));
            transaction.update(month);

            let day = Day::of(level.at);
            let mut of_day = Expression::new(keys::usage_day(account, day));
            of_day.begin("usage_day", Some(&day.to_string()));
            hold(&mut of_day, resource, (*level, *on_day));
            transaction.update(of_day);

            if let Some(seen) = latest {
                let mut gauges = Expression::new(keys::gauges(account));
                gauges.begin("gauges", None);
                hold(&mut gauges, resource, (*level, *seen));
                transaction.update(gauges);
            }
        }
    }
}

/// The update of a month that is not closed; it is to be invoiced from then on.
fn month_of(account: &AccountId, month: Month) -> Expression {
    let mut expression = Expression::new(keys::usage(account, month));
    expression.begin("usage", Some(&month.to_string()));
    expression.set_due(&keys::bill_due(account, month));
    expression
}

fn sum_of_month(account: &AccountId, correction: &Correction, seen: Option<u64>) -> Expression {
    let mut expression = month_of(account, correction.month);
    let name = format!("{SUM}{}", correction.resource);
    expression.must_be(&name, seen);
    expression.add_number(&name, correction.quantity);
    expression
}

fn sum_of_day(account: &AccountId, (day, resource): (Day, &str), units: i64) -> Expression {
    let mut expression = Expression::new(keys::usage_day(account, day));
    expression.begin("usage_day", Some(&day.to_string()));
    let name = format!("{SUM}{resource}");
    if units < 0 {
        let least = expression.number(&units.unsigned_abs());
        let sum = expression.name(&name);
        expression.conditions.push(format!("{sum} >= {least}"));
    }
    expression.add_number(&name, units);
    expression
}

/// Sets a level in the place of another.
fn hold(expression: &mut Expression, resource: &str, (new, seen): (Held, Option<Held>)) {
    let (level, since) = (format!("{LEVEL}{resource}"), format!("{SINCE}{resource}"));
    expression.must_be(&level, seen.map(|held| held.level));
    expression.must_be(&since, seen.map(|held| held.at.0));
    expression.set_value(&level, AttributeValue::N(new.level.to_string()));
    expression.set_number(&since, new.at.0);
}

fn write(account: &AccountId, correction: &Correction) -> Attributes {
    let key: Key = keys::usage_correction(account, correction.month, &correction.id);
    let days = correction.days.iter();
    let days = days.map(|(day, units)| (day.to_string(), AttributeValue::N(units.to_string())));
    Writer::item(key, "usage_correction", 1)
        .text("id", &*correction.id)
        .text("on", correction.month.to_string())
        .text("resource", &*correction.resource)
        .number("quantity", correction.quantity)
        .maybe_text("day", correction.day.map(|day| day.to_string()))
        .map("days", days.collect())
        .number("before", correction.before)
        .number("after", correction.after)
        .number("at", correction.at.0)
        .text("by", &*correction.by)
        .text("reason", &*correction.reason)
        .done()
}

fn read(item: &Attributes) -> Result<Correction, StoreError> {
    let item = Reader::new(item);
    let mut days = BTreeMap::new();
    for (day, units) in item.numbers("days")? {
        let day = Day::parse(day).map_err(|error| item.corrupt(error.to_string()))?;
        days.insert(day, units);
    }
    Ok(Correction {
        id: item.text("id")?.to_owned(),
        month: item.word("on", |month| Month::parse(month).ok())?,
        resource: item.text("resource")?.to_owned(),
        quantity: item.number("quantity")?,
        day: item.maybe("day", |day| Day::parse(day).ok())?,
        days,
        before: item.number("before")?,
        after: item.number("after")?,
        at: item.time("at")?,
        by: item.text("by")?.to_owned(),
        reason: item.text("reason")?.to_owned(),
    })
}
