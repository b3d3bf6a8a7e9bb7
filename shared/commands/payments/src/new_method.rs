//! A new payment method pays what is owed (A11, money rule 10): each invoice is tried once with it,
//! by the command that pays one.

use std::time::Duration;

use billing::change::Write;
use billing::ids::{AccountId, InvoiceId};
use billing::on_file::{OnFile, StoredMethod};
use billing::paying::{Ended, Refused};
use billing::trial::to_be_tried;
use invocation::Invocation;
use store::{Part, StoreError};
use stripe_requests::request::paying::Presence;
use tracing::info;

use crate::all::is_final;
use crate::{NewPayment, Payments, Unpaid};

/// Time that is left for a payment before another one begins.
const PAYMENT_TIME: Duration = Duration::from_secs(12);

/// Progress of a new payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left to be tried.
    Done,
    /// Something is left: it is gone on with later.
    GoesOn,
}

/// What a payment with a new method came to.
enum Came {
    /// The next invoice follows.
    Next,
    /// The method was declined, with that code, and may pay another invoice.
    Declined(String),
    /// The method is not charged again.
    Over(String),
    /// Somebody else is at work on it.
    Busy,
}

impl Payments<'_> {
    /// Reads what is on file at Stripe, and tries what is owed with it if it is new, the oldest
    /// invoice first. A decline that is for good ends it. Safe to run at any time, any number of
    /// times: each invoice knows what it was tried with. True with the progress if something
    /// follows at Stripe.
    ///
    /// # Errors
    /// The table or Stripe failed: the next run goes on.
    pub async fn try_new_method(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<(Progress, bool), Unpaid> {
        let on_file = invocation.retry_conflicts(|| self.look_at_file(invocation, account)).await?;
        let Some(method) = on_file.as_ref().and_then(OnFile::untried) else {
            return Ok((Progress::Done, false));
        };
        let books = self.store.books_of_subscriptions(invocation, account).await?;
        let books = books.ok_or_else(|| Unpaid::NoAccount(account.clone()))?;
        let books = self.store.with_all_invoices(invocation, books).await?;

        let (mut declined, mut follows) = (None, false);
        for invoice in to_be_tried(&books, invocation.now) {
            if !invocation.has_time_for(PAYMENT_TIME) {
                return Ok((Progress::GoesOn, follows));
            }
            let (came, differs) = self.try_one(invocation, account, (&invoice, method)).await?;
            follows |= differs;
            match came {
                Came::Next => {}
                Came::Declined(code) => declined = Some(code),
                Came::Over(code) => {
                    declined = Some(code);
                    break;
                }
                Came::Busy => return Ok((Progress::GoesOn, follows)),
            }
        }
        self.end_trial(invocation, account, method, declined).await?;
        Ok((Progress::Done, follows))
    }

    /// What is on file, as Stripe has it now; none for an account without a customer.
    async fn look_at_file(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Option<OnFile>, Unpaid> {
        let parts = [Part::Profile, Part::OnFile];
        let loaded = self.store.load(invocation, account, &parts).await?;
        let customer = loaded.profile()?.and_then(|profile| profile.customer);
        let Some(customer) = customer else { return Ok(None) };

        let known = loaded.on_file()?;
        let read = self.stripe.method_on_file(invocation, &customer).await?;
        let Some(news) = known.after(read, invocation.now) else { return Ok(Some(known)) };
        self.store.keep(invocation, account, &[Write::OnFile(news.clone())]).await?;
        info!(account.id = %account, "another payment method of account {account} is on file");
        Ok(Some(OnFile { version: news.version.saturating_add(1), ..news }))
    }

    async fn try_one(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (invoice, method): (&InvoiceId, &StoredMethod),
    ) -> Result<(Came, bool), Unpaid> {
        let loaded = self.store.load(invocation, account, &Self::parts(invoice)).await?;
        let new = NewPayment {
            invoice: invoice.clone(),
            method: Some(method.id.clone()),
            presence: Presence::OffSession,
            new_method: Some(method.key()),
        };
        match self.pay(invocation, (account, loaded), &new).await {
            Ok(tried) => {
                let is_over = is_final(&tried);
                let came = match tried.ended {
                    Ended::Declined(code) if is_over => Came::Over(code),
                    Ended::Declined(code) => Came::Declined(code),
                    Ended::Paid | Ended::Processing | Ended::Refused => Came::Next,
                };
                Ok((came, tried.differs_at_stripe))
            }
            Err(Unpaid::Refused(Refused::AtWork)) => Ok((Came::Busy, false)),
            // It was paid, reported or tried meanwhile, or Stripe does not take it.
            Err(
                Unpaid::Refused(_) | Unpaid::NoMethod | Unpaid::Method(_) | Unpaid::ByStripe(_),
            ) => Ok((Came::Next, false)),
            Err(error @ (Unpaid::NoAccount(_) | Unpaid::Stripe(_) | Unpaid::Store(_))) => {
                Err(error)
            }
        }
    }

    /// Everything was tried with a method. One that was changed meanwhile begins anew.
    async fn end_trial(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        method: &StoredMethod,
        declined: Option<String>,
    ) -> Result<(), StoreError> {
        invocation
            .retry_conflicts(|| async {
                let loaded = self.store.load(invocation, account, &[Part::OnFile]).await?;
                let on_file = loaded.on_file()?;
                if on_file.untried().is_none_or(|it| it.key() != method.key()) {
                    return Ok(());
                }
                let ended = on_file.tried(declined.clone());
                self.store.keep(invocation, account, &[Write::OnFile(ended)]).await
            })
            .await
    }
}
