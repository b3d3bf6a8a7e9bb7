//! Reconcile: our books proven equal to Stripe's up to a time that is shown (G2, money rule 32).
//!
//! An hourly schedule reads Stripe's list of events since an hour before the time that is proven,
//! page by page, and applies each as the webhook does: what is known changes nothing. Behind the
//! last page the time of the reading is proven. Once a day the open invoices and the subscriptions
//! of each account are compared with Stripe's objects, because an event that Stripe never made is
//! in no list.

mod compare;
mod events;
mod failure;

use apply::{Applied, Applier};
use aws_lambda_events::sqs::SqsBatchResponse;
use billing::journal::CauseKind;
use billing::proof::{Difference, Proof, Window};
use invocation::{Classified, Invocation, Invocations};
use queue::account::{FollowUp, FollowUps};
use queue::reconcile::{AccountsPage, EventsPage, ReconcileMessage, ReconcileMessages};
use queue::{DeadLetters, Envelope, Message, Queue};
use runtime::environment::{
    COLLECTIONS_QUEUE_URL, DEAD_LETTER_QUEUE_URL, RECHARGE_QUEUE_URL, RECONCILE_QUEUE_URL,
    RETRY_QUEUE_URL, STRIPE_MODE, TABLE_NAME,
};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::opened::Opened;
use store::{Store, StoreError};
use stripe_client::Stripe;
use stripe_sync::Sync;
use tracing::{error, info, warn};
use worker::{Alarms, Event, Failure, Next, ScheduleFailed, Subject, Worker};

use crate::failure::ReconcileError;

/// Time after which a page that cannot be read is left to the next reading, in seconds: the
/// schedule's rate.
pub const READING_SECONDS: i64 = 3_600;
/// Accounts of one page.
const ACCOUNTS_MAX: usize = 100;
/// Name of the function as a cause.
const NAME: &str = "reconcile";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Reconcile {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    /// True for real money: events of the other mode are not ours.
    live: bool,
    messages: ReconcileMessages,
    retries: Queue<Envelope<Message>>,
    follow_ups: FollowUps,
    worker: Worker<ReconcileMessage>,
}

