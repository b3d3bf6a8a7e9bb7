//! Reading a subscription at Stripe and settling what it is (money rules 5 and 8).
//!
//! The books are read first and Stripe after them; what Stripe says is committed under the version of the books. So of two
//! readings at once the later one stands, and an event that is told meanwhile makes this look again.

use billing::decide::{Books, Undecided, subscription_read};
use billing::ids::{AccountId, SubscriptionId};
use billing::journal::Cause;
use billing::time::Timestamp;
use store::{Cost, StoreError};
use stripe_client::Subscription;

use crate::{Sync, SyncError, TRIES_MAX};

impl Sync<'_> {
    /// Reads a subscription and its latest invoice and settles both. `told_at` is when Stripe answered the call that
    /// changed it, if one did: events of later changes are newer than what is read now.
    pub async fn read_subscription(
        &self,
        account: &AccountId,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Subscription, SyncError> {
        let mut tries: u32 = 0;
        loop {
            tries = tries.saturating_add(1);
            let lost = match self.read_once(account, id, told_at, cause, now, cost).await {
                Err(SyncError::Store(error @ StoreError::Lost)) => error,
                read_or_not => return read_or_not,
            };
            if tries >= TRIES_MAX {
                return Err(lost.into());
            }
            self.settle.wait_before_try(tries).await;
        }
    }

    async fn read_once(
        &self,
        account: &AccountId,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Subscription, SyncError> {
        let missing = |what: &dyn std::fmt::Display| SyncError::Missing(what.to_string());
        let books = self.store.books_of_subscriptions(account, cost).await?;
        let books = books.ok_or_else(|| missing(account))?;
        let read = self.stripe.subscription(id, now).await?.ok_or_else(|| missing(id))?;
        self.settle_reading(books, &read, told_at, cause, now, cost).await?;
        if let Some(invoice) = &read.latest_invoice {
            self.settle.settle(invoice, cause, now, cost).await?;
        }
        Ok(read)
    }

    async fn settle_reading(
        &self,
        mut books: Books,
        read: &Subscription,
        told_at: Option<Timestamp>,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), SyncError> {
        let at = told_at.unwrap_or(read.snapshot.created);
        let mut decision = subscription_read(&books, &read.snapshot, at, now);
        if decision == Err(Undecided::NeedsAllInvoices) {
            books = self.store.with_all_invoices(books, cost).await?;
            decision = subscription_read(&books, &read.snapshot, at, now);
        }
        match decision {
            Ok(None) => Ok(()),
            Ok(Some(change)) => Ok(self.store.commit(&change, cause, now, cost).await?),
            Err(undecided) => Err(StoreError::Rejected(undecided.to_string()).into()),
        }
    }
}
