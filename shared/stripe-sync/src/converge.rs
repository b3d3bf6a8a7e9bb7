//! Doing at Stripe what follows from an account's books ([`billing::agreement`]).
//!
//! Each step looks first and changes only what is not so yet; what was changed is read and settled
//! at once. Whatever breaks in between, the next run goes on from what is so by then.

use billing::account::Standing;
use billing::agreement::{Task, tasks};
use billing::decide::{Books, notice, payment_method_moved};
use billing::ids::{AccountId, InvoiceId, PaymentMethodId, SubscriptionId};
use billing::state::State;
use invocation::Invocation;
use store::{Part, StoreError};
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
    /// Writes into the journal what time has made of an account, after a look at Stripe, and does
    /// at Stripe what follows from its books. Safe to run at any time, any number of times.
    pub async fn converge(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Converged, SyncError> {
        let mut converged = Converged::default();
        let mut books = self.books(invocation, account).await?;
        if !books.standing.transitions_until(invocation.now).is_empty() {
            converged.noticed = self.notice(invocation, &books).await?;
            books = self.books(invocation, account).await?;
        }
        let Some(live) = books.standing.live_subscription() else { return Ok(converged) };
        let id = live.id.clone();
        for task in tasks(&books.standing, books.subscriptions.get(&id), invocation.now) {
            match &task {
                Task::Read => {
                    self.read_subscription(invocation, account, &id, None).await?;
                }
                Task::PauseCollection => {
                    self.change(invocation, account, &id, &pause_collection(&id)).await?;
                }
                Task::ResumeCollection => {
                    self.change(invocation, account, &id, &resume_collection(&id)).await?;
                }
                Task::MovePaymentMethod(method) => {
                    self.move_payment_method(invocation, account, &id, method).await?;
                }
                Task::MakeSchedule => {
                    self.book(invocation, account).await?;
                }
            }
            converged.done.push(task);
        }
        self.end_doubles(invocation, &books).await?;
        Ok(converged)
    }

    pub(crate) async fn books(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Books, SyncError> {
        let books = self.store.books_of_subscriptions(invocation, account).await?;
        books.ok_or_else(|| SyncError::Missing(account.to_string()))
    }

    /// The missed transitions, at their true times. Before that, every invoice that is overdue is
    /// read at Stripe: a lost `invoice.paid` must not cut off somebody who paid (money rule 2).
    async fn notice(
        &self,
        invocation: &Invocation,
        books: &Books,
    ) -> Result<Option<State>, SyncError> {
        let account = &books.standing.account;
        for (invoice, _) in books.standing.overdue_at(invocation.now) {
            if let Some(fact) = self.stripe.invoice(invocation, invoice).await? {
                self.facts.apply(invocation, &fact).await?;
            }
        }
        let follows = |standing: &Standing| notice(standing, invocation.now);
        let Some(noticed) = self.follow(invocation, account, follows).await? else {
            return Ok(None);
        };
        self.move_on(invocation, &noticed).await?;
        Ok(Some(noticed.noticed.state))
    }

    /// Invoices that were noticed as overdue stand in the index under the date on which they
    /// disable the account, from then on: so that the schedule finds them again on that day.
    async fn move_on(&self, invocation: &Invocation, standing: &Standing) -> Result<(), SyncError> {
        let account = &standing.account;
        let overdue: Vec<InvoiceId> =
            standing.overdue_at(invocation.now).map(|(id, _)| id.clone()).collect();
        if overdue.is_empty() {
            return Ok(());
        }

        let parts: Vec<Part> = overdue.iter().cloned().map(Part::Invoice).collect();
        let loaded = self.store.load(invocation, account, &parts).await?;
        for id in &overdue {
            let Some(invoice) = loaded.invoice(id)? else { continue };
            match self.store.keep_invoice(invocation, account, &invoice).await {
                // Whoever was faster wrote it under its next date.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Changes a subscription at Stripe, and settles what it is then.
    async fn change(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        request: &Request,
    ) -> Result<(), SyncError> {
        let told_at = Some(self.stripe.call(invocation, request).await?.at);
        self.read_subscription(invocation, account, id, told_at).await?;
        Ok(())
    }

    /// The card that Checkout gave to a subscription becomes its customer's, and the subscription
    /// has none of its own any more: so whoever changes the card in the portal changes what is
    /// charged (money rule 9). The journal says so while the subscription still has it, so that
    /// this comes back here until that is said; and the standing remembers that it is, so that it
    /// is said once.
    async fn move_payment_method(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        method: &PaymentMethodId,
    ) -> Result<(), SyncError> {
        let read = self.read_subscription(invocation, account, id, None).await?.read;
        if read.snapshot.payment_method.as_ref() != Some(method) {
            return Ok(());
        }
        self.stripe.call(invocation, &set_payment_method(&read.customer, method)).await?;
        let follows = |standing: &Standing| payment_method_moved(standing, method, invocation.now);
        self.follow(invocation, account, follows).await?;
        self.change(invocation, account, id, &clear_payment_method(id)).await
    }
}
