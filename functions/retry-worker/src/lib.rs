//! The retry queue: facts are applied again, message by message.
//!
//! A fact that cannot be applied yet goes back with a longer delay and one more attempt in its
//! envelope; SQS's own redelivery is only for when even that fails. So an outage of hours
//! dead-letters nothing, and every dead letter carries its reason.

use std::convert::Infallible;

use apply::{Applied, Applier, ApplyError, Outcome};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use billing::dispute::PaymentOwner;
use billing::ids::PaymentIntentId;
use billing::journal::CauseKind;
use credit_payments::{Looked, apply_payment, look_for_dispute};
use invocation::{Cost, Invocation, Invocations};
use queue::account::{FollowUp, FollowUps};
use queue::envelope::{DELIVERY_SECONDS_MAX, UNKNOWN_ATTEMPTS_MAX, UNREADABLE};
use queue::{DeadLetters, Letter, Message, Queue};
use runtime::environment::{
    COLLECTIONS_QUEUE_URL, DEAD_LETTER_QUEUE_URL, RECHARGE_QUEUE_URL, RETRY_QUEUE_URL, TABLE_NAME,
};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host};
use store::Store;
use stripe_client::Stripe;
use tracing::{error, info, warn};
use worker::{Alarms, Failure, Next, Subject, Worker};

/// Name of the function as a cause.
const NAME: &str = "retry-worker";
/// Alarms of a fact that cannot be applied.
const ALARMS: Alarms = Alarms { operator: Some(alarm::NOT_CALLABLE), dead: alarm::DEAD_LETTERED };

/// The function, built once per cold start.
#[derive(Debug)]
pub struct RetryWorker {
    invocations: Invocations,
    facts: Applier,
    worker: Worker<Message>,
    follow_ups: FollowUps,
    stripe: Stripe,
}

