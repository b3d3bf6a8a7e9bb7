//! The month-end run: usage of a month is closed, priced and invoiced in arrears (A16, money rules
//! 18 to 20).
//!
//! A schedule begins a walk, every day, through the index for months whose late window is over,
//! which puts their payers on the queue. For each payer the month is closed and its bill frozen in
//! one transaction (`close`), and then invoiced at Stripe (`stripe_sync`). An interrupted payer is
//! gone on with: by the queue within the day, and by the next day's run, because the index keeps
//! what is not done.
//!
//! An invoice has a line for each resource of the catalog, so Stripe's limit of 250 lines is out of
//! reach; an amount under Stripe's minimum is moved to the customer's balance by Stripe itself.

mod close;
mod error;
mod family;
mod invoice;

use apply::Applier;
use aws_lambda_events::sqs::SqsBatchResponse;
use billing::journal::CauseKind;
use billing::metering::taken_until;
use billing::month::Month;
use billing::time::Timestamp;
use catalog::Catalog;
use invocation::{Invocation, Invocations};
use queue::bills::{BillMessage, Payer};
use queue::{DeadLetters, Page, Queue};
use runtime::environment::{DEAD_LETTER_QUEUE_URL, INVOICE_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use stripe_client::Stripe;
use tracing::info;
use worker::{Event, Failure, Next, ScheduleFailed, Subject, Worker};

use crate::error::RunError;

/// Name of the function as a cause.
const NAME: &str = "invoice-run";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct InvoiceRun {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    worker: Worker<BillMessage>,
    catalog: Catalog,
}

/// Outcome of a payer.
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

impl InvoiceRun {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let queue_url = environment.get(INVOICE_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            worker: Worker::new(
                Queue::new(host.sqs()?, queue_url),
                dead_letters.from_queue(queue_url),
                alarm::DEAD_LETTERED,
            ),
            catalog,
        })
    }

    /// One event. SQS reads the answer to a batch.
    ///
    /// # Errors
    /// [`ScheduleFailed`]: only a schedule fails as a whole.
    pub async fn handle(&self, event: Event) -> Result<SqsBatchResponse, ScheduleFailed> {
        let invocation = &self.invocations.begin(CauseKind::Schedule, NAME);
        match event {
            Event::Batch(batch) => {
                let handle = async |message| self.handle_message(invocation, message).await;
                Ok(self.worker.batch(invocation, batch, handle).await)
            }
            Event::Schedule {} => {
                let begun = self.worker.begin_walk(invocation.now).await;
                begun.map_err(|error| ScheduleFailed::of(&error))?;
                Ok(SqsBatchResponse::default())
            }
        }
    }

    async fn handle_message(
        &self,
        invocation: &Invocation,
        message: BillMessage,
    ) -> Next<BillMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            BillMessage::Page(page) => self.page(invocation, page).await,
            BillMessage::Payer(payer) => self.payer(invocation, payer).await,
        }
    }

    /// A page of payers whose month takes no usage any more.
    async fn page(&self, invocation: &Invocation, page: Page) -> Next<BillMessage> {
        let late_seconds = self.catalog.late_usage_seconds();
        let read = async |place: store::due::Place| {
            let until = last_closable(place.began_at, late_seconds);
            let due = self.store.bills_due(invocation, place, until).await?;
            Ok(due.map(|(account, month)| BillMessage::Payer(Payer::new(account, month))))
        };
        self.worker.walk(invocation, page, read).await
    }

    /// A payer: closed and invoiced, or sent again, or a dead letter.
    async fn payer(&self, invocation: &Invocation, payer: Payer) -> Next<BillMessage> {
        let Payer { account, month } = &payer;
        match Box::pin(self.run(invocation, &payer)).await {
            Ok(outcome) => {
                let cost = invocation.cost();
                info!(account.id = %account, month,
                    "usage of account {account} in {month}: {outcome:?}, {cost}");
                Next::Done
            }
            Err(error) => {
                let phrase = format!("usage of account {account} in {month}");
                let subject = Subject::new(phrase).of_account(account);
                Failure { subject, error: &error, alarms: error.alarms() }
                    .again_or_dead(BillMessage::Payer(payer))
            }
        }
    }

    async fn run(&self, invocation: &Invocation, payer: &Payer) -> Result<Outcome, RunError> {
        let month = Month::parse(&payer.month)?;
        let Some(closed) = Box::pin(self.close(invocation, &payer.account, month)).await? else {
            return Ok(Outcome::Nothing);
        };
        match closed.bill {
            None => Ok(Outcome::Free),
            Some(bill) => Box::pin(self.invoice(invocation, (&closed.known, month), bill)).await,
        }
    }
}

/// The last month whose usage is not taken any more.
fn last_closable(now: Timestamp, late_seconds: i64) -> Month {
    let mut month = Month::of(now);
    while taken_until(month, late_seconds) > now && month.start() > Timestamp::MIN {
        month = Month::of(month.start().plus_seconds(-1));
    }
    month
}
