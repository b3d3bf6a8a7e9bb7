//! The queue of reconcile: pages of Stripe's events, pages of accounts, and accounts to be
//! compared.

use billing::ids::AccountId;
use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::send::Queue;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconcileMessage {
    /// A page of events.
    Events(EventsPage),
    /// A page of all accounts.
    Accounts(AccountsPage),
    /// An account whose objects are compared with Stripe's.
    Account(AccountId),
}

/// A page of Stripe's events, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsPage {
    /// Begin of the events that are read.
    pub since: Timestamp,
    /// Time of the reading.
    pub until: Timestamp,
    /// Event that the page begins behind; none for the first page.
    #[serde(default)]
    pub after: Option<String>,
}

/// A page of accounts, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsPage {
    /// Account that the page begins behind, with the time of its opening; none for the first page.
    #[serde(default)]
    pub after: Option<(Timestamp, AccountId)>,
}

/// The queue.
pub type ReconcileMessages = Queue<ReconcileMessage>;

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: messages survive the queue.
    #[test]
    fn messages_survive_the_queue() {
        let page = EventsPage { since: Timestamp(1), until: Timestamp(2), after: None };
        let accounts =
            AccountsPage { after: Some((Timestamp(3), AccountId::parse("acme").unwrap())) };
        for message in [ReconcileMessage::Events(page), ReconcileMessage::Accounts(accounts)] {
            let text = serde_json::to_string(&message).unwrap();
            assert_eq!(serde_json::from_str::<ReconcileMessage>(&text).unwrap(), message);
        }
    }
}
