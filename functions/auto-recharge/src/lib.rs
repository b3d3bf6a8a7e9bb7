//! Auto-recharge: the charges that decisions about credits have begun, and the looks that nobody
//! else causes (D13, D14).
//!
//! A message of the queue names an account. The table has its steps (`steps`): a charge that was
//! begun is made at Stripe once, also after a crash; a pause ends when there is another card; a new
//! month is decided about. A schedule walks the index for such accounts, so a lost message makes a
//! charge late, and never missing.

mod charge;
mod error;
mod pause;
mod steps;
mod wake;

use apply::Applier;
use aws_lambda_events::sqs::SqsBatchResponse;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use catalog::Catalog;
use invocation::{Classified, Invocation, Invocations};
use queue::account::AccountMessage;
use queue::{DeadLetters, Queue};
use runtime::environment::{DEAD_LETTER_QUEUE_URL, RECHARGE_QUEUE_URL, RETURN_ORIGINS, TABLE_NAME};
use runtime::origins::Origins;
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use stripe_client::Stripe;
use tracing::info;
use worker::{Event, Failure, Next, ScheduleFailed, Subject, Worker};

/// Name of the function as a cause.
const NAME: &str = "auto-recharge";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct AutoRecharge {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    catalog: Catalog,
    worker: Worker<AccountMessage>,
    /// Origins that Checkout sends people back to.
    origins: Origins,
}

impl AutoRecharge {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let url = environment.get(RECHARGE_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            catalog,
            worker: Worker::new(
                Queue::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::NOT_CHARGED,
            ),
            origins: Origins::parse(environment.find(RETURN_ORIGINS).unwrap_or_default()),
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
        message: AccountMessage,
    ) -> Next<AccountMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            AccountMessage::Account(account) => self.account(invocation, &account).await,
            AccountMessage::Page(page) => {
                let read = async |place| {
                    let due = self.store.recharges_due(invocation, place).await?;
                    Ok(due.map(AccountMessage::Account))
                };
                self.worker.walk(invocation, page, read).await
            }
        }
    }

    /// Takes every step of an account that can be taken by now.
    async fn account(&self, invocation: &Invocation, account: &AccountId) -> Next<AccountMessage> {
        match Box::pin(self.recharge(invocation, account)).await {
            Ok(()) => {
                let cost = invocation.cost();
                info!(account.id = %account, "auto-recharge of account {account} is as it should be: {cost}");
                Next::Done
            }
            Err(error) => {
                let phrase = format!("auto-recharge of account {account}");
                let subject = Subject::new(phrase).of_account(account);
                let alarms = error.alarms();
                let failure = Failure { subject, error: &error, alarms };
                if error.is_transient() && self.waits_in_index(invocation, account).await {
                    failure.may_succeed_later();
                    return Next::Done;
                }
                failure.again_or_dropped(AccountMessage::Account(account.clone()))
            }
        }
    }
}
