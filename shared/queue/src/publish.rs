//! The queue of accounts whose journal has records that are not published as events, and pages of
//! all accounts.

use billing::ids::AccountId;
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::send::Queue;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishMessage {
    /// A page of all accounts.
    Page(Page),
    /// An account with new records.
    Account(AccountId),
}

/// The queue.
pub type PublishMessages = Queue<PublishMessage>;

impl From<Page> for PublishMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}
