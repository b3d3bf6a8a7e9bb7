//! Doing at Stripe what follows from an account's books ([`billing::agreement`]).
//!
//! Each step looks first and changes only what is not so yet; what was changed is read and settled at once. Whatever
//! breaks in between, the next run goes on from what is so by then.

use billing::account::Standing;
use billing::agreement::{Task, tasks};
use billing::decide::{Books, notice, payment_method_moved};
use billing::ids::{AccountId, PaymentMethodId, SubscriptionId};
use billing::journal::Cause;
use billing::state::State;
use billing::time::Timestamp;
use store::keys::{self, Key};
use store::{Cost, StoreError};
use stripe_requests::Request;
use stripe_requests::request::standing::{
    clear_payment_method, pause_collection, resume_collection, set_payment_method,
};

use crate::{Sync, SyncError};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Converged {
    /// The state that the journal learned of only now, if it did.
    pub noticed: Option<State>,
    /// What was done at Stripe.
    pub done: Vec<Task>,
}

impl Sync<'_> {
    /// Writes into the journal what time has made of an account, after a look at Stripe, and does at Stripe what follows
    /// from its books. Safe to run at any time, any number of times.
    pub async fn converge(
        &self,
        account: &AccountId,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Converged, SyncError> {
        let mut converged = Converged::default();
        let mut books = self.books(account, cost).await?;
        if !books.standing.transitions_until(now).is_empty() {
            converged.noticed = self.notice(&books, cause, now, cost).await?;
            books = self.books(account, cost).await?;
        }
        let Some(live) = books.standing.live_subscription() else { return Ok(converged) };
        let id = live.id.clone();
        for task in tasks(&books.standing, books.subscriptions.get(&id), now) {
            match &task {
                Task::Read => {
                    self.read_subscription(account, &id, None, cause, now, cost).await?;
                }
                Task::PauseCollection => {
                    self.change(account, &id, &pause_collection(&id), cause, now, cost).await?;
                }
                Task::ResumeCollection => {
                    self.change(account, &id, &resume_collection(&id), cause, now, cost).await?;
                }
                Task::MovePaymentMethod(method) => {
                    self.move_payment_method(account, &id, method, cause, now, cost).await?;
                }
                Task::MakeSchedule => {
                    self.book(account, cause, now, cost).await?;
                }
            }
            converged.done.push(task);
        }
        self.end_doubles(&books, cause, now, cost).await?;
        Ok(converged)
    }

    pub(crate) async fn books(
        &self,
        account: &AccountId,
        cost: &mut Cost,
    ) -> Result<Books, SyncError> {
        let books = self.store.books_of_subscriptions(account, cost).await?;
        books.ok_or_else(|| SyncError::Missing(account.to_string()))
    }

    /// The missed transitions, at their true times. Before that, every invoice that is overdue is read at Stripe: a lost
    /// `invoice.paid` must not cut off somebody who paid (money rule 2).
    async fn notice(
        &self,
        books: &Books,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<Option<State>, SyncError> {
        let account = &books.standing.account;
        for (invoice, _) in books.standing.overdue_at(now) {
            if let Some(fact) = self.stripe.invoice(invoice, now).await? {
                self.settle.settle(&fact, cause, now, cost).await?;
            }
        }
        let follows = |standing: &Standing| notice(standing, now);
        let Some(noticed) = self.follow(account, follows, cause, now, cost).await? else {
            return Ok(None);
        };
        self.move_on(&noticed, now, cost).await?;
        Ok(Some(noticed.noticed.state))
    }

    /// Invoices that were noticed as overdue stand in the index under the date on which they disable the account, from
    /// then on: so that the schedule finds them again on that day.
    async fn move_on(
        &self,
        standing: &Standing,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), SyncError> {
        let account = &standing.account;
        let keys: Vec<Key> =
            standing.overdue_at(now).map(|(id, _)| keys::invoice(account, id)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        for item in self.store.batch(&keys, cost).await? {
            let invoice = store::invoice::read(&item)?;
            match self.store.keep_invoice(account, &invoice, now, cost).await {
                // Whoever was faster wrote it under its next date.
                Ok(()) | Err(StoreError::Lost) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Changes a subscription at Stripe, and settles what it is then.
    async fn change(
        &self,
        account: &AccountId,
        id: &SubscriptionId,
        request: &Request,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), SyncError> {
        let told_at = Some(self.stripe.call(request, now).await?.at);
        self.read_subscription(account, id, told_at, cause, now, cost).await?;
        Ok(())
    }

    /// The card that Checkout gave to a subscription becomes its customer's, and the subscription has none of its own
    /// any more: so whoever changes the card in the portal changes what is charged (money rule 9). The journal says so
    /// while the subscription still has it, so that this comes back here until that is said; and the standing remembers
    /// that it is, so that it is said once.
    async fn move_payment_method(
        &self,
        account: &AccountId,
        id: &SubscriptionId,
        method: &PaymentMethodId,
        cause: &Cause,
        now: Timestamp,
        cost: &mut Cost,
    ) -> Result<(), SyncError> {
        let read = self.read_subscription(account, id, None, cause, now, cost).await?;
        if read.snapshot.payment_method.as_ref() != Some(method) {
            return Ok(());
        }
        self.stripe.call(&set_payment_method(&read.customer, method), now).await?;
        let follows = |standing: &Standing| payment_method_moved(standing, method, now);
        self.follow(account, follows, cause, now, cost).await?;
        self.change(account, id, &clear_payment_method(id), cause, now, cost).await
    }
}
