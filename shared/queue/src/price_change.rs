//! The queue of price changes: a change, then the pages of running subscriptions, then the accounts
//! that it may concern.

use billing::ids::AccountId;
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::send::Queue;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceMessage {
    /// Do at Stripe what a change says, and look for whom it concerns.
    Change(String),
    /// A page of all running subscriptions.
    Page(Page),
    /// Notify an account, and give its subscription the price of its next period.
    Account(AccountId),
}

/// The queue.
pub type PriceMessages = Queue<PriceMessage>;

impl From<Page> for PriceMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}
