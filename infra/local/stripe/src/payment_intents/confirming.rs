//! How a payment intent is confirmed: whether it can be, and what the attempt comes to.

use serde_json::Value;

use super::{CaptureMethod, Payment, PaymentIntent, PaymentStatus, Presence, making, outcome};
use crate::call::Params;
use crate::cards::{Attempt, Decline};
use crate::error::ApiError;
use crate::field;
use crate::payment_methods;
use crate::stripe::Stripe;

pub(super) const NO_METHOD: &str = "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the \
     PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment \
     method or ConfirmationToken.";

/// What a caller says of a confirmation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Confirmation {
    presence: Presence,
    on_action: OnAction,
}

/// What happens when the customer has to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnAction {
    /// The customer is asked.
    Ask,
    /// It is an error, and the payment is declined.
    Fail,
}

impl Confirmation {
    pub(super) fn of_params(params: &Params) -> Self {
        let absent = match params.get("off_session") {
            Some(Value::Bool(absent)) => *absent,
            Some(Value::String(_)) => true,
            Some(_) | None => false,
        };
        let fails = params.flag("error_on_requires_action") == Some(true);
        Self {
            presence: if absent { Presence::OffSession } else { Presence::OnSession },
            on_action: if fails { OnAction::Fail } else { OnAction::Ask },
        }
    }
}

/// Whether a caller may have a wish for authentication be an error: only one who lists the types of
/// payment methods (docs.stripe.com/changelog/2023-08-16/automatic-payment-methods).
pub(super) fn fails_on_action(intent: &PaymentIntent, params: &Params) -> Result<(), ApiError> {
    let fails = params.flag("error_on_requires_action") == Some(true);
    if fails && intent.automatic_payment_methods.is_some() {
        let message = "You cannot use `error_on_requires_action` with automatic payment methods. Please list the \
                       `payment_method_types` of this PaymentIntent instead.";
        return Err(ApiError::invalid(message).param("error_on_requires_action"));
    }
    Ok(())
}

/// Confirms an intent with the payment method that it has, and answers as the API does.
pub(super) fn answered(
    stripe: &mut Stripe,
    id: &str,
    confirmation: Confirmation,
) -> Result<Value, ApiError> {
    let method = stripe.payment_intents.named(id)?.payment_method.clone();
    let method = method.ok_or_else(|| super::unexpected_state(stripe, id, NO_METHOD))?;
    let Confirmation { presence, on_action } = confirmation;
    match confirm(stripe, id, &method, presence, on_action)? {
        Payment::Failed(error) => Err(error),
        Payment::Succeeded | Payment::Processing | Payment::RequiresAction | Payment::Canceled => {
            Ok(making::shown(stripe, id))
        }
    }
}

pub(super) fn confirm(
    stripe: &mut Stripe,
    id: &str,
    method: &str,
    presence: Presence,
    on_action: OnAction,
) -> Result<Payment, ApiError> {
    let intent = stripe.payment_intents.named(id)?;
    confirmable(stripe, intent)?;
    takes(stripe, intent, method)?;
    let attempt = attempt(stripe, intent, method, presence);
    let waits = presence == Presence::OnSession || intent.invoice.is_some();
    if let Some(intent) = stripe.payment_intents.get_mut(id) {
        intent.authenticated &= intent.payment_method.as_deref() == Some(method);
        intent.payment_method = Some(method.to_owned());
    }
    let payment = match attempt {
        Attempt::Succeeds => outcome::succeed(stripe, id),
        Attempt::Processes(debit) => outcome::process(stripe, id, debit),
        Attempt::Declines(decline) => outcome::decline(stripe, id, decline),
        Attempt::Authenticates if !waits => {
            outcome::decline(stripe, id, Decline::AuthenticationRequired)
        }
        Attempt::Authenticates if on_action == OnAction::Fail => {
            let error = Decline::AuthenticationRequired.error();
            let message = "This payment required an authentication action to complete, but \
                           `error_on_requires_action` was set.";
            outcome::fail(stripe, id, ApiError { message: message.to_owned(), ..error })
        }
        Attempt::Authenticates => outcome::require_action(stripe, id),
    };
    if let Some(intent) = stripe.payment_intents.get_mut(id) {
        intent.authenticated = false;
    }
    outcome::tell(stripe, id, &payment);
    Ok(payment)
}

