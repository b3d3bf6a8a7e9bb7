//! Requests of an account in a minute that call Stripe, counted.

use billing::budget::{Minute, REQUESTS_MAX};
use billing::ids::AccountId;
use billing::time::DAY_SECONDS;
use invocation::Invocation;

use crate::Store;
use crate::error::StoreError;
use crate::expression::Expression;
use crate::keys;

/// Requests so far.
const REQUESTS: &str = "requests";

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
}
