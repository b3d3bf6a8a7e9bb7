//! Price changes carried out (C2): Stripe gets the new price, accounts are notified, and
//! subscriptions get it in time.
//!
//! A change that staff announce or withdraw comes by the queue; it begins a walk through all
//! running subscriptions, which puts a message for each account on the queue. A schedule begins the
//! same walk while a change is at work: so it finds who bought meanwhile, whose period ends soon,
//! and whatever broke off. Each step first reads what is done already.

mod account;
mod at_stripe;
mod error;
mod notices;

use apply::Applier;
use aws_lambda_events::sqs::SqsBatchResponse;
use billing::journal::CauseKind;
use billing::price_change::PriceChange;
use catalog::Catalog;
use invocation::{Invocation, Invocations};
use queue::price_change::{PriceMessage, PriceMessages};
use queue::{DeadLetters, Page};
use runtime::environment::{DEAD_LETTER_QUEUE_URL, PRICE_CHANGE_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use stripe_client::Stripe;
use stripe_sync::SyncError;
use tracing::info;
use worker::{Event, Failure, Next, ScheduleFailed, Subject, Worker};

use crate::error::NotDone;

/// Delay after which an account is handled whose lease another writer holds, in seconds.
const LEASED_SECONDS: u64 = 15;

/// Name of the function as a cause.
const NAME: &str = "price-changes";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct PriceChanges {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    worker: Worker<PriceMessage>,
    catalog: Catalog,
}

impl PriceChanges {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let url = environment.get(PRICE_CHANGE_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            worker: Worker::new(
                PriceMessages::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::NOT_AGREED,
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
                let gone_on = self.go_on(invocation).await;
                gone_on.map_err(|error| ScheduleFailed::of(&error))?;
                Ok(SqsBatchResponse::default())
            }
        }
    }

    async fn handle_message(
        &self,
        invocation: &Invocation,
        message: PriceMessage,
    ) -> Next<PriceMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            PriceMessage::Change(id) => {
                let done = Box::pin(self.change(invocation, &id)).await;
                let subject = Subject::new(format!("price change {id}"));
                next(PriceMessage::Change(id), subject, done)
            }
            PriceMessage::Page(page) => self.page(invocation, page).await,
            PriceMessage::Account(account) => {
                let done = Box::pin(self.account(invocation, &account)).await;
                let subject = Subject::new(format!("account {account}")).of_account(&account);
                next(PriceMessage::Account(account), subject, done)
            }
        }
    }

    /// A page of running subscriptions.
    async fn page(&self, invocation: &Invocation, page: Page) -> Next<PriceMessage> {
        let read = async |place| {
            Ok(self.store.renewals(invocation, place).await?.map(PriceMessage::Account))
        };
        self.worker.walk(invocation, page, read).await
    }

    /// A change that was announced or withdrawn just now.
    async fn change(&self, invocation: &Invocation, id: &str) -> Result<(), NotDone> {
        let changes = self.store.price_changes(invocation).await?;
        if let Some(change) = changes.into_iter().find(|change| change.id == id) {
            self.at_stripe(invocation, change).await?;
        }
        Ok(self.worker.begin_walk(invocation.now).await?)
    }

    /// Every change that is at work.
    async fn go_on(&self, invocation: &Invocation) -> Result<(), NotDone> {
        let mut changes: Vec<PriceChange> = self.store.price_changes(invocation).await?;
        changes.retain(|change| change.is_at_work(invocation.now));
        if changes.is_empty() {
            return Ok(());
        }

        info!("{} price changes are at work", changes.len());
        for change in changes {
            // One that fails keeps none of the others, and has a message of its own.
            let id = change.id.clone();
            if let Err(error) = Box::pin(self.at_stripe(invocation, change)).await {
                let subject = Subject::new(format!("price change {id}"));
                let alarms = error.alarms();
                let failure = Failure { subject, error: &error, alarms };
                let _: Next<PriceMessage> = failure.again_or_dropped(PriceMessage::Change(id));
            }
        }
        Ok(self.worker.begin_walk(invocation.now).await?)
    }
}

fn next(message: PriceMessage, subject: Subject, done: Result<(), NotDone>) -> Next<PriceMessage> {
    if let Err(NotDone::Sync(SyncError::NotLeased(_))) = done {
        return Next::SendAgain { message, delay_seconds: LEASED_SECONDS };
    }
    match done {
        Ok(()) => Next::Done,
        Err(error) => {
            let alarms = error.alarms();
            Failure { subject, error: &error, alarms }.again_or_dropped(message)
        }
    }
}
