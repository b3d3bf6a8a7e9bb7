//! Invoicing a bill at Stripe: a draft that Stripe leaves alone, its lines, and only then finalized (money rule 18).
//!
//! Each step has an idempotency key of its own, made of the bill's token: done again, it is the same step. When keys can not be
//! relied on (a day later, or after a failure of Stripe's that it would repeat), it is looked for what is there, and only what is
//! missing is made, under new keys.

use billing::bill::Bill;
use billing::fact::{Collection, InvoiceStatus};
use billing::ids::CustomerId;
use billing::overage::month_name;
use invocation::Invocation;
use runtime::telemetry::alarm;
use store::closing::Payer;
use stripe_client::{ReadInvoice, StripeError};
use stripe_requests::request::invoice::{LINES_MAX, NewInvoice, NewLine};
use stripe_requests::{CallError, Refusal};
use tracing::error;

use crate::error::RunError;
use crate::{InvoiceRun, Outcome};

/// A bill on its way, and whose.
struct Task<'a> {
    known: &'a Payer,
    customer: &'a CustomerId,
    bill: Bill,
}

impl Task<'_> {
    /// The idempotency key of a step of this attempt.
    fn key(&self, step: &str) -> String {
        format!("{}-{step}", self.bill.intent.idempotency_key())
    }
}

impl InvoiceRun {
    /// Invoices a bill, unless that was done.
    pub(crate) async fn invoice(
        &self,
        invocation: &Invocation,
        known: &Payer,
        bill: Bill,
    ) -> Result<Outcome, RunError> {
        if !bill.is_open() && bill.refused.is_none() {
            return Ok(Outcome::Nothing);
        }
        let customer = known.profile.as_ref().and_then(|profile| profile.customer.as_ref());
        let Some(customer) = customer else {
            return Box::pin(self.without_customer(invocation, known, bill)).await;
        };
        let mut task = Task { known, customer, bill };
        match self.make(invocation, &mut task).await {
            Ok(invoice) => self.conclude(invocation, &task, &invoice).await,
            Err(RunError::Stripe(error)) if error.would_be_repeated() => {
                let bill = Bill { intent: task.bill.intent.after_failure(), ..task.bill };
                self.store.keep_bill(invocation, &known.standing.account, &bill).await?;
                Err(error.into())
            }
            Err(RunError::Stripe(StripeError::Call(CallError::Refused(refusal)))) => {
                let Task { bill, .. } = task;
                Box::pin(self.refuse(invocation, known, bill, Refused::of(&refusal))).await
            }
            Err(error) => Err(error),
        }
    }

    /// The invoice, finalized and, for manual terms, sent.
    async fn make(
        &self,
        invocation: &Invocation,
        task: &mut Task<'_>,
    ) -> Result<ReadInvoice, RunError> {
        if task.bill.refused.is_some() || task.bill.intent.must_look_first(invocation.now) {
            self.look(invocation, task).await?;
        }
        let (draft, there) = match &task.bill.invoice {
            None => (self.draft(invocation, task).await?, Vec::new()),
            Some(id) => {
                let found = self.stripe.invoice_now(invocation, id).await?;
                let token = &task.bill.intent.token;
                (found, self.stripe.lines_of_intent(invocation, id, token).await?)
            }
        };
        if draft.status != InvoiceStatus::Draft {
            return self.sent(invocation, task, draft).await;
        }
        self.fill(invocation, task, &draft, &there).await?;
        let finalize = task.key("finalize");
        let open = self.stripe.finalize_invoice(invocation, &draft.id, finalize).await?;
        self.sent(invocation, task, open).await
    }

    /// Begins the next attempt, with the invoice that an earlier one made, if it did.
    async fn look(&self, invocation: &Invocation, task: &mut Task<'_>) -> Result<(), RunError> {
        let intent = &task.bill.intent;
        let (token, since) = (&intent.token, intent.made_since());
        let found = self.stripe.invoice_of_intent(invocation, task.customer, token, since).await?;
        let bill = Bill {
            intent: intent.next_attempt(invocation.now),
            invoice: found.map(|found| found.id),
            refused: None,
            ..task.bill.clone()
        };
        let account = &task.known.standing.account;
        task.bill = self.store.keep_bill(invocation, account, &bill).await?;
        Ok(())
    }

    async fn draft(
        &self,
        invocation: &Invocation,
        task: &mut Task<'_>,
    ) -> Result<ReadInvoice, RunError> {
        let tax_rates = self.tax_rates(invocation, task).await?;
        let bill = &task.bill;
        let (month, description) =
            (bill.month.to_string(), format!("Usage in {}", month_name(bill.month)));
        let new = NewInvoice {
            customer: task.customer,
            account: &task.known.standing.account,
            intent: &bill.intent.token,
            month: &month,
            currency: bill.total.currency,
            collection: bill.collection,
            net_days: bill.net_days,
            tax_rates: &tax_rates,
            description: &description,
        };
        Ok(self.stripe.create_invoice(invocation, &new, task.key("invoice")).await?)
    }

