//! Credits are bought: in a Checkout session, or charged to what the customer has on file (D11,
//! D13, D14).
//!
//! Every answer is the fact that an event would tell, so that whoever asked settles it by the same
//! path. A payment that was declined is an answer too: Stripe keeps it, and says so again under the
//! same idempotency key.

use invocation::Invocation;
use std::collections::BTreeMap;

use billing::credits::purchase::ChargeMethod;
use billing::ids::{CustomerId, PaymentIntentId, PurchaseId, SessionId};
use billing::payment::{Decline, PaymentFact, PaymentNews, PaymentStatus, SessionStatus};
use billing::time::Timestamp;
use serde::Deserialize;
use stripe_requests::request::payment as request;
use stripe_requests::request::standing::set_payment_method;
use stripe_requests::{Answer, Bound, Refusal};
use stripe_wire::event_type::{IntentEvent, PaymentEvent, SessionEvent};
use stripe_wire::wire::{PURCHASE_METADATA, Reason, read_payment_object};

use crate::method::Method;
use crate::preview::read;
use crate::{Stripe, StripeError, text};

pub use stripe_requests::request::payment::{NewCharge, NewPackSession};

const SESSION: PaymentEvent = PaymentEvent::Session(SessionEvent::Completed);
const PAYMENT: PaymentEvent = PaymentEvent::Intent(IntentEvent::Succeeded);

/// A Checkout session in which a pack is bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackSession {
    /// What it says.
    pub fact: PaymentFact,
    /// Its page, while it can be paid.
    pub url: Option<String>,
}

#[derive(Deserialize)]
struct Paged {
    #[serde(default)]
    url: Option<String>,
}

#[derive(Deserialize)]
struct OnFile {
    data: Vec<Method>,
}

impl Stripe {
    /// Opens a Checkout session in which a pack is bought, once under a key, and tells how it is
    /// now.
    pub async fn sell_pack(
        &self,
        invocation: &Invocation,
        new: &NewPackSession<'_>,
        idempotency_key: String,
    ) -> Result<PackSession, StripeError> {
        let request = request::create_pack_session(new).with_idempotency_key(idempotency_key);
        let answer = self.call(invocation, &request).await?;
        let session = read_session(text(&answer.body)?, answer.at)?;
        match &session.fact.news {
            // What was true when it was opened.
            PaymentNews::Session(opened) if answer.replayed => {
                self.pack_session(invocation, &opened.id).await
            }
            PaymentNews::Session(_)
            | PaymentNews::Payment(_)
            | PaymentNews::Refund(_)
            | PaymentNews::Dispute(_) => Ok(session),
        }
    }

    /// A session in which a pack is bought, as it is now. A session that buys none is unreadable.
    pub async fn pack_session(
        &self,
        invocation: &Invocation,
        id: &SessionId,
    ) -> Result<PackSession, StripeError> {
        let answer = self.call(invocation, &request::session(id)).await?;
        read_session(text(&answer.body)?, answer.at)
    }

    /// The session that a purchase opened, if it did, whatever became of it: found by its metadata
    /// among those that the customer got since then. Of several, the one that was completed, or
    /// else the newest that can be.
    pub async fn find_pack_session(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        purchase: &PurchaseId,
        since: Timestamp,
    ) -> Result<Option<PackSession>, StripeError> {
        let page = |after: Option<&str>| request::sessions_since(customer, since, after);
        let found = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        let its = found.objects.iter().filter(|object| marked(object.get(), purchase));
        let its = its.map(|object| read_session(object.get(), found.at));
        let its = its.collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(its.rev().max_by_key(|session| match &session.fact.news {
            PaymentNews::Session(session) => match session.status {
                SessionStatus::Complete => 2,
                SessionStatus::Open => 1,
                SessionStatus::Expired => 0,
            },
            PaymentNews::Payment(_) | PaymentNews::Refund(_) | PaymentNews::Dispute(_) => 0,
        }))
    }

    /// Charges a pack to a payment method on file, once under a key, and tells how the payment
    /// stands now. One that was declined is told with the reason; every other refusal is an error,
    /// and so is not to know what came of it.
    pub async fn charge(
        &self,
        invocation: &Invocation,
        new: &NewCharge<'_>,
        idempotency_key: String,
    ) -> Result<PaymentFact, StripeError> {
        let request = request::create_charge(new).with_idempotency_key(idempotency_key);
        let (fact, replayed) = match self.call(invocation, &request).await {
            Ok(Answer { at, replayed, body, .. }) => (read_payment(text(&body)?, at)?, replayed),
            Err(error) => {
                let refusal = error.declined();
                let fact = refusal.map(declined).transpose()?.flatten();
                let replayed = refusal.is_some_and(|refusal| refusal.replayed);
                (fact.ok_or(error)?, replayed)
            }
        };
        match &fact.news {
            PaymentNews::Payment(made) if replayed => self.payment(invocation, &made.id).await,
            PaymentNews::Payment(_)
            | PaymentNews::Session(_)
            | PaymentNews::Refund(_)
            | PaymentNews::Dispute(_) => Ok(fact),
        }
    }

    /// A payment for credits, as it is now. One that buys none is unreadable.
    pub async fn payment(
        &self,
        invocation: &Invocation,
        id: &PaymentIntentId,
    ) -> Result<PaymentFact, StripeError> {
        let answer = self.call(invocation, &request::payment(id)).await?;
        read_payment(text(&answer.body)?, answer.at)
    }

