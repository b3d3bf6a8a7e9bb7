//! All accounts, newest first: entries of the index on their profiles, by the time of their
//! opening.
//!
//! The index is spread over shards, so a page is what is newest of the first entries of each. It is
//! a little behind the table: a new account is listed a moment after its opening.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::ids::AccountId;
use billing::time::Timestamp;
use futures_util::future::try_join_all;
use invocation::Invocation;

use crate::Store;
use crate::attributes::Reader;
use crate::cost;
use crate::error::StoreError;
use crate::keys::{self, SHARDS};
use crate::read::retried;

/// Behind every sort key of the index.
const BEHIND_ALL: &str = "~";

/// An account, and the time of its opening.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opened {
    /// Time of the opening.
    pub at: Timestamp,
    /// The account.
    pub account: AccountId,
}

impl Store {
    /// At most `limit` accounts, newest first: those that were opened before a place, or the newest
    /// of all. Says whether older ones follow.
    ///
    /// # Errors
    /// Any of the table's.
    pub async fn accounts_opened(
        &self,
        invocation: &Invocation,
        before: Option<&Opened>,
        limit: usize,
    ) -> Result<(Vec<Opened>, bool), StoreError> {
        let before = before.map(|place| keys::opened_place(&place.account, place.at).1);
        let before = before.as_deref().unwrap_or(BEHIND_ALL);
        // One more than the page tells whether another one follows.
        let most = i32::try_from(limit.saturating_add(1)).unwrap_or(i32::MAX);
        let shards = (0..SHARDS).map(|shard| self.opened_of(invocation, shard, (before, most)));

        let mut all: Vec<Opened> = try_join_all(shards).await?.into_iter().flatten().collect();

        all.sort_by(|one, other| other.cmp(one));
        let more = all.len() > limit;
        all.truncate(limit);
        Ok((all, more))
    }

    /// The newest accounts of a shard before a sort key.
    async fn opened_of(
        &self,
        invocation: &Invocation,
        shard: u64,
        (before, most): (&str, i32),
    ) -> Result<Vec<Opened>, StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due_pk = :pk AND due_sk < :before")
            .expression_attribute_values(":pk", text(&keys::opened_shard(shard)))
            .expression_attribute_values(":before", text(before))
            .scan_index_forward(false)
            .limit(most)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());

        let opened = |item| {
            let item = Reader::new(item);
            let (at, account) = item.word(keys::DUE_SK, keys::opened_of)?;
            Ok(Opened { at, account })
        };
        answer.items().iter().map(opened).collect()
    }
}
