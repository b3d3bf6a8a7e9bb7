//! `POST /webhooks/stripe`: verify, parse, apply, answer.
//!
//! Nothing is answered with 200 before its effect, or the queued retry, is durable; and no valid
//! event that we do not want is answered with anything else, because Stripe disables an endpoint
//! that keeps failing.

mod answer;
mod findings;

use std::sync::Arc;

use apply::{Applied, Applier, ApplyError, Outcome};
use billing::journal::CauseKind;
use credit_payments::apply_payment;
use invocation::{Classified, Cost, Invocation, Invocations};
use lambda_http::http::HeaderValue;
use queue::account::{FollowUp, FollowUps};
use queue::envelope::UNREADABLE;
use queue::{DeadLetters, Envelope, EventRef, Letter, Message, Queue, Unreadable};
use runtime::environment::{
    COLLECTIONS_QUEUE_URL, DEAD_LETTER_QUEUE_URL, RECHARGE_QUEUE_URL, RETRY_QUEUE_URL,
    STRIPE_ACCOUNT, STRIPE_MODE, TABLE_NAME, WEBHOOK_SECRET_ID,
};
use runtime::secrets::{Remembered, SecretList};
use runtime::telemetry::alarm;
use runtime::{EnvironmentError, Host, Request, Response};
use store::Store;
use stripe_wire::signature::{self, Secrets};
use stripe_wire::wire::{EventMeta, Head, ParseError, Parsed, parse};
use tracing::{error, info, warn};

pub use crate::answer::{Answer, Rejection};
use crate::findings::Findings;

/// Longest body that is looked at, in bytes. Stripe's events are far smaller.
pub const BODY_BYTES_MAX: usize = 1_048_576;

/// The function, built once per cold start.
#[derive(Debug)]
pub struct StripeWebhook {
    invocations: Invocations,
    secrets: Remembered<Arc<Secrets>, Rejection>,
    origin: Origin,
    facts: Applier,
    retries: Queue<Envelope<Message>>,
    dead_letters: DeadLetters,
    follow_ups: FollowUps,
    findings: Findings,
}

/// Whose events are ours.
#[derive(Debug)]
struct Origin {
    live: bool,
    account: Option<String>,
}