impl Reconcile {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let url = environment.get(RECONCILE_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            live: environment.is_live(STRIPE_MODE)?,
            messages: Queue::new(host.sqs()?, url),
            retries: Queue::new(host.sqs()?, environment.get(RETRY_QUEUE_URL)?),
            follow_ups: FollowUps::new(
                host.sqs()?,
                environment.get(COLLECTIONS_QUEUE_URL)?,
                environment.get(RECHARGE_QUEUE_URL)?,
            ),
            worker: Worker::new(
                Queue::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::NOT_RECONCILED,
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
                let begun = self.begin(invocation).await;
                begun.map_err(|error| ScheduleFailed::of(&error))?;
                Ok(SqsBatchResponse::default())
            }
        }
    }

    /// Puts the first page of events on the queue and, once a day, the first page of accounts.
    async fn begin(&self, invocation: &Invocation) -> Result<(), ReconcileError> {
        let now = invocation.now;
        let proof = self.store.proof(invocation).await?;
        let proof = proof.unwrap_or_else(|| Proof::first(now));
        let Window { since, until } = proof.window(now);
        let mut begins = vec![ReconcileMessage::Events(EventsPage { since, until, after: None })];
        let is_compared = proof.is_compared_at(now);
        if is_compared {
            begins.push(ReconcileMessage::Accounts(AccountsPage::default()));
        }
        self.messages.send_all(&begins).await?;

        if is_compared {
            let compared = Proof { compared_at: Some(now), ..proof };
            match self.store.keep_proof(invocation, &compared).await {
                // A reading that ended meanwhile: the next firing compares once more.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn handle_message(
        &self,
        invocation: &Invocation,
        message: ReconcileMessage,
    ) -> Next<ReconcileMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            ReconcileMessage::Events(page) => self.read_events(invocation, page).await,
            ReconcileMessage::Accounts(page) => self.list_accounts(invocation, page).await,
            ReconcileMessage::Account(account) => {
                let compared = Box::pin(self.compare(invocation, &account)).await;
                let Err(error) = compared else { return Next::Done };
                let subject = Subject::new(format!("the comparison of account {account}"));
                let failure = Failure {
                    subject: subject.of_account(&account),
                    error: &error,
                    alarms: alarms(&error),
                };
                failure.again_or_dropped(ReconcileMessage::Account(account))
            }
        }
    }

    /// Applies a page of events. Behind the last one the time of the reading is proven.
    async fn read_events(
        &self,
        invocation: &Invocation,
        page: EventsPage,
    ) -> Next<ReconcileMessage> {
        let read = Box::pin(self.apply_page(invocation, &page)).await;
        let next = match read {
            Ok(next) => next,
            Err(error) => {
                let is_over = invocation.now >= page.until.plus_seconds(READING_SECONDS);
                if error.class().is_transient() && is_over {
                    warn!(reason = %error, "events are left to the next reading: {error}");
                    return Next::Done;
                }
                let subject = Subject::new("a page of Stripe's events".to_owned());
                let failure = Failure { subject, error: &error, alarms: alarms(&error) };
                return failure.again_or_dropped(ReconcileMessage::Events(page));
            }
        };
        if let Some(after) = next {
            let message = ReconcileMessage::Events(EventsPage { after: Some(after), ..page });
            return Next::SendAgain { message, delay_seconds: 0 };
        }
        info!("events are proven until {}: {}", page.until, invocation.cost());
        Next::Done
    }

    /// Puts each account of a page on the queue, then the next page.
    async fn list_accounts(
        &self,
        invocation: &Invocation,
        page: AccountsPage,
    ) -> Next<ReconcileMessage> {
        let listed = async {
            let before = page.after.clone().map(|(at, account)| Opened { at, account });
            let (found, more) =
                self.store.accounts_opened(invocation, before.as_ref(), ACCOUNTS_MAX).await?;
            let accounts = found.iter().map(|it| ReconcileMessage::Account(it.account.clone()));
            self.messages.send_all(&accounts.collect::<Vec<_>>()).await?;
            Ok::<_, ReconcileError>(found.last().cloned().filter(|_| more))
        };
        match listed.await {
            Ok(None) => Next::Done,
            Ok(Some(Opened { at, account })) => {
                let page = AccountsPage { after: Some((at, account)) };
                let message = ReconcileMessage::Accounts(page);
                Next::SendAgain { message, delay_seconds: 0 }
            }
            Err(error) => {
                let subject = Subject::new("a page of accounts".to_owned());
                let failure = Failure { subject, error: &error, alarms: alarms(&error) };
                failure.again_or_dropped(ReconcileMessage::Accounts(page))
            }
        }
    }

    /// Hands on what follows from a fact, as the webhook does.
    async fn follow_up(&self, applied: &Applied) -> Result<(), ReconcileError> {
        let Some(account) = applied.account() else { return Ok(()) };
        if let Some(moved) = &applied.payment_moved {
            self.follow_ups.send_payment(moved.clone()).await?;
        }
        let collections = applied.differs_at_stripe.then_some(FollowUp::Collections);
        let of_method = [FollowUp::Recharge, FollowUp::Method].into_iter();
        let of_method = of_method.filter(|_| applied.payment_method_may_differ);
        let follow_ups = collections.into_iter().chain(of_method);
        Ok(self.follow_ups.send(account, follow_ups).await?)
    }

    /// Keeps what was found. What a person must look at rings.
    async fn found(
        &self,
        invocation: &Invocation,
        difference: &Difference,
    ) -> Result<(), ReconcileError> {
        let Difference { kind, account, about, event_type, .. } = difference;
        let account = account.as_ref().map(billing::ids::AccountId::as_str);
        if kind.is_mended() {
            warn!(account.id = account, "{about} ({event_type}) was missing, and is not any more");
        } else {
            error!(
                alarm = alarm::NOT_RECONCILED,
                account.id = account,
                "{about} ({event_type}) is not as the books have it: a person must look"
            );
        }
        Ok(self.store.keep_difference(invocation, difference).await?)
    }

    fn sync(&self) -> Sync<'_> {
        Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts }
    }
}

fn alarms(error: &ReconcileError) -> Alarms {
    Alarms {
        operator: error.is_of_stripe().then_some(alarm::NOT_CALLABLE),
        dead: alarm::NOT_RECONCILED,
    }
}
