//! Writing: one transaction, every item under the version it was read at.
//!
//! A put of a version that is not the next one is refused by DynamoDB, whichever writer was faster.
//! A call whose answer is lost is safe to decide again: the effect is then found done.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use billing::account::Standing;
use billing::change::{Change, Write};
use billing::credits;
use billing::decide::note_all;
use billing::ids::{AccountId, CustomerId, PaymentIntentId};
use billing::journal::Record;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::cost;
use crate::error::StoreError;
use crate::expression::Expression;
use crate::read::has_time;
use crate::transaction::{Condition, Transaction};
use crate::{Store, answer, journal, keys, lease, precondition, profile, standing, write};

impl Store {
    /// Commits a change: the standing, the items that the change names, and one record of the
    /// journal. The standing as it is committed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an item is not as it was read: nothing was written.
    pub async fn commit(
        &self,
        invocation: &Invocation,
        change: &Change,
    ) -> Result<Standing, StoreError> {
        let mut transaction = Transaction::default();
        let committed = add(&mut transaction, change, invocation);
        self.transact_marked(invocation, transaction, change).await?;
        Ok(committed)
    }

    /// Commits a change of the account that a request is about, together with one of another
    /// account of its family: both or none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an item is not as it was read: nothing was written.
    pub async fn commit_both(
        &self,
        invocation: &Invocation,
        change: &Change,
        other: &Change,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        add(&mut transaction, change, invocation);
        add(&mut transaction, other, invocation);
        self.transact_marked(invocation, transaction, change).await
    }

    /// Writes a change that is in a transaction. The request is marked with its standing's version,
    /// and a lease of its account that ends goes with it.
    async fn transact_marked(
        &self,
        invocation: &Invocation,
        mut transaction: Transaction,
        change: &Change,
    ) -> Result<(), StoreError> {
        let account = &change.standing.account;
        answer::mark(&mut transaction, invocation, change.standing.version.saturating_add(1));
        let ending = invocation.ending_lease(account);
        if let Some(lease) = &ending {
            lease::end(&mut transaction, account, lease);
        }

        self.transact(invocation, transaction).await?;
        precondition::met(invocation);
        if ending.is_some() {
            invocation.lets_go();
        }
        Ok(())
    }

    /// Keeps items of an account that its journal does not tell of.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an item is not as it was read: nothing was written.
    pub async fn keep(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        writes: &[Write],
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        for write in writes {
            write::add(&mut transaction, account, write, invocation);
        }
        self.transact(invocation, transaction).await
    }

    /// Keeps a standing in which only changed what the journal does not tell of, such as that
    /// Stripe has the schedule of a booking that it told of before.
    pub async fn keep_standing(
        &self,
        invocation: &Invocation,
        standing: &Standing,
    ) -> Result<(), StoreError> {
        self.keep(invocation, &standing.account, &[Write::Standing(standing.clone())]).await
    }

    /// Commits a decision about credits. The standing and the journal are written only if the
    /// decision has something for the journal: a deduction moves no version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an item is not as it was read: nothing was written.
    pub async fn write_credits(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        change: &credits::Change,
    ) -> Result<(), StoreError> {
        if change.journal.is_empty() {
            return self.keep(invocation, &standing.account, &change.writes()).await;
        }
        let noted = note_all(standing, change.journal.clone(), invocation.now);
        self.commit(invocation, &noted.with_all(change.writes())).await?;
        Ok(())
    }

    /// Commits a decision that makes or ends a reservation, whose hold is written or deleted with
    /// it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an item is not as it was read: nothing was written.
    pub async fn write_reservation(
        &self,
        invocation: &Invocation,
        standing: &Standing,
        change: &credits::Change,
    ) -> Result<(), StoreError> {
        self.write_credits(invocation, standing, change).await
    }

    /// Keeps a refused fact, once, with what the journal says of it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is kept already, or the account changed.
    pub async fn commit_refused(
        &self,
        invocation: &Invocation,
        change: &Change,
    ) -> Result<(), StoreError> {
        let refused = Write::FactRefused(invocation.cause_id().to_owned());
        self.commit(invocation, &change.clone().with(refused)).await?;
        Ok(())
    }

    /// True if a fact of that event was refused before.
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

    /// Remembers a payment as one that is not for credits until a moment. A purchase that it paid
    /// meanwhile stays.
    pub async fn remember_foreign_payment(
        &self,
        invocation: &Invocation,
        payment: &PaymentIntentId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let item = crate::credits::write_foreign_payment(payment, until);
        transaction.put(item, Condition::NewOrPlaceholder);
        self.transact(invocation, transaction).await
    }

    /// Counts in one item, outside of a transaction: so of many that count at once each counts.
    /// False where its condition does not hold: nothing was counted.
    ///
    /// # Errors
    /// Any of the table's.
    pub(crate) async fn count_alone(
        &self,
        invocation: &Invocation,
        count: Expression,
    ) -> Result<bool, StoreError> {
        let count = count.update(&self.table);
        let count = count.map_err(|error| StoreError::Invalid(error.to_string()))?;
        has_time(invocation)?;

        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(count.key))
            .update_expression(count.update_expression)
            .set_condition_expression(count.condition_expression)
            .set_expression_attribute_names(count.expression_attribute_names)
            .set_expression_attribute_values(count.expression_attribute_values)
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                cost::wrote(invocation, answer.consumed_capacity());
                Ok(true)
            }
            Err(error) if does_not_hold(&error) => Ok(false),
            Err(error) => Err(StoreError::of(&error)),
        }
    }

    /// Writes all or none.
    pub(crate) async fn transact(
        &self,
        invocation: &Invocation,
        transaction: Transaction,
    ) -> Result<(), StoreError> {
        let items = transaction.items(&self.table);
        let items = items.map_err(|error| StoreError::Invalid(error.to_string()))?;
        has_time(invocation)?;

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
}

/// True if an update was refused by its condition, and not by another writer.
fn does_not_hold<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// Adds a change to a transaction: its standing, which counts the entries, its items and its record
/// of the journal. Returns the standing behind it.
pub(crate) fn add(
    transaction: &mut Transaction,
    change: &Change,
    invocation: &Invocation,
) -> Standing {
    let Change { standing, writes, entries } = change;
    let account = &standing.account;
    let committed = change.standing.clone().committed_with(entries);
    let version = committed.version;

    transaction.put(standing::write(&committed, version), Condition::read_at(standing.version));
    for write in writes {
        write::add(transaction, account, write, invocation);
    }
    let record = Record {
        at: standing.journal_at,
        sequence: version,
        cause: invocation.cause(),
        entries: entries.clone(),
        first: Some(standing.journal_entries.saturating_add(1)),
    };
    transaction.put(journal::write(account, &record), Condition::New);
    committed
}
