//! What may be about a payment for credits: a Checkout session
//! (<https://docs.stripe.com/api/checkout/sessions/object>), a payment intent
//! (<https://docs.stripe.com/api/payment_intents/object>), a refund
//! (<https://docs.stripe.com/api/refunds/object>) and a dispute
//! (<https://docs.stripe.com/api/disputes/object>).
//!
//! Sessions and payment intents are ours if their metadata names a purchase of ours
//! ([`billing::payment::PURCHASE_METADATA`]): most are of subscriptions and invoices, and are left
//! alone before anything else of them is read. Refunds and disputes have no metadata of ours; all
//! that have a payment intent are told, and whoever knows the payment knows whose it is.
//!
//! What is read did not move between versions, but for one word: a dispute that a refund settled
//! was once `charge_refunded`.

use std::borrow::Cow;

use billing::fact::PaymentMoved;
use billing::ids::{
    CustomerId, DisputeId, InvoiceId, InvoicePaymentId, PaymentIntentId, PaymentMethodId,
    PurchaseId, RefundId, SessionId,
};
use billing::invoice_payment::{PaymentShown, PaymentState};
use billing::money::Money;
use billing::payment::{
    Decline, DisputeSnapshot, DisputeStatus, PaymentNews, PaymentSnapshot, PaymentStatus,
    RefundSnapshot, RefundStatus, SessionSnapshot, SessionStatus,
};
use billing::time::Timestamp;
use serde::Deserialize;

use super::object::Object;
use super::raw::{self, Raw, Reason, present};
use crate::event_type::{IntentEvent, PaymentEvent, SessionEvent};

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Metadata<'a> {
    tollgate_purchase: Raw<'a>,
}

/// docs.stripe.com/api/errors, as far as it says why a payment failed.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct PaymentError<'a> {
    r#type: Raw<'a>,
    code: Raw<'a>,
    decline_code: Raw<'a>,
    message: Raw<'a>,
    payment_method: Raw<'a>,
}

/// <https://docs.stripe.com/api/disputes/object#dispute_object-evidence_details>
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct EvidenceDetails<'a> {
    due_by: Raw<'a>,
}

/// <https://docs.stripe.com/api/balance_transactions/object>
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct BalanceTransaction<'a> {
    amount: Raw<'a>,
    currency: Raw<'a>,
}

/// What the object says; nothing when it is not about a payment for credits.
pub(super) fn read(
    event: PaymentEvent,
    object: &Object<'_>,
) -> Result<Option<PaymentNews>, Reason> {
    match event {
        PaymentEvent::Session(event) => {
            raw::expect_object(object.object, "checkout.session")?;
            let Some(purchase) = purchase(object.metadata)? else { return Ok(None) };
            session(event, object, purchase).map(|it| Some(PaymentNews::Session(it)))
        }
        PaymentEvent::Intent(_) => {
            raw::expect_object(object.object, "payment_intent")?;
            let Some(purchase) = purchase(object.metadata)? else { return Ok(None) };
            payment(object, purchase).map(|it| Some(PaymentNews::Payment(it)))
        }
        PaymentEvent::Refund(_) => {
            raw::expect_object(object.object, "refund")?;
            let Some(payment) = payment_intent(object.payment_intent)? else { return Ok(None) };
            refund(object, payment).map(|it| Some(PaymentNews::Refund(it)))
        }
        PaymentEvent::Dispute(_) => {
            raw::expect_object(object.object, "dispute")?;
            let Some(payment) = payment_intent(object.payment_intent)? else { return Ok(None) };
            dispute(object, payment).map(|it| Some(PaymentNews::Dispute(it)))
        }
    }
}

/// The customer and the payment, for a payment that may be of an invoice and is in progress or was
/// given up. What becomes of others is told by the events of their invoices.
pub(super) fn moved(
    event: PaymentEvent,
    object: &Object<'_>,
) -> Result<Option<(CustomerId, PaymentMoved)>, Reason> {
    let state = match event {
        PaymentEvent::Intent(IntentEvent::Processing) => PaymentState::Processing,
        PaymentEvent::Intent(IntentEvent::Canceled) => PaymentState::Canceled,
        PaymentEvent::Intent(
            IntentEvent::Succeeded | IntentEvent::PaymentFailed | IntentEvent::RequiresAction,
        )
        | PaymentEvent::Session(_)
        | PaymentEvent::Refund(_)
        | PaymentEvent::Dispute(_) => return Ok(None),
    };
    raw::expect_object(object.object, "payment_intent")?;
    if object.customer.is_null() || purchase(object.metadata)?.is_some() {
        return Ok(None);
    }
    let intent = present("id", object.id.id("id", PaymentIntentId::parse)?)?;
    let id = present("id", object.id.id("id", InvoicePaymentId::parse)?)?;
    let amount = present("amount", object.amount.amount("amount")?)?;
    let invoice = object.invoice.reference("invoice", InvoiceId::parse)?;
    let shown = PaymentShown { id, state, amount };
    Ok(Some((raw::customer(object.customer)?, PaymentMoved { intent, invoice, shown })))
}

