//! The queue of price changes: a change, then the subscriptions, then the accounts that it may concern.
//!
//! Whatever a message asks for is done once, however often the message comes.

use std::collections::BTreeMap;

use aws_sdk_sqs::error::DisplayErrorContext;
use billing::ids::AccountId;
use serde::{Deserialize, Serialize};

use crate::send::SendError;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceMessage {
    /// Do at Stripe what a change says, and look for whom it concerns.
    Change(String),
    /// Look through a part of all subscriptions.
    Look {
        /// Which part of the index.
        shard: u64,
        /// Where to go on; nothing at the beginning.
        after: Option<BTreeMap<String, String>>,
    },
    /// Tell an account, and give its subscription the price of its next period.
    Account(AccountId),
}

/// The queue.
#[derive(Debug, Clone)]
pub struct PriceMessages {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl PriceMessages {
    /// The queue of that URL.
    pub fn new(client: aws_sdk_sqs::Client, url: &str) -> Self {
        Self { client, url: url.to_owned() }
    }

    /// Puts a message on the queue.
    pub async fn send(&self, message: &PriceMessage) -> Result<(), SendError> {
        let body = serde_json::to_string(message).map_err(|error| SendError(error.to_string()))?;
        let message = self.client.send_message().queue_url(&self.url).message_body(body);
        let sent = message.send().await;
        sent.map_err(|error| SendError(DisplayErrorContext(&error).to_string()))?;
        Ok(())
    }
}
