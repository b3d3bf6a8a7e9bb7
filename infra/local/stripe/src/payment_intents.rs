//! Payment intents (docs.stripe.com/api/payment_intents): one intent, as many charges as it takes.

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use billing::time::Timestamp;
use serde_json::Map;
use serde_json::{Value, json};

/// What it answers.
pub const ROUTES: &[Route] = &[];

/// The intent to be paid.
#[derive(Debug, Clone)]
pub struct PaymentIntent {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The payment method that was tried last.
    pub payment_method: Option<String>,
    /// The invoice that it pays.
    pub invoice: Option<String>,
    /// The Checkout session that it belongs to.
    pub checkout_session: Option<String>,
    /// The last decline.
    pub last_payment_error: Option<Value>,
    /// The latest charge.
    pub latest_charge: Option<String>,
    /// `on_session` or `off_session`: what the payment method may be used for later.
    pub setup_future_usage: Option<String>,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

impl Object for PaymentIntent {
    const KIND: &'static str = "payment_intent";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, _stripe: &Stripe) -> Value {
        json!({ "id": self.id })
    }
}

/// Where a payment intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// It needs a payment method.
    RequiresPaymentMethod,
    /// It needs to be confirmed.
    RequiresConfirmation,
    /// The customer has to authenticate.
    RequiresAction,
    /// A delayed payment method is under way.
    Processing,
    /// It waits for its capture.
    RequiresCapture,
    /// It is paid.
    Succeeded,
    /// It is over.
    Canceled,
}

/// Whether the customer is there to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The customer is there.
    OnSession,
    /// The customer is not there.
    OffSession,
}

/// What became of a confirmation, or of what followed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payment {
    /// Paid.
    Succeeded,
    /// A delayed payment method is under way; the outcome follows.
    Processing,
    /// The customer has to authenticate; the outcome follows.
    RequiresAction,
    /// Declined; the error is Stripe's, as `pay` and `confirm` answer with it.
    Failed(ApiError),
    /// The intent was cancelled.
    Canceled,
}

/// What a payment is for, when it is not a caller of the API that makes it.
#[derive(Debug, Clone, Default)]
pub struct Purpose {
    /// Whose.
    pub customer: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// The invoice that it pays.
    pub invoice: Option<String>,
    /// The Checkout session that it belongs to.
    pub checkout_session: Option<String>,
    /// What it says for people.
    pub description: Option<String>,
    /// Keys and texts.
    pub metadata: Metadata,
    /// `on_session` or `off_session`.
    pub setup_future_usage: Option<String>,
    /// Such as `card`; `card` alone when empty.
    pub payment_method_types: Vec<String>,
}

/// Makes one for an invoice or a Checkout session; `payment_intent.created` is told. Answers with its id.
pub fn create_for(stripe: &mut Stripe, purpose: Purpose) -> String {
    let _ = (stripe, purpose);
    String::new()
}

/// Confirms an intent with a payment method. Tells all events of it and of its charge; then, if it pays an
/// invoice, calls [`crate::invoices::payment_changed`], and if it belongs to a Checkout session,
/// [`crate::checkout::payment_changed`]. The same two are called for whatever happens to it later.
pub fn confirm(
    stripe: &mut Stripe,
    id: &str,
    payment_method: &str,
    presence: Presence,
) -> Result<Payment, ApiError> {
    let _ = (stripe, payment_method, presence);
    Err(ApiError::not_found("payment_intent", id))
}

/// The customer authenticates, or fails to, on the page of `next_action`.
pub fn authenticate(stripe: &mut Stripe, id: &str, success: bool) -> Result<Payment, ApiError> {
    let _ = (stripe, success);
    Err(ApiError::not_found("payment_intent", id))
}

/// Another amount is due, as when a credit note lowers an open invoice.
pub fn set_amount(stripe: &mut Stripe, id: &str, amount: i64) {
    let _ = (stripe, id, amount);
}

/// Cancels an intent that is not over, as when its invoice is void. `reason` is Stripe's word.
pub fn cancel(stripe: &mut Stripe, id: &str, reason: &'static str) {
    let _ = (stripe, id, reason);
}

/// A delayed payment method has its outcome.
pub fn settle(stripe: &mut Stripe, id: &str) {
    let _ = (stripe, id);
}
