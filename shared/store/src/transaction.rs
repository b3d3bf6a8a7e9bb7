//! Transactions: items that are written together or not at all, each under its condition.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use billing::time::Timestamp;

use crate::attributes::Attributes;
use crate::expression::Expression;
use crate::keys::{self, Key};

/// Items to write, all or none.
#[derive(Debug, Default)]
pub(crate) struct Transaction(Vec<Item>);

#[derive(Debug)]
enum Item {
    Put(Attributes, Condition),
    Delete(Key, Option<Deletion>),
    Update(Expression),
    Check(Key, u64),
}

/// What must be in an item's place for it to be deleted.
#[derive(Debug, Clone, Copy)]
enum Deletion {
    Existing,
    Version(u64),
}

/// What must be in an item's place for it to be written.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// Anything: what is written is the same whenever it is.
    Any,
    /// Nothing.
    New,
    /// The version that was read.
    Version(u64),
    /// Nothing, or an item that only stands in for it (version 0).
    NewOrPlaceholder,
    /// Nothing, or an item that had expired by then.
    NewOrExpired(Timestamp),
    /// An item of that attempt of a request.
    Attempt(String),
}

impl Condition {
    /// The condition under which a decided item is written: 0 is the version of none.
    pub(crate) fn read_at(version: u64) -> Self {
        if version == 0 { Self::New } else { Self::Version(version) }
    }
}

impl Transaction {
    /// Writes an item if the condition holds.
    pub(crate) fn put(&mut self, item: Attributes, condition: Condition) {
        self.0.push(Item::Put(item, condition));
    }

    /// Deletes an item that must exist.
    pub(crate) fn delete(&mut self, key: Key) {
        self.0.push(Item::Delete(key, Some(Deletion::Existing)));
    }

    /// Deletes an item that must be as it was read.
    pub(crate) fn delete_version(&mut self, key: Key, version: u64) {
        self.0.push(Item::Delete(key, Some(Deletion::Version(version))));
    }

    /// Deletes an item if it is there.
    pub(crate) fn delete_if_there(&mut self, key: Key) {
        self.0.push(Item::Delete(key, None));
    }

    /// Updates counted attributes.
    pub(crate) fn update(&mut self, expression: Expression) {
        self.0.push(Item::Update(expression));
    }

    /// Writes nothing, if an item is as it was read: for a decision that rests on it and does not
    /// change it.
    pub(crate) fn check(&mut self, key: Key, version: u64) {
        self.0.push(Item::Check(key, version));
    }

    /// The items as DynamoDB takes them.
    pub(crate) fn items(self, table: &str) -> Result<Vec<TransactWriteItem>, BuildError> {
        self.0.into_iter().map(|item| item.of_table(table)).collect()
    }
}

impl Item {
    fn of_table(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let item = TransactWriteItem::builder();
        Ok(match self {
            Self::Put(attributes, condition) => item.put(put(table, attributes, condition)?),
            Self::Delete(key, deletion) => item.delete(delete(table, key, deletion)?),
            Self::Update(expression) => item.update(expression.update(table)?),
            Self::Check(key, version) => {
                let check = ConditionCheck::builder()
                    .table_name(table)
                    .key(keys::PK, AttributeValue::S(key.pk))
                    .key(keys::SK, AttributeValue::S(key.sk))
                    .condition_expression("v = :read")
                    .expression_attribute_values(":read", number(version));
                item.condition_check(check.build()?)
            }
        }
        .build())
    }
}

fn put(table: &str, item: Attributes, condition: Condition) -> Result<Put, BuildError> {
    let put = Put::builder().table_name(table).set_item(Some(item));
    match condition {
        Condition::Any => put,
        Condition::New => put.condition_expression("attribute_not_exists(pk)"),
        Condition::Version(version) => put
            .condition_expression("v = :read")
            .expression_attribute_values(":read", number(version)),
        Condition::NewOrPlaceholder => put
            .condition_expression("attribute_not_exists(pk) OR v = :none")
            .expression_attribute_values(":none", number(0_u64)),
        Condition::NewOrExpired(now) => put
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", number(now.0)),
        Condition::Attempt(attempt) => put
            .condition_expression("attempt = :attempt")
            .expression_attribute_values(":attempt", AttributeValue::S(attempt)),
    }
    .build()
}

fn delete(table: &str, key: Key, deletion: Option<Deletion>) -> Result<Delete, BuildError> {
    let delete = Delete::builder()
        .table_name(table)
        .key(keys::PK, AttributeValue::S(key.pk))
        .key(keys::SK, AttributeValue::S(key.sk));
    match deletion {
        None => delete,
        Some(Deletion::Existing) => delete.condition_expression("attribute_exists(pk)"),
        Some(Deletion::Version(version)) => delete
            .condition_expression("v = :read")
            .expression_attribute_values(":read", number(version)),
    }
    .build()
}

fn number(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
