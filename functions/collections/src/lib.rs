//! Collections: what follows from the state of accounts is noticed, and done at Stripe.
//!
//! A message of the queue names an account: its books and Stripe are brought together
//! ([`Sync::converge`]). A schedule begins a walk through the index of accounts for which something
//! has fallen due, however long ago, and puts them on the queue: no event comes when time passes.
//! State is right without either; they make the journal, and Stripe, follow it.

use apply::Applier;
use aws_lambda_events::sqs::SqsBatchResponse;
use billing::advice::LATE_SECONDS;
use billing::ids::AccountId;
use billing::invoice_payment::MovedPayment;
use billing::journal::CauseKind;
use invocation::{Class, Classified, Invocation, Invocations};
use payments_commands::{Payments, Progress};
use queue::account::CollectionsMessage;
use queue::page::Page;
use queue::{DeadLetters, Queue};
use runtime::environment::{COLLECTIONS_QUEUE_URL, DEAD_LETTER_QUEUE_URL, TABLE_NAME};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::{Store, StoreError};
use stripe_client::Stripe;
use stripe_sync::{Sync, SyncError};
use tracing::{error, info, warn};
use transfers_commands::desk::TransferDesk;
use worker::{Alarms, Event, Failure, Next, ScheduleFailed, Subject, Worker};

/// Time for which the schedule leaves an account alone after a transient failure, in seconds. The
/// index keeps the account, so its message is not sent again as well: else each walk would add one
/// that never ends.
pub const RETRY_SECONDS: i64 = 900;
/// Time for which the schedule leaves an account alone after a failure that no retry helps, in
/// seconds: until the account's books change.
const NEVER_SECONDS: i64 = i64::MAX;

/// Delay after which an account is handled whose lease another writer holds, in seconds.
const LEASED_SECONDS: u64 = 15;

/// Name of the function as a cause.
const NAME: &str = "collections";

/// The function, built once per cold start.
#[derive(Debug)]
pub struct Collections {
    invocations: Invocations,
    store: Store,
    facts: Applier,
    stripe: Stripe,
    worker: Worker<CollectionsMessage>,
}

impl Collections {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let url = environment.get(COLLECTIONS_QUEUE_URL)?;
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            facts: Applier::new(store.clone()),
            store,
            stripe: Stripe::new(host)?,
            worker: Worker::new(
                Queue::new(host.sqs()?, url),
                dead_letters.from_queue(url),
                alarm::NOT_AGREED,
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
        message: CollectionsMessage,
    ) -> Next<CollectionsMessage> {
        let invocation = &invocation.part(CauseKind::Schedule, NAME);
        match message {
            CollectionsMessage::Account(account) => self.converge(invocation, &account, None).await,
            CollectionsMessage::Method(account) => self.try_method(invocation, account).await,
            CollectionsMessage::Payment(moved) => {
                self.converge(invocation, &moved.account, Some(&moved)).await
            }
            CollectionsMessage::Page(page) => {
                self.look_at_advice(invocation, &page).await;
                let read = async |place| {
                    let due = self.store.accounts_due(invocation, place).await?;
                    Ok(due.map(CollectionsMessage::Account))
                };
                self.worker.walk(invocation, page, read).await
            }
        }
    }

    /// Rings when advice waits for staff longer than it should: once for each walk, with its first
    /// page. A walk does not fail for it.
    async fn look_at_advice(&self, invocation: &Invocation, page: &Page) {
        if page.shard != 0 || page.after.is_some() {
            return;
        }
        let since = invocation.now.plus_seconds(LATE_SECONDS.saturating_neg());
        match self.store.advice_late(invocation, since).await {
            Ok(None) => {}
            Ok(Some(id)) => error!(alarm = alarm::ADVICE_LATE, advice.id = %id,
                "advice {id} of a transfer waits for staff since before {since}"),
            Err(error) => warn!(reason = %error, "could not look at waiting advice: {error}"),
        }
    }

