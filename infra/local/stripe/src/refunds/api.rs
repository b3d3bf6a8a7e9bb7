//! The API's operations on refunds.

use serde_json::Value;

use super::{Refund, RefundStatus};
use crate::call::Call;
use crate::error::ApiError;
use crate::list;
use crate::stripe::Stripe;

fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.refunds, id)
}

pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let refused = [
        "currency",
        "customer",
        "origin",
        "instructions_email",
        "refund_application_fee",
        "reverse_transfer",
    ];
    if let Some(param) = refused.iter().find(|param| params.has(param)) {
        return Err(ApiError::not_simulated(param));
    }
    let charge = match (params.text("charge"), params.text("payment_intent")) {
        (Some(charge), None) => stripe.charges.given(charge, "charge")?.id.clone(),
        (None, Some(intent)) => super::charge_of(stripe, intent)?,
        (Some(charge), Some(intent)) => {
            let charge = stripe.charges.given(charge, "charge")?;
            if charge.payment_intent != intent {
                let message = format!("Charge {} does not belong to {intent}.", charge.id);
                return Err(ApiError::invalid(message).param("charge"));
            }
            charge.id.clone()
        }
        (None, None) => {
            let message = "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(ApiError::invalid(message).code("parameter_missing"));
        }
    };
    let (amount, reason) = (params.integer("amount"), params.text("reason"));
    let id = super::of(stripe, &charge, amount, reason, params.metadata())?;
    Ok(shown(stripe, &id))
}

pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.refunds.named(call.id()).map(|_| shown(stripe, call.id()))
}

pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (charge, intent) = (call.params.text("charge"), call.params.text("payment_intent"));
    let fits = |refund: &&Refund| {
        charge.is_none_or(|charge| refund.charge == charge)
            && intent.is_none_or(|intent| refund.payment_intent == intent)
    };
    list::page(stripe, call, "/v1/refunds", stripe.refunds.iter().filter(fits))
}

pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.refunds.named(call.id())?;
    let before = shown(stripe, call.id());
    if let Some(refund) = stripe.refunds.get_mut(call.id()) {
        refund.metadata.update(&call.params);
    }
    let after = shown(stripe, call.id());
    stripe.emit_update("refund.updated", &before, after.clone());
    stripe.emit_update("charge.refund.updated", &before, after.clone());
    Ok(after)
}

pub(super) fn cancel(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let refund = stripe.refunds.named(call.id())?;
    match refund.status {
        RefundStatus::Pending => {}
        RefundStatus::Succeeded | RefundStatus::Failed | RefundStatus::Canceled => {
            let status = refund.status.as_str();
            let message = format!(
                "This refund cannot be canceled because it has a status of {status}. Only a pending refund can be \
                 canceled."
            );
            return Err(ApiError::invalid(message));
        }
    }
    super::end(stripe, call.id(), RefundStatus::Canceled);
    Ok(shown(stripe, call.id()))
}