impl RetryWorker {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        let queue = Queue::new(host.sqs()?, environment.get(RETRY_QUEUE_URL)?);
        let dead_letters = DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            facts: Applier::new(store),
            stripe: Stripe::new(host)?,
            worker: Worker::new(queue, dead_letters, alarm::DEAD_LETTERED),
            follow_ups: FollowUps::new(
                host.sqs()?,
                environment.get(COLLECTIONS_QUEUE_URL)?,
                environment.get(RECHARGE_QUEUE_URL)?,
            ),
        })
    }

    /// One batch.
    pub async fn handle(&self, batch: SqsEvent) -> Result<SqsBatchResponse, Infallible> {
        let invocation = &self.invocations.begin(CauseKind::Schedule, NAME);
        let handle =
            async |message: Message| Box::pin(self.handle_message(invocation, message)).await;
        Ok(self.worker.batch(invocation, batch, handle).await)
    }

    /// One message: applied, sent again or a dead letter.
    async fn handle_message(&self, invocation: &Invocation, message: Message) -> Next<Message> {
        let invocation = &invocation.part(CauseKind::StripeEvent, message.event.id.clone());
        let applied = match &message.letter {
            Letter::Fact(fact) => self.facts.apply(invocation, fact).await,
            Letter::Payment(fact) => apply_payment(&self.facts, invocation, fact).await,
            Letter::Unreadable(_) => return unreadable(message),
        };

        match applied {
            Ok(applied) => {
                log_applied(&message, &applied.outcome, invocation.cost());
                self.follow_up(&applied).await
            }
            Err(ApplyError::UnknownCustomer(customer))
                if message.unknown >= UNKNOWN_ATTEMPTS_MAX =>
            {
                if let Err(error) = self.facts.remember_foreign(invocation, &customer).await {
                    return failed(message, &error.into());
                }
                let id = &message.event.id;
                info!(event.id = %id, customer.id = %customer,
                    "customer {customer} of event {id} is not ours");
                Next::Done
            }
            // The webhook did not know it either: it has counted once.
            Err(ApplyError::UnknownPayment(payment)) if message.unknown <= 1 => {
                self.look_at_payment(invocation, message, &payment).await
            }
            // Its own event may come for as long as Stripe tries: an earlier end would keep tokens
            // whose money was refunded.
            Err(ApplyError::UnknownPayment(payment))
                if message.is_past_delivery(invocation.now) =>
            {
                let id = &message.event.id;
                info!(event.id = %id, payment.id = %payment,
                    "payment {payment} of event {id} is not for credits");
                Next::Done
            }
            Err(error) => failed(message, &error),
        }
    }

    /// Asks Stripe, once, whether a payment that nobody knows is for credits at all. For one that
    /// is, its own event is waited for. Of another one the dispute is kept for its account; what
    /// else comes about it is ignored for as long as Stripe may tell of it.
    async fn look_at_payment(
        &self,
        invocation: &Invocation,
        message: Message,
        payment: &PaymentIntentId,
    ) -> Next<Message> {
        let id = message.event.id.clone();
        match self.stripe.payment_owner(invocation, payment).await {
            // Nothing is shown, or its own event is on its way.
            Ok(None) => failed(message, &ApplyError::UnknownPayment(payment.clone())),
            Ok(Some(owner)) if owner.buys_credits => {
                failed(message, &ApplyError::UnknownPayment(payment.clone()))
            }
            Ok(Some(owner)) => {
                match self.look_for_dispute(invocation, &message, &owner).await {
                    Ok(Looked::NotOurs) => {}
                    Ok(Looked::Applied(outcome)) => {
                        log_applied(&message, &outcome, invocation.cost());
                        return Next::Done;
                    }
                    Err(error) => return failed(message, &error),
                }
                let until = invocation.now.plus_seconds(DELIVERY_SECONDS_MAX);
                let store = self.facts.store();
                if let Err(error) = store.remember_foreign_payment(invocation, payment, until).await
                {
                    return failed(message, &error.into());
                }
                info!(event.id = %id, payment.id = %payment,
                    "payment {payment} of event {id} is not for credits");
                Next::Done
            }
            Err(error) => {
                let subject = subject(&message);
                Failure { subject, error: &error, alarms: ALARMS }.again_or_dead(message)
            }
        }
    }

    async fn look_for_dispute(
        &self,
        invocation: &Invocation,
        message: &Message,
        owner: &PaymentOwner,
    ) -> Result<Looked, ApplyError> {
        match &message.letter {
            Letter::Payment(fact) => look_for_dispute(&self.facts, invocation, fact, owner).await,
            Letter::Fact(_) | Letter::Unreadable(_) => Ok(Looked::NotOurs),
        }
    }

    /// Hands on what follows from a fact; a send that fails leaves the message to SQS, and the
    /// comparison comes out the same.
    async fn follow_up(&self, applied: &Applied) -> Next<Message> {
        let Some(account) = applied.account() else { return Next::Done };

        let collections = applied.differs_at_stripe.then_some(FollowUp::Collections);
        let of_method = [FollowUp::Recharge, FollowUp::Method].into_iter();
        let of_method = of_method.filter(|_| applied.payment_method_may_differ);
        let follow_ups = collections.into_iter().chain(of_method);
        let sent = match &applied.payment_moved {
            Some(moved) => self.follow_ups.send_payment(moved.clone()).await,
            None => self.follow_ups.send(account, follow_ups).await,
        };
        match sent {
            Ok(()) => Next::Done,
            Err(error) => {
                warn!(account.id = %account, reason = %error, "left a message to SQS: {error}");
                Next::Redeliver
            }
        }
    }
}

fn subject(message: &Message) -> Subject {
    let event = &message.event;
    Subject::new(format!("event {} ({})", event.id, event.r#type)).of_event(&event.id)
}

fn unreadable(message: Message) -> Next<Message> {
    let subject = subject(&message);
    let (reason, alarm) = (UNREADABLE.to_owned(), ALARMS.dead);
    Next::DeadLetter(worker::Letter { message, reason, alarm, subject })
}

fn failed(message: Message, error: &ApplyError) -> Next<Message> {
    let subject = subject(&message);
    let message = match error {
        ApplyError::UnknownCustomer(_) | ApplyError::UnknownPayment(_) => message.after_unknown(),
        ApplyError::Store(_) => message,
    };
    Failure { subject, error, alarms: ALARMS }.again_or_dead(message)
}

fn log_applied(message: &Message, outcome: &Outcome, cost: Cost) {
    let id = &message.event.id;
    match outcome {
        Outcome::Applied(account) => info!(event.id = %id, account.id = %account,
            write_units = cost.write_units, "applied event {id} to account {account}: {cost}"),
        Outcome::Unchanged(account) => info!(event.id = %id, account.id = %account,
            "event {id} says nothing new about account {account}"),
        Outcome::Refused(account, refusal) => error!(alarm = alarm::FACT_REFUSED, event.id = %id,
            account.id = %account, reason = %refusal,
            "refused event {id} of account {account}: {refusal}"),
        Outcome::Foreign => info!(event.id = %id, "event {id} is of a foreign customer"),
    }
}
