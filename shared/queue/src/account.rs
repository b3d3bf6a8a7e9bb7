//! The queue of accounts that something is to be done about at Stripe.
//!
//! A message names the account and nothing else: what is to be done is seen when it is taken, so that a message that comes
//! twice, late or for nothing does no harm.

use aws_sdk_sqs::error::DisplayErrorContext;
use billing::ids::AccountId;
use serde::{Deserialize, Serialize};

use crate::send::SendError;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountMessage {
    /// Which account.
    pub account: AccountId,
}

/// A queue of accounts.
#[derive(Debug, Clone)]
pub struct Accounts {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Accounts {
    /// The queue of that URL.
    pub fn new(client: aws_sdk_sqs::Client, url: &str) -> Self {
        Self { client, url: url.to_owned() }
    }

    /// Puts an account on the queue.
    pub async fn send(&self, account: &AccountId) -> Result<(), SendError> {
        let named = AccountMessage { account: account.clone() };
        let body = serde_json::to_string(&named).map_err(|error| SendError(error.to_string()))?;
        let message = self.client.send_message().queue_url(&self.url).message_body(body);
        let sent = message.send().await;
        sent.map_err(|error| SendError(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }
}

/// What follows from a settled fact, for others to do.
#[derive(Debug, Clone)]
pub struct Follows {
    collections: Accounts,
    recharges: Accounts,
}

impl Follows {
    /// To those two queues.
    pub fn new(client: aws_sdk_sqs::Client, collections: &str, recharges: &str) -> Self {
        let collections = Accounts::new(client.clone(), collections);
        Self { collections, recharges: Accounts::new(client, recharges) }
    }

    /// Hands an account on: to whoever makes Stripe agree with our books, and to whoever looks whether auto-recharge can go on.
    pub async fn send(
        &self,
        account: &AccountId,
        agree: bool,
        recharge: bool,
    ) -> Result<(), SendError> {
        if agree {
            self.collections.send(account).await?;
        }
        if recharge {
            self.recharges.send(account).await?;
        }
        Ok(())
    }
}
