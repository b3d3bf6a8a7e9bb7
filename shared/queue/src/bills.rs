//! The queue of the month-end run: pages of the index, and the payers found in them.

use billing::ids::AccountId;
use billing::month::Month;
use serde::{Deserialize, Serialize};

use crate::page::Page;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillMessage {
    /// A page of a shard.
    Page(Page),
    /// A month of an account.
    Payer(Payer),
}

impl From<Page> for BillMessage {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

/// A month of an account that is to be closed and invoiced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// Account to be invoiced.
    pub account: AccountId,
    /// Month, such as `2026-11`.
    pub month: String,
}

impl Payer {
    /// A month of an account.
    pub fn new(account: AccountId, month: Month) -> Self {
        Self { account, month: month.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a payer survives the queue.
    #[test]
    fn a_payer_survives_the_queue() {
        let account = AccountId::parse("acme").unwrap();
        let payer = BillMessage::Payer(Payer::new(account, Month::parse("2026-11").unwrap()));
        let text = serde_json::to_string(&payer).unwrap();
        assert_eq!(text, r#"{"payer":{"account":"acme","month":"2026-11"}}"#);
        assert_eq!(serde_json::from_str::<BillMessage>(&text).unwrap(), payer);
    }
}
