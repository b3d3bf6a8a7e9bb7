//! Reading a subscription at Stripe and settling what it is (money rules 5 and 8).
//!
//! The books are read first and Stripe after them; what Stripe says is committed under the version of the books. So of two
//! readings at once the later one stands, and an event that is told meanwhile makes this look again.

use billing::decide::{Books, Undecided, subscription_read};
use billing::ids::{AccountId, SubscriptionId};
use billing::time::Timestamp;
use invocation::Invocation;
use store::StoreError;
use stripe_client::Subscription;

use crate::{Sync, SyncError};

impl Sync<'_> {
    /// Reads a subscription and its latest invoice and settles both. `told_at` is when Stripe answered the call that
    /// changed it, if one did: events of later changes are newer than what is read now.
    pub async fn read_subscription(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
    ) -> Result<Subscription, SyncError> {
        invocation.retry_conflicts(|| self.read_once(invocation, account, id, told_at)).await
    }

    async fn read_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
    ) -> Result<Subscription, SyncError> {
        let missing = |what: &dyn std::fmt::Display| SyncError::Missing(what.to_string());
        let books = self.store.books_of_subscriptions(invocation, account).await?;
        let books = books.ok_or_else(|| missing(account))?;
        let read = self.stripe.subscription(invocation, id).await?.ok_or_else(|| missing(id))?;
        self.settle_reading(invocation, books, &read, told_at).await?;
        if let Some(invoice) = &read.latest_invoice {
            self.facts.apply(invocation, invoice).await?;
        }
        Ok(read)
    }

    async fn settle_reading(
        &self,
        invocation: &Invocation,
        mut books: Books,
        read: &Subscription,
        told_at: Option<Timestamp>,
    ) -> Result<(), SyncError> {
        let at = told_at.unwrap_or(read.snapshot.created);
        let mut decision = subscription_read(&books, &read.snapshot, at, invocation.now);
        if decision == Err(Undecided::NeedsAllInvoices) {
            books = self.store.with_all_invoices(invocation, books).await?;
            decision = subscription_read(&books, &read.snapshot, at, invocation.now);
        }
        match decision {
            Ok(None) => Ok(()),
            Ok(Some(change)) => {
                self.store.commit(invocation, &change).await?;
                Ok(())
            }
            Err(undecided) => Err(StoreError::Rejected(undecided.to_string()).into()),
        }
    }
}
