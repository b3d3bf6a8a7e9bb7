//! An invoice, as `invoice.*` events carry it (docs.stripe.com/api/invoices/object).
//!
//! What moved between versions: since basil (2025-03-31) the subscription stands under
//! `parent.subscription_details`, and `paid`, `charge` and `payment_intent` are gone. None of these
//! three is read: `status` and the amounts say the same in every version.

mod purpose;

use billing::fact::{BillingReason, Collection, InvoiceEvent, InvoiceSnapshot, InvoiceStatus};
use billing::ids::{CustomerId, InvoiceId, InvoicePaymentId, SubscriptionId};
use billing::invoice_payment::{PaymentShown, PaymentState};
use billing::time::Timestamp;
use serde::Deserialize;

use super::object::Object;
use super::raw::{self, Raw, Reason, present};

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
#[expect(clippy::struct_field_names, reason = "each has Stripe's name")]
struct StatusTransitions<'a> {
    finalized_at: Raw<'a>,
    paid_at: Raw<'a>,
    voided_at: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Parent<'a> {
    subscription_details: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct SubscriptionDetails<'a> {
    subscription: Raw<'a>,
    metadata: Raw<'a>,
}

/// Our marks, on an invoice or on its subscription.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
#[expect(clippy::struct_field_names, reason = "each is the key of a mark")]
struct Marks<'a> {
    tollgate_account: Raw<'a>,
    tollgate_plan: Raw<'a>,
    tollgate_intent: Raw<'a>,
    tollgate_held: Raw<'a>,
}

/// A list within an object, or a page of one.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct List<'a> {
    data: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct StatusDetails<'a> {
    uncollectible: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Uncollectible<'a> {
    reason: Raw<'a>,
}

/// docs.stripe.com/api/invoice-payment
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
#[expect(clippy::struct_field_names, reason = "each has Stripe's name")]
struct Payment<'a> {
    status: Raw<'a>,
    amount_paid: Raw<'a>,
    amount_requested: Raw<'a>,
    payment: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Means<'a> {
    payment_intent: Raw<'a>,
    payment_record: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Intent<'a> {
    status: Raw<'a>,
}

/// Whose invoice it is, and how it stands after this event.
pub(super) fn read(
    event: InvoiceEvent,
    invoice: &Object<'_>,
) -> Result<(CustomerId, InvoiceSnapshot), Reason> {
    raw::expect_object(invoice.object, "invoice")?;
    let transitions: StatusTransitions<'_> =
        (invoice.status_transitions).object("status_transitions")?.unwrap_or_default();
    let status = status(event, invoice, &transitions)?;
    let snapshot = InvoiceSnapshot {
        id: present("id", invoice.id.id("id", InvoiceId::parse)?)?,
        currency: present("currency", invoice.currency.currency("currency")?)?,
        status,
        collection: collection(invoice)?,
        reason: billing_reason(invoice.billing_reason)?,
        subscription: subscription(invoice)?,
        number: invoice.number.owned("number")?,
        created: present("created", invoice.created.time("created")?)?,
        finalized_at: (transitions.finalized_at).time("status_transitions.finalized_at")?,
        ended_at: ended_at(status, &transitions)?,
        due_at: invoice.due_date.time("due_date")?,
        kind: purpose::kind(invoice)?,
        period: purpose::period(invoice.lines),
        tax: purpose::tax(invoice),
        total: present("total", invoice.total.signed_amount("total")?)?,
        amount_due: present("amount_due", invoice.amount_due.amount("amount_due")?)?,
        amount_paid: amount_paid(invoice)?,
        payments: payments(invoice.payments),
        pre_payment_credit_notes: (invoice.pre_payment_credit_notes_amount)
            .amount("pre_payment_credit_notes_amount")?
            .unwrap_or(0),
        attempted: invoice.attempted.flag("attempted")?.unwrap_or(false),
        attempt_count: invoice.attempt_count.count("attempt_count")?.unwrap_or(0),
        marked: is_marked(invoice)?,
        auto_advance: invoice.auto_advance.flag("auto_advance")?,
        held: is_held(invoice)?,
        given_up_by_pause: given_up_by_pause(invoice)?,
        next_attempt_at: (invoice.next_payment_attempt).time("next_payment_attempt")?,
        hosted_invoice_url: (invoice.hosted_invoice_url).owned("hosted_invoice_url")?,
        pdf_url: invoice.invoice_pdf.owned("invoice_pdf")?,
    };
    Ok((raw::customer(invoice.customer)?, snapshot))
}

