//! Reading: exactly the items that a decision needs, consistently, in one request.

use invocation::Invocation;
use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use billing::decide::Books;
use billing::fact::{Fact, News};
use billing::ids::{AccountId, CustomerId};
use billing::invoice::Invoice;
use billing::journal::Record;
use billing::journal::page::Cursor;
use billing::time::Timestamp;

use crate::attributes::{Attributes, Reader};
use crate::cost;
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::precondition;
use crate::profile::Link;
use crate::range::{PAGES_MAX, text};
use crate::read::{READ_TRIES_MAX, retried, wait};
use crate::{Store, invoice, journal, profile, standing, subscription};

/// Records of a page of the journal that is read as a whole.
const RECORDS_MAX: i32 = 200;

/// Longest partition key, in bytes.
const PK_BYTES_MAX: usize = 2_048;
/// Longest sort key, in bytes.
const SK_BYTES_MAX: usize = 1_024;

impl Key {
    /// True for a key that an item can have. A longer one, made of whatever a caller sent, is of no
    /// item: DynamoDB would refuse the whole request for it.
    pub(crate) fn can_be(&self) -> bool {
        self.pk.len() <= PK_BYTES_MAX && self.sk.len() <= SK_BYTES_MAX
    }
}

impl Store {
    /// Whose a Stripe customer is, if anybody knows.
    pub async fn link(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Option<Link>, StoreError> {
        let item = self.get(invocation, keys::link(customer)).await?;
        item.as_ref().map(profile::read_link).transpose()
    }

    /// What is known about an account, as far as a fact concerns it: one request. Nothing when
    /// there is no such account.
    pub async fn books(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        fact: &Fact,
    ) -> Result<Option<Books>, StoreError> {
        let items = match &fact.news {
            News::Invoice { snapshot, .. } => {
                self.batch(
                    invocation,
                    &[keys::standing(account), keys::invoice(account, &snapshot.id)],
                )
                .await?
            }
            News::CreditNote(note) => {
                self.batch(
                    invocation,
                    &[keys::standing(account), keys::invoice(account, &note.invoice)],
                )
                .await?
            }
            News::Subscription(_) => {
                return self.books_of_subscriptions(invocation, account).await;
            }
            News::PaymentMoved(moved) => {
                let invoice = moved.invoice.iter().map(|id| keys::invoice(account, id));
                let keys: Vec<_> =
                    std::iter::once(keys::standing(account)).chain(invoice).collect();
                self.batch(invocation, &keys).await?
            }
            News::CustomerUpdated(_)
            | News::TaxId(_)
            | News::CustomerDeleted
            | News::MethodChanged => {
                return self.books_of_customer(invocation, account).await;
            }
        };
        books(&items)
    }

    /// What is known about an account's customer: one request. Nothing when there is no such
    /// account.
    pub async fn books_of_customer(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Option<Books>, StoreError> {
        books(&self.batch(invocation, &[keys::standing(account), keys::profile(account)]).await?)
    }

    /// What is known about an account's subscriptions: one request. Nothing when there is no such
    /// account.
    pub async fn books_of_subscriptions(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Option<Books>, StoreError> {
        let mut books = books(&self.standing_and_subscriptions(invocation, account).await?)?;
        if let Some(books) = &mut books {
            books.has_all_subscriptions = true;
        }
        Ok(books)
    }

    /// The same books with every subscription of the account's customer: for an invoice that may be
    /// another product's. The standing's version guards what was read before.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn with_subscriptions(
        &self,
        invocation: &Invocation,
        mut books: Books,
    ) -> Result<Books, StoreError> {
        let account = &books.standing.account;
        let items = self.all_with_prefix(invocation, account, keys::SUBSCRIPTIONS).await?;
        for item in &items {
            let subscription = subscription::read(item)?;
            books.subscriptions.insert(subscription.snapshot.id.clone(), subscription);
        }
        books.has_all_subscriptions = true;
        Ok(books)
    }

    /// The same books with every invoice of the account, and every subscription: for the rare
    /// account with more unpaid ones than its standing lists. The standing's version guards what
    /// was read before.
    pub async fn with_all_invoices(
        &self,
        invocation: &Invocation,
        mut books: Books,
    ) -> Result<Books, StoreError> {
        if !books.has_all_subscriptions {
            books = self.with_subscriptions(invocation, books).await?;
        }
        let invoices = self.invoices(invocation, &books.standing.account).await?;
        books.invoices =
            invoices.into_iter().map(|invoice| (invoice.id.clone(), invoice)).collect();
        books.has_all_invoices = true;
        Ok(books)
    }

    /// Every invoice of an account, in order of their ids.
    pub async fn invoices(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Invoice>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::INVOICES).await?;
        items.iter().map(invoice::read).collect()
    }

    /// Records of an account's journal, newest first: at most `limit`, those in front of a place,
    /// and whether there are more.
    pub async fn journal(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        before: Option<Cursor>,
        limit: i32,
    ) -> Result<(Vec<Record>, bool), StoreError> {
        let before = before.map(|place| {
            let Key { pk, sk } = keys::journal(account, place.at, place.sequence);
            HashMap::from([(keys::PK.to_owned(), text(&pk)), (keys::SK.to_owned(), text(&sk))])
        });
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :journal)")
            .expression_attribute_values(":pk", text(&keys::account_partition(account)))
            .expression_attribute_values(":journal", text(keys::JOURNAL))
            .set_exclusive_start_key(before)
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());
        let records = answer.items().iter().map(journal::read).collect::<Result<_, _>>()?;
        Ok((records, answer.last_evaluated_key().is_some()))
    }

    /// Records of an account's journal that were committed since a moment, newest first.
    ///
    /// # Errors
    /// Any of the table's; more pages than one query follows are refused.
    pub async fn journal_since(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        since: Timestamp,
    ) -> Result<Vec<Record>, StoreError> {
        let mut records: Vec<Record> = Vec::new();
        for _ in 0..PAGES_MAX {
            let last = records.last();
            let before = last.map(|last| Cursor { at: last.at, sequence: last.sequence, skip: 0 });
            let (page, more) = self.journal(invocation, account, before, RECORDS_MAX).await?;
            records.extend(page);
            if !more || records.last().is_some_and(|last| last.at < since) {
                records.retain(|record| record.at >= since);
                return Ok(records);
            }
        }
        Err(StoreError::Rejected(format!("more than {PAGES_MAX} pages of records since {since}")))
    }

    /// One item.
    pub(crate) async fn get(
        &self,
        invocation: &Invocation,
        key: Key,
    ) -> Result<Option<Attributes>, StoreError> {
        if !key.can_be() {
            return Ok(None);
        }
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(keys::PK, AttributeValue::S(key.pk))
            .key(keys::SK, AttributeValue::S(key.sk))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());
        Ok(answer.item)
    }

    /// Several items in one request, in no order; those that do not exist are left out.
    pub(crate) async fn batch(
        &self,
        invocation: &Invocation,
        keys: &[Key],
    ) -> Result<Vec<Attributes>, StoreError> {
        let mut left: Vec<ItemKey> = keys.iter().filter(|key| key.can_be()).map(item_key).collect();
        if left.is_empty() {
            return Ok(Vec::new());
        }

        let mut items = Vec::new();
        for tries in 1..=READ_TRIES_MAX {
            let (found, unread) = self.part_of_batch(invocation, left).await?;
            items.extend(found);
            if unread.is_empty() {
                return Ok(items);
            }
            left = unread;
            wait(invocation, tries).await;
        }
        Err(StoreError::Throttled("a part of a batch was not read".to_owned()))
    }

    /// One request for several items: those that were read, and what the table left for another
    /// request.
    async fn part_of_batch(
        &self,
        invocation: &Invocation,
        keys: Vec<ItemKey>,
    ) -> Result<(Vec<Attributes>, Vec<ItemKey>), StoreError> {
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let request = self
            .client
            .batch_get_item()
            .request_items(
                &self.table,
                keys.map_err(|error| StoreError::Invalid(error.to_string()))?,
            )
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
        let items = answer.responses.and_then(|mut tables| tables.remove(&self.table));
        precondition::compare(invocation, items.as_deref().unwrap_or_default())?;
        Ok((items.unwrap_or_default(), left.map(|left| left.keys).unwrap_or_default()))
    }

    async fn standing_and_subscriptions(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<Attributes>, StoreError> {
        let partition = keys::account_partition(account);
        let (from, to) = (keys::STANDING, keys::AFTER_SUBSCRIPTIONS);
        self.all_between(invocation, &partition, from, to).await
    }
}

