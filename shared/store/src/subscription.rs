//! A subscription as an item.

use billing::fact::SubscriptionStatus;
use billing::ids::AccountId;
use billing::subscription::{Earlier, Subscription};
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;
use crate::standing::{read_subscription, write_subscription};

/// The item of a subscription, at a version.
pub fn write(account: &AccountId, subscription: &Subscription, version: u64) -> Attributes {
    let key = keys::subscription(account, &subscription.snapshot.id);
    let snapshot = &subscription.snapshot;
    let runs = snapshot.is_ours() && snapshot.status.is_live();
    let renews_at = runs.then_some(snapshot.period_end).map(|at| at.to_string());
    let partition = renews_at.as_ref().map(|_| keys::renewal_partition(account));
    Writer::item(key, "subscription", version)
        .maybe_text(keys::DUE_PK, partition.as_deref())
        .maybe_text(keys::DUE_SK, renews_at.as_deref())
        .map("sub", write_subscription(&subscription.snapshot))
        .number("as_of", subscription.as_of.0)
        .flag("ambiguous", subscription.ambiguous)
        .flag("read", subscription.read)
        .map("before", subscription.before.as_ref().map(write_earlier).unwrap_or_default())
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
        read: item.flag("read")?,
        before: item.map("before")?.map(read_earlier).transpose()?,
    })
}

fn write_earlier(earlier: &Earlier) -> Attributes {
    Writer::default()
        .number("as_of", earlier.as_of.0)
        .text("plan", &*earlier.plan)
        .text("status", earlier.status.word())
        .done()
}

fn read_earlier(map: Reader<'_>) -> Result<Earlier, StoreError> {
    Ok(Earlier {
        as_of: map.time("as_of")?,
        plan: map.text("plan")?.to_owned(),
        status: map.word("status", SubscriptionStatus::of_word)?,
    })
}
