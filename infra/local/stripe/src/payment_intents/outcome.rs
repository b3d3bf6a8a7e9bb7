//! What becomes of a payment: its status, its charge, its events, and whom it concerns.

use billing::time::DAY_SECONDS;
use serde_json::json;

use super::making::shown;
use super::{CaptureMethod, Payment, PaymentIntent, PaymentStatus};
use crate::agenda::Task;
use crate::cards::{Attempt, Debit, DebitOutcome, Decline};
use crate::charges::{self, ChargeStatus, NewCharge};
use crate::error::ApiError;
use crate::payment_intents::Presence;
use crate::stripe::Stripe;
use crate::{checkout, disputes, invoices, payment_methods, refunds};

/// Seconds for which a bank holds money that was not captured: seven days.
pub(crate) const HELD_SECONDS: i64 = 7 * DAY_SECONDS;

/// The bank says yes: the money comes, or is held until it is captured.
pub(super) fn succeed(stripe: &mut Stripe, id: &str) -> Payment {
    let Some(intent) = stripe.payment_intents.get(id) else { return Payment::Canceled };
    let held = intent.capture == CaptureMethod::Manual;
    let customer = intent.customer.clone();
    let charge =
        charge(stripe, id, if held { ChargeStatus::Held } else { ChargeStatus::Succeeded });
    if held {
        settle_on(stripe, id, PaymentStatus::RequiresCapture);
        let at = stripe.time_of(customer.as_deref()).plus_seconds(HELD_SECONDS);
        stripe.schedule(customer.as_deref(), at, Task::PaymentSettles(id.to_owned()));
    } else {
        settle_on(stripe, id, PaymentStatus::Succeeded);
    }
    charges::tell(stripe, "charge.succeeded", &charge);
    keep_method(stripe, id);
    if held {
        tell_intent(stripe, "payment_intent.amount_capturable_updated", id);
        return Payment::Processing;
    }
    tell_intent(stripe, "payment_intent.succeeded", id);
    book(stripe, id, &charge);
    Payment::Succeeded
}

/// The outcome of a direct debit comes later.
pub(super) fn process(stripe: &mut Stripe, id: &str, debit: Debit) -> Payment {
    let charge = charge(stripe, id, ChargeStatus::Pending);
    settle_on(stripe, id, PaymentStatus::Processing);
    charges::tell(stripe, "charge.pending", &charge);
    keep_method(stripe, id);
    tell_intent(stripe, "payment_intent.processing", id);
    let customer = stripe.payment_intents.get(id).and_then(|intent| intent.customer.clone());
    let at = stripe.time_of(customer.as_deref()).plus_seconds(debit.after_seconds);
    stripe.schedule(customer.as_deref(), at, Task::PaymentSettles(id.to_owned()));
    Payment::Processing
}

/// The bank says no.
pub(super) fn decline(stripe: &mut Stripe, id: &str, decline: Decline) -> Payment {
    let charge = charge(stripe, id, ChargeStatus::Failed(decline));
    charges::tell(stripe, "charge.failed", &charge);
    fail(stripe, id, decline.error().with("charge", charge))
}

/// The attempt is over without money: the intent needs another payment method.
pub(super) fn fail(stripe: &mut Stripe, id: &str, error: ApiError) -> Payment {
    let method = stripe.payment_intents.get(id).and_then(|intent| intent.payment_method.clone());
    let method = method.map_or_else(Default::default, |method| {
        stripe.shown(|stripe| &stripe.payment_methods, &method)
    });
    let error = error.with("payment_method", method);
    if let Some(intent) = stripe.payment_intents.get_mut(id) {
        intent.status = PaymentStatus::RequiresPaymentMethod;
        intent.payment_method = None;
        intent.last_payment_error = Some(error.object());
    }
    tell_intent(stripe, "payment_intent.payment_failed", id);
    Payment::Failed(super::with_intent(stripe, id, error))
}

/// The customer has to authenticate.
pub(super) fn require_action(stripe: &mut Stripe, id: &str) -> Payment {
    settle_on(stripe, id, PaymentStatus::RequiresAction);
    tell_intent(stripe, "payment_intent.requires_action", id);
    Payment::RequiresAction
}

