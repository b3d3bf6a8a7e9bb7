//! Reading a subscription at Stripe and settling what it is (money rules 5 and 8).
//!
//! The books are read first and Stripe after them; what Stripe says is committed under the version
//! of the books. So of two readings at once the later one stands, and an event that is told
//! meanwhile makes this look again.

use billing::account::Standing;
use billing::decide::{Books, Reading, Undecided};
use billing::fact::{Fact, News};
use billing::ids::{AccountId, InvoiceId, SubscriptionId};
use billing::time::Timestamp;
use invocation::Invocation;
use store::{Part, StoreError};
use stripe_client::Subscription;

use crate::{Sync, SyncError};

/// A subscription as Stripe has it, and the account's books as they were committed with it.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The subscription.
    pub read: Subscription,
    /// The books: nothing of them has to be read again before the next decision.
    pub books: Books,
}

impl Settled {
    /// Standing of the account.
    pub fn standing(&self) -> &Standing {
        &self.books.standing
    }

    /// The same with a standing that was committed since.
    #[must_use]
    pub fn with(mut self, standing: Standing) -> Self {
        self.books.standing = standing;
        self
    }
}

impl Sync<'_> {
    /// Reads a subscription and its latest invoice and settles both. `told_at` is when Stripe
    /// answered the call that changed it, if one did: events of later changes are newer than what
    /// is read now.
    pub async fn read_subscription(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
    ) -> Result<Settled, SyncError> {
        let tried = invocation
            .retry_conflicts(|| Box::pin(self.read_once(invocation, account, id, told_at)));
        tried.await
    }

    async fn read_once(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        told_at: Option<Timestamp>,
    ) -> Result<Settled, SyncError> {
        let mut books = self.books(invocation, account).await?;
        let read = self.stripe.subscription(invocation, id).await?;
        let read = read.ok_or_else(|| SyncError::Missing(id.to_string()))?;

        let reading = Reading {
            snapshot: &read.snapshot,
            latest_invoice: read.latest_invoice.as_ref(),
            at: told_at.unwrap_or(read.snapshot.created),
        };
        let reading = reading.without_known_invoice(&books);
        if let Some(invoice) = reading.latest_invoice.and_then(invoice_of) {
            let part = Part::Invoice(invoice.clone());
            let known = self.store.load(invocation, account, &[part]).await?.invoice(invoice)?;
            books.invoices.extend(known.map(|known| (invoice.clone(), known)));
        }

        let books = Box::pin(self.commit_reading(invocation, books, reading)).await?;
        Ok(Settled { read, books })
    }

    /// Settles what Stripe answered to a call that changed a subscription, with the invoice that
    /// the change made: under the versions of the books as they were settled before that call. An
    /// event of the change that another writer applied meanwhile makes this read the subscription
    /// again.
    pub async fn settle_answer(
        &self,
        invocation: &Invocation,
        before: Settled,
        answer: Subscription,
    ) -> Result<Settled, SyncError> {
        let (account, id) = (before.books.standing.account.clone(), answer.snapshot.id.clone());
        let at = answer.at;
        let old = before.read.latest_invoice.as_ref().and_then(invoice_of);
        let made = answer.latest_invoice.as_ref().filter(|fact| invoice_of(fact) != old);
        let reading = Reading { snapshot: &answer.snapshot, latest_invoice: made, at };

        match Box::pin(self.commit_reading(invocation, before.books, reading)).await {
            Ok(books) => Ok(Settled { read: answer, books }),
            Err(SyncError::Store(StoreError::Conflict)) => {
                self.read_subscription(invocation, &account, &id, Some(at)).await
            }
            Err(error) => Err(error),
        }
    }

    /// Commits a reading under the versions of these books. What contradicts the books about the
    /// invoice is kept as refused, as an event of it would be.
    async fn commit_reading(
        &self,
        invocation: &Invocation,
        mut books: Books,
        reading: Reading<'_>,
    ) -> Result<Books, SyncError> {
        let mut decision = reading.decide(&books, invocation.now);
        if decision == Err(Undecided::NeedsSubscriptions) {
            books = self.store.with_subscriptions(invocation, books).await?;
            decision = reading.decide(&books, invocation.now);
        }
        if decision == Err(Undecided::NeedsAllInvoices) {
            books = self.store.with_all_invoices(invocation, books).await?;
            decision = reading.decide(&books, invocation.now);
        }

        match (decision, reading.latest_invoice) {
            (Ok(None), _) => Ok(books),
            (Ok(Some(change)), _) => {
                let standing = self.store.commit(invocation, &change).await?;
                Ok(books.committed(standing, change.writes))
            }
            (Err(Undecided::Refused(_)), Some(invoice)) => {
                let account = books.standing.account.clone();
                let alone = Reading { latest_invoice: None, ..reading };
                Box::pin(self.commit_reading(invocation, books, alone)).await?;
                self.facts.apply(invocation, invoice).await?;
                self.books(invocation, &account).await
            }
            (Err(undecided), _) => Err(StoreError::Invalid(undecided.to_string()).into()),
        }
    }
}

fn invoice_of(fact: &Fact) -> Option<&InvoiceId> {
    match &fact.news {
        News::Invoice { snapshot, .. } => Some(&snapshot.id),
        News::CreditNote(_)
        | News::Subscription(_)
        | News::CustomerUpdated(_)
        | News::TaxId(_)
        | News::CustomerDeleted
        | News::MethodChanged
        | News::PaymentMoved(_) => None,
    }
}
