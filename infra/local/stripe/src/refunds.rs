//! Refunds (`docs.stripe.com/api/refunds`): money of a charge given back. A refund of an invoice's
//! payment leaves the invoice as it is.

mod api;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::agenda::Task;
use crate::cards::Behaviour;
use crate::charges::{self, Charge, ChargeStatus};
use crate::disputes;
use crate::error::ApiError;
use crate::field;
use crate::metadata::Metadata;
use crate::pages::money;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/refunds", api::list),
    Route::post("/v1/refunds", api::create),
    Route::get("/v1/refunds/{refund}", api::get),
    Route::post("/v1/refunds/{refund}", api::update),
    Route::post("/v1/refunds/{refund}/cancel", api::cancel),
];

/// Seconds until a refund has the outcome that it has not at once.
const SETTLES_SECONDS: i64 = 3;

/// Money given back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refund {
    /// Its id: `re_...` for cards, `pyr_...` otherwise.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Of which charge.
    pub charge: String,
    /// The charge's intent.
    pub payment_intent: String,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Where it stands.
    pub status: RefundStatus,
    /// Stripe's word for why; none when nobody said.
    pub reason: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundStatus {
    /// The bank has not answered.
    Pending,
    /// The money is given back.
    Succeeded,
    /// It could not be given back.
    Failed,
    /// It was cancelled while it was pending.
    Canceled,
}

impl RefundStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

impl Object for Refund {
    const KIND: &'static str = "refund";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        let mut json = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": null,
            "charge": self.charge,
            "created": self.created.0,
            "currency": self.currency,
            "metadata": self.metadata.json(),
            "payment_intent": self.payment_intent,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.status.as_str(),
            "transfer_reversal": null,
        });
        let charge = stripe.charges.get(&self.charge);
        if charge.is_some_and(|charge| field::text(&charge.method, "/type") == Some("card")) {
            let card = json!({
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            });
            field::set(&mut json, "destination_details", json!({ "card": card, "type": "card" }));
        }
        match self.status {
            RefundStatus::Pending => field::set(&mut json, "pending_reason", "processing"),
            RefundStatus::Failed => {
                field::set(&mut json, "failure_reason", "expired_or_canceled_card");
            }
            RefundStatus::Succeeded | RefundStatus::Canceled => {}
        }
        json
    }
}

/// Gives money of a payment back, as a credit note does.
///
/// # Errors
///
/// There is no such payment, it took no money, less is left of it, or it is disputed.
pub fn create(
    stripe: &mut Stripe,
    payment_intent: &str,
    amount: i64,
    reason: Option<&str>,
    metadata: Metadata,
) -> Result<String, ApiError> {
    let charge = charge_of(stripe, payment_intent)?;
    of(stripe, &charge, Some(amount), reason, metadata)
}

/// The charge of a payment that took money.
fn charge_of(stripe: &Stripe, payment_intent: &str) -> Result<String, ApiError> {
    let intent = stripe.payment_intents.given(payment_intent, "payment_intent")?;
    let charge = intent.latest_charge.as_ref().and_then(|id| stripe.charges.get(id));
    let charge = charge.filter(|charge| charge.status == ChargeStatus::Succeeded);
    charge.map(|charge| charge.id.clone()).ok_or_else(|| {
        let message = format!(
            "This PaymentIntent ({payment_intent}) does not have a successful charge to refund."
        );
        ApiError::invalid(message).param("payment_intent")
    })
}

/// Gives money of a charge back: all that is left of it, or an amount.
fn of(
    stripe: &mut Stripe,
    charge: &str,
    amount: Option<i64>,
    reason: Option<&str>,
    metadata: Metadata,
) -> Result<String, ApiError> {
    let known = stripe.charges.given(charge, "charge")?;
    let amount = amount.unwrap_or_else(|| known.refundable());
    refundable(stripe, known, amount)?;
    let behaviour = known.payment_method.as_ref().and_then(|id| stripe.payment_methods.get(id));
    let behaviour = behaviour.map_or(Behaviour::Succeeds, |method| method.behaviour);
    let status = match behaviour {
        Behaviour::RefundsLater | Behaviour::Debits(_) => RefundStatus::Pending,
        Behaviour::Succeeds
        | Behaviour::Declines(_)
        | Behaviour::DeclinesCharges(_)
        | Behaviour::Authenticates { .. }
        | Behaviour::IsDisputed(_)
        | Behaviour::RefundsFail
        | Behaviour::NeedsMandate => RefundStatus::Succeeded,
    };
    let customer = known.customer.clone();
    let created = stripe.time_of(customer.as_deref());
    let refund = Refund {
        id: stripe.ids.next(if charge.starts_with("ch_") { "re" } else { "pyr" }),
        created,
        charge: charge.to_owned(),
        payment_intent: known.payment_intent.clone(),
        amount,
        currency: known.currency.clone(),
        status,
        reason: reason.map(str::to_owned),
        metadata,
    };
    let id = refund.id.clone();
    stripe.refunds.add(refund);
    if let Some(charge) = stripe.charges.get_mut(charge) {
        charge.amount_refunded = charge.amount_refunded.saturating_add(amount);
    }
    tell(stripe, "refund.created", &id);
    charges::tell(stripe, "charge.refunded", charge);
    if status == RefundStatus::Pending || behaviour == Behaviour::RefundsFail {
        let at = created.plus_seconds(SETTLES_SECONDS);
        stripe.schedule(customer.as_deref(), at, Task::RefundSettles(id.clone()));
    }
    Ok(id)
}

