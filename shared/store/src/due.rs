//! What falls due: pages of the index.
//!
//! An index is a little behind the table, always: what it says is only whom to look at, and whoever looks reads the table.

use invocation::Invocation;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use crate::Store;
use crate::attributes::{Attributes, Reader};
use crate::cost;
use crate::error::StoreError;
use crate::keys::{self, Key};

/// Entries of the index on one page.
pub const PAGE_ENTRIES_MAX: i32 = 200;

/// Where a page ended, to go on behind it.
#[derive(Debug, Clone)]
pub struct PageEnd(Attributes);

impl PageEnd {
    /// As texts by name, to be sent on.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let text = |value: &AttributeValue| value.as_s().cloned().unwrap_or_default();
        self.0.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// Of such texts.
    pub fn of_texts(texts: BTreeMap<String, String>) -> Self {
        let value = |(name, text)| (name, AttributeValue::S(text));
        Self(texts.into_iter().map(value).collect())
    }
}

impl Store {
    /// The keys of items of an index partition whose index sort key lies between two, both included, in that order, and
    /// where the page ended if there are more.
    pub async fn due(
        &self,
        invocation: &Invocation,
        partition: &str,
        since: &str,
        until: &str,
        after: Option<PageEnd>,
    ) -> Result<(Vec<Key>, Option<PageEnd>), StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due_pk = :pk AND due_sk BETWEEN :since AND :until")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":since", text(since))
            .expression_attribute_values(":until", text(until))
            .set_exclusive_start_key(after.map(|PageEnd(key)| key))
            .limit(PAGE_ENTRIES_MAX)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::of(&error))?;
        cost::read(invocation, answer.consumed_capacity());
        let key = |item| {
            let item = Reader::new(item);
            Ok(Key { pk: item.text(keys::PK)?.to_owned(), sk: item.text(keys::SK)?.to_owned() })
        };
        let found = answer.items().iter().map(key).collect::<Result<_, StoreError>>()?;
        Ok((found, answer.last_evaluated_key.map(PageEnd)))
    }
}