/// Tells whom the payment is for what became of it, and lets the bank's customer dispute it.
pub(super) fn tell(stripe: &mut Stripe, id: &str, payment: &Payment) {
    let Some(intent) = stripe.payment_intents.get(id) else { return };
    let (invoice, session) = (intent.invoice.clone(), intent.checkout_session.clone());
    let charge = intent.latest_charge.clone();
    if let Some(invoice) = invoice {
        invoices::payment_changed(stripe, &invoice, id, payment);
    }
    if let Some(session) = session {
        checkout::payment_changed(stripe, &session, payment);
    }
    if let (Payment::Succeeded, Some(charge)) = (payment, charge) {
        disputes::after_charge(stripe, &charge);
    }
}

/// A delayed payment method has its outcome; money that nobody captured is let go.
pub fn settle(stripe: &mut Stripe, id: &str) {
    let Some(intent) = stripe.payment_intents.get(id) else { return };
    match intent.status {
        PaymentStatus::Processing => settle_debit(stripe, id),
        PaymentStatus::RequiresCapture => expire(stripe, id),
        PaymentStatus::RequiresPaymentMethod
        | PaymentStatus::RequiresConfirmation
        | PaymentStatus::RequiresAction
        | PaymentStatus::Succeeded
        | PaymentStatus::Canceled => {}
    }
}

fn settle_debit(stripe: &mut Stripe, id: &str) {
    let Some(intent) = stripe.payment_intents.get(id) else { return };
    let (Some(method), Some(charge)) =
        (intent.payment_method.clone(), intent.latest_charge.clone())
    else {
        return;
    };
    let outcome = match payment_methods::attempt(stripe, &method, Presence::OffSession) {
        Attempt::Processes(debit) => debit.outcome,
        Attempt::Succeeds | Attempt::Authenticates | Attempt::Declines(_) => DebitOutcome::Succeeds,
    };
    let payment = match outcome {
        DebitOutcome::Succeeds | DebitOutcome::IsDisputed => {
            charges::settle(stripe, &charge, ChargeStatus::Succeeded);
            settle_on(stripe, id, PaymentStatus::Succeeded);
            charges::tell(stripe, "charge.succeeded", &charge);
            tell_intent(stripe, "payment_intent.succeeded", id);
            Payment::Succeeded
        }
        DebitOutcome::Fails(decline) => {
            charges::settle(stripe, &charge, ChargeStatus::Failed(decline));
            charges::tell(stripe, "charge.failed", &charge);
            fail(stripe, id, decline.error().with("charge", charge))
        }
    };
    tell(stripe, id, &payment);
}

fn expire(stripe: &mut Stripe, id: &str) {
    let Some(intent) = stripe.payment_intents.get(id) else { return };
    let customer = intent.customer.clone();
    let Some(charge) = intent.latest_charge.as_ref().and_then(|id| stripe.charges.get(id)) else {
        return;
    };
    if charge.created.plus_seconds(HELD_SECONDS) > stripe.time_of(customer.as_deref()) {
        return;
    }
    let charge = charge.id.clone();
    charges::release(stripe, &charge);
    charges::tell(stripe, "charge.expired", &charge);
    end(stripe, id, Some("automatic".to_owned()));
}

/// Cancels an intent that is open or waits for its capture.
pub(super) fn cancel(stripe: &mut Stripe, id: &str, reason: Option<String>) {
    let held =
        stripe.payment_intents.get(id).filter(|it| it.status == PaymentStatus::RequiresCapture);
    if let Some(charge) = held.and_then(|intent| intent.latest_charge.clone()) {
        refunds::release(stripe, &charge);
    }
    end(stripe, id, reason);
}

fn end(stripe: &mut Stripe, id: &str, reason: Option<String>) {
    let Some(intent) = stripe.payment_intents.get(id) else { return };
    let now = stripe.time_of(intent.customer.as_deref());
    if let Some(intent) = stripe.payment_intents.get_mut(id) {
        intent.status = PaymentStatus::Canceled;
        intent.canceled = Some((now, reason));
        intent.amount_capturable = 0;
    }
    tell_intent(stripe, "payment_intent.canceled", id);
    tell(stripe, id, &Payment::Canceled);
}

