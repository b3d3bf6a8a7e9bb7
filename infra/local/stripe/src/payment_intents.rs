//! Payment intents (`docs.stripe.com/api/payment_intents`): one intent, as many charges as it
//! takes.

mod api;
#[cfg(test)]
mod callers;
mod changing;
mod confirming;
#[cfg(test)]
mod flows;
mod making;
mod outcome;
mod render;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;

pub use confirming::authenticate;
pub(crate) use making::{asks_authentication, known_types, refuse_options, usual_types};
pub(crate) use outcome::HELD_SECONDS;
pub use outcome::settle;

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/payment_intents", api::list),
    Route::post("/v1/payment_intents", making::create),
    Route::get("/v1/payment_intents/{intent}", api::get),
    Route::post("/v1/payment_intents/{intent}", changing::update),
    Route::post("/v1/payment_intents/{intent}/cancel", api::cancel),
    Route::post("/v1/payment_intents/{intent}/capture", api::capture),
    Route::post("/v1/payment_intents/{intent}/confirm", changing::confirm),
];

/// The intent to be paid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentIntent {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
    /// Minor units.
    pub amount: i64,
    /// Minor units that wait for their capture.
    pub amount_capturable: i64,
    /// Minor units that came in.
    pub amount_received: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The payment method of the current attempt; none after a decline.
    pub payment_method: Option<String>,
    /// What may pay it, such as `card`.
    pub payment_method_types: Vec<String>,
    /// `automatic_payment_methods`, where they are enabled.
    pub automatic_payment_methods: Option<Value>,
    /// When the money is taken.
    pub capture: CaptureMethod,
    /// True if a caller confirms it once more after the customer has authenticated.
    pub confirmed_by_hand: bool,
    /// True if the customer has authenticated for the next confirmation.
    pub authenticated: bool,
    /// True if the customer has to authenticate also where the bank does not ask.
    pub asks_authentication: bool,
    /// Where the customer goes after authenticating.
    pub return_url: Option<String>,
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
    /// Time at which it was cancelled, and why.
    pub canceled: Option<(Timestamp, Option<String>)>,
    /// What a browser needs to confirm it.
    pub client_secret: String,
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

    fn json(&self, stripe: &Stripe) -> Value {
        render::json(self, stripe)
    }
}

/// Where a payment intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl PaymentStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// True if it can still be changed and confirmed.
    pub fn is_open(self) -> bool {
        match self {
            Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction => true,
            Self::Processing | Self::RequiresCapture | Self::Succeeded | Self::Canceled => false,
        }
    }
}

/// When the money of a payment is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaptureMethod {
    /// With the charge.
    Automatic,
    /// With the charge, whose balance transaction follows.
    AutomaticAsync,
    /// When a caller says so.
    Manual,
}

impl CaptureMethod {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::AutomaticAsync => "automatic_async",
            Self::Manual => "manual",
        }
    }
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
    /// A delayed payment method is under way, or the money waits for its capture; the outcome
    /// follows.
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
    /// Such as `card`; when empty, cards and the direct debit of the currency.
    pub payment_method_types: Vec<String>,
    /// What it only repeats, such as `shipping`.
    pub told: Map<String, Value>,
}

/// Makes one for an invoice or a Checkout session; `payment_intent.created` is told. Answers with
/// its id.
pub fn create_for(stripe: &mut Stripe, purpose: Purpose) -> String {
    making::put_up(stripe, making::of_purpose(purpose))
}

/// Confirms an intent with a payment method. Tells all events of it and of its charge; then, if it
/// pays an invoice, calls [`crate::invoices::payment_changed`], and if it belongs to a Checkout
/// session, [`crate::checkout::payment_changed`]. The same two are called for whatever happens to
/// it later.
///
/// Where the customer is not there, a payment that has to be authenticated is declined; an
/// invoice's waits for the customer instead, as Stripe Billing does.
///
/// # Errors
///
/// The intent or the payment method is not there, or not in a state to be used.
pub fn confirm(
    stripe: &mut Stripe,
    id: &str,
    payment_method: &str,
    presence: Presence,
) -> Result<Payment, ApiError> {
    confirming::confirm(stripe, id, payment_method, presence, confirming::OnAction::Ask)
}

/// Another amount is due, as when a credit note lowers an open invoice.
pub fn set_amount(stripe: &mut Stripe, id: &str, amount: i64) {
    if let Some(intent) = stripe.payment_intents.get_mut(id)
        && intent.status.is_open()
    {
        intent.amount = amount;
    }
}

/// Cancels an intent that is not over, as when its invoice is void. `reason` is Stripe's word.
pub fn cancel(stripe: &mut Stripe, id: &str, reason: &'static str) {
    let open = stripe.payment_intents.get(id).is_some_and(|intent| {
        intent.status.is_open() || intent.status == PaymentStatus::RequiresCapture
    });
    if open {
        outcome::cancel(stripe, id, Some(reason.to_owned()));
    }
}

/// An error about an intent, with the intent in it.
fn with_intent(stripe: &Stripe, id: &str, error: ApiError) -> ApiError {
    error.with("payment_intent", stripe.shown(|stripe| &stripe.payment_intents, id))
}

/// 400: the intent is in a state that does not allow it.
fn unexpected_state(stripe: &Stripe, id: &str, message: impl Into<String>) -> ApiError {
    let error = ApiError::invalid(message).code("payment_intent_unexpected_state");
    with_intent(stripe, id, error)
}
