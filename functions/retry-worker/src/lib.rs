//! The retry queue: the same settling, message by message.
//!
//! A fact that can not be settled yet goes back with a longer delay and one more attempt in its
//! envelope; SQS's own redelivery is only for when even that fails. So an outage of hours
//! dead-letters nothing, and every dead letter carries its reason.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::fact::Fact;
use billing::journal::{Cause, CauseKind};
use billing::time::Timestamp;
use queue::account::Accounts;
use queue::batch::{Redeliver, fold};
use queue::envelope::UNKNOWN_CUSTOMER_ATTEMPTS_MAX;
use queue::{Letter, Message, Queues, SendError};
use runtime::environment::{
    COLLECTIONS_QUEUE_URL, DEAD_LETTER_QUEUE_URL, RETRY_QUEUE_URL, TABLE_NAME,
};
use runtime::telemetry::alarm;
use runtime::{Clock, Entropy, EnvironmentError, Host};
use settle::{Outcome, Settle, Unsettled};
use store::{Cost, Store};
use tracing::{error, info, warn};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct RetryWorker {
    clock: Clock,
    entropy: Entropy,
    settle: Settle,
    queues: Queues,
    accounts: Accounts,
}

impl RetryWorker {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        Ok(Self {
            clock: host.clock.clone(),
            entropy: host.entropy.clone(),
            settle: Settle::new(store, host.entropy.clone()),
            accounts: Accounts::new(host.sqs()?, environment.get(COLLECTIONS_QUEUE_URL)?),
            queues: Queues::new(
                host.sqs()?,
                environment.get(RETRY_QUEUE_URL)?,
                environment.get(DEAD_LETTER_QUEUE_URL)?,
            ),
        })
    }

    /// One batch.
    pub async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let now = self.clock.now();
        fold(batch, async |body| self.take(&body, now).await).await
    }

    /// One message: settled, sent again or buried; redelivered by SQS only if neither could be sent.
    async fn take(&self, body: &str, now: Timestamp) -> Result<(), Redeliver> {
        let handled = match serde_json::from_str::<Message>(body) {
            Err(error) => {
                let reason = format!("the message can not be read: {error}");
                error!(
                    alarm = alarm::DEAD_LETTERED,
                    reason, "a message is a dead letter: {reason}"
                );
                self.queues.bury_as_it_is(body, &reason).await
            }
            Ok(message) => match &message.letter {
                Letter::Fact(fact) => self.settle(&message, fact, now).await,
                Letter::Unreadable(_) => {
                    self.bury(&message, "the event can not be read; send it again from Stripe")
                        .await
                }
            },
        };
        handled.map_err(|error| {
            warn!(reason = %error, "left a message to SQS: {error}");
            Redeliver
        })
    }

    async fn settle(
        &self,
        message: &Message,
        fact: &Fact,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let cause = Cause { kind: CauseKind::StripeEvent, id: message.event.id.clone() };
        let mut cost = Cost::default();
        match self.settle.settle_told(fact, &cause, now, &mut cost).await {
            Ok(told) => {
                settled(message, &told.outcome, cost);
                match &told.outcome {
                    Outcome::Applied(account) | Outcome::Unchanged(account) if told.is_to_do => {
                        self.accounts.send(account).await
                    }
                    Outcome::Applied(_)
                    | Outcome::Unchanged(_)
                    | Outcome::Refused(..)
                    | Outcome::Foreign => Ok(()),
                }
            }
            Err(Unsettled::UnknownCustomer(customer))
                if message.unknown_customer >= UNKNOWN_CUSTOMER_ATTEMPTS_MAX =>
            {
                match self.settle.remember_foreign(&customer, now, &mut cost).await {
                    Ok(()) => {
                        let id = &message.event.id;
                        info!(event.id = %id, customer.id = %customer,
                            "customer {customer} of event {id} is not ours");
                        Ok(())
                    }
                    Err(error) => self.postpone(message, &error.into(), now).await,
                }
            }
            Err(unsettled) => self.postpone(message, &unsettled, now).await,
        }
    }

    async fn postpone(
        &self,
        message: &Message,
        why: &Unsettled,
        now: Timestamp,
    ) -> Result<(), SendError> {
        if !why.is_transient() || message.is_too_old(now) {
            return self.bury(message, &why.to_string()).await;
        }
        let message = after(message, why);
        let delay_seconds = message.delay_seconds(|limit| self.entropy.below(limit));
        self.queues.retry(&message, delay_seconds).await?;
        let event = &message.event;
        info!(event.id, attempts = message.attempts, delay_seconds, reason = %why,
            "queued event {} again", event.id);
        Ok(())
    }

    async fn bury(&self, message: &Message, reason: &str) -> Result<(), SendError> {
        self.queues.bury(message, reason).await?;
        let (event, name) = (&message.event, alarm::DEAD_LETTERED);
        error!(alarm = name, event.id, event.r#type, reason, "event {} is a dead letter", event.id);
        Ok(())
    }
}

/// The message after an attempt that failed for that reason.
fn after(message: &Message, why: &Unsettled) -> Message {
    match why {
        Unsettled::UnknownCustomer(_) => message.after_unknown_customer(),
        Unsettled::Store(_) => message.after_attempt(),
    }
}

fn settled(message: &Message, outcome: &Outcome, cost: Cost) {
    let (id, attempts) = (&message.event.id, message.attempts);
    match outcome {
        Outcome::Applied(account) => info!(event.id = %id, account.id = %account, attempts,
            write_units = cost.write_units, "applied event {id} to account {account}: {cost}"),
        Outcome::Unchanged(account) => info!(event.id = %id, account.id = %account, attempts,
            "event {id} says nothing new about account {account}"),
        Outcome::Refused(account, refusal) => error!(alarm = alarm::FACT_REFUSED, event.id = %id,
            account.id = %account, reason = %refusal,
            "refused event {id} of account {account}: {refusal}"),
        Outcome::Foreign => info!(event.id = %id, "event {id} is of a foreign customer"),
    }
}
