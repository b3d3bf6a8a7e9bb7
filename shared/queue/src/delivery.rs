//! The queue of events to deliver: an account's at an endpoint, and pages of all accounts.

use billing::ids::{AccountId, EndpointId};
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::send::Queue;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMessage {
    /// A walk through all accounts begins, for what an endpoint lacks.
    Sweep {},
    /// A page of all accounts.
    Page(Page),
    /// Events of an account that an endpoint may lack.
    Deliver(Deliver),
}

/// Events of an account that an endpoint may lack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    /// Endpoint.
    pub endpoint: EndpointId,
    /// Account.
    pub account: AccountId,
    /// Failed attempts behind which this message waits for the next one: the one message that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<u32>,
}

/// The queue.
pub type DeliveryMessages = Queue<DeliveryMessage>;

impl From<Page> for DeliveryMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl DeliveryMessage {
    /// Message about an account at an endpoint.
    pub fn deliver((endpoint, account): (EndpointId, AccountId)) -> Self {
        Self::Deliver(Deliver { endpoint, account, behind: None })
    }
}
