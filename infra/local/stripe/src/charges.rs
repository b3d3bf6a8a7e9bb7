//! Charges (docs.stripe.com/api/charges): each try to take money.

mod render;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::call::Call;
use crate::cards::Decline;
use crate::error::ApiError;
use crate::list;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/charges", list),
    Route::get("/v1/charges/{charge}", get),
    Route::post("/v1/charges/{charge}", update),
];

/// A try to take money.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Charge {
    /// Its id: `ch_...` for cards, `py_...` otherwise.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// Minor units that were taken.
    pub amount_captured: i64,
    /// Minor units given back by live refunds, and held money that was let go.
    pub amount_refunded: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The intent that it belongs to.
    pub payment_intent: String,
    /// What was charged.
    pub payment_method: Option<String>,
    /// Where it stands.
    pub status: ChargeStatus,
    /// True if it was ever disputed.
    pub disputed: bool,
    /// The balance transaction, once there is one.
    pub balance_transaction: Option<String>,
    /// What the payment method was like then, by its type.
    pub method: Value,
    /// Its billing details then.
    pub billing_details: Value,
    /// True if the customer had authenticated.
    pub authenticated: bool,
    /// Stripe's `fraud_details`.
    pub fraud_details: Value,
    /// Keys and texts.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

/// Where a charge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChargeStatus {
    /// A direct debit is under way.
    Pending,
    /// The money is held until it is captured.
    Held,
    /// The money came.
    Succeeded,
    /// It did not.
    Failed(Decline),
}

impl ChargeStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held | Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
        }
    }
}

/// A charge to be made.
#[derive(Debug, Clone)]
pub struct NewCharge {
    /// The intent that it belongs to.
    pub payment_intent: String,
    /// Whose.
    pub customer: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// What is charged.
    pub payment_method: Option<String>,
    /// Where it stands.
    pub status: ChargeStatus,
    /// True if the customer had authenticated.
    pub authenticated: bool,
    /// Keys and texts.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for Charge {
    const KIND: &'static str = "charge";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        render::json(self, stripe)
    }
}

impl Charge {
    /// Minor units that can still be given back.
    pub fn refundable(&self) -> i64 {
        match self.status {
            ChargeStatus::Succeeded => self.amount.saturating_sub(self.amount_refunded),
            ChargeStatus::Pending | ChargeStatus::Held | ChargeStatus::Failed(_) => 0,
        }
    }

    /// True if all of it was given back.
    pub fn is_refunded(&self) -> bool {
        self.amount_refunded >= self.amount
    }
}

/// Makes a charge; nothing is told. Answers with its id.
pub(crate) fn create(stripe: &mut Stripe, new: NewCharge) -> String {
    let method = new.payment_method.as_ref().and_then(|id| stripe.payment_methods.get(id));
    let kind = method.map_or("card", |method| method.kind.as_str());
    let prefix = if kind == "card" { "ch" } else { "py" };
    let details = method.map_or(Value::Null, |method| method.details.clone());
    let method_then = serde_json::json!({ "type": kind, kind: details });
    let billing_details = method.map_or(Value::Null, |method| method.billing_details.clone());
    let id = stripe.ids.next(prefix);
    let captured = new.status == ChargeStatus::Succeeded;
    let created = stripe.time_of(new.customer.as_deref());
    stripe.charges.add(Charge {
        id: id.clone(),
        created,
        customer: new.customer,
        amount: new.amount,
        amount_captured: if captured { new.amount } else { 0 },
        amount_refunded: 0,
        currency: new.currency,
        payment_intent: new.payment_intent,
        payment_method: new.payment_method,
        status: new.status,
        disputed: false,
        balance_transaction: None,
        method: method_then,
        billing_details,
        authenticated: new.authenticated,
        fraud_details: Value::Object(Map::new()),
        metadata: new.metadata,
        told: new.told,
    });
    id
}

/// Tells what happened to a charge.
pub(crate) fn tell(stripe: &mut Stripe, kind: &'static str, id: &str) {
    let json = stripe.shown(|stripe| &stripe.charges, id);
    stripe.emit(kind, json);
}

/// A pending charge has its outcome.
pub(crate) fn settle(stripe: &mut Stripe, id: &str, status: ChargeStatus) {
    let Some(charge) = stripe.charges.get_mut(id) else { return };
    charge.status = status;
    if status == ChargeStatus::Succeeded {
        charge.amount_captured = charge.amount;
    }
}

/// Takes held money; what is not taken is let go.
pub(crate) fn capture(stripe: &mut Stripe, id: &str, amount: i64) {
    let Some(charge) = stripe.charges.get_mut(id) else { return };
    charge.status = ChargeStatus::Succeeded;
    charge.amount_captured = amount;
    charge.amount_refunded = charge.amount.saturating_sub(amount);
}

/// Lets held money go.
pub(crate) fn release(stripe: &mut Stripe, id: &str) {
    if let Some(charge) = stripe.charges.get_mut(id) {
        charge.amount_refunded = charge.amount;
    }
}

fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.charges.named(call.id()).map(|charge| charge.json(stripe))
}

fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    if call.params.has("transfer_group") {
        return Err(ApiError::not_simulated("transfer_group"));
    }
    let (customer, intent) = (call.params.text("customer"), call.params.text("payment_intent"));
    let fits = |charge: &&Charge| {
        customer.is_none_or(|customer| charge.customer.as_deref() == Some(customer))
            && intent.is_none_or(|intent| charge.payment_intent == intent)
    };
    list::page(stripe, call, "/v1/charges", stripe.charges.iter().filter(fits))
}

fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    if params.has("customer") {
        return Err(ApiError::not_simulated("customer"));
    }
    let before = stripe.charges.named(call.id())?.json(stripe);
    if let Some(charge) = stripe.charges.get_mut(call.id()) {
        charge.metadata.update(params);
        let names = ["description", "receipt_email", "shipping", "transfer_group"];
        charge.told.extend(params.told(&names));
        if let Some(details) = params.within("fraud_details") {
            let report = details.text("user_report");
            charge.fraud_details = Value::Object(
                report.map(|it| ("user_report".to_owned(), it.into())).into_iter().collect(),
            );
        }
    }
    let after = stripe.shown(|stripe| &stripe.charges, call.id());
    stripe.emit_update("charge.updated", &before, after.clone());
    Ok(after)
}
