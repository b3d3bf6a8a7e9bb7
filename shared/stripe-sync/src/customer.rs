//! Reading a customer at Stripe, with its tax ids, and settling what its invoices print.
//!
//! As with a subscription, the books are read first and Stripe after them, and what Stripe says is
//! committed under the version of the books.

use billing::decide::customer_read;
use billing::ids::{AccountId, CustomerId};
use billing::time::Timestamp;
use invocation::Invocation;
use stripe_client::Customer;

use crate::{Sync, SyncError};

impl Sync<'_> {
    /// Reads a customer and its tax ids and settles both. `told_at` is when Stripe answered the
    /// first call that changed them: events of later changes are newer than what is read now.
    pub async fn read_customer(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &CustomerId,
        told_at: Timestamp,
    ) -> Result<Customer, SyncError> {
        let missing = |what: &dyn std::fmt::Display| SyncError::Missing(what.to_string());
        invocation
            .retry_conflicts(|| async {
                let books = self.store.books_of_customer(invocation, account).await?;
                let books = books.ok_or_else(|| missing(account))?;
                let tax_ids = self.stripe.tax_ids(invocation, id).await?;
                let read = self.stripe.customer(invocation, id).await?;
                let read = read.ok_or_else(|| missing(id))?;

                let now = invocation.now;
                let change = customer_read(&books, &read.details, &tax_ids, told_at, now);
                if let Some(change) = change {
                    self.store.commit(invocation, &change).await?;
                }
                Ok(read)
            })
            .await
    }
}