    /// Gives a payment up, and tells how it stands then: one that has ended already, that is under
    /// way, or that belongs to a Checkout session (expire that instead) stays as it is.
    pub async fn cancel_payment(
        &self,
        invocation: &Invocation,
        id: &PaymentIntentId,
    ) -> Result<PaymentFact, StripeError> {
        match self.call(invocation, &request::cancel_payment(id)).await {
            Err(error) if error.is_refusal() => self.payment(invocation, id).await,
            answered => {
                let answer = answered?;
                read_payment(text(&answer.body)?, answer.at)
            }
        }
    }

    /// The payment that a purchase made, if it did: found by its metadata among those that the
    /// customer made since then. Stripe's search would know metadata, but lags behind. Of several,
    /// the one that has the money, or else may have it, or else the newest.
    pub async fn find_payment(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
        purchase: &PurchaseId,
        since: Timestamp,
    ) -> Result<Option<PaymentFact>, StripeError> {
        let page = |after: Option<&str>| request::payments_since(customer, since, after);
        let found = self.list(invocation, Bound::OF_A_CUSTOMER, page).await?;
        let its = found.objects.iter().filter(|object| marked(object.get(), purchase));
        let its = its.map(|object| read_payment(object.get(), found.at));
        let its = its.collect::<Result<Vec<_>, _>>()?.into_iter();
        Ok(its.rev().max_by_key(|fact| match &fact.news {
            PaymentNews::Payment(payment) => match payment.status {
                PaymentStatus::Succeeded => 2,
                PaymentStatus::Processing => 1,
                PaymentStatus::Waiting
                | PaymentStatus::RequiresAction
                | PaymentStatus::Canceled => 0,
            },
            PaymentNews::Session(_) | PaymentNews::Refund(_) | PaymentNews::Dispute(_) => 0,
        }))
    }

    /// The newest payment method that is on file, which is made the default: for a customer without
    /// one, who has just paid in Checkout. That keeps a card and makes it nobody's default (money
    /// rule 9).
    pub async fn newest_made_default(
        &self,
        invocation: &Invocation,
        customer: &CustomerId,
    ) -> Result<Option<ChargeMethod>, StripeError> {
        let answer = match self.call(invocation, &request::newest_method(customer)).await {
            // The customer was deleted.
            Err(error) if error.is_refusal() => return Ok(None),
            answered => answered?,
        };
        let on_file: OnFile = read(&answer.body, "the payment methods")?;
        let Some(newest) = on_file.data.into_iter().next().map(Method::chosen) else {
            return Ok(None);
        };
        self.call(invocation, &set_payment_method(customer, &newest.id)).await?;
        Ok(Some(newest))
    }

    /// True unless Stripe shows that a payment is not for credits: its metadata names no purchase
    /// of ours.
    pub async fn may_buy_credits(
        &self,
        invocation: &Invocation,
        payment: &PaymentIntentId,
    ) -> Result<bool, StripeError> {
        let answer = match self.call(invocation, &request::payment(payment)).await {
            // Nothing is shown.
            Err(error) if error.is_refusal() => return Ok(true),
            answered => answered?,
        };
        Ok(purchase_of(text(&answer.body)?).is_some())
    }
}

/// The payment that Stripe declined; nothing when the refusal does not have it.
fn declined(refusal: &Refusal) -> Result<Option<PaymentFact>, StripeError> {
    let Some((text, at)) = refusal.payment_intent.as_deref().zip(refusal.at) else {
        return Ok(None);
    };
    let mut fact = read_payment(text, at)?;
    if let PaymentNews::Payment(payment) = &mut fact.news
        && payment.declined.is_none()
    {
        let code = refusal.code.clone().or(refusal.kind.clone()).unwrap_or_default();
        payment.declined = Some(Decline {
            code,
            decline_code: refusal.decline_code.clone(),
            message: refusal.message.clone(),
            method: None,
        });
    }
    Ok(Some(fact))
}

/// True if an object's metadata names that purchase.
fn marked(text: &str, purchase: &PurchaseId) -> bool {
    purchase_of(text).is_some_and(|found| found == purchase.as_str())
}

/// The purchase of ours that an object's metadata names.
fn purchase_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Marked {
        #[serde(default)]
        metadata: BTreeMap<String, String>,
    }
    let marked: Option<Marked> = serde_json::from_str(text).ok();
    marked.and_then(|mut marked| marked.metadata.remove(PURCHASE_METADATA))
}

fn read_session(text: &str, at: Timestamp) -> Result<PackSession, StripeError> {
    const WHAT: &str = "the Checkout session";
    let fact = fact(SESSION, text, at, WHAT)?;
    let Paged { url } = read(text.as_bytes(), WHAT)?;
    Ok(PackSession { fact, url })
}

fn read_payment(text: &str, at: Timestamp) -> Result<PaymentFact, StripeError> {
    fact(PAYMENT, text, at, "the payment")
}

fn fact(
    event: PaymentEvent,
    text: &str,
    at: Timestamp,
    what: &str,
) -> Result<PaymentFact, StripeError> {
    let unreadable = |reason| StripeError::Unreadable { what: what.to_owned(), reason };
    let fact = read_payment_object(event, text, at).map_err(unreadable)?;
    fact.ok_or_else(|| unreadable(Reason::Missing("metadata.tollgate_purchase")))
}