/// The key of an item as a request names it.
type ItemKey = HashMap<String, AttributeValue>;

fn item_key(key: &Key) -> ItemKey {
    HashMap::from([(keys::PK.to_owned(), text(&key.pk)), (keys::SK.to_owned(), text(&key.sk))])
}

/// The books that some items make; nothing when the standing is not among them.
fn books(items: &[Attributes]) -> Result<Option<Books>, StoreError> {
    let is_standing = |item: &&Attributes| {
        Reader::new(item).text(keys::ENTITY).is_ok_and(|entity| entity == "standing")
    };
    let Some(item) = items.iter().find(is_standing) else { return Ok(None) };
    let mut books = Books {
        standing: standing::read(item)?,
        profile: None,
        invoices: BTreeMap::new(),
        has_all_invoices: false,
        subscriptions: BTreeMap::new(),
        has_all_subscriptions: false,
    };
    for item in items {
        match Reader::new(item).text(keys::ENTITY)? {
            "invoice" => {
                let invoice = invoice::read(item)?;
                books.invoices.insert(invoice.id.clone(), invoice);
            }
            "subscription" => {
                let subscription = subscription::read(item)?;
                books.subscriptions.insert(subscription.snapshot.id.clone(), subscription);
            }
            "profile" => books.profile = Some(profile::read(item)?),
            _ => {}
        }
    }
    Ok(Some(books))
}
