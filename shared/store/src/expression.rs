//! Update expressions, put together piece by piece.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Update};

use crate::keys::{self, Key};

/// The attribute that names the month or the day of counters.
pub(crate) const ON: &str = "on";
/// The attribute that ends counting.
pub(crate) const CLOSED: &str = "closed";

/// An update while it is put together: names and values stand in it under numbers.
#[derive(Debug)]
pub(crate) struct Expression {
    key: Key,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    pub(crate) set: Vec<String>,
    pub(crate) remove: Vec<String>,
    pub(crate) add: Vec<String>,
    pub(crate) conditions: Vec<String>,
}

impl Expression {
    pub(crate) fn new(key: Key) -> Self {
        let (set, remove, add, conditions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (names, values) = (HashMap::new(), HashMap::new());
        Self { key, names, values, set, remove, add, conditions }
    }

    /// What every counter begins with, if it is the first: nothing was decided about the item yet.
    /// Nothing is counted to what is closed.
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

    /// The month's place in the index, which stays the same: so only the first counter costs the
    /// index something.
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

    pub(crate) fn set_number(&mut self, name: &str, number: i64) {
        let (name, number) = (self.name(name), self.number(&number));
        self.set.push(format!("{name} = {number}"));
    }

    pub(crate) fn set_value(&mut self, name: &str, value: AttributeValue) {
        let (name, value) = (self.name(name), self.value(value));
        self.set.push(format!("{name} = {value}"));
    }

    /// Adds to the end of a list, which is empty if it is not there.
    pub(crate) fn append(&mut self, name: &str, added: Vec<AttributeValue>) {
        let name = self.name(name);
        let (none, added) =
            (self.value(AttributeValue::L(Vec::new())), self.value(AttributeValue::L(added)));
        self.set.push(format!("{name} = list_append(if_not_exists({name}, {none}), {added})"));
    }

    /// Writes nothing unless a list has so many elements.
    pub(crate) fn must_have_size(&mut self, name: &str, size: usize) {
        let (name, size) = (self.name(name), self.number(&size));
        self.conditions.push(format!("size({name}) = {size}"));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let name = self.name(name);
        self.remove.push(name);
    }

    /// Writes nothing unless a number is as it was read: absent, or that one.
    pub(crate) fn must_be(&mut self, name: &str, read: Option<impl ToString>) {
        let name = self.name(name);
        let condition = match read {
            Some(number) => format!("{name} = {}", self.number(&number)),
            None => format!("attribute_not_exists({name})"),
        };
        self.conditions.push(condition);
    }

    /// The update of that table.
    pub(crate) fn update(self, table: &str) -> Result<Update, BuildError> {
        let mut expression = format!("SET {}", self.set.join(", "));
        if !self.remove.is_empty() {
            expression = format!("{expression} REMOVE {}", self.remove.join(", "));
        }
        if !self.add.is_empty() {
            expression = format!("{expression} ADD {}", self.add.join(", "));
        }
        let condition = Some(self.conditions.join(" AND ")).filter(|all| !all.is_empty());
        Update::builder()
            .table_name(table)
            .key(keys::PK, AttributeValue::S(self.key.pk))
            .key(keys::SK, AttributeValue::S(self.key.sk))
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .update_expression(expression)
            .set_condition_expression(condition)
            .build()
    }
}