/// Takes held money, all or a part; the rest is let go.
pub(super) fn capture(stripe: &mut Stripe, id: &str, amount: i64) {
    let charge = stripe.payment_intents.get(id).and_then(|intent| intent.latest_charge.clone());
    let Some(charge) = charge else { return };
    charges::capture(stripe, &charge, amount);
    if let Some(intent) = stripe.payment_intents.get_mut(id) {
        intent.status = PaymentStatus::Succeeded;
        intent.amount_capturable = 0;
        intent.amount_received = amount;
    }
    charges::tell(stripe, "charge.captured", &charge);
    tell_intent(stripe, "payment_intent.succeeded", id);
    tell(stripe, id, &Payment::Succeeded);
}

fn tell_intent(stripe: &mut Stripe, kind: &'static str, id: &str) {
    let json = shown(stripe, id);
    stripe.emit(kind, json);
}

fn settle_on(stripe: &mut Stripe, id: &str, status: PaymentStatus) {
    let Some(intent) = stripe.payment_intents.get_mut(id) else { return };
    intent.status = status;
    intent.last_payment_error = None;
    match status {
        PaymentStatus::Succeeded => intent.amount_received = intent.amount,
        PaymentStatus::RequiresCapture => intent.amount_capturable = intent.amount,
        PaymentStatus::RequiresPaymentMethod
        | PaymentStatus::RequiresConfirmation
        | PaymentStatus::RequiresAction
        | PaymentStatus::Processing
        | PaymentStatus::Canceled => {}
    }
}

/// Makes the charge of the current attempt.
fn charge(stripe: &mut Stripe, id: &str, status: ChargeStatus) -> String {
    let Some(intent) = stripe.payment_intents.get(id).cloned() else { return String::new() };
    let authenticated = intent.status == PaymentStatus::RequiresAction || intent.authenticated;
    let PaymentIntent { customer, amount, currency, payment_method, metadata, told, .. } = intent;
    let new = NewCharge {
        payment_intent: id.to_owned(),
        customer,
        amount,
        currency,
        payment_method,
        status,
        authenticated,
        metadata,
        told,
    };
    let charge = charges::create(stripe, new);
    if let Some(intent) = stripe.payment_intents.get_mut(id) {
        intent.latest_charge = Some(charge.clone());
    }
    charge
}

/// What becomes of the payment method: it is attached and set up where that was asked for; one that
/// belongs to nobody cannot be used a second time.
fn keep_method(stripe: &mut Stripe, id: &str) {
    let Some(intent) = stripe.payment_intents.get(id) else { return };
    let (customer, usage) = (intent.customer.clone(), intent.setup_future_usage.clone());
    let invoiced = intent.invoice.is_some();
    let Some(method) = intent.payment_method.clone() else { return };
    if let (Some(customer), Some(_)) = (customer, &usage) {
        payment_methods::put_on_file(stripe, &method, &customer);
    }
    if let Some(method) = stripe.payment_methods.get_mut(&method) {
        method.set_up |= usage.as_deref() == Some("off_session");
        method.gone |= method.customer.is_none() && !invoiced;
    }
}

/// The charge's balance transaction, which follows by itself where the capture is asynchronous.
fn book(stripe: &mut Stripe, id: &str, charge: &str) {
    let asynchronous = stripe
        .payment_intents
        .get(id)
        .is_some_and(|intent| intent.capture == CaptureMethod::AutomaticAsync);
    if !asynchronous {
        return;
    }
    let before = stripe.shown(|stripe| &stripe.charges, charge);
    let transaction = json!(stripe.ids.next("txn"));
    if let Some(charge) = stripe.charges.get_mut(charge) {
        charge.balance_transaction = transaction.as_str().map(str::to_owned);
    }
    let after = stripe.shown(|stripe| &stripe.charges, charge);
    stripe.emit_update("charge.updated", &before, after);
}
