//! Keys of events out: an account's events, and the feed of all accounts.

use billing::ids::AccountId;

use super::{EVENTS, FEED, FEED_END, FEED_ENTRIES, Key, PUBLISHED, of_account, places};

/// Place up to which its journal is published.
pub fn published(account: &AccountId) -> Key {
    of_account(account, PUBLISHED.to_owned())
}

/// One of its events, by the event's number.
pub fn event(account: &AccountId, sequence: u64) -> Key {
    of_account(account, format!("{EVENTS}{sequence:012}"))
}

/// End of a shard of the feed.
pub fn feed_end(shard: usize) -> Key {
    Key { pk: format!("{FEED}{shard}"), sk: FEED_END.to_owned() }
}

/// One entry of a shard of the feed.
pub fn feed_entry(shard: usize, number: u64) -> Key {
    Key { pk: format!("{FEED}{shard}"), sk: format!("{FEED_ENTRIES}{number:012}") }
}

/// Shard of the feed in which an account's events stand.
pub(crate) fn feed_shard(account: &AccountId) -> usize {
    usize::try_from(places::shard_of(account)).unwrap_or_default()
}
