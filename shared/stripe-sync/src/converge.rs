//! Doing at Stripe what follows from an account's books ([`billing::agreement`]).
//!
//! Each step looks first and changes only what is not so yet; what was changed is read and settled
//! at once. Whatever breaks in between, the next run goes on from what is so by then.

use std::collections::BTreeSet;

use billing::account::Standing;
use billing::agreement::{Task, due_at, is_still_chosen, tasks};
use billing::decide::{Books, notice, payment_method_moved};
use billing::ids::{AccountId, CustomerId, PaymentIntentId, PaymentMethodId, SubscriptionId};
use billing::state::State;
use billing::time::Timestamp;
use invocation::Invocation;
use store::Part;
use stripe_requests::Request;
use stripe_requests::request::standing::{
    clear_pause_mark, clear_payment_method, pause_collection, resume_collection, set_payment_method,
};
use stripe_requests::request::subscription::{cancel_at_period_end, end_subscription};

use crate::{Sync, SyncError, family};

/// Time after which a change is asked for again that Stripe accepted and that does not show, in
/// seconds.
const UNCHANGED_SECONDS: i64 = 6 * HOUR_SECONDS;
/// Seconds of an hour.
const HOUR_SECONDS: i64 = 3_600;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Converged {
    /// The state that the journal learned of only now, if it did.
    pub noticed: Option<State>,
    /// What was done at Stripe.
    pub done: Vec<Task>,
    /// The time at which something is to be done about the account's transfers.
    pub desk_at: Option<Timestamp>,
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
        if books.standing.is_behind(invocation.now) {
            converged.noticed = self.notice(invocation, &books).await?;
            books = self.books(invocation, account).await?;
        }

        if family::has_begun(&books.standing, invocation.now) {
            self.begin_model(invocation, account).await?;
            books = self.books(invocation, account).await?;
        }

        converged.desk_at = books.standing.desk_at;
        let tasks = due(&books, invocation.now);
        converged.done = if tasks.iter().any(|(_, task)| task.changes_stripe()) {
            let lease = self.known_lease(invocation, account).await?;
            let work = async {
                let books = self.books(invocation, account).await?;
                self.perform_all(invocation, &books).await
            };
            Box::pin(self.leased(invocation, account, lease, work)).await?
        } else {
            self.perform_all(invocation, &books).await?
        };

        // What Stripe does not do although it was told to is not asked for again at once.
        if !converged.done.is_empty() {
            self.put_off(invocation, account, UNCHANGED_SECONDS).await?;
        }
        Ok(converged)
    }

    /// Does at Stripe what follows from books. Tasks that change something need the account's
    /// lease.
    async fn perform_all(
        &self,
        invocation: &Invocation,
        books: &Books,
    ) -> Result<Vec<Task>, SyncError> {
        let account = &books.standing.account;
        let mut done = Vec::new();
        for (id, task) in due(books, invocation.now) {
            self.perform(invocation, account, &id, &task).await?;
            done.push(task);
        }
        Ok(done)
    }

    /// Puts off what is due for an account by now: nobody looks again for so many seconds, or until
    /// something changes. Nothing is written when nothing is due. True if the index of what is due
    /// has the account: then the schedule comes back to it.
    pub async fn put_off(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        seconds: i64,
    ) -> Result<bool, SyncError> {
        let now = invocation.now;
        invocation
            .retry_conflicts(|| async {
                let loaded = self.store.load(invocation, account, &[Part::Standing]).await?;
                let Some(standing) = loaded.standing()? else { return Ok(false) };
                if due_at(&standing).is_none_or(|at| at > now) {
                    return Ok(standing.retry_at.is_some_and(|retry_at| retry_at > now));
                }

                let retry_at = Some(now.plus_seconds(seconds));
                let later = Standing { retry_at, ..standing };
                self.store.keep_standing(invocation, &later).await?;
                Ok(true)
            })
            .await
    }

    /// Does one task at Stripe.
    async fn perform(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        task: &Task,
    ) -> Result<(), SyncError> {
        match task {
            Task::Read => {
                self.read_subscription(invocation, account, id, None).await?;
                Ok(())
            }
            Task::SetTerms => {
                let settled = self.read_subscription(invocation, account, id, None).await?;
                self.agree_on_terms(invocation, settled).await.map(|_| ())
            }
            Task::PauseCollection => {
                let request = pause_collection(id);
                self.change_if_still(invocation, account, (id, task), &request).await
            }
            Task::ResumeCollection => {
                let request = resume_collection(id);
                self.change_if_still(invocation, account, (id, task), &request).await
            }
            Task::ClearPauseMark => {
                let request = clear_pause_mark(id);
                self.change_if_still(invocation, account, (id, task), &request).await
            }
            Task::MovePaymentMethod(method) => {
                self.move_payment_method(invocation, account, id, method).await
            }
            Task::MakeSchedule => self.book(invocation, account).await.map(|_| ()),
            Task::EndDoubles => self.end_doubles(invocation, account).await,
            Task::EndWithPeriod => {
                let request = cancel_at_period_end(id, true);
                self.change_if_still(invocation, account, (id, task), &request).await
            }
            Task::EndSubscription => self.end_subscription(invocation, account, id).await,
            Task::InvoiceRest(renewal) => self.invoice_rest(invocation, account, *renewal).await,
        }
    }

    /// Ends the running subscription of an account that staff closed: at once, with nothing charged
    /// or given back. The account's lease is held.
    ///
    /// # Errors
    /// [`SyncError`]: the same can be run again.
    pub async fn end_subscription(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
    ) -> Result<(), SyncError> {
        let read = self.read_subscription(invocation, account, id, None).await?.read;
        if !read.snapshot.status.is_live() {
            return Ok(());
        }
        self.change(invocation, account, id, &end_subscription(id)).await
    }

    /// Reads the invoice that a payment intent is to pay, with its payments.
    pub async fn read_invoice_of(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        payment: &PaymentIntentId,
    ) -> Result<(), SyncError> {
        let invoice = self.stripe.invoice_of_payment(invocation, customer, payment).await?;
        let Some(invoice) = invoice else { return Ok(()) };

        if let Some(fact) = self.stripe.invoice(invocation, &invoice).await? {
            self.facts.apply(invocation, &fact).await?;
        }
        Ok(())
    }

    pub(crate) async fn books(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Books, SyncError> {
        let books = self.store.books_of_subscriptions(invocation, account).await?;
        books.ok_or_else(|| SyncError::Missing(account.to_string()))
    }

    /// The missed transitions, at their true times. Before that, every listed invoice that is
    /// overdue is read at Stripe: a lost `invoice.paid` must not cut off somebody who paid (money
    /// rule 2). Where one turns out to be paid, another that was only counted may be listed in its
    /// place, and is read as well: so a state is never told because of an invoice that was not
    /// read.
    async fn notice(
        &self,
        invocation: &Invocation,
        books: &Books,
    ) -> Result<Option<State>, SyncError> {
        let account = &books.standing.account;
        let mut standing = books.standing.clone();
        let mut read = BTreeSet::new();
        loop {
            let overdue = standing.overdue_at(invocation.now).map(|(id, _)| id.clone());
            let unread: Vec<_> = overdue.filter(|id| !read.contains(id)).collect();
            for invoice in &unread {
                if let Some(fact) = self.stripe.invoice(invocation, invoice).await? {
                    self.facts.apply(invocation, &fact).await?;
                }
            }
            if unread.is_empty() || standing.more_open == 0 {
                break;
            }
            read.extend(unread);
            standing = self.books(invocation, account).await?.standing;
        }

        let follows = |standing: &Standing| notice(standing, invocation.now);
        let noticed = self.follow(invocation, account, follows).await?;
        Ok(noticed.map(|standing| standing.noticed.state))
    }

    /// Changes a subscription at Stripe if the task is still to be done as Stripe has it now: a
    /// pause that the vendor's people made or changed meanwhile stays theirs.
    async fn change_if_still(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (id, task): (&SubscriptionId, &Task),
        request: &Request,
    ) -> Result<(), SyncError> {
        let books = self.read_subscription(invocation, account, id, None).await?.books;
        if !tasks(&books.standing, books.subscriptions.get(id), invocation.now).contains(task) {
            return Ok(());
        }
        self.change(invocation, account, id, request).await
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

    /// The card that our Checkout gave to a subscription becomes its customer's, unless the
    /// customer chose another since, and the subscription has none of its own any more: so whoever
    /// changes the card in the portal changes what is charged (money rule 9). The journal says so
    /// while the subscription still has it, so that this comes back here until that is said; and
    /// the standing remembers that it is, so that it is said once.
    async fn move_payment_method(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        id: &SubscriptionId,
        method: &PaymentMethodId,
    ) -> Result<(), SyncError> {
        let read = self.read_subscription(invocation, account, id, None).await?.read;
        if read.snapshot.payment_method.as_ref() != Some(method) || !read.snapshot.card_moves {
            return Ok(());
        }
        let Some(customer) = self.stripe.customer(invocation, &read.customer).await? else {
            return Ok(());
        };

        let before = stripe_client::subscription::card_before(&read.body)?;
        if is_still_chosen(method, customer.payment_method.as_ref(), before.as_ref()) {
            self.stripe.call(invocation, &set_payment_method(&read.customer, method)).await?;
            let follows =
                |standing: &Standing| payment_method_moved(standing, method, invocation.now);
            self.follow(invocation, account, follows).await?;
        }
        self.change(invocation, account, id, &clear_payment_method(id)).await
    }
}

/// Tasks about the account's subscription.
fn due(books: &Books, now: Timestamp) -> Vec<(SubscriptionId, Task)> {
    // The rest of a period is owed whatever became of its subscription.
    let Some(current) = &books.standing.subscription else { return Vec::new() };
    let tasks = tasks(&books.standing, books.subscriptions.get(&current.id), now);
    tasks.into_iter().map(|task| (current.id.clone(), task)).collect()
}
