//! How a session ends: complete, paid later or not, or expired.

use serde_json::{Value, json};

use super::{Mode, SessionPayment, SessionStatus, buyer, change, tell};
use crate::call::Params;
use crate::invoices::{self, Collection, NewInvoice};
use crate::payment_intents::{self, Payment};
use crate::stripe::Stripe;
use crate::{payment_methods, routes, subscriptions};

/// Something became of the payment intent of a session.
pub fn payment_changed(stripe: &mut Stripe, id: &str, payment: &Payment) {
    let Some(session) = stripe.checkout_sessions.get(id) else { return };
    match (session.status, session.payment_status, payment) {
        (SessionStatus::Open, _, Payment::Succeeded) => {
            complete(stripe, id, SessionPayment::Paid);
        }
        (SessionStatus::Open, _, Payment::Processing) => {
            complete(stripe, id, SessionPayment::Unpaid);
        }
        (SessionStatus::Open, _, Payment::Failed(error)) => {
            let message = error.message.clone();
            change(stripe, id, |session| session.refusal = Some(message));
        }
        (SessionStatus::Complete, SessionPayment::Unpaid, Payment::Succeeded) => {
            change(stripe, id, |session| session.payment_status = SessionPayment::Paid);
            settled(stripe, id);
            tell(stripe, "checkout.session.async_payment_succeeded", id);
        }
        (SessionStatus::Complete, SessionPayment::Unpaid, Payment::Failed(_)) => {
            tell(stripe, "checkout.session.async_payment_failed", id);
        }
        (SessionStatus::Open | SessionStatus::Complete | SessionStatus::Expired, _, _) => {}
    }
}

/// The customer is done with a session.
pub(super) fn complete(stripe: &mut Stripe, id: &str, payment: SessionPayment) {
    buyer::update_customer(stripe, id);
    change(stripe, id, |session| {
        session.status = SessionStatus::Complete;
        session.payment_status = payment;
        session.refusal = None;
        if let Some(buyer) = session.buyer.take() {
            session.customer = Some(buyer);
        }
    });
    keep_payment_method(stripe, id);
    if payment != SessionPayment::Unpaid {
        settled(stripe, id);
    }
    tell(stripe, "checkout.session.completed", id);
}

/// A subscription keeps the payment method that began it: its own default, not the customer's.
fn keep_payment_method(stripe: &mut Stripe, id: &str) {
    let Some(session) = stripe.checkout_sessions.get(id) else { return };
    let (Mode::Subscription, Some(subscription), Some(customer), Some(method)) = (
        session.mode,
        session.subscription.clone(),
        session.customer.clone(),
        session.payment_method.clone(),
    ) else {
        return;
    };
    let attached = stripe.payment_methods.get(&method).and_then(|it| it.customer.clone());
    if attached.is_none() && payment_methods::attach(stripe, &method, &customer).is_err() {
        // It paid and cannot be kept: the subscription goes on without one, as at Stripe.
        return;
    }
    let known = stripe.subscriptions.get(&subscription);
    if known.is_some_and(|known| known.default_payment_method.as_deref() != Some(method.as_str())) {
        let params = json!({ "default_payment_method": method });
        let params = Params(params.as_object().cloned().unwrap_or_default());
        // Only its end could be in the way, and then it needs no payment method.
        let _ = subscriptions::update(stripe, &subscription, &params);
    }
}

/// The money is there: a paid invoice says so, where the caller wants one.
fn settled(stripe: &mut Stripe, id: &str) {
    let Some(session) = stripe.checkout_sessions.get(id) else { return };
    let asked = session.asked.within("invoice_creation").unwrap_or_default();
    let wanted = session.mode == Mode::Payment && asked.flag("enabled") == Some(true);
    let (true, Some(customer)) = (wanted, session.customer.clone()) else { return };
    let intent = session.payment_intent.clone();
    let data = asked.within("invoice_data").unwrap_or_default();
    let now = stripe.time_of(Some(&customer));
    let told = ["account_tax_ids", "custom_fields", "description", "footer"];
    let new = NewInvoice {
        customer,
        currency: session.currency.clone().unwrap_or_default(),
        billing_reason: "manual",
        collection: Collection::Automatic,
        auto_advance: false,
        subscription: None,
        lines: session.lines.iter().map(|line| line.invoiced(now)).collect(),
        items: Vec::new(),
        period: (now, now),
        default_payment_method: None,
        default_tax_rates: Vec::new(),
        discounts: Vec::new(),
        pending_update: false,
        metadata: data.metadata(),
        told: data.told(&told),
    };
    let invoice = invoices::create(stripe, new);
    invoices::finalize_paid(stripe, &invoice);
    if let Some(intent) = intent {
        let path = format!("/v1/invoices/{invoice}/attach_payment");
        // The intent is the customer's own, in its currency and free: nothing can be in the way.
        let _ = routes::post(stripe, &path, &json!({ "payment_intent": intent }));
    }
    change(stripe, id, |session| session.invoice = Some(invoice));
}

/// A session's time is over.
pub fn expire_due(stripe: &mut Stripe, id: &str) {
    let session = stripe.checkout_sessions.get(id);
    if session.is_some_and(|session| session.status == SessionStatus::Open) {
        expire(stripe, id);
    }
}

/// Ends an open session: what it began to pay is cancelled.
pub(super) fn expire(stripe: &mut Stripe, id: &str) {
    let Some(session) = stripe.checkout_sessions.get(id) else { return };
    let (payment, setup) = (session.payment_intent.clone(), session.setup_intent.clone());
    change(stripe, id, |session| session.status = SessionStatus::Expired);
    if let Some(intent) = payment {
        payment_intents::cancel(stripe, &intent, "expired");
    }
    if let Some(intent) = setup {
        // It may have been used or cancelled already: then there is nothing to cancel.
        let _ = routes::post(stripe, &format!("/v1/setup_intents/{intent}/cancel"), &Value::Null);
    }
    tell(stripe, "checkout.session.expired", id);
}
