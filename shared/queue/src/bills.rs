//! The queue of the month-end run: pages of the index, and the payers found in them.

use billing::ids::AccountId;
use billing::month::Month;
use billing::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::page::Page;
use crate::retries::Retries;
use crate::send::shortened;

/// Delay after a payer's first failed attempt, in seconds.
const FIRST_DELAY_SECONDS: u64 = 30;
/// Time within which a payer is tried, in seconds: then the next day's run finds it again.
const RETRY_SECONDS_MAX: i64 = 20 * 3_600;

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
    /// Time when it was found in the index.
    pub found_at: Timestamp,
    /// Failed attempts.
    #[serde(default)]
    pub attempts: u32,
    /// Reason of a dead letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Payer {
    /// A payer that was not tried yet.
    pub fn new(account: AccountId, month: Month, found_at: Timestamp) -> Self {
        Self { account, month: month.to_string(), found_at, attempts: 0, reason: None }
    }

    /// The same after one more failed attempt.
    #[must_use]
    pub fn after_attempt(&self) -> Self {
        Self { attempts: self.attempts.saturating_add(1), reason: None, ..self.clone() }
    }

    /// The same as a dead letter.
    #[must_use]
    pub fn with_reason(&self, reason: &str) -> Self {
        Self { reason: Some(shortened(reason)), ..self.clone() }
    }

    /// Its retries by the queue.
    pub fn retries(&self) -> Retries {
        Retries {
            since: self.found_at,
            seconds_max: RETRY_SECONDS_MAX,
            attempts: self.attempts,
            first_delay_seconds: FIRST_DELAY_SECONDS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: attempts end before the next day's run comes, and a payer survives the queue.
    #[test]
    fn attempts_end_before_the_next_run() {
        let account = AccountId::parse("acme").unwrap();
        let month = Month::parse("2026-11").unwrap();
        let payer = Payer::new(account, month, Timestamp(0)).after_attempt();

        assert!(!payer.retries().are_over(Timestamp(72_000)));
        assert!(payer.retries().are_over(Timestamp(72_001)));
        let text = serde_json::to_string(&BillMessage::Payer(payer.clone())).unwrap();
        assert!(text.starts_with(r#"{"payer":{"account":"acme","month":"2026-11""#), "{text}");
        assert_eq!(serde_json::from_str::<BillMessage>(&text).unwrap(), BillMessage::Payer(payer));
    }

    /// Goal: a page that an earlier release put on the queue walks its shard anew.
    #[test]
    fn a_page_of_an_earlier_release_is_the_first_of_its_shard() {
        let old = r#"{"page":{"shard":3,"from":"2026-11#acme!","until":"2026-11"}}"#;
        let page = Page { shard: 3, began_at: None, after: None };
        assert_eq!(serde_json::from_str::<BillMessage>(old).unwrap(), BillMessage::Page(page));
    }
}
