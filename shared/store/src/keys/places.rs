//! Places in the index: its partitions by shard, and the sort keys within them.

use billing::ids::AccountId;
use billing::month::Month;
use billing::time::Timestamp;

use super::{BILLS, USAGE, WORDS};

/// Into how many partitions the index is spread, so that no single one takes all writes.
pub const SHARDS: u64 = 8;

/// One of the [`SHARDS`] index partitions of all accounts.
pub(crate) fn opened_shard(shard: u64) -> String {
    format!("OPENED#{shard}")
}

/// The index keys of an account among all accounts: partition and sort key.
pub fn opened_place(account: &AccountId, created_at: Timestamp) -> (String, String) {
    (opened_shard(shard_of(account)), format!("{created_at}#{account}"))
}

/// The account of such a sort key, and the time of its opening.
pub(crate) fn opened_of(sort: &str) -> Option<(Timestamp, AccountId)> {
    let (at, account) = sort.split_once('#')?;
    Some((Timestamp::parse(at).ok()?, AccountId::parse(account).ok()?))
}

/// The index partition of advices that wait for staff.
pub(crate) const ADVICES_DUE: &str = "ADVICE";
/// Before and behind every index sort key that begins with a time.
pub(crate) const ALL_DUE: (&str, &str) = ("0", "~");

/// The index keys of an advice that waits for staff: partition and sort key.
pub fn advice_due(since: Timestamp, id: &str) -> (String, String) {
    (ADVICES_DUE.to_owned(), format!("{since}#{id}"))
}

/// The index partition of an account's subscriptions by when they renew.
pub fn renewal_partition(account: &AccountId) -> String {
    renewal_shard(shard_of(account))
}

/// The index keys of an account that is found by an exact word: partition and sort key.
pub fn found_place(word: &str, account: &AccountId) -> (String, String) {
    (found_partition(word), account.to_string())
}

/// The index partition of an exact word.
pub(crate) fn found_partition(word: &str) -> String {
    format!("{WORDS}{word}")
}

/// The index keys of an account that is found by the beginning of its name: partition and sort key.
/// `name` is as `billing::search` has names.
pub fn name_place(name: &str, account: &AccountId) -> (String, String) {
    (name_partition(name), format!("{name}#{account}"))
}

/// The index partition of names with the same first letter: few accounts, read by people.
pub(crate) fn name_partition(name: &str) -> String {
    format!("NAME#{}", name.chars().take(1).collect::<String>())
}

/// One of the [`SHARDS`] index partitions of subscriptions.
pub(crate) fn renewal_shard(shard: u64) -> String {
    format!("RENEWAL#{shard}")
}

/// The index keys of an account for which something falls due: partition and sort key.
pub fn standing_due(account: &AccountId, at: Timestamp) -> (String, String) {
    (due_shard(shard_of(account)), format!("{at}#{account}"))
}

/// Behind every index sort key of that second: `~` follows every character of an id.
pub(crate) fn after_due(at: Timestamp) -> String {
    format!("{at}#~")
}

pub(super) fn shard_of(account: &AccountId) -> u64 {
    // FNV-1a: any even spread will do, but it must never change.
    let hash = account.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.checked_rem(SHARDS).unwrap_or(0)
}

/// One of the [`SHARDS`] index partitions of accounts for which something falls due.
pub(crate) fn due_shard(shard: u64) -> String {
    format!("DUE#{shard}")
}

/// One of the [`SHARDS`] index partitions of months that are to be invoiced.
pub(crate) fn bill_shard(shard: u64) -> String {
    format!("{BILLS}{shard}")
}

/// The index keys of an account's month that is to be invoiced: partition and sort key.
pub fn bill_due(account: &AccountId, month: Month) -> (String, String) {
    (bill_shard(shard_of(account)), format!("{month}#{account}"))
}

/// Behind every index sort key of a month that is to be invoiced: `~` follows every character of an
/// id.
pub(crate) fn after_bills_due(month: Month) -> String {
    format!("{month}#~")
}

/// One of the [`SHARDS`] index partitions of accounts whose auto-recharge is to be looked at.
pub(crate) fn recharge_shard(shard: u64) -> String {
    format!("RECHARGE#{shard}")
}

/// The index keys of an account whose auto-recharge is to be looked at: partition and sort key.
pub fn recharge_due(account: &AccountId, at: Timestamp) -> (String, String) {
    (recharge_shard(shard_of(account)), format!("{at}#{account}"))
}

/// One of the [`SHARDS`] index partitions of accounts with an alert.
pub(crate) fn alert_shard(shard: u64) -> String {
    format!("ALERT#{shard}")
}

/// The index keys of an account with an alert: partition and sort key.
pub fn alert_place(account: &AccountId) -> (String, String) {
    (alert_shard(shard_of(account)), account.to_string())
}

/// One of the [`SHARDS`] index partitions of records whose mails are not decided yet.
pub(crate) fn notify_shard(shard: u64) -> String {
    format!("NOTIFY#{shard}")
}

/// The index keys of a record whose mails are not decided yet: partition and sort key. The record's
/// own key has the account: records are small.
pub fn notify_place(account: &AccountId, at: Timestamp) -> (String, String) {
    (notify_shard(shard_of(account)), at.to_string())
}

/// The month of the counters or of the bill with that sort key.
pub(crate) fn month_of(sk: &str) -> Option<Month> {
    let month = sk.strip_prefix(USAGE).or_else(|| sk.strip_prefix(BILLS))?;
    Month::parse(month).ok()
}
