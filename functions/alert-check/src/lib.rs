//! Alert checks: which accounts are notified because their upcoming invoice exceeds their threshold
//! (A22, E8).
//!
//! A schedule begins a walk through the accounts that have an alert, and puts each on the queue
//! with the metering month of the walk. However many checks of an account run at once, one of them
//! commits that it is notified.

use alerts_commands::check::{CheckFailure, Checks};
use aws_lambda_events::sqs::SqsBatchResponse;
use billing::journal::CauseKind;
use billing::month::Month;
use catalog::Catalog;
use forecast::{Forecast, ForecastError};
use invocation::{Classified, Invocation, Invocations};
use queue::alert::{AlertCheck as Asked, AlertMessage};
use queue::{DeadLetters, Page, Queue};
use runtime::environment::{ALERT_QUEUE_URL, DEAD_LETTER_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use stripe_client::Stripe;
use tracing::{info, warn};
use worker::{Alarms, Event, Failure, Next, ScheduleFailed, Subject, Worker};

/// Time after which a check that cannot be made is left to the next walk, in seconds: the
/// schedule's rate.
pub const WALK_SECONDS: i64 = 3_600;

/// Name of the function as a cause.
const NAME: &str = "alert-check";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct AlertCheck {
    invocations: Invocations,
    store: Store,
    forecast: Forecast,
    worker: Worker<AlertMessage>,
}

impl AlertCheck {
    /// Built from its configuration and what is sold.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let url = environment.get(ALERT_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            forecast: Forecast::new(store.clone(), catalog).with_stripe(Stripe::new(host)?),
            store,
            worker: Worker::new(
                Queue::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::ALERT_NOT_CHECKED,
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
                let begun = self.worker.begin_walk(invocation.now).await;
                begun.map_err(|error| ScheduleFailed::of(&error))?;
                Ok(SqsBatchResponse::default())
            }
        }
    }

    async fn handle_message(
        &self,
        invocation: &Invocation,
        message: AlertMessage,
    ) -> Next<AlertMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            AlertMessage::Page(page) => self.page(invocation, page).await,
            AlertMessage::Check(asked) => Box::pin(self.check(invocation, asked)).await,
        }
    }

    /// A page of accounts with an alert, each with the month in which the walk began.
    async fn page(&self, invocation: &Invocation, page: Page) -> Next<AlertMessage> {
        let walked_at = page.began_at.unwrap_or(invocation.now);
        let month = Month::of(walked_at).to_string();
        let check =
            |account| AlertMessage::Check(Asked { account, month: month.clone(), walked_at });
        let read = async |place| {
            let found = self.store.accounts_with_alert(invocation, place).await?;
            Ok(found.map(check))
        };
        self.worker.walk(invocation, page, read).await
    }

    async fn check(&self, invocation: &Invocation, asked: Asked) -> Next<AlertMessage> {
        let account = &asked.account;
        let phrase = format!("the alert check of account {account}");
        let subject = Subject::new(phrase).of_account(account);
        let Ok(month) = Month::parse(&asked.month) else {
            let reason = format!("`{}` is not a month", asked.month);
            let message = AlertMessage::Check(asked);
            let alarm = alarm::ALERT_NOT_CHECKED;
            return Next::DeadLetter(worker::Letter { message, reason, alarm, subject });
        };

        let checks = Checks { store: &self.store, forecast: &self.forecast };
        match checks.check(invocation, account, month).await {
            Ok(alerted) => {
                for it in &alerted {
                    let (month, amount) = (it.month, it.amount);
                    info!(account.id = %account,
                        "account {account} is notified of {month}: {amount} upcoming");
                }
                Next::Done
            }
            Err(error) if error.class().is_transient() && is_over(invocation, &asked) => {
                warn!(account.id = %account, reason = %error,
                    "the alert check of account {account} is left to the next walk: {error}");
                Next::Done
            }
            Err(error) => {
                let failure = Failure { subject, error: &error, alarms: alarms(&error) };
                failure.again_or_dropped(AlertMessage::Check(asked))
            }
        }
    }
}

/// True once the next walk has sent a message of its own.
fn is_over(invocation: &Invocation, asked: &Asked) -> bool {
    invocation.now >= asked.walked_at.plus_seconds(WALK_SECONDS)
}

fn alarms(error: &CheckFailure) -> Alarms {
    let operator = match error {
        CheckFailure::Forecast(ForecastError::Stripe(_)) => Some(alarm::NOT_CALLABLE),
        CheckFailure::Forecast(
            ForecastError::Store(_) | ForecastError::NoAccount | ForecastError::TooLarge(_),
        )
        | CheckFailure::Store(_) => None,
    };
    Alarms { operator, dead: alarm::ALERT_NOT_CHECKED }
}
