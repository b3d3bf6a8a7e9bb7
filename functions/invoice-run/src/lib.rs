//! The month-end run: usage of a month is closed, priced and invoiced in arrears (A16, money rules 18 to 20).
//!
//! A schedule looks every day, in the index, for months whose late window is over, and puts their payers on a queue (`find`).
//! For each payer the month is closed and its bill frozen in one transaction (`close`), and then invoiced at Stripe (`invoice`).
//! Whatever is interrupted is gone on with: by the queue within the day, and by the next day's run, because the index keeps what is
//! not done.
//!
//! An invoice has a line for each resource of the catalog, so Stripe's limit of 250 lines is out of reach; an amount under
//! Stripe's minimum is moved to the customer's balance by Stripe itself.

mod close;
mod find;
mod invoice;

use apply::{Applier, ApplyError};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::money::TooLarge;
use billing::month::Month;
use billing::time::NotATime;
use catalog::Catalog;
use invocation::Class;
use invocation::Classified;
use invocation::Invocation;
use queue::SendError;
use queue::batch::{Redeliver, fold};
use queue::bills::{BillMessage, Bills, Payer};
use runtime::entropy::NoEntropy;
use runtime::environment::{DEAD_LETTER_QUEUE_URL, INVOICE_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host, Invocations};
use serde::Deserialize;
use store::{Store, StoreError};
use stripe_client::{Stripe, StripeError};
use tracing::{error, info, warn};

/// What starts the function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue.
    Batch(SqsEvent),
    /// The schedule, whose input says nothing: what time it is, the clock says.
    Schedule {},
}

/// The function, built once per cold start.
#[derive(Debug)]
pub struct InvoiceRun {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    bills: Bills,
    catalog: Catalog,
}

/// What became of a payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// There is nothing to close or to invoice, or no longer.
    Nothing,
    /// The month is closed, and costs nothing.
    Free,
    /// The month is invoiced.
    Invoiced,
    /// Nobody can be invoiced any more: the customer was deleted.
    Lost,
}

/// Why a payer is not done.
#[derive(Debug, thiserror::Error)]
enum RunError {
    /// The month can not be read.
    #[error(transparent)]
    Month(#[from] NotATime),
    /// The table did not play along.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe did not.
    #[error(transparent)]
    Ask(#[from] StripeError),
    /// What Stripe answered could not be settled.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// No real sum is that large.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// No token could be drawn.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The account has no customer at Stripe: it is still being opened, or never was. The next day's run tries again.
    #[error("the account has no customer at Stripe")]
    NoCustomer,
    /// Stripe refuses to make the invoice. The bill says so.
    #[error("Stripe refuses the invoice: {0}")]
    Refused(String),
}

impl RunError {
    /// Whether the same may succeed later.
    fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Ask(error) => error.is_transient(),
            Self::Apply(error) => error.is_transient(),
            Self::Entropy(_) => true,
            Self::Month(_) | Self::TooLarge(_) | Self::NoCustomer | Self::Refused(_) => false,
        }
    }
}

impl InvoiceRun {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            bills: Bills::new(
                host.sqs()?,
                environment.get(INVOICE_QUEUE_URL)?,
                environment.get(DEAD_LETTER_QUEUE_URL)?,
            ),
            catalog,
        })
    }

    /// One event. Only a batch has an answer that anybody reads.
    pub async fn handle(&self, event: Event) -> SqsBatchResponse {
        let invocation = &self.invocations.begin(CauseKind::Schedule, "invoice-run");
        match event {
            Event::Batch(batch) => {
                fold(batch, async |body| self.take(invocation, &body).await).await
            }
            Event::Schedule {} => {
                self.begin(invocation).await;
                SqsBatchResponse::default()
            }
        }
    }

    /// One message: done, sent again or buried; redelivered by SQS only if neither could be sent.
    async fn take(&self, invocation: &Invocation, body: &str) -> Result<(), Redeliver> {
        let handled = match serde_json::from_str::<BillMessage>(body) {
            Ok(BillMessage::Page(page)) => Box::pin(self.page(invocation, &page)).await,
            Ok(BillMessage::Payer(payer)) => Box::pin(self.payer(invocation, &payer)).await,
            Err(error) => {
                let reason = format!("the message can not be read: {error}");
                error!(
                    alarm = alarm::DEAD_LETTERED,
                    reason, "a message is a dead letter: {reason}"
                );
                self.bills.bury_as_it_is(body, &reason).await
            }
        };
        handled.map_err(|error| {
            warn!(reason = %error, "left a message to SQS: {error}");
            Redeliver
        })
    }

    /// A payer: closed and invoiced, or put back, or buried.
    async fn payer(&self, invocation: &Invocation, payer: &Payer) -> Result<(), SendError> {
        let Payer { account, month, .. } = payer;
        let error = match Box::pin(self.run(invocation, payer)).await {
            Ok(outcome) => {
                let cost = invocation.cost();
                info!(account.id = %account, month, "usage of account {account} in {month}: \
                    {outcome:?}, {cost}");
                return Ok(());
            }
            Err(error) => error,
        };
        if let RunError::Ask(asked) = &error
            && asked.class() == Class::Operator
        {
            error!(alarm = alarm::NOT_CALLABLE, account.id = %account, reason = %error,
                "Stripe can not be called: {error}");
        }
        if error.is_transient() && !payer.is_too_old(invocation.now) {
            let payer = payer.after_attempt();
            let delay_seconds = payer.delay_seconds(|limit| invocation.entropy.below(limit));
            warn!(account.id = %account, month, attempts = payer.attempts, reason = %error,
                "usage of account {account} in {month} is not invoiced yet: {error}");
            return self.bills.send(&BillMessage::Payer(payer), delay_seconds).await;
        }
        self.bills.bury(payer, &error.to_string()).await?;
        error!(alarm = alarm::NOT_INVOICED, account.id = %account, month, reason = %error,
            "usage of account {account} in {month} is not invoiced: {error}");
        Ok(())
    }

    async fn run(&self, invocation: &Invocation, payer: &Payer) -> Result<Outcome, RunError> {
        let month = Month::parse(&payer.month)?;
        let Some(closed) = self.close(invocation, &payer.account, month).await? else {
            return Ok(Outcome::Nothing);
        };
        match closed.bill {
            None => Ok(Outcome::Free),
            Some(bill) => Box::pin(self.invoice(invocation, &closed.known, bill)).await,
        }
    }
}

/// Whose and which month: for logs.
fn named(account: &AccountId, month: Month) -> String {
    format!("usage of account {account} in {month}")
}
