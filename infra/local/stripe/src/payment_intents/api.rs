//! Reading, cancelling and capturing payment intents.

use serde_json::Value;

use super::{PaymentIntent, PaymentStatus, making, outcome};
use crate::call::Call;
use crate::error::ApiError;
use crate::list;
use crate::stripe::Stripe;

pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.payment_intents.named(call.id())?;
    Ok(making::shown(stripe, call.id()))
}

pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    if call.params.has("customer_account") {
        return Err(ApiError::not_simulated("customer_account"));
    }
    let customer = call.params.text("customer");
    if let Some(customer) = customer {
        stripe.customers.given(customer, "customer")?;
    }
    let theirs = |intent: &&PaymentIntent| {
        customer.is_none_or(|customer| intent.customer.as_deref() == Some(customer))
    };
    let intents = stripe.payment_intents.iter().filter(theirs);
    list::page(stripe, call, "/v1/payment_intents", intents)
}

pub(super) fn cancel(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let intent = stripe.payment_intents.named(call.id())?;
    if !intent.status.is_open() && intent.status != PaymentStatus::RequiresCapture {
        let status = intent.status.as_str();
        let message = format!(
            "You cannot cancel this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one \
             of the following statuses may be canceled: requires_payment_method, requires_capture, \
             requires_confirmation, requires_action, processing."
        );
        return Err(super::unexpected_state(stripe, call.id(), message));
    }
    let owner = match (&intent.invoice, &intent.checkout_session) {
        (Some(invoice), _) => Some(format!("the invoice {invoice}: void the invoice instead")),
        (None, Some(session)) => {
            Some(format!("the Checkout Session {session}: expire the session instead"))
        }
        (None, None) => None,
    };
    if let Some(owner) = owner {
        let message =
            format!("You cannot cancel this PaymentIntent because it was created by {owner}.");
        return Err(super::unexpected_state(stripe, call.id(), message));
    }
    let reason = call.params.text("cancellation_reason").map(str::to_owned);
    outcome::cancel(stripe, call.id(), reason);
    Ok(making::shown(stripe, call.id()))
}

pub(super) fn capture(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    making::refuse(params)?;
    let intent = stripe.payment_intents.named(call.id())?;
    if intent.status != PaymentStatus::RequiresCapture {
        let status = intent.status.as_str();
        let message = format!(
            "This PaymentIntent could not be captured because it has a status of {status}. Only a PaymentIntent with \
             one of the following statuses may be captured: requires_capture."
        );
        return Err(super::unexpected_state(stripe, call.id(), message));
    }
    let amount = params.integer("amount_to_capture").unwrap_or(intent.amount_capturable);
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        let error = ApiError::invalid(message).code("parameter_invalid_integer");
        return Err(error.param("amount_to_capture"));
    }
    if amount > intent.amount_capturable {
        let message = "The amount to capture is greater than the amount that remains capturable on this PaymentIntent.";
        let error = ApiError::invalid(message).code("amount_too_large");
        return Err(error.param("amount_to_capture"));
    }
    if let Some(intent) = stripe.payment_intents.get_mut(call.id()) {
        intent.metadata.update(params);
        making::take(intent, params);
    }
    outcome::capture(stripe, call.id(), amount);
    Ok(making::shown(stripe, call.id()))
}
