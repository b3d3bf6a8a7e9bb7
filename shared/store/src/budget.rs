//! Requests in a minute, counted: an account's that call Stripe, and all of a key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValue};
use billing::budget::{Admission, Minute, REQUESTS_MAX, Tally};
use billing::ids::AccountId;
use billing::time::{DAY_SECONDS, Timestamp};
use invocation::Invocation;
use tracing::warn;

use crate::Store;
use crate::cost;
use crate::error::StoreError;
use crate::expression::Expression;
use crate::keys;

/// Requests so far.
const REQUESTS: &str = "requests";
/// Most keys whose requests are remembered.
const KEYS_MAX: usize = 1_000;

/// Requests of keys that this warm function counted, by the keys' ids.
#[derive(Debug, Default)]
pub(crate) struct Tallies(Mutex<HashMap<String, Tally>>);

impl Tallies {
    /// Works with what is known of a key.
    fn of<T>(&self, id: &str, now: Timestamp, work: impl FnOnce(&mut Tally) -> T) -> T {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tallies.len() >= KEYS_MAX && !tallies.contains_key(id) {
            tallies.clear();
        }
        work(tallies.entry(id.to_owned()).or_insert_with(|| Tally::new(now)))
    }
}

impl Store {
    /// Counts a request of this minute; false where the account has had all of them. A lost answer
    /// may count a request twice.
    ///
    /// # Errors
    /// Any of the table's. [`StoreError::Conflict`] where others write the item: try again.
    pub async fn draws_on_budget(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<bool, StoreError> {
        let minute = Minute::of(invocation.now);
        let mut count = Expression::new(keys::budget(account, minute.begins_at));
        count.begin("budget", None);
        count.set_number(keys::EXPIRES_AT, minute.ends_at().plus_seconds(DAY_SECONDS).0);
        let (requests, max) = (count.name(REQUESTS), count.number(&REQUESTS_MAX));
        count.add_number(REQUESTS, 1);
        count.conditions.push(format!("(attribute_not_exists({requests}) OR {requests} < {max})"));

        self.count_alone(invocation, count).await
    }

    /// Counts a request of an account's key, whatever it is for; false where the key has had all of
    /// this minute. What stops the count stops no request.
    pub async fn admits_request_of_key(
        &self,
        invocation: &Invocation,
        (account, id): (&AccountId, &str),
    ) -> bool {
        let now = invocation.now;
        let count = match self.tallies.of(id, now, |tally| tally.count(now)) {
            Admission::Admitted => return true,
            Admission::Spent => return false,
            Admission::Add(count) => count,
        };
        let minute = Minute::of(now);
        match self.add_requests_of_key(invocation, (account, id), (minute, count)).await {
            Ok(all) => self.tallies.of(id, now, |tally| tally.added(minute, all)),
            Err(error) => {
                warn!(key.id = %id, reason = %error, "requests of key {id} are not counted: {error}");
                true
            }
        }
    }

    /// Adds to the table's count of a key's requests in a minute; what they come to.
    async fn add_requests_of_key(
        &self,
        invocation: &Invocation,
        (account, id): (&AccountId, &str),
        (minute, count): (Minute, u64),
    ) -> Result<u64, StoreError> {
        let mut add = Expression::new(keys::key_budget(account, minute.begins_at, id));
        add.begin("key budget", None);
        add.set_number(keys::EXPIRES_AT, minute.ends_at().plus_seconds(DAY_SECONDS).0);
        add.add_number(REQUESTS, i64::try_from(count).unwrap_or(i64::MAX));
        let add = add.update(&self.table);
        let add = add.map_err(|error| StoreError::Invalid(error.to_string()))?;

        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(add.key))
            .update_expression(add.update_expression)
            .set_condition_expression(add.condition_expression)
            .set_expression_attribute_names(add.expression_attribute_names)
            .set_expression_attribute_values(add.expression_attribute_values)
            .return_values(ReturnValue::UpdatedNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
            .send()
            .await;
        let answer = answer.map_err(|error| StoreError::of(&error))?;
        cost::wrote(invocation, answer.consumed_capacity());
        let all = answer.attributes().and_then(|values| values.get(REQUESTS));
        let all = all.and_then(|all| all.as_n().ok()).and_then(|all| all.parse().ok());
        all.ok_or_else(|| StoreError::Invalid("a count that came back without its number".into()))
    }
}
