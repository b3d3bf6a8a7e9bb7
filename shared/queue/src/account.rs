//! Queues of accounts that something is to be done about: at Stripe, or to their credits.

use billing::ids::AccountId;
use billing::invoice_payment::MovedPayment;
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::send::{Queue, SendError};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountMessage {
    /// An account to look at.
    Account(AccountId),
    /// A page of the accounts that are due.
    Page(Page),
}

/// One message of collections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionsMessage {
    /// An account to look at.
    Account(AccountId),
    /// An account whose payment method may be another one: what is owed is tried with it (A11).
    Method(AccountId),
    /// A payment that is in progress, or was given up: the invoice that it pays is to be read.
    Payment(MovedPayment),
    /// A page of the accounts that are due.
    Page(Page),
}

impl From<Page> for CollectionsMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl From<Page> for AccountMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

/// A queue of accounts, for senders that name single ones.
#[derive(Debug, Clone)]
pub struct Accounts(Queue<AccountMessage>);

impl Accounts {
    /// The queue of that URL.
    pub fn new(client: aws_sdk_sqs::Client, url: &str) -> Self {
        Self(Queue::new(client, url))
    }

    /// Puts an account on the queue.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, account: &AccountId) -> Result<(), SendError> {
        self.0.send(&AccountMessage::Account(account.clone())).await
    }
}

/// Something that follows from an applied fact, for other functions to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowUp {
    /// Make Stripe agree with the books.
    Collections,
    /// Look whether auto-recharge can go on.
    Recharge,
    /// Try what is owed with a new payment method.
    Method,
}

/// The queues of what follows from applied facts.
#[derive(Debug, Clone)]
pub struct FollowUps {
    collections: Queue<CollectionsMessage>,
    recharges: Accounts,
}

impl FollowUps {
    /// The queues of those URLs.
    pub fn new(client: aws_sdk_sqs::Client, collections: &str, recharges: &str) -> Self {
        let collections = Queue::new(client.clone(), collections);
        Self { collections, recharges: Accounts::new(client, recharges) }
    }

    /// Hands on a payment whose invoice is to be read.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_payment(&self, moved: MovedPayment) -> Result<(), SendError> {
        self.collections.send(&CollectionsMessage::Payment(moved)).await
    }

    /// Hands an account on for each follow-up.
    ///
    /// # Errors
    /// [`SendError`]: those before it are sent.
    pub async fn send(
        &self,
        account: &AccountId,
        follow_ups: impl IntoIterator<Item = FollowUp>,
    ) -> Result<(), SendError> {
        for follow_up in follow_ups {
            match follow_up {
                FollowUp::Collections => {
                    let message = CollectionsMessage::Account(account.clone());
                    self.collections.send(&message).await?;
                }
                FollowUp::Recharge => self.recharges.send(account).await?,
                FollowUp::Method => {
                    let message = CollectionsMessage::Method(account.clone());
                    self.collections.send(&message).await?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::time::Timestamp;

    /// Goal: an account's message is what it always was, and a page survives the queue.
    #[test]
    fn messages_of_earlier_releases_are_read() {
        let account = AccountMessage::Account(AccountId::parse("acme").unwrap());
        assert_eq!(serde_json::to_string(&account).unwrap(), r#"{"account":"acme"}"#);
        assert_eq!(
            serde_json::from_str::<AccountMessage>(r#"{"account":"acme"}"#).unwrap(),
            account
        );

        let page = AccountMessage::Page(Page::first(7, Timestamp(3)));
        let text = serde_json::to_string(&page).unwrap();
        assert_eq!(serde_json::from_str::<AccountMessage>(&text).unwrap(), page);
    }
}
