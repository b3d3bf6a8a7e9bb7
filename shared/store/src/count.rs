//! Counting: adding to counted attributes, under exactly the conditions that the counts name.
//!
//! A counter is added to by an update that other updates may come before or behind; nothing is read back and no version moves. A
//! chunk of a usage batch is one transaction: its counters, and the marker that says that they were counted.

use invocation::Invocation;
use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use billing::ids::{AccountId, BatchId};
use billing::metering::{Counts, Tally};

use crate::Store;
use crate::commit::{Condition, Transaction};
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::usage::{CLOSED, LEVEL, Marker, ON, SINCE, SUM, write_marker};

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
    counts: Counts,
}

impl Store {
    /// Counts one chunk of a batch: its counters and its marker, all or none. [`StoreError::Conflict`] when the
    /// chunk is counted already, or when something changed that its counts rest on.
    pub async fn count(
        &self,
        invocation: &Invocation,
        (batch, chunk): (&BatchId, usize),
        marker: &Marker,
        tallies: &[(AccountId, Tally)],
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        for (account, tally) in tallies {
            for counter in counters(account, tally) {
                transaction.count(counter);
            }
        }
        let marker = write_marker(keys::usage_batch(batch, chunk), marker);
        transaction.put(marker, Condition::NewOrExpired(invocation.now));
        self.transact(invocation, transaction).await
    }
}

fn counters(account: &AccountId, tally: &Tally) -> Vec<Counter> {
    let months = tally.months.iter().map(|(month, counts)| Counter {
        key: keys::usage(account, *month),
        entity: "usage",
        on: Some(month.to_string()),
        due: Some(keys::bill_due(account, *month)),
        counts: counts.clone(),
    });
    let days = tally.days.iter().map(|(day, counts)| Counter {
        key: keys::usage_day(account, *day),
        entity: "usage_day",
        on: Some(day.to_string()),
        due: None,
        counts: counts.clone(),
    });
    let latest = Counter {
        key: keys::gauges(account),
        entity: "gauges",
        on: None,
        due: None,
        counts: tally.latest.clone(),
    };
    let latest = Some(latest).filter(|latest| !latest.counts.is_empty());
    months.chain(days).chain(latest).collect()
}

impl Counter {
    /// The update that counts.
    pub(crate) fn update(self, table: &str) -> Result<Update, BuildError> {
        let mut expression = Expression::new(table, self.key);
        // The first to count makes the item; nothing was decided about it yet.
        expression.begin(self.entity, self.on.as_deref());
        if let Some(due) = &self.due {
            expression.set_due(due);
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
        expression.done()
    }
}

/// An update while it is put together: names and values stand in it under numbers.
pub(crate) struct Expression {
    update: UpdateBuilder,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    pub(crate) set: Vec<String>,
    pub(crate) remove: Vec<String>,
    add: Vec<String>,
    pub(crate) conditions: Vec<String>,
}

impl Expression {
    pub(crate) fn new(table: &str, key: Key) -> Self {
        let update = Update::builder()
            .table_name(table)
            .key(keys::PK, AttributeValue::S(key.pk))
            .key(keys::SK, AttributeValue::S(key.sk));
        let (set, remove, add, conditions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (names, values) = (HashMap::new(), HashMap::new());
        Self { update, names, values, set, remove, add, conditions }
    }

    /// What every counter begins with, if it is the first: nothing was decided about the item yet. Nothing is counted to
    /// what is closed.
    pub(crate) fn begin(&mut self, entity: &str, on: Option<&str>) {
        let zero = self.number(&0_u64);
        let version = self.name(keys::VERSION);
        self.set.push(format!("{version} = if_not_exists({version}, {zero})"));
        self.set_text(keys::ENTITY, entity);
        if let Some(on) = on {
            self.set_text(ON, on);
        }
        let closed = self.name(CLOSED);
        self.conditions.push(format!("attribute_not_exists({closed})"));
    }

    /// The month's place in the index, which stays the same: so only the first counter costs the index something.
    pub(crate) fn set_due(&mut self, (partition, sort): &(String, String)) {
        for (name, text) in [(keys::DUE_PK, partition), (keys::DUE_SK, sort)] {
            self.set_text(name, text);
        }
    }

    /// Takes the item out of the index.
    pub(crate) fn remove_due(&mut self) {
        for name in [keys::DUE_PK, keys::DUE_SK] {
            let name = self.name(name);
            self.remove.push(name);
        }
    }

    /// Adds to a number, which is zero if it is not there.
    pub(crate) fn add_number(&mut self, name: &str, number: i64) {
        if number != 0 {
            let (name, number) = (self.name(name), self.number(&number));
            self.add.push(format!("{name} {number}"));
        }
    }

    pub(crate) fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    pub(crate) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    pub(crate) fn number(&mut self, number: &impl ToString) -> String {
        self.value(AttributeValue::N(number.to_string()))
    }

    pub(crate) fn set_text(&mut self, name: &str, text: &str) {
        let name = self.name(name);
        let text = self.value(AttributeValue::S(text.to_owned()));
        self.set.push(format!("{name} = {text}"));
    }

    pub(crate) fn done(self) -> Result<Update, BuildError> {
        let mut expression = format!("SET {}", self.set.join(", "));
        if !self.remove.is_empty() {
            expression = format!("{expression} REMOVE {}", self.remove.join(", "));
        }
        if !self.add.is_empty() {
            expression = format!("{expression} ADD {}", self.add.join(", "));
        }
        let condition = self.conditions.join(" AND ");
        self.update
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .update_expression(expression)
            .condition_expression(condition)
            .build()
    }
}
