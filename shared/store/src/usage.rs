//! Usage as items: counted attributes, which change by what is added to them and are never put as a
//! whole.
//!
//! A month, each day of it, and the latest level of each gauge have an item each. A sum is
//! `s_<resource>`, a gauge's level `g_<resource>`, and since when it is held `t_<resource>`. Only
//! `closed` is decided, under the version.

use invocation::Invocation;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::ids::AccountId;
use billing::metering::Rejection;
use billing::month::{Day, Month};
use billing::time::Timestamp;
use billing::usage::{Held, Usage};
use billing::words::Word;
use futures_util::future::try_join_all;

use crate::Store;
use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::expression::{CLOSED, ON};
use crate::keys::{self, Key};

/// Most items that one request reads.
pub const BATCH_KEYS_MAX: usize = 100;
/// What a sum's attribute begins with.
pub(crate) const SUM: &str = "s_";
/// What a gauge's attribute begins with.
pub(crate) const LEVEL: &str = "g_";
/// What the attribute begins with that says since when.
pub(crate) const SINCE: &str = "t_";
/// Attribute of a month's last report.
pub(crate) const REPORTED: &str = "last";
/// Attribute of the number of shares of sub-accounts that a month has.
pub(crate) const SHARES: &str = "shares";

/// Items by their keys.
#[derive(Debug, Default)]
pub struct Items(HashMap<Key, Attributes>);

/// What is remembered of one chunk of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The fingerprint of the batch's body.
    pub body: String,
    /// How many accounts each chunk of the batch has: fixed with the first one, whatever is
    /// deployed meanwhile.
    pub chunks: Vec<usize>,
    /// Events of this chunk that were not counted, by their place in the batch.
    pub rejected: BTreeMap<usize, Rejection>,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

impl Items {
    /// The item of a key.
    pub fn get(&self, key: &Key) -> Option<&Attributes> {
        self.0.get(key)
    }

    /// The usage that an item holds; none when there is no such item.
    pub fn usage(&self, key: &Key) -> Result<Option<Usage>, StoreError> {
        self.get(key).map(read).transpose()
    }
}

/// The usage of an item.
pub fn read(item: &Attributes) -> Result<Usage, StoreError> {
    let reader = Reader::new(item);
    let shares = reader.maybe_number(SHARES)?.unwrap_or(0);
    let reported_at = reader.maybe_time(REPORTED)?;
    let mut usage = Usage { closed: reader.flag(CLOSED)?, shares, reported_at, ..Usage::default() };
    for name in item.keys() {
        if let Some(resource) = name.strip_prefix(SUM) {
            usage.sums.insert(resource.to_owned(), reader.number(name)?);
        }
        if let Some(resource) = name.strip_prefix(LEVEL) {
            let at = reader.time(&format!("{SINCE}{resource}"))?;
            let held = Held { at, level: reader.number(name)? };
            usage.held.insert(resource.to_owned(), held);
        }
    }
    Ok(usage)
}

/// The item of a marker.
pub fn write_marker(key: Key, marker: &Marker) -> Attributes {
    let number = |number: &usize| AttributeValue::N(number.to_string());
    let mut rejected: BTreeMap<&str, Vec<AttributeValue>> = BTreeMap::new();
    for (place, rejection) in &marker.rejected {
        rejected.entry(rejection.word()).or_default().push(number(place));
    }
    let rejected = rejected
        .into_iter()
        .map(|(word, places)| (word.to_owned(), AttributeValue::L(places)))
        .collect();
    Writer::item(key, "usage_batch", 1)
        .text("body", &*marker.body)
        .list("chunks", marker.chunks.iter().map(number).collect())
        .map("rejected", rejected)
        .number(keys::EXPIRES_AT, marker.expires_at.0)
        .done()
}

/// The marker of an item.
pub fn read_marker(item: &Attributes) -> Result<Marker, StoreError> {
    let reader = Reader::new(item);
    let number = |value: &AttributeValue| {
        let number = value.as_n().ok().and_then(|number| usize::from_str(number).ok());
        number.ok_or_else(|| reader.corrupt("a number was expected within"))
    };
    let mut rejected = BTreeMap::new();
    for (word, places) in reader.lists("rejected")? {
        let unknown = || reader.corrupt(format!("`rejected` names `{word}`"));
        let rejection = Rejection::of_word(word).ok_or_else(unknown)?;
        for place in places {
            rejected.insert(number(place)?, rejection);
        }
    }
    Ok(Marker {
        body: reader.text("body")?.to_owned(),
        chunks: reader.list("chunks")?.iter().map(number).collect::<Result<_, _>>()?,
        rejected,
        expires_at: reader.time(keys::EXPIRES_AT)?,
    })
}

impl Store {
    /// Any number of items, at once in as few requests as it takes; those that do not exist are
    /// left out.
    pub(crate) async fn batch_all(
        &self,
        invocation: &Invocation,
        keys: &[Key],
    ) -> Result<Items, StoreError> {
        let requests =
            keys.chunks(BATCH_KEYS_MAX).map(async |keys| self.batch(invocation, keys).await);
        let mut all = HashMap::new();
        for items in try_join_all(requests).await? {
            for item in items {
                let key = {
                    let reader = Reader::new(&item);
                    Key {
                        pk: reader.text(keys::PK)?.to_owned(),
                        sk: reader.text(keys::SK)?.to_owned(),
                    }
                };
                all.insert(key, item);
            }
        }
        Ok(Items(all))
    }

    /// The days of a month in which something was counted.
    pub async fn usage_days(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        month: Month,
    ) -> Result<BTreeMap<Day, Usage>, StoreError> {
        let items = self.all_with_prefix(invocation, account, &keys::usage_days(month)).await?;
        items.iter().map(|item| on(item, |text| Day::parse(text).ok())).collect()
    }

    /// The days from one to another, and with both, on which something was counted.
    pub async fn usage_between(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (from, to): (Day, Day),
    ) -> Result<BTreeMap<Day, Usage>, StoreError> {
        let partition = keys::account_partition(account);
        let [from, to] = [from, to].map(|day| keys::usage_day(account, day).sk);
        let items = self.all_between(invocation, &partition, &from, &to).await?;
        items.iter().map(|item| on(item, |text| Day::parse(text).ok())).collect()
    }

    /// An account's months in which something was counted, up to and with one.
    pub async fn usage_months(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        until: Month,
    ) -> Result<BTreeMap<Month, Usage>, StoreError> {
        let until = keys::usage(account, until).sk;
        let items = self
            .all_between(invocation, &keys::account_partition(account), keys::USAGE, &until)
            .await?;
        items.iter().map(|item| on(item, |text| Month::parse(text).ok())).collect()
    }
}

fn on<T>(item: &Attributes, parse: impl Fn(&str) -> Option<T>) -> Result<(T, Usage), StoreError> {
    Ok((Reader::new(item).word(ON, parse)?, read(item)?))
}
