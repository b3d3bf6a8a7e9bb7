//! The ledger as items: an entry under its id, and pages that say in which order entries were
//! committed ([`billing::credits::pages`]). What is read here is consistent: no index has a part in
//! it.

use invocation::Invocation;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::credits::ledger::{LedgerEntry, LedgerKind};
use billing::credits::pages::LedgerPage;
use billing::ids::AccountId;
use billing::journal::{Cause, CauseKind};
use billing::month::Day;
use billing::words::Word;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::cost;
use crate::error::StoreError;
use crate::journal;
use crate::keys::{self, Key};
use crate::read::retried;

/// Direction in which pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The newest first.
    Backwards,
    /// The oldest first.
    Forwards,
}

/// The item of an entry.
pub(crate) fn write(account: &AccountId, entry: &LedgerEntry, cause: &Cause) -> Attributes {
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
        .list("who", journal::write_actor(cause.actor.as_ref()))
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
    let actor = journal::read_actor(&item, "who")?;
    Ok((entry, Cause { kind, id: item.text("cause")?.to_owned(), actor, reason: None }))
}

/// The item of a page.
pub(crate) fn write_page(account: &AccountId, page: &LedgerPage) -> Attributes {
    let ids = page.ids.iter().map(|id| AttributeValue::S(id.clone()));
    Writer::item(keys::ledger_page(account, page.first), "ledger_page", 1)
        .number("first", page.first)
        .list("ids", ids.collect())
        .number("balance", page.balance)
        .text("from", page.days.0.to_string())
        .text("to", page.days.1.to_string())
        .done()
}

/// The page of an item.
fn read_page(item: &Attributes) -> Result<LedgerPage, StoreError> {
    let item = Reader::new(item);
    let day = |name: &str| item.word(name, |day| Day::parse(day).ok());
    let id = |id: &AttributeValue| {
        let id = id.as_s().map_err(|_| item.corrupt("`ids` has something that is no text"));
        id.cloned()
    };
    Ok(LedgerPage {
        first: item.number("first")?,
        ids: item.list("ids")?.iter().map(id).collect::<Result<_, _>>()?,
        balance: item.number("balance")?,
        days: (day("from")?, day("to")?),
    })
}

impl Store {
    /// Pages of an account's ledger whose first entry has a number within two, both included: at
    /// most `limit`.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn ledger_pages(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (from, to): (u64, u64),
        (direction, limit): (Direction, i32),
    ) -> Result<Vec<LedgerPage>, StoreError> {
        if from > to {
            return Ok(Vec::new());
        }
        let text = |text: String| AttributeValue::S(text);
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(keys::account_partition(account)))
            .expression_attribute_values(":from", text(keys::ledger_page(account, from).sk))
            .expression_attribute_values(":to", text(keys::ledger_page(account, to).sk))
            .scan_index_forward(direction == Direction::Forwards)
            .consistent_read(true)
            .limit(limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        answer.items().iter().map(read_page).collect()
    }

    /// Entries of an account's ledger by their ids, in the order of these.
    ///
    /// # Errors
    /// Any of the table's; an entry that the ledger names is always there.
    pub async fn ledger_entries(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        ids: &[String],
    ) -> Result<Vec<(LedgerEntry, Cause)>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = ids.iter().map(|id| keys::credit(account, id)).collect();
        let items = self.batch_all(invocation, &keys).await?;
        let entry = |key: &Key| {
            let missing =
                || StoreError::Rejected(format!("the ledger's entry {} is missing", key.sk));
            read(items.get(key).ok_or_else(missing)?)
        };
        keys.iter().map(entry).collect()
    }
}
