//! Events out (G5): what the vendor's backend is notified of, account by account, and the feed from
//! which it catches up.
//!
//! An event is made of an entry of the journal when it is published, once: its text is kept and is
//! the same in every answer and in every delivery. The feed is in shards; each is dense and only
//! appended to, so a place in it never gets anything behind it.

mod address;
mod delivery;
mod endpoint;
mod feed;
mod id;

pub use address::{AddressFault, Loopback, Target, URL_CHARACTERS_MAX, is_public};
pub use delivery::{
    ANSWER_MILLISECONDS_MAX, CLAIM_SECONDS, Delivery, DeliveryStatus, FailureKind, LISTED_SECONDS,
    Next, Outcome, Place, TRIED_SECONDS, Turn,
};
pub use endpoint::{
    Disabled, Disabling, ENDPOINTS_MAX, Endpoint, EndpointRefusal, FAILING_SECONDS, Health,
    ROTATION_SECONDS, Secret, Secrets, Switch,
};
pub use feed::{Bookmark, FEED_PARTS, NotABookmark, Numbered, merged};
pub use id::EventId;

use crate::ids::AccountId;
use crate::journal::Record;
use crate::journal::events::EventType;
use crate::journal::page::Cursor;
use crate::time::{DAY_SECONDS, Timestamp};

/// Time for which an event is kept, in seconds.
pub const EVENT_SECONDS: i64 = 90 * DAY_SECONDS;
/// Most events that are published in one transaction.
pub const PUBLISHED_MAX: usize = 20;
/// Most bytes of an event's text: [`PUBLISHED_MAX`] of them fit into a transaction of 4 MB. A
/// longer one is published without its object and changes.
pub const BODY_BYTES_MAX: usize = 150_000;

/// An event as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Account.
    pub account: AccountId,
    /// Number of the event among the account's, which count from 1.
    pub sequence: u64,
    /// Type.
    pub kind: EventType,
    /// Time of the commit that it tells of.
    pub created: Timestamp,
    /// Time at which it was published.
    pub published_at: Timestamp,
    /// The event as JSON, as it is answered and delivered.
    pub body: String,
}

/// Place up to which an account's journal is published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// Version of its item; 0 where nothing is published yet.
    pub version: u64,
    /// Time of the last record that is published as a whole.
    pub at: Timestamp,
    /// Number of that record.
    pub record: u64,
    /// Entries of the next record that are published.
    pub skip: usize,
    /// Entries that are published, or have no event.
    pub entries: u64,
    /// Events that are published.
    pub events: u64,
}

/// An entry that is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpublished<'a> {
    /// Its record.
    pub record: &'a Record,
    /// Place within the record.
    pub place: usize,
    /// Number of its event.
    pub sequence: u64,
    /// Type of its event.
    pub kind: EventType,
}

impl Event {
    /// Id of the event.
    pub fn id(&self) -> EventId {
        EventId { account: self.account.clone(), sequence: self.sequence }
    }

    /// Time from which the event is no longer kept.
    pub fn expires_at(&self) -> Timestamp {
        self.published_at.plus_seconds(EVENT_SECONDS)
    }
}

impl Mark {
    /// Place in the journal behind which records are to be published; none for the beginning.
    pub fn place(&self) -> Option<Cursor> {
        (self.record > 0).then_some(Cursor { at: self.at, sequence: self.record, skip: 0 })
    }

    /// True if the journal of an account with that many entries has more than what is published.
    pub fn lacks(&self, journal_entries: u64) -> bool {
        self.entries < journal_entries
    }

    /// Entries of records behind this mark that have events, at most [`PUBLISHED_MAX`], and the
    /// mark once these are published. `records` are the oldest first.
    pub fn publish<'a>(&self, records: &'a [Record]) -> (Vec<Unpublished<'a>>, Self) {
        let mut mark = self.clone();
        let mut found = Vec::new();
        for record in records {
            for place in mark.skip..record.entries.len() {
                let Some(entry) = record.entries.get(place) else { break };
                if let Some(kind) = EventType::of(entry) {
                    if found.len() >= PUBLISHED_MAX {
                        return (found, mark);
                    }
                    mark.events = mark.events.saturating_add(1);
                    found.push(Unpublished { record, place, sequence: mark.events, kind });
                }
                mark.skip = place.saturating_add(1);
                if record.first.is_some() {
                    mark.entries = mark.entries.saturating_add(1);
                }
            }
            mark = Self { at: record.at, record: record.sequence, skip: 0, ..mark };
        }
        (found, mark)
    }
}

#[cfg(test)]
mod tests;