fn purchase(raw: Raw<'_>) -> Result<Option<PurchaseId>, Reason> {
    let metadata: Metadata<'_> = raw.object("metadata")?.unwrap_or_default();
    metadata.tollgate_purchase.id("metadata.tollgate_purchase", PurchaseId::parse)
}

fn payment_intent(raw: Raw<'_>) -> Result<Option<PaymentIntentId>, Reason> {
    raw.reference("payment_intent", PaymentIntentId::parse)
}

fn session(
    event: SessionEvent,
    session: &Object<'_>,
    purchase: PurchaseId,
) -> Result<SessionSnapshot, Reason> {
    Ok(SessionSnapshot {
        id: present("id", session.id.id("id", SessionId::parse)?)?,
        customer: raw::customer(session.customer)?,
        purchase,
        status: session_status(event, session)?,
        paid: is_paid(event, session)?,
        failed: match event {
            SessionEvent::AsyncPaymentFailed => true,
            SessionEvent::Completed
            | SessionEvent::AsyncPaymentSucceeded
            | SessionEvent::Expired => false,
        },
        subtotal: money("amount_subtotal", session.amount_subtotal, session.currency)?,
        total: money("amount_total", session.amount_total, session.currency)?,
        payment: payment_intent(session.payment_intent)?,
    })
}

fn payment(intent: &Object<'_>, purchase: PurchaseId) -> Result<PaymentSnapshot, Reason> {
    Ok(PaymentSnapshot {
        id: present("id", intent.id.id("id", PaymentIntentId::parse)?)?,
        customer: raw::customer(intent.customer)?,
        purchase,
        status: payment_status(intent)?,
        amount: money("amount", intent.amount, intent.currency)?,
        declined: decline(intent.last_payment_error)?,
    })
}

/// Reason why the last attempt failed. An error without a code says at least of which type it is.
fn decline(raw: Raw<'_>) -> Result<Option<Decline>, Reason> {
    const FIELD: &str = "last_payment_error";
    let Some(error) = raw.object::<PaymentError<'_>>(FIELD)? else { return Ok(None) };
    let code = match error.code.text("last_payment_error.code")? {
        None => error.r#type.text("last_payment_error.type")?,
        known => known,
    };
    Ok(Some(Decline {
        code: present("last_payment_error.code", code.map(Cow::into_owned))?,
        decline_code: error.decline_code.owned("last_payment_error.decline_code")?,
        message: error.message.owned("last_payment_error.message")?,
        method: error
            .payment_method
            .reference("last_payment_error.payment_method", PaymentMethodId::parse)?,
    }))
}

fn refund(refund: &Object<'_>, payment: PaymentIntentId) -> Result<RefundSnapshot, Reason> {
    Ok(RefundSnapshot {
        id: present("id", refund.id.id("id", RefundId::parse)?)?,
        payment,
        amount: money("amount", refund.amount, refund.currency)?,
        status: match refund.status.text("status")?.as_deref() {
            // Refunds older than the field have no status: they were paid out as they were made.
            None | Some("succeeded") => RefundStatus::Succeeded,
            Some("pending" | "requires_action") => RefundStatus::Pending,
            Some("failed") => RefundStatus::Failed,
            Some("canceled") => RefundStatus::Canceled,
            // The lowest meaning: a status that is known already stands.
            Some(other) => {
                refund.words.note("status", other);
                RefundStatus::Pending
            }
        },
    })
}

fn dispute(dispute: &Object<'_>, payment: PaymentIntentId) -> Result<DisputeSnapshot, Reason> {
    Ok(DisputeSnapshot {
        id: present("id", dispute.id.id("id", DisputeId::parse)?)?,
        payment,
        amount: money("amount", dispute.amount, dispute.currency)?,
        withdrawn: withdrawn(dispute.balance_transactions)?,
        status: dispute_status(dispute)?,
        reason: dispute.reason.text("reason")?.map(|reason| reason.to_string()),
        due_by: due_by(dispute)?,
        answered: is_answered(dispute)?,
    })
}

/// Time until which evidence is taken.
fn due_by(dispute: &Object<'_>) -> Result<Option<Timestamp>, Reason> {
    let details: Option<EvidenceDetails<'_>> =
        dispute.evidence_details.object("evidence_details")?;
    details.unwrap_or_default().due_by.time("evidence_details.due_by")
}

