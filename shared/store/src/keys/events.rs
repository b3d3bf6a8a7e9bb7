//! Keys of events out: an account's events, and the feed of all accounts.

use billing::events::EventId;
use billing::ids::{AccountId, EndpointId};
use billing::time::Timestamp;

use super::{
    DELIVERED, DELIVERIES, ENDPOINT, ENDPOINT_HEALTH, ENDPOINT_LIST, ENDPOINT_SECRET, ENDPOINTS,
    EVENTS, FEED, FEED_END, FEED_ENTRIES, Key, PUBLISHED, SECRET, of_account, places,
};

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

/// The list of endpoints as a whole, whose version rises with each that is made or deleted.
pub fn endpoint_list() -> Key {
    Key { pk: ENDPOINTS.to_owned(), sk: ENDPOINT_LIST.to_owned() }
}

/// An endpoint.
pub fn endpoint(id: &EndpointId) -> Key {
    Key { pk: ENDPOINTS.to_owned(), sk: format!("{ENDPOINT}{id}") }
}

/// Acceptance of deliveries by an endpoint.
pub fn endpoint_health(id: &EndpointId) -> Key {
    Key { pk: ENDPOINTS.to_owned(), sk: format!("{ENDPOINT_HEALTH}{id}") }
}

/// Signing secrets of an endpoint: a partition of their own.
pub fn endpoint_secret(id: &EndpointId) -> Key {
    Key { pk: format!("{ENDPOINT_SECRET}{id}"), sk: SECRET.to_owned() }
}

/// Place of an account's deliveries to an endpoint.
pub fn delivered(account: &AccountId, endpoint: &EndpointId) -> Key {
    of_account(account, format!("{DELIVERED}{endpoint}"))
}

/// Delivery of an event to the endpoint with that serial.
pub fn delivery(serial: &str, published_at: Timestamp, event: &EventId) -> Key {
    let EventId { account, sequence } = event;
    let sk = format!("{DELIVERIES}{published_at}#{account}#{sequence:012}");
    Key { pk: deliveries(serial), sk }
}

/// Partition of the deliveries to the endpoint with that serial.
pub fn deliveries(serial: &str) -> String {
    format!("{ENDPOINT}{serial}")
}