/// The payments that an invoice was read with. Lenient: an invoice says what it says also where a
/// payment of it cannot be read, and one whose payment intent is not shown says nothing.
fn payments(raw: Raw<'_>) -> Vec<PaymentShown> {
    let list: List<'_> = raw.object("payments").ok().flatten().unwrap_or_default();
    let all = list.data.list("payments.data").unwrap_or_default();
    all.into_iter()
        .filter_map(|it| it.object("payments.data").ok().flatten())
        .filter_map(|payment| shown(&payment))
        .collect()
}

fn shown(payment: &Payment<'_>) -> Option<PaymentShown> {
    let means: Means<'_> = payment.payment.object("payment").ok().flatten()?;
    let status = payment.status.text("status").ok().flatten()?;
    let (state, amount) = match &*status {
        "paid" => (PaymentState::Paid, payment.amount_paid),
        "canceled" => (PaymentState::Canceled, payment.amount_requested),
        _ => (intent_state(means.payment_intent)?, payment.amount_requested),
    };
    let id = |raw: Raw<'_>| raw.reference("payment", InvoicePaymentId::parse).ok().flatten();
    let id = id(means.payment_intent).or_else(|| id(means.payment_record))?;
    let amount = amount.amount("amount").ok().flatten().unwrap_or(0);
    Some(PaymentShown { id, state, amount })
}

/// State by a payment intent that is shown: what is not in progress and not over waits.
fn intent_state(raw: Raw<'_>) -> Option<PaymentState> {
    let intent: Intent<'_> = raw.object("payment_intent").ok().flatten()?;
    let status = intent.status.text("status").ok().flatten()?;
    Some(match &*status {
        "processing" | "requires_capture" => PaymentState::Processing,
        "canceled" => PaymentState::Canceled,
        _ => PaymentState::Waiting,
    })
}

/// The larger of what the object says and what the event means, along the order in which an invoice
/// moves: an `invoice.paid` whose object was rendered a moment too early is still paid.
///
/// Paid, void and deleted each end an invoice, so that none may become another by being compared.
/// If object and event contradict each other there (a void invoice in `invoice.paid`), the object
/// wins: its status is of one piece with its amounts, and either way nothing is owed any more.
///
/// An unknown word has the lowest meaning that the object proves, a draft or a finalized invoice: a
/// status that is known already stands, because an invoice's status only moves up.
fn status(
    event: InvoiceEvent,
    invoice: &Object<'_>,
    transitions: &StatusTransitions<'_>,
) -> Result<InvoiceStatus, Reason> {
    let shown = match invoice.status.text("status")?.as_deref() {
        None => None,
        Some("draft") => Some(InvoiceStatus::Draft),
        Some("open") => Some(InvoiceStatus::Open),
        Some("uncollectible") => Some(InvoiceStatus::Uncollectible),
        Some("paid") => Some(InvoiceStatus::Paid),
        Some("void") => Some(InvoiceStatus::Void),
        // Not in Stripe's list, but seen in `invoice.deleted`.
        Some("deleted") => Some(InvoiceStatus::Deleted),
        Some(other) => {
            invoice.words.note("status", other);
            let finalized = transitions.finalized_at.time("status_transitions.finalized_at")?;
            Some(finalized.map_or(InvoiceStatus::Draft, |_| InvoiceStatus::Open))
        }
    };
    let meant = meant_by(event);
    let status = match shown {
        Some(last @ (InvoiceStatus::Paid | InvoiceStatus::Void | InvoiceStatus::Deleted)) => {
            Some(last)
        }
        Some(InvoiceStatus::Draft | InvoiceStatus::Open | InvoiceStatus::Uncollectible) | None => {
            shown.max(meant)
        }
    };
    present("status", status)
}

/// The least that must have happened for Stripe to send this event. Most events tell nothing: even
/// `payment_succeeded` can be one of several partial payments (since basil, 2025-05-28).
fn meant_by(event: InvoiceEvent) -> Option<InvoiceStatus> {
    match event {
        InvoiceEvent::Finalized => Some(InvoiceStatus::Open),
        InvoiceEvent::MarkedUncollectible => Some(InvoiceStatus::Uncollectible),
        InvoiceEvent::Paid => Some(InvoiceStatus::Paid),
        InvoiceEvent::Voided => Some(InvoiceStatus::Void),
        InvoiceEvent::Deleted => Some(InvoiceStatus::Deleted),
        InvoiceEvent::Created
        | InvoiceEvent::Updated
        | InvoiceEvent::PaymentSucceeded
        | InvoiceEvent::PaymentFailed
        | InvoiceEvent::PaymentActionRequired
        | InvoiceEvent::Overdue => None,
    }
}