    /// Tries what an account owes with a payment method that is new (A11).
    async fn try_method(
        &self,
        invocation: &Invocation,
        account: AccountId,
    ) -> Next<CollectionsMessage> {
        let payments = Payments { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let tried = Box::pin(payments.try_new_method(invocation, &account)).await;
        let (progress, follows) = match tried {
            Ok(tried) => tried,
            Err(error) => {
                let phrase = format!("the new payment method of account {account}");
                let subject = Subject::new(phrase).of_account(&account);
                let alarms =
                    Alarms { operator: Some(alarm::NOT_CALLABLE), dead: alarm::NOT_AGREED };
                let message = CollectionsMessage::Method(account);
                return Failure { subject, error: &error, alarms }.again_or_dropped(message);
            }
        };
        let message = match progress {
            Progress::GoesOn => CollectionsMessage::Method(account),
            // A payment may have brought the account back: Stripe follows its books.
            Progress::Done if follows => CollectionsMessage::Account(account),
            Progress::Done => return Next::Done,
        };
        Next::SendAgain { message, delay_seconds: LEASED_SECONDS }
    }

    /// Brings an account's books and Stripe together, and before that what a payment that moved
    /// pays.
    async fn converge(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        moved: Option<&MovedPayment>,
    ) -> Next<CollectionsMessage> {
        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        let converged = async {
            if let Some(moved) = moved {
                sync.read_invoice_of(invocation, &moved.customer, &moved.intent).await?;
            }
            let converged = sync.converge(invocation, account).await?;
            if converged.desk_at.is_some_and(|at| at <= invocation.now) {
                let desk =
                    TransferDesk { store: &self.store, stripe: &self.stripe, facts: &self.facts };
                let followed = Box::pin(desk.follow(invocation, account)).await;
                followed.map_err(unfollowed)?;
            }
            Ok(converged)
        };
        match Box::pin(converged).await {
            Ok(converged) => {
                let cost = invocation.cost();
                info!(account.id = %account, "account {account} and Stripe agree: {converged:?}, {cost}");
                Next::Done
            }
            Err(SyncError::NotLeased(why)) => {
                info!(account.id = %account, "account {account} waits: {why}");
                let message = CollectionsMessage::Account(account.clone());
                Next::SendAgain { message, delay_seconds: LEASED_SECONDS }
            }
            Err(error) => {
                let is_in_index = self.put_off(invocation, account, &error).await;
                let phrase = format!("agreement of account {account} with Stripe");
                let subject = Subject::new(phrase).of_account(account);
                let message = match moved {
                    Some(moved) => CollectionsMessage::Payment(moved.clone()),
                    None => CollectionsMessage::Account(account.clone()),
                };
                let failure = Failure { subject, error: &error, alarms: alarms(&error) };
                let next = failure.again_or_dropped(message);
                // What a payment says stands in no index.
                if is_in_index && moved.is_none() { Next::Done } else { next }
            }
        }
    }

    /// Moves an account's place in the index on after a failure. True if the index has the account:
    /// then the schedule comes back to it.
    async fn put_off(
        &self,
        invocation: &Invocation,
        account: &AccountId,
        error: &SyncError,
    ) -> bool {
        let seconds = match error.class() {
            Class::Conflict | Class::Retry | Class::Operator => RETRY_SECONDS,
            Class::Never => NEVER_SECONDS,
        };
        let sync = Sync { store: &self.store, stripe: &self.stripe, facts: &self.facts };
        match sync.put_off(invocation, account, seconds).await {
            Ok(is_in_index) => is_in_index,
            Err(error) => {
                warn!(account.id = %account, reason = %error, "account {account} stays due: {error}");
                false
            }
        }
    }
}

/// Reason why what follows from transfers is not done yet. A rule refuses nothing that was decided
/// before, unless the account lost its customer.
fn unfollowed(failure: transfers_commands::Failure) -> SyncError {
    use transfers_commands::Failure;
    match failure {
        Failure::Conflict => SyncError::Store(StoreError::Conflict),
        Failure::Refused(refusal) => SyncError::Missing(refusal.to_string()),
        Failure::Store(error) => SyncError::Store(error),
        Failure::Stripe(error) => SyncError::Stripe(error),
        Failure::Unknown(error) => SyncError::Apply(error),
        Failure::NotLeased(why) => SyncError::NotLeased(why),
        Failure::Missing(what) => SyncError::Missing(what),
    }
}

fn alarms(error: &SyncError) -> Alarms {
    let operator = match error {
        SyncError::Stripe(_) => Some(alarm::NOT_CALLABLE),
        SyncError::Store(_)
        | SyncError::Apply(_)
        | SyncError::NotLeased(_)
        | SyncError::Missing(_) => None,
    };
    Alarms { operator, dead: alarm::NOT_AGREED }
}
