//! The feed of all accounts: shards that are only appended to, and a reader's place in each.

use std::fmt;

use crate::events::EventId;
use crate::journal::events::EventType;
use crate::time::Timestamp;

/// Number of shards. A reader's place has a number for each.
pub const FEED_PARTS: usize = 8;

/// An event in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Shard.
    pub shard: usize,
    /// Number in the shard, from 1 without a gap.
    pub number: u64,
    /// The event.
    pub event: EventId,
    /// Type of the event.
    pub kind: EventType,
    /// Time of the event.
    pub created: Timestamp,
}

/// Place of a reader: in each shard, the number of the last event that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bookmark([u64; FEED_PARTS]);

/// The text is no place in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number for each of {FEED_PARTS} shards is expected")]
pub struct NotABookmark;

impl Bookmark {
    /// The place of a text.
    ///
    /// # Errors
    /// [`NotABookmark`].
    pub fn parse(text: &str) -> Result<Self, NotABookmark> {
        let numbers: Option<Vec<u64>> = text.split('.').map(|number| number.parse().ok()).collect();
        let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
        numbers.map(Self).ok_or(NotABookmark)
    }

    /// Number of the last event that was read of a shard.
    pub fn of(&self, shard: usize) -> u64 {
        self.0.get(shard).copied().unwrap_or_default()
    }

    /// This place, moved behind a number of one shard; it never moves back.
    #[must_use]
    pub fn behind(mut self, shard: usize, number: u64) -> Self {
        if let Some(known) = self.0.get_mut(shard) {
            *known = number.max(*known);
        }
        self
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

/// The next events of all shards that are wanted, at most `limit`, and the place behind them.
/// `heads` are the next events of each shard, in the order of their numbers. The shard whose next
/// event is the oldest goes first; the place passes what is not wanted.
pub fn merged(
    place: Bookmark,
    heads: Vec<Vec<Numbered>>,
    (limit, is_wanted): (usize, impl Fn(EventType) -> bool),
) -> (Vec<Numbered>, Bookmark) {
    let mut heads: Vec<_> = heads.into_iter().map(|shard| shard.into_iter().peekable()).collect();
    let (mut found, mut place) = (Vec::new(), place);
    while found.len() < limit {
        let next_of = heads.iter_mut().enumerate();
        let next_of = next_of.filter_map(|(at, head)| head.peek().map(|it| (it.created, at)));
        let Some((_, at)) = next_of.min() else { break };
        let Some(next) = heads.get_mut(at).and_then(Iterator::next) else { break };
        place = place.behind(next.shard, next.number);
        if is_wanted(next.kind) {
            found.push(next);
        }
    }
    (found, place)
}