/// Whether so much of a charge can be given back.
fn refundable(stripe: &Stripe, charge: &Charge, amount: i64) -> Result<(), ApiError> {
    let id = &charge.id;
    match charge.status {
        ChargeStatus::Succeeded => {}
        ChargeStatus::Pending | ChargeStatus::Held | ChargeStatus::Failed(_) => {
            let message = format!("Charge {id} took no money that could be refunded.");
            return Err(ApiError::invalid(message).param("charge"));
        }
    }
    if disputes::charged_back(stripe, id) {
        let message = format!("Charge {id} has been charged back; cannot issue a refund.");
        return Err(ApiError::invalid(message).code("charge_disputed"));
    }
    let left = charge.refundable();
    if left <= 0 {
        let message = format!("Charge {id} has already been refunded.");
        return Err(ApiError::invalid(message).code("charge_already_refunded"));
    }
    if amount < 1 {
        let message = "This value must be greater than or equal to 1.";
        return Err(ApiError::invalid(message).code("parameter_invalid_integer").param("amount"));
    }
    if amount > left {
        let text = |amount| money::text(amount, &charge.currency);
        let (amount, bound) = (text(amount), text(left));
        let of =
            if left == charge.amount { "charge amount" } else { "unrefunded amount on charge" };
        let message = format!("Refund amount ({amount}) is greater than {of} ({bound})");
        return Err(ApiError::invalid(message).param("amount"));
    }
    Ok(())
}

/// Lets held money go, as when an intent is cancelled before its capture.
pub(crate) fn release(stripe: &mut Stripe, charge: &str) {
    charges::release(stripe, charge);
    charges::tell(stripe, "charge.refunded", charge);
}

/// A charge's refunds, as a list within it: the newest first.
pub fn of_charge(stripe: &Stripe, charge: &str) -> Value {
    let its = stripe.refunds.iter().rev().filter(|refund| refund.charge == charge);
    let refunds: Vec<Value> = its.map(|refund| refund.json(stripe)).collect();
    let (first, more) = (refunds.iter().take(10).cloned(), refunds.len() > 10);
    let first: Vec<Value> = first.collect();
    let url = format!("/v1/charges/{charge}/refunds");
    json!({ "object": "list", "data": first, "has_more": more, "url": url })
}

/// A pending refund has its outcome; one that seemed to succeed fails.
pub fn settle(stripe: &mut Stripe, id: &str) {
    let Some(refund) = stripe.refunds.get(id) else { return };
    match refund.status {
        RefundStatus::Pending => end(stripe, id, RefundStatus::Succeeded),
        RefundStatus::Succeeded => {
            end(stripe, id, RefundStatus::Failed);
            tell(stripe, "refund.failed", id);
        }
        RefundStatus::Failed | RefundStatus::Canceled => {}
    }
}

/// Gives a refund another status; the money of one that fails is the charge's again.
fn end(stripe: &mut Stripe, id: &str, status: RefundStatus) {
    let before = stripe.shown(|stripe| &stripe.refunds, id);
    let Some(refund) = stripe.refunds.get_mut(id) else { return };
    refund.status = status;
    let (charge, amount) = (refund.charge.clone(), refund.amount);
    let after = stripe.shown(|stripe| &stripe.refunds, id);
    stripe.emit_update("refund.updated", &before, after.clone());
    stripe.emit_update("charge.refund.updated", &before, after);
    match status {
        RefundStatus::Pending | RefundStatus::Succeeded => {}
        RefundStatus::Failed | RefundStatus::Canceled => {
            let before = stripe.shown(|stripe| &stripe.charges, &charge);
            if let Some(charge) = stripe.charges.get_mut(&charge) {
                charge.amount_refunded = charge.amount_refunded.saturating_sub(amount);
            }
            let after = stripe.shown(|stripe| &stripe.charges, &charge);
            stripe.emit_update("charge.updated", &before, after);
        }
    }
}

fn tell(stripe: &mut Stripe, kind: &'static str, id: &str) {
    let json = stripe.shown(|stripe| &stripe.refunds, id);
    stripe.emit(kind, json);
}
