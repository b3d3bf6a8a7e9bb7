//! Writing: one transaction, every item under the version it was read at.
//!
//! A put of a version that is not the next one is refused by DynamoDB, whoever was faster. A call whose
//! answer is lost is safe to decide again: the effect is then found done.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnConsumedCapacity, TransactWriteItem, Update,
};
use billing::account::Standing;
use billing::decide::Change;
use billing::ids::{AccountId, CustomerId};
use billing::invoice::Invoice;
use billing::journal::Record;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::attributes::{Attributes, Writer};
use crate::closing::{Carried, Closed};
use crate::cost;
use crate::count::Counter;
use crate::credits::Counting;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::{Store, invoice, journal, profile, standing, subscription};

/// Items to write, all or none.
#[derive(Debug, Default)]
pub struct Transaction(Vec<Write>);

#[derive(Debug)]
enum Write {
    Put(Attributes, Condition),
    Delete(Key, Option<Deletion>),
    Count(Counter),
    Close(Closed),
    Carry(Carried),
    Credits(Box<Counting>),
    Check(Key, u64),
}

/// What must be in an item's place for it to be deleted.
#[derive(Debug, Clone, Copy)]
enum Deletion {
    Existing,
    Version(u64),
}

/// What must be in an item's place for it to be written.
#[derive(Debug, Clone, Copy)]
pub enum Condition {
    /// Nothing.
    New,
    /// The version that was read.
    Version(u64),
    /// Nothing, or an item that only stands in for it (version 0).
    NewOrPlaceholder,
    /// Nothing, or an item that had expired by then.
    NewOrExpired(Timestamp),
}

impl Transaction {
    /// Writes an item if the condition holds.
    pub fn put(&mut self, item: Attributes, condition: Condition) {
        self.0.push(Write::Put(item, condition));
    }

    /// Deletes an item that must exist.
    pub fn delete(&mut self, key: Key) {
        self.0.push(Write::Delete(key, Some(Deletion::Existing)));
    }

    /// Deletes an item that must be as it was read.
    pub fn delete_version(&mut self, key: Key, version: u64) {
        self.0.push(Write::Delete(key, Some(Deletion::Version(version))));
    }

    /// Deletes an item if it is there.
    pub fn delete_if_there(&mut self, key: Key) {
        self.0.push(Write::Delete(key, None));
    }

    /// Closes a month.
    pub fn close(&mut self, closed: Closed) {
        self.0.push(Write::Close(closed));
    }

    /// Carries levels into the next month.
    pub fn carry(&mut self, carried: Carried) {
        self.0.push(Write::Carry(carried));
    }

    /// Writes nothing, if an item is as it was read: for a decision that rests on it and does not change it.
    pub fn check(&mut self, key: Key, version: u64) {
        self.0.push(Write::Check(key, version));
    }

    /// Changes the numbers of an account's credits.
    pub(crate) fn count_credits(&mut self, counting: Counting) {
        self.0.push(Write::Credits(Box::new(counting)));
    }

    /// Adds to counted attributes.
    pub fn count(&mut self, counter: Counter) {
        self.0.push(Write::Count(counter));
    }
}

impl Condition {
    /// The condition under which a decided item is written: 0 is the version of none.
    pub fn read_at(version: u64) -> Self {
        if version == 0 { Self::New } else { Self::Version(version) }
    }
}

impl Store {
    /// Commits a change: the items it names and one record of the journal.
    pub async fn commit(&self, invocation: &Invocation, change: &Change) -> Result<(), StoreError> {
        self.transact(invocation, changed(invocation, change)).await
    }

    /// Keeps an invoice as it was read, under the date on which it matters next.
    pub async fn keep_invoice(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        invoice: &Invoice,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let item =
            invoice::write(account, invoice, invoice.version.saturating_add(1), invocation.now);
        transaction.put(item, Condition::read_at(invoice.version));
        self.transact(invocation, transaction).await
    }

    /// Keeps a standing in which only changed what the journal does not tell of, such as that a schedule was made of
    /// what it told of before.
    pub async fn keep_standing(
        &self,
        invocation: &Invocation,
        standing: &Standing,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let item = standing::write(standing, standing.version.saturating_add(1));
        transaction.put(item, Condition::Version(standing.version));
        self.transact(invocation, transaction).await
    }

    /// Keeps a refused fact, once, with what the journal says of it.
    pub async fn commit_refused(
        &self,
        invocation: &Invocation,
        change: &Change,
    ) -> Result<(), StoreError> {
        let mut transaction = changed(invocation, change);
        let key = keys::refused(&change.standing.account, &invocation.cause_id());
        let item = Writer::item(key, "refused", 1).number("at", invocation.now.0).done();
        transaction.put(item, Condition::New);
        self.transact(invocation, transaction).await
    }

