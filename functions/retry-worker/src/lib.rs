//! The retry queue: the same settling, message by message.
//!
//! A fact that can not be settled yet goes back with a longer delay and one more attempt in its
//! envelope; SQS's own redelivery is only for when even that fails. So an outage of hours
//! dead-letters nothing, and every dead letter carries its reason.

use apply::{Applier, ApplyError, Outcome};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::journal::CauseKind;
use credit_payments::apply_payment;
use invocation::Classified;
use invocation::Cost;
use invocation::Invocation;
use queue::account::Follows;
use queue::batch::{Redeliver, fold};
use queue::envelope::{UNKNOWN_ATTEMPTS_MAX, UNREADABLE};
use queue::{Letter, Message, Queues, SendError};
use runtime::environment::{
    COLLECTIONS_QUEUE_URL, DEAD_LETTER_QUEUE_URL, RECHARGE_QUEUE_URL, RETRY_QUEUE_URL, TABLE_NAME,
};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host, Invocations};
use store::Store;
use tracing::{error, info, warn};

/// The function, built once per cold start.
#[derive(Debug)]
pub struct RetryWorker {
    invocations: Invocations,
    facts: Applier,
    queues: Queues,
    follows: Follows,
}

impl RetryWorker {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations(),
            facts: Applier::new(store),
            follows: Follows::new(
                host.sqs()?,
                environment.get(COLLECTIONS_QUEUE_URL)?,
                environment.get(RECHARGE_QUEUE_URL)?,
            ),
            queues: Queues::new(
                host.sqs()?,
                environment.get(RETRY_QUEUE_URL)?,
                environment.get(DEAD_LETTER_QUEUE_URL)?,
            ),
        })
    }

    /// One batch.
    pub async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let invocation = &self.invocations.begin(CauseKind::Schedule, "retry-worker");
        fold(batch, async |body| self.take(invocation, &body).await).await
    }

    /// One message: settled, sent again or buried; redelivered by SQS only if neither could be sent.
    async fn take(&self, invocation: &Invocation, body: &str) -> Result<(), Redeliver> {
        let handled = match serde_json::from_str::<Message>(body) {
            Err(error) => {
                let reason = format!("the message can not be read: {error}");
                error!(
                    alarm = alarm::DEAD_LETTERED,
                    reason, "a message is a dead letter: {reason}"
                );
                self.queues.bury_as_it_is(body, &reason).await
            }
            Ok(message) => self.settle(invocation, &message).await,
        };
        handled.map_err(|error| {
            warn!(reason = %error, "left a message to SQS: {error}");
            Redeliver
        })
    }

    async fn settle(&self, invocation: &Invocation, message: &Message) -> Result<(), SendError> {
        let invocation = &invocation.part(CauseKind::StripeEvent, message.event.id.clone());
        let told = match &message.letter {
            Letter::Fact(fact) => self.facts.apply(invocation, fact).await,
            Letter::Payment(fact) => apply_payment(&self.facts, invocation, fact).await,
            Letter::Unreadable(_) => return self.bury(message, UNREADABLE).await,
        };
        let is_foreign = message.unknown >= UNKNOWN_ATTEMPTS_MAX;
        match told {
            Ok(told) => {
                settled(message, &told.outcome, invocation.cost());
                let Some(account) = told.account() else { return Ok(()) };
                self.follows
                    .send(account, told.differs_at_stripe, told.payment_method_may_differ)
                    .await
            }
            Err(ApplyError::UnknownCustomer(customer)) if is_foreign => {
                match self.facts.remember_foreign(invocation, &customer).await {
                    Ok(()) => {
                        let id = &message.event.id;
                        info!(event.id = %id, customer.id = %customer,
                            "customer {customer} of event {id} is not ours");
                        Ok(())
                    }
                    Err(error) => self.postpone(invocation, message, &error.into()).await,
                }
            }
            // Its own event may come as late as Stripe tries: whoever gives up earlier keeps tokens whose money went back.
            Err(ApplyError::UnknownPayment(payment)) if message.is_too_old(invocation.now) => {
                let id = &message.event.id;
                info!(event.id = %id, payment.id = %payment,
                    "payment {payment} of event {id} is not for credits");
                Ok(())
            }
            Err(unsettled) => self.postpone(invocation, message, &unsettled).await,
        }
    }

    async fn postpone(
        &self,
        invocation: &Invocation,
        message: &Message,
        why: &ApplyError,
    ) -> Result<(), SendError> {
        if !why.is_transient() || message.is_too_old(invocation.now) {
            return self.bury(message, &why.to_string()).await;
        }
        let message = after(message, why);
        let delay_seconds = message.delay_seconds(|limit| invocation.entropy.below(limit));
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
fn after(message: &Message, why: &ApplyError) -> Message {
    match why {
        ApplyError::UnknownCustomer(_) | ApplyError::UnknownPayment(_) => message.after_unknown(),
        ApplyError::Store(_) => message.after_attempt(),
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
