//! An account's invoices by the time of their creation: one small item for each, written when its
//! terms are agreed and never again.
//!
//! An invoice's own key is Stripe's id, by which every fact finds it, and which has no order. What
//! is read here is consistent, so an invoice is listed from the commit that makes it known.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::ids::{AccountId, InvoiceId};
use billing::invoice::Invoice;
use billing::listing::{Position, Range};
use billing::time::Timestamp;
use invocation::Invocation;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::cost;
use crate::error::StoreError;
use crate::invoice;
use crate::keys::{self, Key};
use crate::read::retried;

/// The item of an invoice's place.
pub(crate) fn write(account: &AccountId, id: &InvoiceId, created: Timestamp) -> Attributes {
    Writer::item(keys::issued(account, created, id), "issued", 1)
        .text("id", id.as_str())
        .number("made", created.0)
        .done()
}

/// The place of an item.
fn read(item: &Attributes) -> Result<Position, StoreError> {
    let item = Reader::new(item);
    Ok(Position {
        created: item.time("made")?,
        id: item.word("id", |id| InvoiceId::parse(id).ok())?,
    })
}

impl Store {
    /// Places of an account's invoices within a range, newest first: at most `limit`, those behind
    /// a place. Says whether older ones follow.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn issued(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (range, behind): (Range, Option<&Position>),
        limit: i32,
    ) -> Result<(Vec<Position>, bool), StoreError> {
        if range.from > range.to {
            return Ok((Vec::new(), false));
        }
        let text = |text: String| AttributeValue::S(text);
        let behind = behind.map(|place| {
            let Key { pk, sk } = keys::issued(account, place.created, &place.id);
            [(keys::PK.to_owned(), text(pk)), (keys::SK.to_owned(), text(sk))].into()
        });
        let (from, to) = keys::issued_within(range.from, range.to);
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(keys::account_partition(account)))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .set_exclusive_start_key(behind)
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        let places = answer.items().iter().map(read).collect::<Result<_, _>>()?;
        Ok((places, answer.last_evaluated_key().is_some()))
    }

    /// Invoices by their ids; those that are not kept are left out.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn invoices_of(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        ids: &BTreeSet<InvoiceId>,
    ) -> Result<BTreeMap<InvoiceId, Invoice>, StoreError> {
        let keys: Vec<Key> = ids.iter().map(|id| keys::invoice(account, id)).collect();
        let items = self.batch_all(invocation, &keys).await?;
        let found = keys.iter().filter_map(|key| items.get(key));
        let found = found.map(|item| {
            let invoice = invoice::read(item)?;
            Ok((invoice.id.clone(), invoice))
        });
        found.collect()
    }

    /// Invoices at places, in the order of these.
    ///
    /// # Errors
    /// Any of the table's; an invoice that has a place is always there.
    pub async fn invoices_at(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        places: &[Position],
    ) -> Result<Vec<Invoice>, StoreError> {
        let keys: Vec<Key> = places.iter().map(|place| keys::invoice(account, &place.id)).collect();
        let items = self.batch_all(invocation, &keys).await?;
        let invoice = |key: &Key| {
            let missing = || StoreError::Rejected(format!("the invoice {} is missing", key.sk));
            invoice::read(items.get(key).ok_or_else(missing)?)
        };
        keys.iter().map(invoice).collect()
    }
}
