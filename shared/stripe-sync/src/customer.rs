//! Reading a customer at Stripe, with its tax ids, and settling what its invoices print.
//!
//! As with a subscription, the books are read first and Stripe after them, and what Stripe says is committed under the
//! version of the books.

use billing::decide::customer_read;
use billing::ids::{AccountId, CustomerId};
use billing::journal::Cause;
use billing::time::Timestamp;
use store::{Cost, StoreError};
use stripe_client::Customer;

use crate::{Sync, SyncError, TRIES_MAX};

impl Sync<'_> {
    /// Reads a customer and its tax ids and settles both. `told_at` is when Stripe answered the first call that changed
    /// them: events of later changes are newer than what is read now.
    pub async fn read_customer(
        &self,
        account: &AccountId,
        id: &CustomerId,
        told_at: Timestamp,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Customer, SyncError> {
        let missing = |what: &dyn std::fmt::Display| SyncError::Missing(what.to_string());
        for tries in 1..=TRIES_MAX {
            let books = self.store.books_of_customer(account, cost).await?;
            let books = books.ok_or_else(|| missing(account))?;
            let tax_ids = self.stripe.tax_ids(id, now).await?;
            let read = self.stripe.customer(id, now).await?.ok_or_else(|| missing(id))?;
            let change = customer_read(&books, &read.details, &tax_ids, told_at, now);
            let Some(change) = change else { return Ok(read) };
            match self.store.commit(&change, cause, now, cost).await {
                Ok(()) => return Ok(read),
                Err(StoreError::Lost) => self.settle.wait_before_try(tries).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Lost.into())
    }
}