/// Amount that the customer has paid, in minor units. Before basil a payment outside of Stripe,
/// which settles all that is due, did not count in `amount_paid`; since basil it does.
fn amount_paid(invoice: &Object<'_>) -> Result<i64, Reason> {
    let paid = present("amount_paid", invoice.amount_paid.amount("amount_paid")?)?;
    if invoice.paid_out_of_band.flag("paid_out_of_band")? != Some(true) {
        return Ok(paid);
    }
    let due = present("amount_due", invoice.amount_due.amount("amount_due")?)?;
    Ok(paid.max(due))
}

/// Only for an end that the status names: a payment that was taken back leaves its `paid_at`
/// behind.
fn ended_at(
    status: InvoiceStatus,
    transitions: &StatusTransitions<'_>,
) -> Result<Option<Timestamp>, Reason> {
    match status {
        InvoiceStatus::Paid => transitions.paid_at.time("status_transitions.paid_at"),
        InvoiceStatus::Void => transitions.voided_at.time("status_transitions.voided_at"),
        InvoiceStatus::Draft
        | InvoiceStatus::Open
        | InvoiceStatus::Uncollectible
        | InvoiceStatus::Deleted => Ok(None),
    }
}

/// Only an invoice that is sent has a due date: it decides behind an unknown word.
fn collection(invoice: &Object<'_>) -> Result<Collection, Reason> {
    let method =
        present("collection_method", invoice.collection_method.text("collection_method")?)?;
    Ok(match &*method {
        "charge_automatically" => Collection::Automatic,
        "send_invoice" => Collection::Manual,
        other => {
            invoice.words.note("collection_method", other);
            if invoice.due_date.is_null() { Collection::Automatic } else { Collection::Manual }
        }
    })
}

/// Lenient: no rule turns on a reason that it does not know.
fn billing_reason(raw: Raw<'_>) -> Result<BillingReason, Reason> {
    Ok(match raw.text("billing_reason")?.as_deref() {
        Some("subscription_create") => BillingReason::SubscriptionCreate,
        Some("subscription_update") => BillingReason::SubscriptionUpdate,
        Some(other) if other.starts_with("subscription") => BillingReason::Subscription,
        Some(_) | None => BillingReason::Other,
    })
}

/// True if Stripe says so, which it does since endive.
fn given_up_by_pause(invoice: &Object<'_>) -> Result<bool, Reason> {
    const REASON: &str = "status_details.uncollectible.reason";
    let details: StatusDetails<'_> =
        invoice.status_details.object("status_details")?.unwrap_or_default();
    let details: Uncollectible<'_> =
        details.uncollectible.object("status_details.uncollectible")?.unwrap_or_default();
    Ok(match details.reason.text(REASON)?.as_deref() {
        Some("subscription_paused") => true,
        None
        | Some(
            "max_payment_attempts"
            | "payment_not_received"
            | "subscription_canceled"
            | "user_forgiven",
        ) => false,
        Some(other) => {
            invoice.words.note(REASON, other);
            false
        }
    })
}

/// True if a mark of ours is on it, or on its subscription as that was at finalization: that stands
/// on the invoice itself before basil, and since then under its parent.
fn is_marked(invoice: &Object<'_>) -> Result<bool, Reason> {
    let details = subscription_details(invoice)?;
    let before: SubscriptionDetails<'_> =
        (invoice.subscription_details).object("subscription_details")?.unwrap_or_default();
    for metadata in [invoice.metadata, details.metadata, before.metadata] {
        let marks: Marks<'_> = metadata.object("metadata")?.unwrap_or_default();
        for mark in [marks.tollgate_account, marks.tollgate_plan, marks.tollgate_intent] {
            if mark.text("metadata")?.is_some_and(|value| !value.is_empty()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// True if we stopped Stripe's own retries of it, by our mark.
fn is_held(invoice: &Object<'_>) -> Result<bool, Reason> {
    let marks: Marks<'_> = invoice.metadata.object("metadata")?.unwrap_or_default();
    Ok(marks.tollgate_held.text("metadata")?.is_some_and(|value| !value.is_empty()))
}

fn subscription_details<'a>(invoice: &Object<'a>) -> Result<SubscriptionDetails<'a>, Reason> {
    let parent: Parent<'_> = invoice.parent.object("parent")?.unwrap_or_default();
    Ok((parent.subscription_details).object("parent.subscription_details")?.unwrap_or_default())
}

/// Before basil on the invoice itself, since then under its parent.
fn subscription(invoice: &Object<'_>) -> Result<Option<SubscriptionId>, Reason> {
    if !invoice.subscription.is_null() {
        return (invoice.subscription).reference("subscription", SubscriptionId::parse);
    }
    subscription_details(invoice)?
        .subscription
        .reference("parent.subscription_details.subscription", SubscriptionId::parse)
}
