//! Events delivered to the vendor's endpoints, in order for each account (G5).
//!
//! The publisher sends a message for each endpoint and account. What fails waits as one message,
//! sent anew until its time has come. A schedule compares what is published of every account with
//! what each endpoint has, so a lost message makes an event late, and never missing.

use aws_lambda_events::sqs::SqsBatchResponse;
use billing::events::Endpoint;
use billing::journal::CauseKind;
use billing::words::Word;
use events_commands::deliver::{Deliverer, NotDelivered, Step};
use invocation::{Class, Classified, Invocation, Invocations};
use queue::delivery::{Deliver, DeliveryMessage, DeliveryMessages};
use queue::{DeadLetters, Page, SendError};
use runtime::environment::{DEAD_LETTER_QUEUE_URL, DELIVERY_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::{Store, StoreError};
use tracing::error;
use webhook_sender::Sender;
use worker::{Alarms, Event, Failure, Next, ScheduleFailed, Subject, Worker};

/// Name of the function as a cause.
const NAME: &str = "event-delivery";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct EventDelivery {
    invocations: Invocations,
    store: Store,
    sender: Sender,
    worker: Worker<DeliveryMessage>,
}

/// Reason why a walk does not begin.
#[derive(Debug, thiserror::Error)]
enum NotBegun {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Send(#[from] SendError),
}

impl Classified for NotBegun {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Send(_) => Class::Retry,
        }
    }
}

impl EventDelivery {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let url = environment.get(DELIVERY_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            store: Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?),
            sender: Sender::new(host)?,
            worker: Worker::new(
                DeliveryMessages::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::EVENT_NOT_DELIVERED,
            ),
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
                self.sweep(invocation).await.map_err(|error| ScheduleFailed::of(&error))?;
                Ok(SqsBatchResponse::default())
            }
        }
    }

    async fn handle_message(
        &self,
        invocation: &Invocation,
        message: DeliveryMessage,
    ) -> Next<DeliveryMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            DeliveryMessage::Sweep {} => match self.sweep(invocation).await {
                Ok(()) => Next::Done,
                Err(error) => {
                    let subject = Subject::new("a walk for what endpoints lack");
                    Failure { subject, error: &error, alarms: alarms() }
                        .again_or_dropped(DeliveryMessage::Sweep {})
                }
            },
            DeliveryMessage::Page(page) => self.page(invocation, page).await,
            DeliveryMessage::Deliver(message) => self.deliver(invocation, message).await,
        }
    }

    /// Begins a walk through all accounts, if any endpoint gets events.
    async fn sweep(&self, invocation: &Invocation) -> Result<(), NotBegun> {
        if self.delivering(invocation).await?.is_empty() {
            return Ok(());
        }
        Ok(self.worker.begin_walk(invocation.now).await?)
    }

    /// A page of all accounts, of which those are found whose events an endpoint lacks.
    async fn page(&self, invocation: &Invocation, page: Page) -> Next<DeliveryMessage> {
        let read = async |place: store::due::Place| {
            let endpoints = self.delivering(invocation).await?;
            let found = self.store.accounts_to_deliver(invocation, place, &endpoints).await?;
            Ok(found.map(DeliveryMessage::deliver))
        };
        self.worker.walk(invocation, page, read).await
    }

    /// Endpoints that get events.
    async fn delivering(&self, invocation: &Invocation) -> Result<Vec<Endpoint>, StoreError> {
        let mut endpoints = self.store.endpoints(invocation).await?.all;
        endpoints.retain(Endpoint::is_delivering);
        Ok(endpoints)
    }

    async fn deliver(&self, invocation: &Invocation, message: Deliver) -> Next<DeliveryMessage> {
        let Deliver { endpoint, account, behind } = &message;
        let deliverer = Deliverer { store: &self.store, sender: &self.sender };
        let done = Box::pin(deliverer.deliver(invocation, (endpoint, account), *behind)).await;
        match done {
            Ok(Step::Done) => Next::Done,
            Ok(Step::Disabled(because)) => {
                error!(
                    alarm = alarm::ENDPOINT_DISABLED,
                    "endpoint {endpoint} is disabled: {}",
                    because.word()
                );
                Next::Done
            }
            Ok(Step::Again { delay_seconds, behind }) => {
                let message = DeliveryMessage::Deliver(Deliver { behind, ..message });
                Next::SendAgain { message, delay_seconds }
            }
            Err(error) => failed(&error, message),
        }
    }
}

fn failed(error: &NotDelivered, message: Deliver) -> Next<DeliveryMessage> {
    let Deliver { endpoint, account, .. } = &message;
    let subject = Subject::new(format!("events of account {account} to endpoint {endpoint}"));
    let subject = subject.of_account(account);
    // The place still says what is to be delivered: the schedule comes back to it.
    Failure { subject, error, alarms: alarms() }.again_or_dropped(DeliveryMessage::Deliver(message))
}

fn alarms() -> Alarms {
    Alarms { operator: None, dead: alarm::EVENT_NOT_DELIVERED }
}
