//! The feed read: of all accounts by a place in each of its shards, of one account by number.

use std::time::Duration;

use billing::events::{Bookmark, Event, EventId, FEED_PARTS, Numbered, merged};
use billing::ids::AccountId;
use billing::journal::events::EventType;
use futures_util::future::try_join_all;
use invocation::Invocation;
use store::{Part, Store, StoreError};

/// Entries of a shard that are read at once where a reader chooses types.
const CHOSEN_ENTRIES: i32 = 500;
/// Events of an account that are read at once where a reader chooses types.
const CHOSEN_EVENTS: i32 = 100;
/// Time that must be left for another round, in milliseconds.
const ROUND_MILLISECONDS: u64 = 4_000;

/// Reads published events.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// The table.
    pub store: &'a Store,
}

/// Events that a reader asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Types; empty for all.
    pub types: Vec<EventType>,
    /// Most events.
    pub limit: usize,
}

impl Wanted {
    fn includes(&self, kind: EventType) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }

    /// Number of items that are read at once.
    fn read_at_once(&self, chosen: i32) -> i32 {
        if self.types.is_empty() { i32::try_from(self.limit).unwrap_or(chosen) } else { chosen }
    }
}

impl Feed<'_> {
    /// The next events of all accounts behind a place, and the place behind them. None are left
    /// out: no event is ever published in front of a place.
    ///
    /// # Errors
    /// The table's.
    pub async fn of_all(
        &self,
        invocation: &Invocation,
        place: Bookmark,
        wanted: &Wanted,
    ) -> Result<(Vec<Event>, Bookmark), StoreError> {
        let ends = self.store.feed_ends(invocation).await?;
        let at_once = wanted.read_at_once(CHOSEN_ENTRIES);
        let mut place = place;
        loop {
            let shards = (0..FEED_PARTS).map(|shard| {
                let last = ends.get(shard).copied().unwrap_or_default();
                self.store.feed_entries(invocation, shard, (place.of(shard), last), at_once)
            });
            let heads: Vec<Vec<Numbered>> = try_join_all(shards).await?;
            let is_over = heads.iter().all(Vec::is_empty);

            let (read, next) = merged(place, heads, (wanted.limit, |kind| wanted.includes(kind)));
            place = next;
            let ids: Vec<EventId> = read.into_iter().map(|it| it.event).collect();
            let found = self.store.events(invocation, &ids).await?;

            let round = Duration::from_millis(ROUND_MILLISECONDS);
            if is_over || !found.is_empty() || !invocation.has_time_for(round) {
                return Ok((found, place));
            }
        }
    }

    /// The next events of an account behind a number, and the number behind which the next page
    /// begins. Nothing where there is no such account.
    ///
    /// # Errors
    /// The table's.
    pub async fn of_account(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        behind: u64,
        wanted: &Wanted,
    ) -> Result<Option<(Vec<Event>, u64)>, StoreError> {
        let parts = [Part::Standing, Part::Published];
        let loaded = self.store.load(invocation, account, &parts).await?;
        if loaded.standing()?.is_none() {
            return Ok(None);
        }
        let last = loaded.published()?.events;
        let at_once = wanted.read_at_once(CHOSEN_EVENTS);
        let (mut found, mut place) = (Vec::new(), behind);
        loop {
            let read = self.store.events_of(invocation, account, (place, last), at_once).await?;
            let is_over = read.is_empty();
            for event in read {
                if found.len() >= wanted.limit {
                    break;
                }
                place = event.sequence;
                if wanted.includes(event.kind) {
                    found.push(event);
                }
            }
            let round = Duration::from_millis(ROUND_MILLISECONDS);
            if is_over || !found.is_empty() || !invocation.has_time_for(round) {
                break;
            }
        }
        Ok(Some((found, place)))
    }

    /// One event; none that is not there, or no longer kept.
    ///
    /// # Errors
    /// The table's.
    pub async fn one(
        &self,
        invocation: &Invocation,
        id: &EventId,
    ) -> Result<Option<Event>, StoreError> {
        let event = self.store.event(invocation, id).await?;
        Ok(event.filter(|event| event.expires_at() > invocation.now))
    }
}
