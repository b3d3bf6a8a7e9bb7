//! A subscription as an item.

use billing::ids::AccountId;
use billing::subscription::Subscription;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;
use crate::standing::{read_subscription, write_subscription};

/// The item of a subscription, at a version.
pub fn write(account: &AccountId, subscription: &Subscription, version: u64) -> Attributes {
    let key = keys::subscription(account, &subscription.snapshot.id);
    Writer::item(key, "subscription", version)
        .map("sub", write_subscription(&subscription.snapshot))
        .number("as_of", subscription.as_of.0)
        .flag("ambiguous", subscription.ambiguous)
        .done()
}

/// The subscription of an item.
pub fn read(item: &Attributes) -> Result<Subscription, StoreError> {
    let item = Reader::new(item);
    let snapshot = item.map("sub")?.ok_or_else(|| item.corrupt("`sub` is missing"))?;
    Ok(Subscription {
        version: item.number(keys::VERSION)?,
        snapshot: read_subscription(snapshot)?,
        as_of: item.time("as_of")?,
        ambiguous: item.flag("ambiguous")?,
    })
}
