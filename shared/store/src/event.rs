//! Events out as items: each event in its account, an entry for it in a shard of the feed, the end
//! of each shard, and the place up to which an account's journal is published.
//!
//! Events, entries, the shard's end and the account's place are written in one transaction, the
//! last two under their versions: so a shard has no gap and is only appended to.

mod delivery;
mod endpoint;
mod feed;

use billing::events::{Event, EventId, Mark};
use billing::ids::AccountId;
use billing::journal::Record;
use billing::journal::events::EventType;
use billing::journal::page::Cursor;
use invocation::Invocation;

use crate::attributes::{Attributes, Reader, Writer};
use crate::due::{Entries, Place};
use crate::error::StoreError;
use crate::keys::{self, Key};
use crate::transaction::{Condition, Transaction};
use crate::{Store, journal, standing};

pub use delivery::{Attempt, DeliveryState};
pub use endpoint::{EndpointChange, Endpoints};

/// End of a shard of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedEnd {
    /// Version of its item; 0 for a shard without entries.
    pub version: u64,
    /// Number of the last entry.
    pub last: u64,
}

fn write(event: &Event) -> Attributes {
    Writer::item(keys::event(&event.account, event.sequence), "event", 1)
        .text("account", event.account.as_str())
        .number("seq", event.sequence)
        .text("type", event.kind.as_str())
        .number("created", event.created.0)
        .number("published_at", event.published_at.0)
        .text("body", &*event.body)
        .number(keys::EXPIRES_AT, event.expires_at().0)
        .done()
}

fn read(item: &Attributes) -> Result<Event, StoreError> {
    let item = Reader::new(item);
    Ok(Event {
        account: item.word("account", |id| AccountId::parse(id).ok())?,
        sequence: item.number("seq")?,
        kind: item.word("type", EventType::parse)?,
        created: item.time("created")?,
        published_at: item.time("published_at")?,
        body: item.text("body")?.to_owned(),
    })
}

fn write_mark(account: &AccountId, mark: &Mark) -> Attributes {
    let version = mark.version.saturating_add(1);
    Writer::item(keys::published(account), "published", version)
        .number("at", mark.at.0)
        .number("record", mark.record)
        .number("skip", mark.skip)
        .number("entries", mark.entries)
        .number("events", mark.events)
        .done()
}

pub(crate) fn read_mark(item: &Attributes) -> Result<Mark, StoreError> {
    let item = Reader::new(item);
    Ok(Mark {
        version: item.number(keys::VERSION)?,
        at: item.time("at")?,
        record: item.number("record")?,
        skip: item.number("skip")?,
        entries: item.number("entries")?,
        events: item.number("events")?,
    })
}

pub(crate) fn read_end(item: &Attributes) -> Result<FeedEnd, StoreError> {
    let item = Reader::new(item);
    Ok(FeedEnd { version: item.number(keys::VERSION)?, last: item.number("last")? })
}

impl Store {
    /// Records of an account's journal behind a place, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn journal_behind(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        place: Option<Cursor>,
        limit: i32,
    ) -> Result<Vec<Record>, StoreError> {
        let partition = keys::account_partition(account);
        let from = place.map_or_else(
            || keys::JOURNAL.to_owned(),
            // A space follows the key itself and no other.
            |place| format!("{} ", keys::journal(account, place.at, place.sequence).sk),
        );
        let range = (from.as_str(), keys::AFTER_JOURNAL);
        let items = self.first_between(invocation, &partition, range, limit).await?;
        items.iter().map(journal::read).collect()
    }

    /// Publishes events of an account, appends them to its shard of the feed, and keeps the place
    /// behind them. `mark` has the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another invocation published meanwhile: nothing was written.
    pub async fn publish(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (end, mark): (FeedEnd, &Mark),
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let shard = keys::feed_shard(account);
        let mut last = end.last;
        for event in events {
            last = last.saturating_add(1);
            transaction.put(write(event), Condition::New);
            transaction.put(feed::write(shard, last, event), Condition::New);
        }
        if !events.is_empty() {
            let next = FeedEnd { version: end.version.saturating_add(1), last };
            transaction.put(feed::write_end(shard, next), Condition::read_at(end.version));
        }
        transaction.put(write_mark(account, mark), Condition::read_at(mark.version));
        self.transact(invocation, transaction).await
    }

    /// An event by its id.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn event(
        &self,
        invocation: &Invocation,
        id: &EventId,
    ) -> Result<Option<Event>, StoreError> {
        Ok(self.events(invocation, std::slice::from_ref(id)).await?.pop())
    }

    /// Events by their ids, in that order; those that are no longer kept are left out.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn events(
        &self,
        invocation: &Invocation,
        ids: &[EventId],
    ) -> Result<Vec<Event>, StoreError> {
        let keys: Vec<Key> = ids.iter().map(|id| keys::event(&id.account, id.sequence)).collect();
        let items = self.batch_all(invocation, &keys).await?;
        keys.iter().filter_map(|key| items.get(key)).map(read).collect()
    }

    /// Events of an account behind a number up to another, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn events_of(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (behind, last): (u64, u64),
        limit: i32,
    ) -> Result<Vec<Event>, StoreError> {
        if last <= behind {
            return Ok(Vec::new());
        }
        let (from, to) =
            (keys::event(account, behind.saturating_add(1)), keys::event(account, last));
        let range = (from.sk.as_str(), to.sk.as_str());
        let items = self.first_between(invocation, &from.pk, range, limit).await?;
        items.iter().map(read).collect()
    }

    /// Accounts of a page of all accounts whose journal has more than what is published.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn accounts_to_publish(
        &self,
        invocation: &Invocation,
        place: Place,
    ) -> Result<Entries<AccountId>, StoreError> {
        let partition = keys::opened_shard(place.shard);
        let page = self.page(invocation, &partition, ("0", "~"), place.after).await?.accounts();
        let pair = |account: &AccountId| [keys::standing(account), keys::published(account)];
        let keys: Vec<Key> = page.found.iter().flat_map(pair).collect();
        let items = self.batch_all(invocation, &keys).await?;

        let mut found = Vec::new();
        for account in page.found {
            let [standing, mark] = pair(&account).map(|key| items.get(&key));
            let Some(standing) = standing.map(standing::read).transpose()? else { continue };
            let mark = mark.map(read_mark).transpose()?.unwrap_or_default();
            if mark.lacks(standing.journal_entries) {
                found.push(account);
            }
        }
        Ok(Entries { found, end: page.end })
    }
}
