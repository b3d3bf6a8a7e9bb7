//! Due entries: pages of the index `due`, each with the type of what falls due.
//!
//! The index is always a little behind the table: an entry says only which account to look at, and
//! the function that looks reads the table.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::ids::AccountId;
use billing::month::Month;
use billing::time::Timestamp;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader};
use crate::cost;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::read::retried;

pub use crate::keys::SHARDS;

/// Most entries of the index on one page.
pub const PAGE_ENTRIES_MAX: i32 = 200;
/// Sort key before every time and every month.
const FIRST: &str = "0";

/// End of a page: the key of its last entry.
#[derive(Debug, Clone, PartialEq)]
pub struct PageEnd(Attributes);

impl PageEnd {
    /// The end as texts by name, to be sent on.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let text = |value: &AttributeValue| value.as_s().cloned().unwrap_or_default();
        self.0.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// An end of such texts.
    pub fn of_texts(texts: BTreeMap<String, String>) -> Self {
        let value = |(name, text)| (name, AttributeValue::S(text));
        Self(texts.into_iter().map(value).collect())
    }
}

/// Place that a walk through the index has reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Shard, below [`SHARDS`].
    pub shard: u64,
    /// Beginning of the walk: its range rests on that moment, so that all its pages have the same.
    pub began_at: Timestamp,
    /// End of the page before; none at the beginning of the shard.
    pub after: Option<PageEnd>,
}

/// Due entries of one page.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries<T> {
    /// What falls due, in the index's order or, of accounts, in that of their ids.
    pub found: Vec<T>,
    /// End of the page, if the shard has more.
    pub end: Option<PageEnd>,
}

impl<T> Entries<T> {
    /// The same page with each entry as something else.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> Entries<U> {
        Entries { found: self.found.into_iter().map(of).collect(), end: self.end }
    }
}

impl Entries<Key> {
    /// Accounts of the items, each once.
    pub(crate) fn accounts(self) -> Entries<AccountId> {
        let accounts: BTreeSet<AccountId> =
            self.found.iter().filter_map(|key| keys::account_of(&key.pk)).collect();
        Entries { found: accounts.into_iter().collect(), end: self.end }
    }
}

impl Store {
    /// Accounts for which something has fallen due by the time when the walk began, however long
    /// ago.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn accounts_due(
        &self,
        invocation: &Invocation,
        place: Place,
    ) -> Result<Entries<AccountId>, StoreError> {
        let until = keys::after_due(place.began_at);
        let partition = keys::due_shard(place.shard);
        let page = self.page(invocation, &partition, (FIRST, &until), place.after).await?;
        Ok(page.accounts())
    }

    /// Accounts whose auto-recharge is to be swept by the time when the walk began.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn recharges_due(
        &self,
        invocation: &Invocation,
        place: Place,
    ) -> Result<Entries<AccountId>, StoreError> {
        let until = place.began_at.to_string();
        let partition = keys::recharge_shard(place.shard);
        let page = self.page(invocation, &partition, (FIRST, &until), place.after).await?;
        Ok(page.accounts())
    }

    /// Records whose mails are not decided yet, up to that moment: account and time.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn records_to_mail(
        &self,
        invocation: &Invocation,
        place: Place,
        until: Timestamp,
    ) -> Result<Entries<(AccountId, Timestamp)>, StoreError> {
        let until = keys::after_due(until);
        let partition = keys::notify_shard(place.shard);
        let page = self.page(invocation, &partition, (FIRST, &until), place.after).await?;
        let record = |key: &Key| keys::record_of(&key.pk, &key.sk);
        Ok(Entries { found: page.found.iter().filter_map(record).collect(), end: page.end })
    }

    /// Accounts with an alert, in order of their ids.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn accounts_with_alert(
        &self,
        invocation: &Invocation,
        place: Place,
    ) -> Result<Entries<AccountId>, StoreError> {
        // Every character of an id lies between the two.
        let partition = keys::alert_shard(place.shard);
        let page = self.page(invocation, &partition, ("!", "~"), place.after).await?;
        Ok(page.accounts())
    }

    /// Accounts with a running subscription, whenever it renews.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn renewals(
        &self,
        invocation: &Invocation,
        place: Place,
    ) -> Result<Entries<AccountId>, StoreError> {
        let (since, until) = (Timestamp::MIN.to_string(), Timestamp::MAX.to_string());
        let partition = keys::renewal_shard(place.shard);
        let page = self.page(invocation, &partition, (&since, &until), place.after).await?;
        Ok(page.accounts())
    }

    /// Accounts with a metering month up to that one that is not closed or not invoiced yet.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn bills_due(
        &self,
        invocation: &Invocation,
        place: Place,
        until: Month,
    ) -> Result<Entries<(AccountId, Month)>, StoreError> {
        let until = keys::after_bills_due(until);
        let partition = keys::bill_shard(place.shard);
        let page = self.page(invocation, &partition, (FIRST, &until), place.after).await?;

        let month = |key: &Key| Some((keys::account_of(&key.pk)?, keys::month_of(&key.sk)?));
        Ok(Entries { found: page.found.iter().filter_map(month).collect(), end: page.end })
    }

    /// Keys of items of an index partition whose index sort key lies between two, both included, in
    /// that order.
    pub(crate) async fn page(
        &self,
        invocation: &Invocation,
        partition: &str,
        (since, until): (&str, &str),
        after: Option<PageEnd>,
    ) -> Result<Entries<Key>, StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due_pk = :pk AND due_sk BETWEEN :since AND :until")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":since", text(since))
            .expression_attribute_values(":until", text(until))
            .set_exclusive_start_key(after.map(|PageEnd(key)| key))
            .limit(PAGE_ENTRIES_MAX)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        let key = |item| {
            let item = Reader::new(item);
            Ok(Key { pk: item.text(keys::PK)?.to_owned(), sk: item.text(keys::SK)?.to_owned() })
        };
        let found = answer.items().iter().map(key).collect::<Result<_, StoreError>>()?;
        Ok(Entries { found, end: answer.last_evaluated_key.map(PageEnd) })
    }
}
