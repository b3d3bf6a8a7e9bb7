//! Counting: adding to counted attributes, under exactly the conditions that the counts name.
//!
//! A counter is added to by an update that other updates may come before or behind; nothing is read
//! back and no version moves. A chunk of a usage batch is one transaction: its counters, and the
//! marker that says that they were counted.

use invocation::Invocation;

use billing::ids::{AccountId, BatchId};
use billing::metering::{Counts, Tally};
use billing::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::expression::Expression;
use crate::keys::{self, Key};
use crate::transaction::{Condition, Transaction};
use crate::usage::{LEVEL, Marker, REPORTED, SINCE, SUM, write_marker};

/// Most counters of one transaction: DynamoDB takes 100 items, and the marker is one.
pub const COUNTERS_MAX: usize = 98;

/// What is added to one item.
#[derive(Debug)]
pub struct Counter {
    key: Key,
    entity: &'static str,
    /// The month or the day; nothing for the latest levels.
    on: Option<String>,
    /// A month's place in the index of what is to be invoiced.
    due: Option<(String, String)>,
    /// Time of the report, in a month.
    reported_at: Option<Timestamp>,
    counts: Counts,
}

impl Store {
    /// Counts one chunk of a batch: its counters and its marker, all or none.
    /// [`StoreError::Conflict`] when the chunk is counted already, or when something changed that
    /// its counts rest on.
    pub async fn count(
        &self,
        invocation: &Invocation,
        (batch, chunk): (&BatchId, usize),
        marker: &Marker,
        tallies: &[(AccountId, Tally)],
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        for (account, tally) in tallies {
            for counter in counters(account, tally, invocation.now) {
                transaction.update(counter.expression());
            }
        }
        let marker = write_marker(keys::usage_batch(batch, chunk), marker);
        transaction.put(marker, Condition::NewOrExpired(invocation.now));
        self.transact(invocation, transaction).await
    }
}

fn counters(account: &AccountId, tally: &Tally, now: Timestamp) -> Vec<Counter> {
    let months = tally.months.iter().map(|(month, counts)| Counter {
        key: keys::usage(account, *month),
        entity: "usage",
        on: Some(month.to_string()),
        due: Some(keys::bill_due(account, *month)),
        reported_at: Some(now),
        counts: counts.clone(),
    });
    let days = tally.days.iter().map(|(day, counts)| Counter {
        key: keys::usage_day(account, *day),
        entity: "usage_day",
        on: Some(day.to_string()),
        due: None,
        reported_at: None,
        counts: counts.clone(),
    });
    let latest = Counter {
        key: keys::gauges(account),
        entity: "gauges",
        on: None,
        due: None,
        reported_at: None,
        counts: tally.latest.clone(),
    };
    let latest = Some(latest).filter(|latest| !latest.counts.is_empty());
    months.chain(days).chain(latest).collect()
}

impl Counter {
    /// The update that counts.
    fn expression(self) -> Expression {
        let mut expression = Expression::new(self.key);
        // The first to count makes the item; nothing was decided about it yet.
        expression.begin(self.entity, self.on.as_deref());
        if let Some(due) = &self.due {
            expression.set_due(due);
        }
        if let Some(at) = self.reported_at {
            expression.set_number(REPORTED, at.0);
        }
        for (resource, quantity) in &self.counts.add {
            let sum = expression.name(&format!("{SUM}{resource}"));
            let quantity = expression.number(quantity);
            expression.add.push(format!("{sum} {quantity}"));
            if let Some(room) = self.counts.room.get(resource) {
                let room = expression.number(room);
                let fits = format!("(attribute_not_exists({sum}) OR {sum} <= {room})");
                expression.conditions.push(fits);
            }
        }
        for (resource, (new, seen)) in &self.counts.hold {
            let level = expression.name(&format!("{LEVEL}{resource}"));
            let since = expression.name(&format!("{SINCE}{resource}"));
            let condition = match seen {
                Some(seen) => {
                    let (seen_level, seen_at) =
                        (expression.number(&seen.level), expression.number(&seen.at.0));
                    format!("{level} = {seen_level} AND {since} = {seen_at}")
                }
                None => format!("attribute_not_exists({level})"),
            };
            expression.conditions.push(condition);
            let (new_level, new_at) = (expression.number(&new.level), expression.number(&new.at.0));
            expression.set.push(format!("{level} = {new_level}"));
            expression.set.push(format!("{since} = {new_at}"));
        }
        expression
    }
}