impl StripeWebhook {
    /// Built from its configuration.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let environment = &host.environment;
        let live = environment.is_live(STRIPE_MODE)?;
        let account = environment.find(STRIPE_ACCOUNT).map(str::to_owned);
        let secret_id = environment.get(WEBHOOK_SECRET_ID)?;
        let secrets = SecretList::new(host.secrets_manager()?, secret_id);
        let store = Store::new(host.dynamodb()?, environment.get(TABLE_NAME)?);
        Ok(Self {
            invocations: host.invocations().handing_on(),
            secrets: Remembered::new(secrets, |values| Ok(Arc::new(Secrets::new(values)?))),
            origin: Origin { live, account },
            facts: Applier::new(store),
            follow_ups: FollowUps::new(
                host.sqs()?,
                environment.get(COLLECTIONS_QUEUE_URL)?,
                environment.get(RECHARGE_QUEUE_URL)?,
            ),
            retries: Queue::new(host.sqs()?, environment.get(RETRY_QUEUE_URL)?),
            dead_letters: DeadLetters::new(host.sqs()?, environment.get(DEAD_LETTER_QUEUE_URL)?),
            findings: Findings::default(),
        })
    }

    /// Reads the secrets, so that a function without a usable one does not start.
    pub async fn start(self) -> Result<Self, Rejection> {
        let now = self.invocations.begin(CauseKind::Schedule, "start").now;
        // Lambda shows the error of a start that failed as a text: the alarm needs its own line.
        if let Err(rejection) = self.secrets.current(now).await {
            rejection.log();
            return Err(rejection);
        }
        Ok(self)
    }

    /// One delivery.
    pub async fn handle(&self, request: Request) -> Response {
        let invocation = &self.invocations.begin(CauseKind::Api, request.id.clone());
        match self.receive(invocation, &request).await {
            Ok(answer) => answer.response(),
            Err(rejection) => rejection.response(),
        }
    }

    /// Verifies, parses and applies: the whole path.
    async fn receive(
        &self,
        invocation: &Invocation,
        request: &Request,
    ) -> Result<Answer, Rejection> {
        let body = request.body.as_deref().ok_or(Rejection::NotBase64)?;
        if body.len() > BODY_BYTES_MAX {
            return Err(Rejection::TooLarge(body.len()));
        }
        self.verify(invocation, request, body).await?;
        match parse(body) {
            Ok(Parsed::Fact { event, fact }) => {
                self.apply(invocation, &event, Letter::Fact(fact)).await
            }
            Ok(Parsed::Payment { event, fact }) => {
                self.apply(invocation, &event, Letter::Payment(fact)).await
            }
            Ok(Parsed::WithoutCustomer(head)) => Ok(ignored(&head, "its object has no customer")),
            Ok(Parsed::Unused(head)) => Ok(ignored(&head, "it is nothing that we use")),
            Ok(Parsed::Thin(head)) => {
                self.findings.thin(&head, invocation.now);
                Ok(Answer::Ignored)
            }
            Err(ParseError::Unreadable { head, reason }) => {
                self.unreadable(invocation, &head, &reason.to_string(), body).await
            }
            Err(error @ (ParseError::NotUtf8(_) | ParseError::NotJson(_))) => {
                Err(Rejection::Unreadable(error))
            }
        }
    }

    /// Applies the fact of an event, or postpones it.
    async fn apply(
        &self,
        invocation: &Invocation,
        event: &EventMeta,
        letter: Letter,
    ) -> Result<Answer, Rejection> {
        let id = event.id.to_string();
        if let Some(answer) = self.origin.refuses(event.livemode, event.account.as_deref(), &id) {
            return Ok(answer);
        }

        self.findings.unknown_words(event);
        let invocation = &invocation.part(CauseKind::StripeEvent, id);
        let message = Message::new(reference(event), invocation.now, letter);
        let applied = match &message.letter {
            Letter::Fact(fact) => self.facts.apply(invocation, fact).await,
            Letter::Payment(fact) => apply_payment(&self.facts, invocation, fact).await,
            Letter::Unreadable(_) => return self.dead_letter(&message, UNREADABLE).await,
        };

        match applied {
            Ok(applied) => {
                self.follow_up(&applied).await?;
                Ok(answer_of(event, &applied.outcome, invocation.cost()))
            }
            Err(error) => self.postpone(invocation, &message, &error).await,
        }
    }

    /// Hands on what follows from a fact for Stripe. The difference is recomputed on every
    /// delivery, so a failed send is repaired by Stripe's retry.
    async fn follow_up(&self, applied: &Applied) -> Result<(), Rejection> {
        let Some(account) = applied.account() else { return Ok(()) };
        if let Some(moved) = &applied.payment_moved {
            let sent = self.follow_ups.send_payment(moved.clone()).await;
            sent.map_err(Rejection::NotDurable)?;
        }
        let collections = applied.differs_at_stripe.then_some(FollowUp::Collections);
        let of_method = [FollowUp::Recharge, FollowUp::Method].into_iter();
        let of_method = of_method.filter(|_| applied.payment_method_may_differ);
        let follow_ups = collections.into_iter().chain(of_method);
        self.follow_ups.send(account, follow_ups).await.map_err(Rejection::NotDurable)
    }

    /// Checks the signature over the raw bytes. A mismatch may mean that the secret was rolled:
    /// then the secrets are read again, but not at everybody's whim.
    async fn verify(
        &self,
        invocation: &Invocation,
        request: &Request,
        body: &[u8],
    ) -> Result<(), Rejection> {
        let header = request.headers.get("stripe-signature").map(HeaderValue::as_bytes);
        let secrets = self.secrets.current(invocation.now).await?;
        let mut verdict = signature::verify(&secrets, header, body, invocation.now);
        if verdict == Err(signature::SignatureError::Mismatch)
            && let Some(newer) = self.secrets.reread(invocation.now).await
        {
            verdict = signature::verify(&newer, header, body, invocation.now);
        }
        let verified = verdict.map_err(Rejection::Signature)?;
        if verified.secret_index > 0 {
            info!(secret.index = verified.secret_index, "an older webhook secret is still in use");
        }
        Ok(())
    }

    /// A known type with a content that cannot be read: kept for a person, with the reason.
    async fn unreadable(
        &self,
        invocation: &Invocation,
        head: &Head,
        reason: &str,
        body: &[u8],
    ) -> Result<Answer, Rejection> {
        let id = head.id.clone().unwrap_or_default();
        if let Some(livemode) = head.livemode
            && let Some(answer) = self.origin.refuses(livemode, head.account.as_deref(), &id)
        {
            return Ok(answer);
        }
        let event = EventRef { id, r#type: head.event_type.clone().unwrap_or_default() };
        let letter = Letter::Unreadable(Unreadable::of(body));
        self.dead_letter(&Message::new(event, invocation.now, letter), reason).await
    }

    /// Puts a fact that cannot be applied now on the retry queue or, when no retry can help, among
    /// the dead letters. Only when that fails too is Stripe asked to send the event again.
    async fn postpone(
        &self,
        invocation: &Invocation,
        message: &Message,
        error: &ApplyError,
    ) -> Result<Answer, Rejection> {
        if !error.is_transient() {
            return self.dead_letter(message, &error.to_string()).await;
        }

        let message = match error {
            ApplyError::UnknownCustomer(_) | ApplyError::UnknownPayment(_) => {
                message.after_unknown()
            }
            ApplyError::Store(_) => message.clone(),
        };
        let failed = Envelope::after_failure(message, invocation.now);
        let delay_seconds = failed.retries.delay_seconds(|limit| invocation.entropy.below(limit));
        let sent = self.retries.send_later(&failed, delay_seconds).await;
        sent.map_err(Rejection::NotDurable)?;

        let event = &failed.message.event;
        info!(event.id, event.r#type, reason = %error, "queued event {} for a retry", event.id);
        Ok(Answer::Queued)
    }

    async fn dead_letter(&self, message: &Message, reason: &str) -> Result<Answer, Rejection> {
        let sent = self.dead_letters.send(&Envelope::dead(message, reason), reason).await;
        sent.map_err(Rejection::NotDurable)?;

        let (event, name) = (&message.event, alarm::DEAD_LETTERED);
        error!(alarm = name, event.id, event.r#type, reason, "event {} is a dead letter", event.id);
        Ok(Answer::DeadLettered)
    }
}

impl Origin {
    /// The answer to an event that is not for this stack: the other mode's, or another account's.
    fn refuses(&self, livemode: bool, account: Option<&str>, id: &str) -> Option<Answer> {
        if livemode != self.live {
            let name = alarm::WRONG_MODE;
            warn!(alarm = name, event.id = id, livemode, "event {id} is of the other mode");
            return Some(Answer::Ignored);
        }
        if account != self.account.as_deref() {
            info!(event.id = id, "event {id} is another Stripe account's");
            return Some(Answer::Ignored);
        }
        None
    }
}

fn reference(event: &EventMeta) -> EventRef {
    EventRef { id: event.id.to_string(), r#type: event.event_type.as_str().to_owned() }
}

fn ignored(head: &Head, why: &str) -> Answer {
    let id = head.id.as_deref().unwrap_or("without an id");
    info!(event.id = id, event.r#type = head.event_type, "ignored event {id}: {why}");
    Answer::Ignored
}

/// Answer to an applied fact, logged here with its cost.
fn answer_of(event: &EventMeta, outcome: &Outcome, cost: Cost) -> Answer {
    let (id, kind) = (&event.id, event.event_type.as_str());
    match outcome {
        Outcome::Applied(account) => {
            info!(event.id = %id, event.r#type = kind, account.id = %account, reads = cost.reads,
                write_units = cost.write_units, index_write_units = cost.index_write_units,
                "applied event {id} ({kind}) to account {account}: {cost}");
            Answer::Applied
        }
        Outcome::Unchanged(account) => {
            info!(event.id = %id, event.r#type = kind, account.id = %account, reads = cost.reads,
                "event {id} ({kind}) says nothing new about account {account}");
            Answer::Unchanged
        }
        Outcome::Refused(account, refusal) => {
            let name = alarm::FACT_REFUSED;
            error!(alarm = name, event.id = %id, event.r#type = kind, account.id = %account,
                reason = %refusal, "refused event {id} ({kind}) of account {account}: {refusal}");
            Answer::Refused
        }
        Outcome::Foreign => {
            info!(event.id = %id, event.r#type = kind, "event {id} ({kind}) is of a foreign customer");
            Answer::Ignored
        }
    }
}
