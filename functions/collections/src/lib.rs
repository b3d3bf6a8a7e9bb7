//! Collections: what follows from the state of accounts is noticed, and done at Stripe.
//!
//! A message of the queue names an account: its books and Stripe are brought together ([`Sync::converge`]). A schedule
//! begins a walk through the index for invoices whose date has come lately, which puts their accounts on the queue: nobody tells
//! us when time passes. State is right without either; they make the journal, and Stripe, follow it.

use apply::Applier;
use aws_lambda_events::sqs::SqsBatchResponse;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use billing::time::DAY_SECONDS;
use invocation::{Invocation, Invocations};
use queue::Queue;
use queue::account::AccountMessage;
use runtime::environment::{COLLECTIONS_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use stripe_client::Stripe;
use stripe_sync::{Sync, SyncError};
use tracing::{info, warn};
use worker::{Alarms, Event, Failure, Next, Subject, Worker};

/// Time for which the schedule looks back for invoices whose date has come, in seconds. What it finds again it does again, which
/// does nothing: so a schedule that fails for days loses nothing.
pub const LOOK_BACK_SECONDS: i64 = 3 * DAY_SECONDS;

/// Name of the function as a cause.
const NAME: &str = "collections";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Collections {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    worker: Worker<AccountMessage>,
}

impl Collections {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let store = Store::new(host.dynamodb()?, host.environment.get(TABLE_NAME)?);
        let queue = Queue::new(host.sqs()?, host.environment.get(COLLECTIONS_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            worker: Worker::new(queue, alarm::NOT_AGREED),
        })
    }

    /// One event. Only a batch has an answer that anybody reads.
    pub async fn handle(&self, event: Event) -> SqsBatchResponse {
        let invocation = &self.invocations.begin(CauseKind::Schedule, NAME);
        match event {
            Event::Batch(batch) => {
                let handle = async |message| self.handle_message(invocation, message).await;
                self.worker.batch(batch, handle).await
            }
            Event::Schedule {} => {
                if let Err(error) = self.worker.begin_walk(invocation.now).await {
                    warn!(reason = %error, "the walk did not begin in all shards: {error}");
                }
                SqsBatchResponse::default()
            }
        }
    }

    async fn handle_message(
        &self,
        invocation: &Invocation,
        message: AccountMessage,
    ) -> Next<AccountMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            AccountMessage::Account(account) => self.converge(invocation, &account).await,
            AccountMessage::Page(page) => {
                let read = async |place| {
                    let due = self.store.invoices_due(invocation, place, LOOK_BACK_SECONDS).await?;
                    Ok(due.map(AccountMessage::Account))
                };
                self.worker.walk(invocation, page, read).await
            }
        }
    }

    /// Brings an account's books and Stripe together.
    async fn converge(&self, invocation: &Invocation, account: &AccountId) -> Next<AccountMessage> {
        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        match Box::pin(sync.converge(invocation, account)).await {
            Ok(converged) => {
                let cost = invocation.cost();
                info!(account.id = %account, "account {account} and Stripe agree: {converged:?}, {cost}");
                Next::Done
            }
            Err(error) => {
                let phrase = format!("agreement of account {account} with Stripe");
                let subject = Subject::new(phrase).of_account(account);
                Failure { subject, error: &error, alarms: alarms(&error) }.redelivered_or_dropped()
            }
        }
    }
}

fn alarms(error: &SyncError) -> Alarms {
    let operator = match error {
        SyncError::Stripe(_) => Some(alarm::NOT_CALLABLE),
        SyncError::Store(_) | SyncError::Apply(_) | SyncError::Missing(_) => None,
    };
    Alarms { operator, dead: alarm::NOT_AGREED }
}
