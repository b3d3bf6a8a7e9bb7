//! Ends of ranges of sort keys, ranges of an account's mails, and a record's key read back.

use billing::ids::AccountId;
use billing::time::Timestamp;

use super::{ACCOUNTS, HOLDS, ISSUED, JOURNAL, MAILS};

/// Behind every sort key that begins with [`JOURNAL`].
pub const AFTER_JOURNAL: &str = "JOURNAL$";
/// Behind every sort key that begins with [`HOLDS`].
pub const AFTER_HOLDS: &str = "HOLD$";
/// Behind every sort key that begins with [`super::PRICE_CHANGES`].
pub const AFTER_PRICE_CHANGES: &str = "CHANGE$";
/// Behind every sort key that begins with [`super::SUBSCRIPTIONS`]: `$` follows `#`.
pub const AFTER_SUBSCRIPTIONS: &str = "SUBSCRIPTION$";

/// What the sort keys of open reservations that end at a time begin with.
pub(crate) fn holds_from(ends_at: Timestamp) -> String {
    format!("{HOLDS}{ends_at}")
}

/// Sort keys before and behind those of invoices that were created within a range: `$` follows `#`.
pub(crate) fn issued_within(from: Timestamp, to: Timestamp) -> (String, String) {
    (format!("{ISSUED}{from}"), format!("{ISSUED}{to}$"))
}

/// Range of the sort keys of its mails about a record of its journal: `/` follows `.`.
pub(crate) fn mails_about(at: Timestamp, sequence: u64) -> (String, String) {
    let of_record = format!("{MAILS}{}.{sequence:010}", at.0);
    (format!("{of_record}."), format!("{of_record}/"))
}

/// Range of the sort keys of its mails about records of a second.
pub(crate) fn mails_at(at: Timestamp) -> (String, String) {
    (format!("{MAILS}{}.", at.0), format!("{MAILS}{}/", at.0))
}

/// Account and time of the journal's record with that key; none for another item.
pub fn record_of(pk: &str, sk: &str) -> Option<(AccountId, Timestamp)> {
    let (at, _) = sk.strip_prefix(JOURNAL)?.split_once('#')?;
    Some((account_of(pk)?, Timestamp::parse(at).ok()?))
}

/// The account whose partition that is.
pub(crate) fn account_of(partition: &str) -> Option<AccountId> {
    AccountId::parse(partition.strip_prefix(ACCOUNTS)?).ok()
}