    /// Tax rates of the bill: found at Stripe by its first try and frozen, so that every try makes
    /// the same invoice.
    async fn tax_rates(
        &self,
        invocation: &Invocation,
        task: &mut Task<'_>,
    ) -> Result<Vec<String>, RunError> {
        if let Some(frozen) = &task.bill.tax_rates {
            return Ok(frozen.clone());
        }

        let rates = self.stripe.tax_rates(invocation, &self.catalog.tax_rates).await?;
        let bill = Bill { tax_rates: Some(rates.clone()), ..task.bill.clone() };
        let account = &task.known.standing.account;
        task.bill = self.store.keep_bill(invocation, account, &bill).await?;
        Ok(rates)
    }

    /// Puts the lines on a draft that are not there yet.
    async fn fill(
        &self,
        invocation: &Invocation,
        task: &Task<'_>,
        draft: &ReadInvoice,
        there: &[String],
    ) -> Result<(), RunError> {
        let Bill { month, lines, intent, .. } = &task.bill;
        let missing = lines.iter().filter(|line| !there.contains(&line.item));
        let missing: Vec<NewLine<'_>> = missing
            .map(|line| NewLine {
                intent: &intent.token,
                line: &line.item,
                amount: line.amount,
                description: &line.description,
                period: (month.start(), month.end()),
            })
            .collect();

        for (place, lines) in missing.chunks(LINES_MAX).enumerate() {
            let key = task.key(&format!("lines-{place}"));
            self.stripe.add_lines(invocation, (&draft.id, lines), key).await?;
        }
        Ok(())
    }

    /// An invoice on manual terms is mailed; any other is collected by Stripe.
    async fn sent(
        &self,
        invocation: &Invocation,
        task: &Task<'_>,
        invoice: ReadInvoice,
    ) -> Result<ReadInvoice, RunError> {
        match task.bill.collection {
            Collection::Manual if invoice.status == InvoiceStatus::Open => {
                Ok(self.stripe.send_invoice(invocation, &invoice.id, task.key("send")).await?)
            }
            Collection::Automatic | Collection::Manual => Ok(invoice),
        }
    }

    /// The books learn of the invoice as by an event, and the bill is done.
    async fn conclude(
        &self,
        invocation: &Invocation,
        task: &Task<'_>,
        invoice: &ReadInvoice,
    ) -> Result<Outcome, RunError> {
        let Task { known, bill, .. } = task;
        let account = &known.standing.account;
        match self.facts.apply(invocation, &invoice.fact).await?.outcome {
            apply::Outcome::Applied(_) | apply::Outcome::Unchanged(_) | apply::Outcome::Foreign => {
            }
            apply::Outcome::Refused(_, refusal) => error!(alarm = alarm::FACT_REFUSED,
                account.id = %account, invoice.id = %invoice.id, reason = %refusal,
                "refused what Stripe says of invoice {}: {refusal}", invoice.id),
        }
        self.store.keep_bill(invocation, account, &bill.done(&invoice.id)).await?;
        Ok(Outcome::Invoiced)
    }

    /// An account that is still being opened will have a customer; one that is closed never will.
    async fn without_customer(
        &self,
        invocation: &Invocation,
        known: &Payer,
        bill: Bill,
    ) -> Result<Outcome, RunError> {
        if known.standing.closed.is_none() {
            return Err(RunError::NoCustomer);
        }
        let gone = Refused::CustomerIsGone(RunError::NoCustomer.to_string());
        Box::pin(self.refuse(invocation, known, bill, gone)).await
    }

    /// The bill keeps the reason why it is not invoiced, and leaves the index: another try each day helps nobody.
    async fn refuse(
        &self,
        invocation: &Invocation,
        known: &Payer,
        bill: Bill,
        refused: Refused,
    ) -> Result<Outcome, RunError> {
        let account = &known.standing.account;
        let bill = bill.refused(refused.reason());
        let fresh = self.store.payer(invocation, account, bill.month).await?;
        let standing = fresh.map_or_else(|| known.standing.clone(), |fresh| fresh.standing);

        self.store.refuse_bill(invocation, &standing, &bill).await?;

        match refused {
            Refused::CustomerIsGone(reason) => {
                error!(alarm = alarm::NOT_INVOICED, account.id = %account, reason,
                    "usage of account {account} in {} cannot be invoiced any more: {reason}",
                    bill.month);
                Ok(Outcome::Lost)
            }
            Refused::ByStripe(reason) => Err(RunError::Refused(reason)),
        }
    }
}

/// Reason why a bill is not invoiced.
#[derive(Debug)]
enum Refused {
    /// The account has no customer any more: nobody can be invoiced.
    CustomerIsGone(String),
    /// Stripe refuses the invoice: an operator may correct that.
    ByStripe(String),
}

impl Refused {
    fn of(refusal: &Refusal) -> Self {
        let is_gone = refusal.param.as_deref() == Some("customer")
            && refusal.code.as_deref() == Some("resource_missing");
        let reason = refusal.to_string();
        if is_gone { Self::CustomerIsGone(reason) } else { Self::ByStripe(reason) }
    }

    fn reason(&self) -> &str {
        match self {
            Self::CustomerIsGone(reason) | Self::ByStripe(reason) => reason,
        }
    }
}
