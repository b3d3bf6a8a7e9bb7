//! Events published: records of an account's journal become events of its feed, once and in order
//! (G5).
//!
//! The table's stream says which accounts have new records. A schedule compares every account with
//! what is published of it, so an event is late where the stream or a message is lost, and never
//! missing.

mod objects;

use aws_lambda_events::sqs::SqsBatchResponse;
use billing::events::{BODY_BYTES_MAX, Event as Published, EventId, Unpublished};
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::journal::events::Pricing;
use catalog::Catalog;
use events_commands::publish::Publisher;
use invocation::{Class, Classified, Invocation, Invocations};
use queue::delivery::{DeliveryMessage, DeliveryMessages};
use queue::publish::PublishMessage;
use queue::{DeadLetters, Page, Queue};
use runtime::environment::{
    DEAD_LETTER_QUEUE_URL, DELIVERY_QUEUE_URL, EVENT_QUEUE_URL, STRIPE_MODE, TABLE_NAME,
};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::{Store, StoreError};
use tracing::{info, warn};
use views::events::{EventParts, EventView};
use worker::{Alarms, Event, Failure, Next, ScheduleFailed, Subject, Worker};

use crate::objects::Objects;

/// Name of the function as a cause.
const NAME: &str = "event-publisher";
/// Most transactions of one account in one message; another message goes on.
const TRANSACTIONS_MAX: usize = 10;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct EventPublisher {
    invocations: Invocations,
    store: Store,
    catalog: Catalog,
    is_live: bool,
    worker: Worker<PublishMessage>,
    deliveries: DeliveryMessages,
}

/// Reason why an account's journal is not published now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishFailure {
    /// The table failed, or another invocation was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object cannot be shown.
    #[error("an object of an event cannot be shown: {0}")]
    NotShown(String),
}

impl Classified for PublishFailure {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::NotShown(_) => Class::Never,
        }
    }
}

/// Progress of one transaction.
enum Step {
    /// So many events were published, and there may be more.
    Published(usize),
    /// Nothing is left.
    Over,
}

impl EventPublisher {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let url = environment.get(EVENT_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            store: Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?),
            catalog,
            is_live: environment.is_live(STRIPE_MODE)?,
            worker: Worker::new(
                Queue::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::EVENT_NOT_PUBLISHED,
            ),
            deliveries: DeliveryMessages::new(host.sqs()?, environment.get(DELIVERY_QUEUE_URL)?),
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
        message: PublishMessage,
    ) -> Next<PublishMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            PublishMessage::Page(page) => self.page(invocation, page).await,
            PublishMessage::Account(account) => {
                let message = PublishMessage::Account(account.clone());
                match Box::pin(self.account(invocation, &account)).await {
                    Ok(Step::Over) => Next::Done,
                    Ok(Step::Published(_)) => Next::SendAgain { message, delay_seconds: 0 },
                    Err(error) => {
                        let subject = Subject::new(format!("events of account {account}"));
                        let alarms = Alarms { operator: None, dead: alarm::EVENT_NOT_PUBLISHED };
                        let subject = subject.of_account(&account);
                        // The journal still has the records: the schedule comes back to them.
                        Failure { subject, error: &error, alarms }.again_or_dropped(message)
                    }
                }
            }
        }
    }

    /// A page of all accounts, of which those are found that have more than what is published.
    async fn page(&self, invocation: &Invocation, page: Page) -> Next<PublishMessage> {
        let read = async |place: store::due::Place| {
            let found = self.store.accounts_to_publish(invocation, place).await?;
            Ok(found.map(PublishMessage::Account))
        };
        self.worker.walk(invocation, page, read).await
    }

    /// Publishes what is pending of an account.
    async fn account(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Step, PublishFailure> {
        let mut published: usize = 0;
        for _ in 0..TRANSACTIONS_MAX {
            let step = invocation.retry(async || self.step(invocation, account).await).await?;
            match step {
                Step::Published(events) => published = published.saturating_add(events),
                Step::Over => {
                    let cost = invocation.cost();
                    info!(account.id = %account,
                        "account {account}: {published} events published, {cost}");
                    return Ok(Step::Over);
                }
            }
        }
        Ok(Step::Published(published))
    }

    async fn step(
        &self,
        invocation: &Invocation,
        account: &AccountId,
    ) -> Result<Step, PublishFailure> {
        let publisher = Publisher { store: &self.store };
        let Some(pending) = publisher.pending(invocation, account).await? else {
            return Ok(Step::Over);
        };
        let (entries, mark) = pending.entries();
        if entries.is_empty() {
            publisher.publish(invocation, account, (&pending, &mark), &[]).await?;
            return Ok(Step::Published(0));
        }

        let objects = Objects::load(invocation, (&self.store, &self.catalog), (account, &entries));
        let objects = objects.await?;
        let events = self.events(invocation, account, (&entries, &objects))?;

        publisher.publish(invocation, account, (&pending, &mark), &events).await?;
        self.hand_on(invocation, account, &events).await;
        Ok(Step::Published(events.len()))
    }

    /// Queues the account for each endpoint that gets one of those events. What is lost here is
    /// found by the schedule of `event-delivery`.
    async fn hand_on(&self, invocation: &Invocation, account: &AccountId, events: &[Published]) {
        let endpoints = match self.store.endpoints(invocation).await {
            Ok(endpoints) => endpoints.all,
            Err(error) => {
                warn!(account.id = %account, reason = %error,
                    "events of account {account} wait for the schedule: {error}");
                return;
            }
        };
        let getting = endpoints.into_iter().filter(|endpoint| {
            endpoint.is_delivering() && events.iter().any(|event| endpoint.wants(event.kind))
        });
        let deliver = |id| DeliveryMessage::deliver((id, account.clone()));
        let messages: Vec<DeliveryMessage> = getting.map(|endpoint| deliver(endpoint.id)).collect();
        if let Err(error) = self.deliveries.send_all(&messages).await {
            warn!(account.id = %account, reason = %error,
                "events of account {account} wait for the schedule: {error}");
        }
    }

    fn events(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        (entries, objects): (&[Unpublished<'_>], &Objects<'_>),
    ) -> Result<Vec<Published>, PublishFailure> {
        let pricing = if objects.is_unpriced() { Pricing::Unpriced } else { Pricing::Priced };
        let mut events = Vec::new();
        for it in entries {
            let Some(entry) = it.record.entries.get(it.place) else { continue };
            let id = EventId { account: account.clone(), sequence: it.sequence };
            let changes = entry.changes_out(pricing);
            let parts = EventParts {
                id: &id,
                kind: it.kind,
                created: it.record.at,
                livemode: self.is_live,
                changes: &changes,
                cause: &it.record.cause,
            };
            let mut body = text(&EventView::of(&parts, objects.object(it.kind, entry)?))?;
            if body.len() > BODY_BYTES_MAX {
                warn!(account.id = %account, "event {id} has {} bytes: sent bare", body.len());
                body = text(&EventView::of(&EventParts { changes: &[], ..parts }, None))?;
            }
            events.push(Published {
                account: account.clone(),
                sequence: it.sequence,
                kind: it.kind,
                created: it.record.at,
                published_at: invocation.now,
                body,
            });
        }
        Ok(events)
    }
}

fn text(view: &EventView) -> Result<String, PublishFailure> {
    serde_json::to_string(view).map_err(|error| PublishFailure::NotShown(error.to_string()))
}
