//! What a desk's decisions make at Stripe, step by step ([`billing::desk::next`]).
//!
//! Each step is one call under a key of the receipt's own, and one commit behind it. Whatever
//! breaks in between, the next run makes the same call under the same key. A key is relied on for
//! less than a day, and not after a failure that Stripe would repeat: then it is looked first.

use std::collections::BTreeMap;

use billing::change::Change;
use billing::decide::Books;
use billing::desk::{self, Desk, Ended, IsAtStripe, Step};
use billing::fact::{Fact, InvoiceStatus};
use billing::ids::{AccountId, CustomerId, InvoiceId};
use billing::money::Money;
use billing::prepaid::{Movement, replay};
use billing::receipt::{PartState, Receipt};
use invocation::Invocation;
use runtime::telemetry::alarm;
use stripe_client::StripeError;
use stripe_client::transfer::{invoice_of, paid_outside};
use stripe_requests::Request;
use stripe_requests::request::transfer::{NewMovement, go_on_with_retries, stop_retries};
use tracing::{error, info};

use crate::Failure;
use crate::advice::books;
use crate::desk::{TransferDesk, commit};

/// Most steps of one run: what is left is done by the next one.
const STEPS_MAX: usize = 60;

impl TransferDesk<'_> {
    /// Does what is to be done about an account's transfers. The account's lease is held. The desk
    /// as it is then.
    pub(crate) async fn follow_held(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Desk, Failure> {
        for _ in 0..STEPS_MAX {
            let (books, desk) = books(self.store, invocation, account).await?;
            let Some(step) = desk::next(&desk, &books.invoices, invocation.now) else {
                return Box::pin(self.look_at_balance(invocation, &books, desk)).await;
            };
            Box::pin(self.take(invocation, (&books, &desk), &step)).await?;
            info!(account.id = %account, "a step about transfers of account {account}: {step:?}");
        }
        Ok(books(self.store, invocation, account).await?.1)
    }

    async fn take(
        &self,
        invocation: &Invocation,
        (books, desk): (&Books, &Desk),
        step: &Step,
    ) -> Result<(), Failure> {
        let account = &books.standing.account;
        match step {
            Step::Expire(id) => {
                let change = desk::expired((books, desk), id, invocation.now);
                self.keep(invocation, &change.map_err(Failure::Refused)?).await
            }
            Step::Free(invoice) => {
                self.keep(invocation, &desk::freed((books, desk), invoice, invocation.now)).await
            }
            Step::Pay { invoice, receipt } => {
                let receipt = known(desk, receipt)?;
                self.pay(invocation, (account, receipt), invoice).await
            }
            Step::Credit(receipt) => {
                let receipt = known(desk, receipt)?;
                let step = format!("credit-{}", receipt.credited);
                let amount = receipt.crediting.saturating_neg();
                if !self.move_balance(invocation, (books, receipt), (&step, amount)).await? {
                    return Ok(());
                }
                let done = |books: &Books, desk: &Desk| {
                    desk::credited((books, desk), &receipt.id, invocation.now)
                };
                self.settle(invocation, account, done).await
            }
            Step::Reverse(receipt) => {
                let receipt = known(desk, receipt)?;
                let step = format!("reversal-{}", receipt.reversed);
                let amount = receipt.taking();
                if !self.move_balance(invocation, (books, receipt), (&step, amount)).await? {
                    return Ok(());
                }
                let done = |books: &Books, desk: &Desk| {
                    desk::reversed((books, desk), &receipt.id, invocation.now)
                };
                self.settle(invocation, account, done).await
            }
            Step::Replace { invoice, receipt } => {
                let replaced = self.replace(invocation, (books, desk), (invoice, receipt));
                Box::pin(replaced).await
            }
            Step::Stop(invoice) => {
                self.set_retries(invocation, (account, invoice), IsAtStripe::Yes).await
            }
            Step::GoOn(invoice) => {
                self.set_retries(invocation, (account, invoice), IsAtStripe::No).await
            }
        }
    }

    /// Marks an invoice as paid at Stripe, and settles it as the webhook's fact would.
    async fn pay(
        &self,
        invocation: &Invocation,
        (account, receipt): (&AccountId, &Receipt),
        invoice: &InvoiceId,
    ) -> Result<(), Failure> {
        if receipt.intent.must_look_first(invocation.now) {
            if self.look_at_invoice(invocation, account, invoice).await? {
                return Ok(());
            }
            return self.try_anew(invocation, account, receipt).await;
        }

        let key = receipt.key_of(&format!("pay-{invoice}"));
        let error = match self.stripe.pay_outside(invocation, invoice, key).await {
            Ok(Some(fact)) => {
                return self.settle_invoice(invocation, account, &fact).await.map(drop);
            }
            Ok(None) => return Err(Failure::Missing(invoice.to_string())),
            Err(error) => error,
        };
        let is_answer = error.is_refusal() || error.would_be_repeated();
        if is_answer && self.look_at_invoice(invocation, account, invoice).await? {
            return Ok(());
        }
        if error.would_be_repeated() {
            self.spend(invocation, account, receipt).await?;
        }
        Err(error.into())
    }

    /// Reads an invoice that is to be marked as paid. True if it has ended: then its money is
    /// settled.
    async fn look_at_invoice(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        invoice: &InvoiceId,
    ) -> Result<bool, Failure> {
        let fact = self.stripe.invoice(invocation, invoice).await?;
        let fact = fact.ok_or_else(|| Failure::Missing(invoice.to_string()))?;
        self.settle_invoice(invocation, account, &fact).await
    }

    /// Applies what Stripe says of an invoice, and settles the money that was to pay it, if the
    /// invoice has ended. A payment outside of Stripe that is none of an earlier receipt is ours.
    async fn settle_invoice(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        fact: &Fact,
    ) -> Result<bool, Failure> {
        self.facts.apply(invocation, fact).await?;
        let Some(snapshot) = invoice_of(fact).filter(|it| it.status.has_ended()) else {
            return Ok(false);
        };

        let (id, outside) = (snapshot.id.clone(), paid_outside(snapshot));
        let is_paid = snapshot.status == InvoiceStatus::Paid;
        let done = |books: &Books, desk: &Desk| {
            let settled = desk.receipts.values().map(|it| it.sum_for(&id, PartState::Settled));
            let settled = settled.fold(0_i64, i64::saturating_add);
            let ours = outside.map(|outside| outside.saturating_sub(settled));
            let (paid, came) = (ours.unwrap_or_default(), desk::paying(desk, &id));
            if is_paid && came > 0 && paid > came {
                error!(alarm = alarm::SETTLED_SHORT, account.id = %account, invoice.id = %id,
                    "invoice {id} of account {account} was settled for {paid} minor units by a \
                     transfer of {came}: what remained rose after it was approved");
            }
            let ended = match ours {
                Some(ours) if is_paid && ours > 0 => Ended::PaidOutside(Some(ours)),
                Some(_) | None => Ended::Otherwise,
            };
            desk::settle((books, desk), &id, ended, invocation.now)
        };
        self.settle(invocation, account, done).await?;
        Ok(true)
    }

    /// Moves the customer's balance by a step of a receipt. False if it is to be tried under
    /// another key.
    async fn move_balance(
        &self,
        invocation: &Invocation,
        (books, receipt): (&Books, &Receipt),
        (step, amount): (&str, i64),
    ) -> Result<bool, Failure> {
        let customer = customer(books)?;
        let (account, currency) = (&books.standing.account, receipt.amount.currency);
        if receipt.intent.must_look_first(invocation.now) {
            let entries = self.stripe.balance(invocation, customer).await?;
            let is_made = entries.iter().any(|entry| {
                entry.movement.receipt.as_ref() == Some(&receipt.id)
                    && entry.step.as_deref() == Some(step)
            });
            if !is_made {
                self.try_anew(invocation, account, receipt).await?;
            }
            return Ok(is_made);
        }

        let description = format!("Prepayment, {}", receipt.reference);
        let new = NewMovement {
            customer,
            amount: Money::new(amount, currency),
            receipt: &receipt.id,
            step,
            description: &description,
        };
        let moved = self.stripe.move_balance(invocation, &new, receipt.key_of(step)).await;
        if moved.as_ref().is_err_and(StripeError::would_be_repeated) {
            self.spend(invocation, account, receipt).await?;
        }
        moved?;
        Ok(true)
    }

    /// Stops Stripe's own retries of an invoice, or lets them go on.
    async fn set_retries(
        &self,
        invocation: &Invocation,
        (account, invoice): (&AccountId, &InvoiceId),
        wanted: IsAtStripe,
    ) -> Result<(), Failure> {
        let request: Request = match wanted {
            IsAtStripe::Yes => stop_retries(invoice),
            IsAtStripe::No => go_on_with_retries(invoice),
        };
        let fact = self.stripe.invoice(invocation, invoice).await?;
        let open = fact.as_ref().and_then(invoice_of).filter(|it| it.status == InvoiceStatus::Open);
        let was_stopped = open.is_some_and(|it| it.auto_advance == Some(false) && !it.held);
        if let Some(fact) = &fact {
            self.facts.apply(invocation, fact).await?;
        }

        // What the vendor's people stopped is theirs, and what has ended needs nothing.
        let is_ours = open.is_some() && !was_stopped;
        if is_ours {
            self.stripe.call(invocation, &request).await?;
        }
        let is_at_stripe = if is_ours { wanted } else { IsAtStripe::No };
        let done = |books: &Books, desk: &Desk| {
            desk::stopped((books, desk), invoice, is_at_stripe, invocation.now)
        };
        self.settle(invocation, account, done).await
    }

    /// Takes over which invoice used which prepayment, by the customer's balance at Stripe.
    async fn look_at_balance(
        &self,
        invocation: &Invocation,
        books: &Books,
        desk: Desk,
    ) -> Result<Desk, Failure> {
        let account = &books.standing.account;
        let uses = if desk.receipts.values().any(|receipt| receipt.credited > 0) {
            let entries = self.stripe.balance(invocation, customer(books)?).await?;
            let movements: Vec<Movement> = entries.into_iter().map(|it| it.movement).collect();
            replay(&movements)
        } else {
            BTreeMap::new()
        };
        let is_due = books.standing.desk_at.is_some_and(|at| at <= invocation.now);
        let is_new = desk::applied((books, &desk), &uses, invocation.now).is_some();
        if !is_new && !is_due {
            return Ok(desk);
        }

        let done = |books: &Books, desk: &Desk| {
            let applied = desk::applied((books, desk), &uses, invocation.now);
            applied.unwrap_or_else(|| desk::looked((books, desk), invocation.now))
        };
        self.settle(invocation, account, done).await?;
        Ok(crate::advice::books(self.store, invocation, account).await?.1)
    }

    /// Another attempt of a receipt's calls, under other keys.
    pub(crate) async fn try_anew(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        receipt: &Receipt,
    ) -> Result<(), Failure> {
        let done =
            |books: &Books, desk: &Desk| desk::retried((books, desk), &receipt.id, invocation.now);
        self.settle(invocation, account, done).await
    }

    /// Stripe would only repeat its failure under this key.
    pub(crate) async fn spend(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        receipt: &Receipt,
    ) -> Result<(), Failure> {
        let done =
            |books: &Books, desk: &Desk| desk::spent((books, desk), &receipt.id, invocation.now);
        self.settle(invocation, account, done).await
    }

    /// Commits what follows from the desk as it is, and again after a conflict.
    pub(crate) async fn settle(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        follows: impl Fn(&Books, &Desk) -> Change,
    ) -> Result<(), Failure> {
        let settled = invocation.retry_conflicts(|| async {
            let (books, desk) = books(self.store, invocation, account).await?;
            self.keep(invocation, &follows(&books, &desk)).await
        });
        Box::pin(settled).await
    }

    async fn keep(&self, invocation: &Invocation, change: &Change) -> Result<(), Failure> {
        Ok(commit(self.store, invocation, change).await?)
    }
}

pub(crate) fn known<'a>(desk: &'a Desk, receipt: &str) -> Result<&'a Receipt, Failure> {
    desk.receipts.get(receipt).ok_or_else(|| Failure::Missing(receipt.to_owned()))
}

pub(crate) fn customer(books: &Books) -> Result<&CustomerId, Failure> {
    let customer = books.profile.as_ref().and_then(|profile| profile.customer.as_ref());
    customer.ok_or(Failure::Refused(billing::advice::TransferRefusal::NoCustomer))
}