/// The customer authenticates, or fails to, on the page of `next_action`.
///
/// # Errors
///
/// There is no such intent, or it does not wait for its customer.
pub fn authenticate(stripe: &mut Stripe, id: &str, success: bool) -> Result<Payment, ApiError> {
    let intent = stripe.payment_intents.named(id)?;
    if intent.status != PaymentStatus::RequiresAction {
        let status = intent.status.as_str();
        let message = format!(
            "This PaymentIntent has a status of {status}: there is nothing to authenticate."
        );
        return Err(super::unexpected_state(stripe, id, message));
    }
    let method = intent.payment_method.as_ref().and_then(|id| stripe.payment_methods.get(id));
    let attempt = method.map(|method| method.behaviour.when_authenticated());
    if success && intent.confirmed_by_hand {
        if let Some(intent) = stripe.payment_intents.get_mut(id) {
            intent.status = PaymentStatus::RequiresConfirmation;
            intent.authenticated = true;
        }
        return Ok(Payment::RequiresAction);
    }
    let payment = match attempt.filter(|_| success) {
        Some(Attempt::Succeeds | Attempt::Authenticates) => outcome::succeed(stripe, id),
        Some(Attempt::Processes(debit)) => outcome::process(stripe, id, debit),
        Some(Attempt::Declines(decline)) => outcome::decline(stripe, id, decline),
        None => outcome::fail(stripe, id, not_authenticated()),
    };
    outcome::tell(stripe, id, &payment);
    Ok(payment)
}

fn not_authenticated() -> ApiError {
    let message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new \
                   PaymentMethod to attempt to fulfill this PaymentIntent again.";
    let error = ApiError::invalid(message).code("payment_intent_authentication_failure");
    ApiError { status: 402, ..error }
}

fn attempt(stripe: &Stripe, intent: &PaymentIntent, method: &str, presence: Presence) -> Attempt {
    let Some(method) = stripe.payment_methods.get(method) else {
        return Attempt::Declines(Decline::ProcessingError);
    };
    if intent.authenticated && intent.payment_method.as_deref() == Some(method.id.as_str()) {
        return method.behaviour.when_authenticated();
    }
    let asks = intent.asks_authentication
        && presence == Presence::OnSession
        && field::of(&method.details, "/three_d_secure_usage/supported") == true;
    let attempt = method.behaviour.when_charged(presence, method.set_up);
    if asks && attempt == Attempt::Succeeds { Attempt::Authenticates } else { attempt }
}

pub(super) fn confirmable(stripe: &Stripe, intent: &PaymentIntent) -> Result<(), ApiError> {
    let message = match intent.status {
        PaymentStatus::RequiresPaymentMethod
        | PaymentStatus::RequiresConfirmation
        | PaymentStatus::RequiresAction => return Ok(()),
        PaymentStatus::Succeeded => {
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
                .to_owned()
        }
        PaymentStatus::Processing | PaymentStatus::RequiresCapture | PaymentStatus::Canceled => format!(
            "You cannot confirm this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of \
             the following statuses may be confirmed: requires_confirmation, requires_action, \
             requires_payment_method.",
            intent.status.as_str()
        ),
    };
    Err(super::unexpected_state(stripe, &intent.id, message))
}

/// Whether a payment method that is there can pay an intent.
pub(super) fn takes(stripe: &Stripe, intent: &PaymentIntent, id: &str) -> Result<(), ApiError> {
    payment_methods::usable(stripe, id, intent.customer.as_deref(), "PaymentIntent")?;
    let kind = stripe.payment_methods.given(id, "payment_method")?.kind.as_str();
    if !intent.payment_method_types.iter().any(|allowed| allowed == kind) {
        let allowed = intent.payment_method_types.join(", ");
        let message = format!(
            "The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. Please attach a PaymentMethod \
             of one of the following types: {allowed}."
        );
        return Err(ApiError::invalid(message)
            .code("payment_intent_incompatible_payment_method")
            .param("payment_method"));
    }
    if kind != "card" && intent.capture == CaptureMethod::Manual {
        let message = format!("The payment method type {kind} cannot be captured manually.");
        return Err(ApiError::invalid(message).param("capture_method"));
    }
    Ok(())
}
