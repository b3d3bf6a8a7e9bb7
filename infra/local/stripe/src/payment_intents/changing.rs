//! How callers change and confirm payment intents.

use serde_json::Value;

use super::confirming::{self, Confirmation};
use super::{PaymentIntent, PaymentStatus, making};
use crate::amounts;
use crate::call::{Call, Params};
use crate::customers;
use crate::error::ApiError;
use crate::stripe::Stripe;

/// Parameters that can only change while the intent is open.
const OPEN_ONLY: [&str; 11] = [
    "amount",
    "capture_method",
    "currency",
    "customer",
    "payment_method",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
];

pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    making::refuse(params)?;
    let intent = stripe.payment_intents.named(call.id())?;
    if !intent.status.is_open()
        && let Some(param) = OPEN_ONLY.iter().find(|param| params.has(param))
    {
        let status = intent.status.as_str();
        let message = format!(
            "This PaymentIntent's {param} could not be updated because it has a status of {status}. You may only \
             update the {param} of a PaymentIntent with one of the following statuses: requires_payment_method, \
             requires_confirmation, requires_action."
        );
        return Err(super::unexpected_state(stripe, call.id(), message).param(*param));
    }
    let mut changed = intent.clone();
    money_and_customer(stripe, &mut changed, params)?;
    let method = making::method_of(stripe, params, &changed)?;
    if let Some(method) = method {
        confirming::takes(stripe, &changed, &method)?;
        changed.payment_method = Some(method);
        changed.status = PaymentStatus::RequiresConfirmation;
    }
    making::take(&mut changed, params);
    changed.metadata.update(params);
    stripe.payment_intents.add(changed);
    Ok(making::shown(stripe, call.id()))
}

fn money_and_customer(
    stripe: &Stripe,
    intent: &mut PaymentIntent,
    params: &Params,
) -> Result<(), ApiError> {
    let amount = params.integer("amount").unwrap_or(intent.amount);
    let currency = params.text("currency").map_or(intent.currency.clone(), str::to_lowercase);
    if params.has("amount") || params.has("currency") {
        amounts::chargeable(amount, &currency)?;
    }
    let repriced = (amount, &currency) != (intent.amount, &intent.currency);
    if repriced && intent.status == PaymentStatus::RequiresAction {
        intent.status = PaymentStatus::RequiresConfirmation;
    }
    intent.amount = amount;
    intent.currency = currency;
    if let Some(customer) = params.text("customer") {
        customers::living(stripe, customer, "customer")?;
        if intent.customer.as_deref().is_some_and(|owner| owner != customer) {
            let message = "You cannot modify `customer` on a PaymentIntent once it already has been set. To fulfill a \
                           payment with a different Customer, cancel this PaymentIntent and create a new one.";
            return Err(ApiError::invalid(message).param("customer"));
        }
        intent.customer = Some(customer.to_owned());
    }
    let types = params.texts("payment_method_types");
    if !types.is_empty() {
        intent.payment_method_types = types;
        intent.automatic_payment_methods = None;
    }
    making::payable_with(&intent.payment_method_types, &intent.currency)
}

pub(super) fn confirm(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    making::refuse(params)?;
    let intent = stripe.payment_intents.named(call.id())?;
    confirming::confirmable(stripe, intent)?;
    let mut changed = intent.clone();
    money_and_customer(stripe, &mut changed, params)?;
    let method = making::method_of(stripe, params, &changed)?;
    let method = method.or_else(|| changed.payment_method.clone());
    let Some(method) = method else {
        return Err(super::unexpected_state(stripe, call.id(), confirming::NO_METHOD));
    };
    making::take(&mut changed, params);
    confirming::takes(stripe, &changed, &method)?;
    confirming::fails_on_action(&changed, params)?;
    changed.authenticated &= changed.payment_method.as_deref() == Some(&method);
    changed.payment_method = Some(method);
    stripe.payment_intents.add(changed);
    confirming::answered(stripe, call.id(), Confirmation::of_params(params))
}
