//! Queries of a range of sort keys, consistently.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use billing::ids::AccountId;
use invocation::Invocation;

use crate::attributes::Attributes;
use crate::error::StoreError;
use crate::read::retried;
use crate::{Store, cost, keys, precondition};

/// Most pages that one query follows: an account's invoices, 1 MB a page.
pub(crate) const PAGES_MAX: usize = 64;

impl Store {
    /// All items of an account whose sort key begins so.
    pub(crate) async fn all_with_prefix(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        prefix: &str,
    ) -> Result<Vec<Attributes>, StoreError> {
        // Prefixes end in `#`, which `$` follows.
        let behind = format!("{}$", prefix.trim_end_matches('#'));
        self.all_between(invocation, &keys::account_partition(account), prefix, &behind).await
    }

    /// The first items of a partition whose sort key lies between two, both included.
    pub(crate) async fn first_between(
        &self,
        invocation: &Invocation,
        partition: &str,
        range: (&str, &str),
        limit: i32,
    ) -> Result<Vec<Attributes>, StoreError> {
        let request = self.between(partition, range).limit(limit);
        let answer = retried(invocation, || request.clone().send()).await?;
        cost::read(invocation, answer.consumed_capacity());
        precondition::compare(invocation, answer.items())?;
        Ok(answer.items.unwrap_or_default())
    }

    /// A consistent query of a partition's items whose sort key lies between two.
    fn between(&self, partition: &str, (from, to): (&str, &str)) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// All items of a partition whose sort key lies between two, both included.
    pub(crate) async fn all_between(
        &self,
        invocation: &Invocation,
        partition: &str,
        from: &str,
        to: &str,
    ) -> Result<Vec<Attributes>, StoreError> {
        let mut items = Vec::new();
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let request = self.between(partition, (from, to)).set_exclusive_start_key(next);
            let answer = retried(invocation, || request.clone().send()).await?;
            cost::read(invocation, answer.consumed_capacity());
            precondition::compare(invocation, answer.items())?;
            items.extend(answer.items.unwrap_or_default());
            next = answer.last_evaluated_key;
            if next.is_none() {
                return Ok(items);
            }
        }
        Err(StoreError::Invalid(format!("more than {PAGES_MAX} pages between {from} and {to}")))
    }
}

/// A key's part as an attribute.
pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
