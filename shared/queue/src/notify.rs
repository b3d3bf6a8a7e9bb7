//! The queue of notifications: accounts with entries of the journal that are to be mailed, and
//! pages of those that were left behind.

use billing::ids::AccountId;
use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::send::Queue;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotifyMessage {
    /// A page of records that are pending for long.
    Page(Page),
    /// An account with pending records.
    Account(PendingAccount),
    /// A mail that is asked for once more.
    Again(MailAgain),
}

/// An account with pending records of its journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAccount {
    /// Account.
    pub account: AccountId,
    /// Time of the earliest of them.
    pub since: Timestamp,
}

/// A mail that is asked for once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAgain {
    /// Account.
    pub account: AccountId,
    /// Id of the mail.
    pub mail: String,
}

/// The queue.
pub type NotifyMessages = Queue<NotifyMessage>;

impl From<Page> for NotifyMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}