    /// Whether a fact of that event was refused before.
    pub async fn was_refused(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        event: &str,
    ) -> Result<bool, StoreError> {
        Ok(self.get(invocation, keys::refused(account, event)).await?.is_some())
    }

    /// Remembers a customer as foreign until a moment. An account that was linked meanwhile stays.
    pub async fn remember_foreign(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put(profile::write_foreign(customer, until), Condition::NewOrPlaceholder);
        self.transact(invocation, transaction).await
    }

    /// Writes all or none.
    pub async fn transact(
        &self,
        invocation: &Invocation,
        transaction: Transaction,
    ) -> Result<(), StoreError> {
        let items = transaction.0.into_iter().map(|write| self.in_table(write));
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
            .send()
            .await
            .map_err(|error| StoreError::of_transaction(&error))?;
        cost::wrote(invocation, answer.consumed_capacity());
        Ok(())
    }

    fn in_table(&self, write: Write) -> Result<TransactWriteItem, StoreError> {
        let wrong = |error: BuildError| StoreError::Rejected(error.to_string());
        let number = |number: String| AttributeValue::N(number);
        let (item, condition) = match write {
            Write::Put(attributes, condition) => (attributes, condition),
            Write::Count(counter) => return updated(counter.update(&self.table)),
            Write::Close(closed) => return updated(closed.update(&self.table)),
            Write::Carry(carried) => return updated(carried.update(&self.table)),
            Write::Credits(counting) => return updated(counting.update(&self.table)),
            Write::Check(key, version) => {
                let check = ConditionCheck::builder()
                    .table_name(&self.table)
                    .key(keys::PK, AttributeValue::S(key.pk))
                    .key(keys::SK, AttributeValue::S(key.sk))
                    .condition_expression("v = :read")
                    .expression_attribute_values(":read", number(version.to_string()));
                let check = check.build().map_err(wrong)?;
                return Ok(TransactWriteItem::builder().condition_check(check).build());
            }
            Write::Delete(key, deletion) => {
                let delete = Delete::builder()
                    .table_name(&self.table)
                    .key(keys::PK, AttributeValue::S(key.pk))
                    .key(keys::SK, AttributeValue::S(key.sk));
                let delete = match deletion {
                    None => delete,
                    Some(Deletion::Existing) => delete.condition_expression("attribute_exists(pk)"),
                    Some(Deletion::Version(version)) => delete
                        .condition_expression("v = :read")
                        .expression_attribute_values(":read", number(version.to_string())),
                };
                let delete = delete.build().map_err(wrong)?;
                return Ok(TransactWriteItem::builder().delete(delete).build());
            }
        };
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match condition {
            Condition::New => put.condition_expression("attribute_not_exists(pk)"),
            Condition::Version(version) => put
                .condition_expression("v = :read")
                .expression_attribute_values(":read", number(version.to_string())),
            Condition::NewOrPlaceholder => put
                .condition_expression("attribute_not_exists(pk) OR v = :none")
                .expression_attribute_values(":none", number("0".to_owned())),
            Condition::NewOrExpired(now) => put
                .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
                .expression_attribute_values(":now", number(now.0.to_string())),
        };
        let put = put.build().map_err(wrong)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

fn updated(update: Result<Update, BuildError>) -> Result<TransactWriteItem, StoreError> {
    let update = update.map_err(|error| StoreError::Rejected(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The transaction of a change.
pub fn changed(invocation: &Invocation, change: &Change) -> Transaction {
    let Change { standing, profile, invoice, subscription, entries } = change;
    let account = &standing.account;
    let next = |version: u64| version.saturating_add(1);
    let mut transaction = Transaction::default();
    let item = standing::write(standing, next(standing.version));
    transaction.put(item, Condition::read_at(standing.version));
    if let Some(invoice) = invoice {
        let item = invoice::write(account, invoice, next(invoice.version), invocation.now);
        transaction.put(item, Condition::read_at(invoice.version));
    }
    if let Some(subscription) = subscription {
        let item = subscription::write(account, subscription, next(subscription.version));
        transaction.put(item, Condition::read_at(subscription.version));
    }
    if let Some(profile) = profile {
        let item = profile::write(profile, next(profile.version));
        transaction.put(item, Condition::read_at(profile.version));
    }
    let record = Record {
        at: standing.journal_at,
        sequence: next(standing.version),
        cause: invocation.cause(),
        entries: entries.clone(),
    };
    transaction.put(journal::write(account, &record), Condition::New);
    transaction
}
