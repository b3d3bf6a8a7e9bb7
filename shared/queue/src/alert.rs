//! The queue of alert checks: pages of accounts with an alert, then the accounts.

use billing::ids::AccountId;
use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::send::Queue;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertMessage {
    /// A page of the accounts with an alert.
    Page(Page),
    /// An account whose alert is to be checked.
    Check(AlertCheck),
}

/// A check of one account, as a walk asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCheck {
    /// Account.
    pub account: AccountId,
    /// Metering month of the walk: a message that comes late judges no later one.
    pub month: String,
    /// Beginning of the walk: the next one sends its own message.
    pub walked_at: Timestamp,
}

/// The queue.
pub type AlertMessages = Queue<AlertMessage>;

impl From<Page> for AlertMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}
