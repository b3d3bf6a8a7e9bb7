//! The queue of price changes: a change, then the pages of running subscriptions, then the accounts that it may concern.

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
    /// A page of all running subscriptions; `look` was its name.
    #[serde(alias = "look")]
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: pages that an earlier release put on the queue go on where they stopped.
    #[test]
    fn looks_of_earlier_releases_are_pages() {
        let looks =
            [r#"{"look":{"shard":3,"after":null}}"#, r#"{"look":{"shard":3,"after":{"pk":"a"}}}"#];
        let pages = looks.map(|look| serde_json::from_str::<PriceMessage>(look).unwrap());
        let after = [None, Some([("pk".to_owned(), "a".to_owned())].into())];
        let expected =
            after.map(|after| PriceMessage::Page(Page { shard: 3, began_at: None, after }));
        assert_eq!(pages, expected);
    }
}
