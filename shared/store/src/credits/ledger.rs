//! The ledger's entries as items, and its pages.

use invocation::Invocation;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::credits::ledger::{LedgerEntry, LedgerKind};
use billing::ids::AccountId;
use billing::journal::{Cause, CauseKind};
use billing::words::Word;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::cost;
use crate::error::StoreError;
use crate::keys::{self, Key};

/// Entries with what brought them about, the newest first.
#[derive(Debug, Default)]
pub struct LedgerPage {
    /// The entries.
    pub entries: Vec<(LedgerEntry, Cause)>,
    /// The place of the last one, if there are more behind it.
    pub next: Option<String>,
}

/// The item of an entry.
pub(crate) fn write(account: &AccountId, entry: &LedgerEntry, cause: &Cause) -> Attributes {
    let (partition, place) = keys::ledger_place(account, entry);
    Writer::item(keys::credit(account, &entry.id), "credit", 1)
        .text("id", &*entry.id)
        .number("at", entry.at.0)
        .text("kind", entry.kind.word())
        .number("tokens", entry.tokens)
        .maybe_number("included", Some(entry.included).filter(|included| *included != 0))
        .maybe_number("told", entry.told)
        .maybe_text("reason", entry.reason.as_deref())
        .maybe_text("on", entry.about.as_deref())
        .maybe_text("request", entry.request.as_deref())
        .text("by", cause.kind.as_str())
        .text("cause", &*cause.id)
        .text(keys::DUE_PK, partition)
        .text(keys::DUE_SK, place)
        .done()
}

/// The entry of an item, with what brought it about.
pub fn read(item: &Attributes) -> Result<(LedgerEntry, Cause), StoreError> {
    let item = Reader::new(item);
    let text = |name: &str| Ok::<_, StoreError>(item.maybe_text(name)?.map(str::to_owned));
    let entry = LedgerEntry {
        id: item.text("id")?.to_owned(),
        at: item.time("at")?,
        kind: item.word("kind", LedgerKind::of_word)?,
        tokens: item.number("tokens")?,
        included: item.maybe_number("included")?.unwrap_or(0),
        told: item.maybe_number("told")?,
        reason: text("reason")?,
        about: text("on")?,
        request: text("request")?,
    };
    let kind = item.word("by", CauseKind::parse)?;
    Ok((entry, Cause { kind, id: item.text("cause")?.to_owned() }))
}

impl Store {
    /// A page of an account's ledger, the newest first: at most `limit` entries, those behind a place. The index that it is read
    /// from follows the table within a moment.
    pub async fn ledger(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        behind: Option<&str>,
        limit: i32,
    ) -> Result<LedgerPage, StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due_pk = :pk AND due_sk < :behind")
            .expression_attribute_values(":pk", text(&keys::ledger_partition(account)))
            // Every place begins with a year.
            .expression_attribute_values(":behind", text(behind.unwrap_or("a")))
            .scan_index_forward(false)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        cost::read(invocation, answer.consumed_capacity());
        let mut places = BTreeMap::new();
        for item in answer.items() {
            let item = Reader::new(item);
            let key =
                Key { pk: item.text(keys::PK)?.to_owned(), sk: item.text(keys::SK)?.to_owned() };
            places.insert(item.text(keys::DUE_SK)?.to_owned(), key);
        }
        let keys: Vec<Key> = places.values().cloned().collect();
        if keys.is_empty() {
            return Ok(LedgerPage::default());
        }
        let items = self.batch_all(invocation, &keys).await?;
        let found = places.values().rev().filter_map(|key| items.get(key));
        let entries = found.map(read).collect::<Result<_, _>>()?;
        let last = places.into_keys().next();
        let next = last.filter(|_| answer.last_evaluated_key().is_some());
        Ok(LedgerPage { entries, next })
    }

    /// An account's whole ledger, the oldest first, as the table has it.
    pub async fn whole_ledger(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Vec<(LedgerEntry, Cause)>, StoreError> {
        let items = self.all_with_prefix(invocation, account, keys::CREDIT_ENTRIES).await?;
        let mut entries = items.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_cached_key(|(entry, _)| keys::ledger_place(account, entry));
        Ok(entries)
    }
}
