//! Notifications: entries of an account's journal, mailed to the people whom they concern (A22, C2,
//! F1, F5).
//!
//! A message of the queue names an account with pending records; what is mailed is decided by the
//! facts of that moment. Records stand in the index until it is: a schedule walks those that are
//! left behind, whatever became of the table's stream or of messages.

use aws_lambda_events::sqs::SqsBatchResponse;
use billing::ids::AccountId;
use billing::journal::CauseKind;
use catalog::Catalog;
use invocation::{Invocation, Invocations};
use mailer::{Mailer, MailerError};
use mails::Vendor;
use mails_commands::notify::{Notifications, Notified, NotifyFailure};
use queue::notify::{MailAgain, NotifyMessage, PendingAccount};
use queue::{DeadLetters, Page, Queue};
use runtime::environment::{
    DASHBOARD_ENTRY_URL, DEAD_LETTER_QUEUE_URL, MAIL_REPLY_TO, MAIL_SENDER, NOTIFY_QUEUE_URL,
    TABLE_NAME,
};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use tracing::info;
use worker::{Alarms, Event, Failure, Next, ScheduleFailed, Subject, Worker};

/// Age at which the schedule takes up a pending record, in seconds: younger ones have a message.
pub const LEFT_BEHIND_SECONDS: i64 = 600;

/// Name of the function as a cause.
const NAME: &str = "notify";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Notify {
    invocations: Invocations,
    store: Store,
    mailer: Mailer,
    vendor: Vendor,
    entry_url: Option<String>,
    worker: Worker<NotifyMessage>,
}

impl Notify {
    /// Built from its configuration and what the catalog says of the vendor.
    pub fn new(host: &Host, catalog: Catalog) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let url = environment.get(NOTIFY_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        let catalog::Vendor { name, support, footer } = catalog.vendor;
        Ok(Self {
            invocations: host.invocations().handing_on(),
            store,
            mailer: Mailer::new(
                host.sesv2()?,
                environment.get(MAIL_SENDER)?,
                environment.find(MAIL_REPLY_TO),
            ),
            vendor: Vendor { name, support, footer },
            entry_url: environment.find(DASHBOARD_ENTRY_URL).map(str::to_owned),
            worker: Worker::new(
                Queue::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::MAIL_NOT_SENT,
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
        message: NotifyMessage,
    ) -> Next<NotifyMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        let notifications = self.notifications();
        match message {
            NotifyMessage::Page(page) => self.page(invocation, page).await,
            NotifyMessage::Account(pending) => {
                let PendingAccount { account, since } = &pending;
                let notified = notifications.notify(invocation, account, *since);
                let notified = Box::pin(notified).await;
                let next = NotifyMessage::Account(pending.clone());
                let next = ended(invocation, account, notified, next);
                // The schedule comes back to what is old: so a message never adds to others.
                let is_old = since.plus_seconds(LEFT_BEHIND_SECONDS) <= invocation.now;
                if is_old { left_to_the_schedule(next) } else { next }
            }
            NotifyMessage::Again(asked) => {
                let MailAgain { account, mail } = &asked;
                let notified = Box::pin(notifications.again(invocation, account, mail)).await;
                ended(invocation, account, notified, NotifyMessage::Again(asked.clone()))
            }
        }
    }

    fn notifications(&self) -> Notifications<'_> {
        Notifications {
            store: &self.store,
            mailer: &self.mailer,
            vendor: &self.vendor,
            entry_url: self.entry_url.as_deref(),
        }
    }

    /// A page of records that are pending for longer than a message takes.
    async fn page(&self, invocation: &Invocation, page: Page) -> Next<NotifyMessage> {
        let read = async |place: store::due::Place| {
            let until = place.began_at.plus_seconds(-LEFT_BEHIND_SECONDS);
            let found = self.store.records_to_mail(invocation, place, until).await?;
            let account =
                |(account, since)| NotifyMessage::Account(PendingAccount { account, since });
            Ok(found.map(account))
        };
        self.worker.walk(invocation, page, read).await
    }
}

/// Outcome where the schedule finds the account again: nothing is sent anew.
fn left_to_the_schedule(next: Next<NotifyMessage>) -> Next<NotifyMessage> {
    match next {
        Next::SendAgain { .. } | Next::AgainWithinItsTime(_) => Next::Done,
        Next::Done | Next::Redeliver | Next::DeadLetter(_) => next,
    }
}

/// End of the work on a message.
fn ended(
    invocation: &Invocation,
    account: &AccountId,
    notified: Result<Notified, NotifyFailure>,
    message: NotifyMessage,
) -> Next<NotifyMessage> {
    match notified {
        Ok(notified) => {
            let Notified { sent, doubled, superseded, in_doubt, refused, must_wait } = notified;
            let cost = invocation.cost();
            info!(account.id = %account,
                "account {account}: {sent} mails sent ({doubled} of them again), {superseded} \
                 superseded, {in_doubt} in doubt, {refused} refused, {cost}");
            let delay_seconds = billing::mails::DOUBT_SECONDS;
            if must_wait { Next::SendAgain { message, delay_seconds } } else { Next::Done }
        }
        Err(error) => {
            let subject = Subject::new(format!("mails of account {account}")).of_account(account);
            let failure = Failure { subject, error: &error, alarms: alarms(&error) };
            // The index still has the records: it rings again until they are mended.
            failure.again_or_dropped(message)
        }
    }
}

fn alarms(error: &NotifyFailure) -> Alarms {
    let operator = match error {
        NotifyFailure::Mailer(MailerError::Closed(_)) => Some(alarm::MAIL_NOT_SENT),
        NotifyFailure::Mailer(
            MailerError::Busy(_)
            | MailerError::Refused(_)
            | MailerError::InDoubt(_)
            | MailerError::OutOfTime,
        )
        | NotifyFailure::Store(_)
        | NotifyFailure::NoValue(_) => None,
    };
    Alarms { operator, dead: alarm::MAIL_NOT_SENT }
}
