//! Invoicing a bill at Stripe: a draft that Stripe leaves alone, its lines, and only then finalized
//! (money rule 18).
//!
//! Each step has an idempotency key of its own, made of the bill's token: repeated, it is the same
//! step. When keys cannot be relied on (a day later, or after a failure of Stripe's that it would
//! repeat), Stripe is searched for what is there, and only what is missing is made, under new keys.

use billing::bill::{Bill, Charge};
use billing::fact::{Collection, InvoiceStatus};
use billing::ids::{AccountId, CustomerId};
use billing::overage::Line;
use invocation::Invocation;
use runtime::telemetry::alarm;
use stripe_client::{ReadInvoice, StripeError};
use stripe_requests::request::invoice::{
    LINES_MAX, MONTH_METADATA, NewInvoice, NewLine, REST_METADATA,
};
use stripe_requests::{CallError, Refusal};
use tracing::error;

use crate::{Sync, SyncError};

/// Outcome of a bill.
#[derive(Debug)]
pub enum Billed {
    /// Its invoice is made, and the books have it.
    Invoiced,
    /// Stripe refuses the invoice: the bill as it is by then.
    Refused(Box<Bill>, Refusal),
}

/// A bill on its way, and whose.
struct Making<'a> {
    account: &'a AccountId,
    customer: &'a CustomerId,
    bill: Bill,
}

impl Making<'_> {
    /// Idempotency key of a step of this attempt.
    fn key(&self, step: &str) -> String {
        format!("{}-{step}", self.bill.intent.idempotency_key())
    }
}

