//! Taking the money for an invoice: by itself, by its retry schedule, and by `pay`.

use serde_json::Value;

use super::{
    Attempt, Collection, Invoice, InvoiceStatus, finalize, outcome, own_payment_method, shown,
};
use crate::call::Call;
use crate::customers;
use crate::error::{ApiError, ErrorKind};
use crate::invoice_payments;
use crate::payment_intents::{self, Payment, PaymentStatus, Presence};
use crate::stripe::Stripe;

/// Charges an open invoice with the payment method that it, its subscription or its customer has,
/// off session. A failure is counted and the next try put down by the retry schedule.
pub fn collect(stripe: &mut Stripe, id: &str) -> Payment {
    let Some(invoice) = stripe.invoices.get(id) else { return Payment::Canceled };
    if invoice.status != InvoiceStatus::Open {
        return Payment::Canceled;
    }
    if is_processing(stripe, id) {
        return Payment::Processing;
    }
    let method = payment_method(stripe, invoice);
    let outcome = match &method {
        Some(method) => charge(stripe, id, method, Presence::OffSession, Attempt::Automatic),
        None => Err(no_payment_method()),
    };
    outcome.unwrap_or_else(|error| {
        set_current(stripe, id, Attempt::Automatic);
        outcome::failed(stripe, id, method, true);
        Payment::Failed(error)
    })
}

/// The next try to collect is due. It is made only where there is a payment method that was not
/// refused for good (docs.stripe.com/api/invoices/object, `attempt_count`).
pub fn collect_due(stripe: &mut Stripe, id: &str) {
    let Some(invoice) = stripe.invoices.get(id) else { return };
    let due = invoice.attempts.next.is_some_and(|next| next <= outcome::now_of(stripe, id));
    let by_itself = invoice.auto_advance && invoice.collection == Collection::Automatic;
    if invoice.status != InvoiceStatus::Open || !due || !by_itself {
        return;
    }
    let method = payment_method(stripe, invoice);
    let refused = method.is_none() || method == invoice.attempts.refused;
    if invoice.attempts.count > 0 && refused {
        outcome::skipped(stripe, id);
    } else {
        collect(stripe, id);
    }
}

/// `POST /v1/invoices/{invoice}/pay`. A draft becomes final first. `forgive` and `mandate` are for
/// sources that are not simulated.
pub(super) fn pay(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let id = call.id();
    let params = &call.params;
    let invoice = stripe.invoices.named(id)?;
    match invoice.status {
        InvoiceStatus::Draft | InvoiceStatus::Open | InvoiceStatus::Uncollectible => {}
        InvoiceStatus::Paid => return Err(ApiError::invalid("Invoice is already paid")),
        InvoiceStatus::Void => {
            return Err(ApiError::invalid("This invoice is void and can no longer be paid."));
        }
    }
    if params.flag("forgive") == Some(true) {
        return Err(ApiError::not_simulated("forgive"));
    }
    if params.text("mandate").is_some() {
        return Err(ApiError::not_simulated("mandate"));
    }
    let out_of_band = params.flag("paid_out_of_band") == Some(true);
    let customer = invoice.customer.clone();
    let given = ["payment_method", "source"].into_iter().find(|name| params.text(name).is_some());
    let given =
        given.map(|name| own_payment_method(stripe, params, name, &customer)).transpose()?;
    if is_processing(stripe, id) {
        let message = "This invoice's payment is processing: wait for its outcome.";
        return Err(ApiError::invalid(message).code("payment_intent_unexpected_state"));
    }
    let method = given.flatten().or_else(|| payment_method(stripe, invoice));
    if invoice.status == InvoiceStatus::Draft {
        finalize(stripe, id)?;
    }
    if !stripe.invoices.get(id).is_some_and(Invoice::is_payable) {
        return Ok(shown(stripe, id));
    }
    if out_of_band {
        invoice_payments::pay_out_of_band(stripe, id);
        return Ok(shown(stripe, id));
    }
    let presence = match params.flag("off_session") {
        Some(false) => Presence::OnSession,
        Some(true) | None => Presence::OffSession,
    };
    let method = method.ok_or_else(no_payment_method)?;
    match charge(stripe, id, &method, presence, Attempt::Manual)? {
        Payment::Succeeded | Payment::Processing | Payment::Canceled => Ok(shown(stripe, id)),
        Payment::RequiresAction => Err(requires_action()),
        Payment::Failed(error) => Err(error),
    }
}

/// Confirms the invoice's payment intent; what comes of it is told to [`super::payment_changed`].
fn charge(
    stripe: &mut Stripe,
    id: &str,
    method: &str,
    presence: Presence,
    attempt: Attempt,
) -> Result<Payment, ApiError> {
    let intent = match invoice_payments::default_intent(stripe, id) {
        Some(intent) => intent,
        None => invoice_payments::request(stripe, id),
    };
    set_current(stripe, id, attempt);
    let result = payment_intents::confirm(stripe, &intent, method, presence);
    if result.is_err() {
        set_current(stripe, id, Attempt::None);
    }
    result
}

fn set_current(stripe: &mut Stripe, id: &str, attempt: Attempt) {
    if let Some(invoice) = stripe.invoices.get_mut(id) {
        invoice.attempts.current = attempt;
    }
}

/// The payment method that an invoice is collected with: its own, its subscription's, its
/// customer's.
fn payment_method(stripe: &Stripe, invoice: &Invoice) -> Option<String> {
    let subscription = invoice.subscription.as_deref();
    let subscription = subscription.and_then(|id| stripe.subscriptions.get(id));
    invoice
        .default_payment_method
        .clone()
        .or_else(|| invoice.default_source.clone())
        .or_else(|| subscription?.default_payment_method.clone())
        .or_else(|| customers::default_payment_method(stripe, &invoice.customer))
}

fn is_processing(stripe: &Stripe, id: &str) -> bool {
    let intent = invoice_payments::default_intent(stripe, id);
    let intent = intent.and_then(|intent| stripe.payment_intents.get(&intent));
    intent.is_some_and(|intent| intent.status == PaymentStatus::Processing)
}

fn no_payment_method() -> ApiError {
    let message = "There is no `default_payment_method` set on this Customer or Invoice. Please \
                   provide a default payment method.";
    ApiError::invalid(message).code("resource_missing")
}

fn requires_action() -> ApiError {
    let message = "This payment requires additional user action before it can be completed \
                   successfully. Payment can be completed using the PaymentIntent associated with \
                   the invoice.";
    let error = ApiError::card("invoice_payment_intent_requires_action", message);
    ApiError { kind: ErrorKind::Card, ..error }
}