/// True while the bank looks at evidence that was given.
fn is_answered(dispute: &Object<'_>) -> Result<bool, Reason> {
    let status = dispute.status.text("status")?;
    Ok(matches!(status.as_deref(), Some("under_review" | "warning_under_review")))
}

/// An appeal (2026-10-28) follows a dispute that was lost: the money stays taken until it is won.
/// Behind an unknown word a dispute is open as soon as the bank has taken money, which its balance
/// transactions say; else it has the lowest meaning, and a status that is known already stands.
fn dispute_status(dispute: &Object<'_>) -> Result<DisputeStatus, Reason> {
    Ok(match &*present("status", dispute.status.text("status")?)? {
        "warning_needs_response" | "warning_under_review" => DisputeStatus::Warning,
        // `charge_refunded`: the refund says how much the customer got back.
        "warning_closed" | "prevented" | "charge_refunded" => DisputeStatus::WarningClosed,
        "needs_response" | "under_review" => DisputeStatus::Open,
        "lost" | "appeal_needs_response" | "appeal_under_review" => DisputeStatus::Lost,
        "won" => DisputeStatus::Won,
        other => {
            dispute.words.note("status", other);
            let transactions = dispute.balance_transactions.list("balance_transactions")?;
            if transactions.is_empty() { DisputeStatus::Warning } else { DisputeStatus::Open }
        }
    })
}

/// Behind an unknown word the event says the least that must be so; an open session otherwise,
/// which changes nothing.
fn session_status(event: SessionEvent, session: &Object<'_>) -> Result<SessionStatus, Reason> {
    Ok(match &*present("status", session.status.text("status")?)? {
        "open" => SessionStatus::Open,
        "expired" => SessionStatus::Expired,
        "complete" => SessionStatus::Complete,
        other => {
            session.words.note("status", other);
            match event {
                SessionEvent::AsyncPaymentSucceeded | SessionEvent::AsyncPaymentFailed => {
                    SessionStatus::Complete
                }
                SessionEvent::Completed | SessionEvent::Expired => SessionStatus::Open,
            }
        }
    })
}

/// Behind an unknown word the session is paid only where the event says so. The payment intent has
/// events of its own.
fn is_paid(event: SessionEvent, session: &Object<'_>) -> Result<bool, Reason> {
    Ok(match &*present("payment_status", session.payment_status.text("payment_status")?)? {
        "paid" | "no_payment_required" => true,
        "unpaid" => false,
        other => {
            session.words.note("payment_status", other);
            match event {
                SessionEvent::AsyncPaymentSucceeded => true,
                SessionEvent::Completed
                | SessionEvent::AsyncPaymentFailed
                | SessionEvent::Expired => false,
            }
        }
    })
}

/// Behind an unknown word a payment has succeeded when all of its amount was received, and is
/// canceled when it says since when; else its outcome is open.
fn payment_status(intent: &Object<'_>) -> Result<PaymentStatus, Reason> {
    Ok(match &*present("status", intent.status.text("status")?)? {
        "requires_payment_method" | "requires_confirmation" => PaymentStatus::Waiting,
        "requires_action" => PaymentStatus::RequiresAction,
        // The second is authorised and not yet taken: never so by a call of ours.
        "processing" | "requires_capture" => PaymentStatus::Processing,
        "canceled" => PaymentStatus::Canceled,
        "succeeded" => PaymentStatus::Succeeded,
        other => {
            intent.words.note("status", other);
            let received = intent.amount_received.integer("amount_received")?;
            let amount = intent.amount.integer("amount")?;
            if received.is_some() && received >= amount {
                PaymentStatus::Succeeded
            } else if intent.canceled_at.time("canceled_at")?.is_some() {
                PaymentStatus::Canceled
            } else {
                PaymentStatus::Processing
            }
        }
    })
}

/// What the first of a dispute's balance transactions took: a later one reinstates it.
fn withdrawn(raw: Raw<'_>) -> Result<Option<Money>, Reason> {
    const AMOUNT: &str = "balance_transactions.amount";
    const CURRENCY: &str = "balance_transactions.currency";
    let mut taken = None;
    for transaction in raw.list("balance_transactions")? {
        let found: Option<BalanceTransaction<'_>> = transaction.object("balance_transactions")?;
        let Some(BalanceTransaction { amount, currency }) = found else { continue };
        let known = amount.signed_amount(AMOUNT)?.zip(currency.currency(CURRENCY)?);
        if let Some((amount, currency)) = known.filter(|(amount, _)| *amount < 0) {
            taken = taken.or(Some(Money::new(amount.saturating_neg(), currency)));
        }
    }
    Ok(taken)
}

fn money(field: &'static str, amount: Raw<'_>, currency: Raw<'_>) -> Result<Money, Reason> {
    let amount = present(field, amount.amount(field)?)?;
    Ok(Money::new(amount, present("currency", currency.currency("currency")?)?))
}
