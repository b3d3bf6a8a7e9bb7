//! The feed of all accounts: its entries, and the ends of its shards.

use billing::events::{Event, EventId, FEED_PARTS, Numbered};
use billing::ids::AccountId;
use billing::journal::events::EventType;
use invocation::Invocation;

use super::{FeedEnd, read_end};
use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys::{self, Key};

/// An entry: which event stands at a number, and what a reader chooses by.
pub(super) fn write(shard: usize, number: u64, event: &Event) -> Attributes {
    Writer::item(keys::feed_entry(shard, number), "feed_entry", 1)
        .number("shard", shard)
        .number("number", number)
        .text("account", event.account.as_str())
        .number("seq", event.sequence)
        .text("type", event.kind.as_str())
        .number("created", event.created.0)
        .number(keys::EXPIRES_AT, event.expires_at().0)
        .done()
}

fn read(item: &Attributes) -> Result<Numbered, StoreError> {
    let item = Reader::new(item);
    let event = EventId {
        account: item.word("account", |id| AccountId::parse(id).ok())?,
        sequence: item.number("seq")?,
    };
    Ok(Numbered {
        shard: item.number("shard")?,
        number: item.number("number")?,
        event,
        kind: item.word("type", EventType::parse)?,
        created: item.time("created")?,
    })
}

pub(super) fn write_end(shard: usize, end: FeedEnd) -> Attributes {
    Writer::item(keys::feed_end(shard), "feed_end", end.version).number("last", end.last).done()
}

impl Store {
    /// Number of the last entry of each shard of the feed.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn feed_ends(&self, invocation: &Invocation) -> Result<Vec<u64>, StoreError> {
        let keys: Vec<Key> = (0..FEED_PARTS).map(keys::feed_end).collect();
        let items = self.batch_all(invocation, &keys).await?;
        let last = |key: &Key| match items.get(key) {
            Some(item) => Ok(read_end(item)?.last),
            None => Ok(0),
        };
        keys.iter().map(last).collect()
    }

    /// Entries of a shard behind a number up to another that was read as its end, at most `limit`.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn feed_entries(
        &self,
        invocation: &Invocation,
        shard: usize,
        (behind, last): (u64, u64),
        limit: i32,
    ) -> Result<Vec<Numbered>, StoreError> {
        if last <= behind {
            return Ok(Vec::new());
        }
        let from = keys::feed_entry(shard, behind.saturating_add(1));
        let to = keys::feed_entry(shard, last);
        let range = (from.sk.as_str(), to.sk.as_str());
        let items = self.first_between(invocation, &from.pk, range, limit).await?;
        items.iter().map(read).collect()
    }
}