impl Sync<'_> {
    /// Makes the invoice of a bill, unless that was done, and applies it. `rates` finds the tax
    /// rates of its lines, once: they are frozen in the bill.
    ///
    /// # Errors
    /// [`SyncError`]: what was done is done, and the same can be run again.
    pub async fn invoice_bill(
        &self,
        invocation: &Invocation,
        (account, customer): (&AccountId, &CustomerId),
        bill: Bill,
        rates: impl AsyncFnOnce() -> Result<Vec<String>, SyncError>,
    ) -> Result<Billed, SyncError> {
        let mut making = Making { account, customer, bill };
        match self.make(invocation, &mut making, rates).await {
            Ok(invoice) => {
                self.conclude(invocation, &making, &invoice).await?;
                Ok(Billed::Invoiced)
            }
            Err(SyncError::Stripe(error)) if error.would_be_repeated() => {
                let bill = Bill { intent: making.bill.intent.after_failure(), ..making.bill };
                self.store.keep_bill(invocation, account, &bill).await?;
                Err(error.into())
            }
            Err(SyncError::Stripe(StripeError::Call(CallError::Refused(refusal)))) => {
                Ok(Billed::Refused(Box::new(making.bill), refusal))
            }
            Err(error) => Err(error),
        }
    }

    /// The invoice, finalized and, for manual terms, sent.
    async fn make(
        &self,
        invocation: &Invocation,
        making: &mut Making<'_>,
        rates: impl AsyncFnOnce() -> Result<Vec<String>, SyncError>,
    ) -> Result<ReadInvoice, SyncError> {
        if making.bill.refused.is_some() || making.bill.intent.must_look_first(invocation.now) {
            self.look(invocation, making).await?;
        }
        let (draft, there) = match &making.bill.invoice {
            None => {
                let rates = self.frozen_rates(invocation, making, rates).await?;
                (self.draft(invocation, making, &rates).await?, Vec::new())
            }
            Some(id) => {
                let found = self.stripe.invoice_now(invocation, id).await?;
                let token = &making.bill.intent.token;
                (found, self.stripe.lines_of_intent(invocation, id, token).await?)
            }
        };
        if draft.status != InvoiceStatus::Draft {
            return self.sent(invocation, making, draft).await;
        }

        self.fill(invocation, making, &draft, &there).await?;
        let finalize = making.key("finalize");
        let open = self.stripe.finalize_invoice(invocation, &draft.id, finalize).await?;
        self.sent(invocation, making, open).await
    }

    /// Begins the next attempt, with the invoice that an earlier one made, if it did.
    async fn look(
        &self,
        invocation: &Invocation,
        making: &mut Making<'_>,
    ) -> Result<(), SyncError> {
        let intent = &making.bill.intent;
        let (token, since) = (&intent.token, intent.made_since());
        let found =
            self.stripe.invoice_of_intent(invocation, making.customer, token, since).await?;
        let bill = Bill {
            intent: intent.next_attempt(invocation.now),
            invoice: found.map(|found| found.id),
            refused: None,
            ..making.bill.clone()
        };
        making.bill = self.store.keep_bill(invocation, making.account, &bill).await?;
        Ok(())
    }

    async fn draft(
        &self,
        invocation: &Invocation,
        making: &Making<'_>,
        tax_rates: &[String],
    ) -> Result<ReadInvoice, SyncError> {
        let bill = &making.bill;
        let (id, description) = (bill.charge.id(), bill.charge.description());
        let name = match bill.charge {
            Charge::Usage(_) => MONTH_METADATA,
            Charge::Rest(_) => REST_METADATA,
        };
        let new = NewInvoice {
            customer: making.customer,
            account: making.account,
            intent: &bill.intent.token,
            charge: (name, &id),
            currency: bill.total.currency,
            collection: bill.collection,
            net_days: bill.net_days,
            tax_rates,
            description: &description,
        };
        Ok(self.stripe.create_invoice(invocation, &new, making.key("invoice")).await?)
    }

    /// Tax rates of the bill: found at Stripe by its first try and frozen, so that every try makes
    /// the same invoice.
    async fn frozen_rates(
        &self,
        invocation: &Invocation,
        making: &mut Making<'_>,
        rates: impl AsyncFnOnce() -> Result<Vec<String>, SyncError>,
    ) -> Result<Vec<String>, SyncError> {
        if let Some(frozen) = &making.bill.tax_rates {
            return Ok(frozen.clone());
        }

        let rates = rates().await?;
        let bill = Bill { tax_rates: Some(rates.clone()), ..making.bill.clone() };
        making.bill = self.store.keep_bill(invocation, making.account, &bill).await?;
        Ok(rates)
    }

    /// Puts the lines on a draft that are not there yet.
    async fn fill(
        &self,
        invocation: &Invocation,
        making: &Making<'_>,
        draft: &ReadInvoice,
        there: &[String],
    ) -> Result<(), SyncError> {
        let Bill { charge, lines, intent, .. } = &making.bill;
        let keyed: Vec<(String, &Line)> = lines.iter().map(|line| (line.key(), line)).collect();
        let missing = keyed.iter().filter(|(key, _)| !there.contains(key));
        let missing: Vec<NewLine<'_>> = missing
            .map(|(key, line)| NewLine {
                intent: &intent.token,
                line: key,
                amount: line.amount,
                description: &line.description,
                period: charge.period(),
            })
            .collect();

        for (place, lines) in missing.chunks(LINES_MAX).enumerate() {
            let key = making.key(&format!("lines-{place}"));
            self.stripe.add_lines(invocation, (&draft.id, lines), key).await?;
        }
        Ok(())
    }

    /// An invoice on manual terms is mailed; any other is collected by Stripe.
    async fn sent(
        &self,
        invocation: &Invocation,
        making: &Making<'_>,
        invoice: ReadInvoice,
    ) -> Result<ReadInvoice, SyncError> {
        match making.bill.collection {
            Collection::Manual if invoice.status == InvoiceStatus::Open => {
                let key = making.key("send");
                Ok(self.stripe.send_invoice(invocation, &invoice.id, key).await?)
            }
            Collection::Automatic | Collection::Manual => Ok(invoice),
        }
    }

    /// The books learn of the invoice as by an event, and the bill is done.
    async fn conclude(
        &self,
        invocation: &Invocation,
        making: &Making<'_>,
        invoice: &ReadInvoice,
    ) -> Result<(), SyncError> {
        let Making { account, bill, .. } = making;
        match self.facts.apply(invocation, &invoice.fact).await?.outcome {
            apply::Outcome::Applied(_) | apply::Outcome::Unchanged(_) | apply::Outcome::Foreign => {
            }
            apply::Outcome::Refused(_, refusal) => error!(alarm = alarm::FACT_REFUSED,
                account.id = %account, invoice.id = %invoice.id, reason = %refusal,
                "refused what Stripe says of invoice {}: {refusal}", invoice.id),
        }
        self.store.keep_bill(invocation, account, &bill.done(&invoice.id)).await?;
        Ok(())
    }
}
