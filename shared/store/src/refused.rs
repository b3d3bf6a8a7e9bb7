//! A refused fact as an item: kept once, under its event.

use billing::ids::AccountId;
use billing::time::Timestamp;

use crate::attributes::{Attributes, Writer};
use crate::keys;

/// The item of a fact that was refused at a moment.
pub(crate) fn write(account: &AccountId, event: &str, at: Timestamp) -> Attributes {
    Writer::item(keys::refused(account, event), "refused", 1).number("at", at.0).done()
}
