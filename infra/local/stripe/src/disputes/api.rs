//! The API's operations on disputes.

use serde_json::Value;

use super::render::EVIDENCE;
use super::{Dispute, DisputeStatus, Verdict};
use crate::call::Call;
use crate::error::ApiError;
use crate::list;
use crate::stripe::Stripe;

fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.disputes, id)
}

pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.disputes.named(call.id()).map(|_| shown(stripe, call.id()))
}

pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let (charge, intent) = (call.params.text("charge"), call.params.text("payment_intent"));
    let fits = |dispute: &&Dispute| {
        charge.is_none_or(|charge| dispute.charge == charge)
            && intent.is_none_or(|intent| dispute.payment_intent == intent)
    };
    list::page(stripe, call, "/v1/disputes", stripe.disputes.iter().filter(fits))
}

/// Takes evidence over; it is submitted unless the caller keeps it back.
pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let dispute = stripe.disputes.named(call.id())?;
    let evidence = params.within("evidence");
    if evidence.as_ref().is_some_and(|evidence| evidence.has("enhanced_evidence")) {
        return Err(ApiError::not_simulated("evidence[enhanced_evidence]"));
    }
    let submits = params.flag("submit").unwrap_or(evidence.is_some());
    let waits = match dispute.status {
        DisputeStatus::NeedsResponse | DisputeStatus::WarningNeedsResponse => true,
        DisputeStatus::UnderReview
        | DisputeStatus::WarningUnderReview
        | DisputeStatus::WarningClosed
        | DisputeStatus::Won
        | DisputeStatus::Lost => false,
    };
    if (evidence.is_some() || submits) && !waits {
        let status = dispute.status.as_str();
        let message = format!(
            "This dispute has a status of {status}: evidence can only be given while it needs a response."
        );
        return Err(ApiError::invalid(message));
    }
    let before = shown(stripe, call.id());
    if let Some(dispute) = stripe.disputes.get_mut(call.id()) {
        dispute.metadata.update(params);
        let given = evidence.unwrap_or_default().told(&EVIDENCE);
        dispute.evidence.extend(given);
        dispute.evidence.retain(|_, value| !value.is_null());
    }
    if submits {
        super::submit(stripe, call.id());
    }
    let after = shown(stripe, call.id());
    stripe.emit_update("charge.dispute.updated", &before, after.clone());
    Ok(after)
}

pub(super) fn close(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    super::close(stripe, call.id(), Verdict::Lost)?;
    Ok(shown(stripe, call.id()))
}
