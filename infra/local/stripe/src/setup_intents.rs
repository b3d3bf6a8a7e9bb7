//! Setup intents (`docs.stripe.com/api/setup_intents`): a payment method is saved for later
//! payments, without money.

mod api;
mod render;
#[cfg(test)]
mod tests;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cards::Attempt;
use crate::error::ApiError;
use crate::field;
use crate::metadata::Metadata;
use crate::routes::Route;
use crate::shelf::Object;
use crate::stripe::Stripe;
use crate::{checkout, payment_intents, payment_methods};

/// What it answers.
pub const ROUTES: &[Route] = &[
    Route::get("/v1/setup_intents", api::list),
    Route::post("/v1/setup_intents", api::create),
    Route::get("/v1/setup_intents/{intent}", api::get),
    Route::post("/v1/setup_intents/{intent}", api::update),
    Route::post("/v1/setup_intents/{intent}/cancel", api::cancel),
    Route::post("/v1/setup_intents/{intent}/confirm", api::confirm),
];

/// The intent to save a payment method.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetupIntent {
    /// Its id.
    pub id: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// Whose.
    pub customer: Option<String>,
    /// Where it stands.
    pub status: SetupStatus,
    /// The payment method of the current attempt; none after a decline.
    pub payment_method: Option<String>,
    /// What can be saved, such as `card`.
    pub payment_method_types: Vec<String>,
    /// `automatic_payment_methods`, where they are enabled.
    pub automatic_payment_methods: Option<Value>,
    /// `on_session` or `off_session`: what the payment method may be used for later.
    pub usage: String,
    /// True if the customer has to authenticate also where the bank does not ask.
    pub asks_authentication: bool,
    /// Where the customer goes after authenticating.
    pub return_url: Option<String>,
    /// The last decline.
    pub last_setup_error: Option<Value>,
    /// The latest attempt's id.
    pub latest_attempt: Option<String>,
    /// Reason why it was cancelled, where somebody said so.
    pub cancellation_reason: Option<String>,
    /// What a browser needs to confirm it.
    pub client_secret: String,
    /// Keys and texts of the caller.
    pub metadata: Metadata,
    /// What it only repeats.
    pub told: Map<String, Value>,
}

/// Where a setup intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetupStatus {
    /// It needs a payment method.
    RequiresPaymentMethod,
    /// It needs to be confirmed.
    RequiresConfirmation,
    /// The customer has to authenticate.
    RequiresAction,
    /// The payment method is saved.
    Succeeded,
    /// It is over.
    Canceled,
}

impl SetupStatus {
    /// Stripe's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// True if it can still be changed and confirmed.
    pub fn is_open(self) -> bool {
        match self {
            Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction => true,
            Self::Succeeded | Self::Canceled => false,
        }
    }
}

impl Object for SetupIntent {
    const KIND: &'static str = "setupintent";

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

/// Makes one for a Checkout session or a subscription.
pub fn create_for(stripe: &mut Stripe, customer: Option<&str>) -> String {
    let types = payment_intents::usual_types(&stripe.settings.currency);
    let intent = SetupIntent { customer: customer.map(str::to_owned), ..blank(types) };
    put_up(stripe, intent)
}

/// Confirms it with a payment method, which is attached to its customer when that succeeds. It may
/// have to be authenticated: its status says so.
///
/// # Errors
///
/// The intent or the payment method is not there or cannot be used; or it is declined.
pub fn confirm(stripe: &mut Stripe, id: &str, payment_method: &str) -> Result<(), ApiError> {
    let intent = stripe.setup_intents.named(id)?;
    confirmable(stripe, intent)?;
    takes(stripe, intent, payment_method)?;
    let method = stripe.payment_methods.given(payment_method, "payment_method")?;
    let supported = field::is_true(&method.details, "/three_d_secure_usage/supported");
    let asks = intent.asks_authentication && supported;
    let attempt = method.behaviour.when_set_up();
    let latest = stripe.ids.next("setatt");
    if let Some(intent) = stripe.setup_intents.get_mut(id) {
        intent.payment_method = Some(payment_method.to_owned());
        intent.latest_attempt = Some(latest);
    }
    match attempt {
        Attempt::Declines(decline) => Err(fail(stripe, id, decline.error())),
        Attempt::Succeeds | Attempt::Processes(_) if !asks => {
            succeed(stripe, id);
            Ok(())
        }
        Attempt::Succeeds | Attempt::Processes(_) | Attempt::Authenticates => {
            settle_on(stripe, id, SetupStatus::RequiresAction);
            tell(stripe, "setup_intent.requires_action", id);
            Ok(())
        }
    }
}

/// The customer authenticates, or fails to, on the page of `next_action`; the Checkout session that
/// waits for it goes on.
///
/// # Errors
///
/// There is no such intent, or it does not wait for its customer.
pub fn authenticate(stripe: &mut Stripe, id: &str, success: bool) -> Result<(), ApiError> {
    let intent = stripe.setup_intents.named(id)?;
    if intent.status != SetupStatus::RequiresAction {
        let status = intent.status.as_str();
        let message =
            format!("This SetupIntent has a status of {status}: there is nothing to authenticate.");
        return Err(unexpected_state(stripe, id, message));
    }
    if success {
        succeed(stripe, id);
    } else {
        let message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a \
                       new PaymentMethod to attempt to fulfill this SetupIntent again.";
        let error = ApiError::invalid(message).code("setup_intent_authentication_failure");
        fail(stripe, id, error);
    }
    checkout::setup_changed(stripe, id);
    Ok(())
}

/// The payment method is saved.
fn succeed(stripe: &mut Stripe, id: &str) {
    settle_on(stripe, id, SetupStatus::Succeeded);
    let Some(intent) = stripe.setup_intents.get(id) else { return };
    let (customer, absent) = (intent.customer.clone(), intent.usage == "off_session");
    if let Some(method) = intent.payment_method.clone() {
        if let Some(method) = stripe.payment_methods.get_mut(&method) {
            method.set_up |= absent;
        }
        if let Some(customer) = customer {
            payment_methods::put_on_file(stripe, &method, &customer);
        }
    }
    tell(stripe, "setup_intent.succeeded", id);
}

/// The attempt is over: the intent needs another payment method. Answers with the error that a
/// caller gets.
fn fail(stripe: &mut Stripe, id: &str, error: ApiError) -> ApiError {
    let method = stripe.setup_intents.get(id).and_then(|intent| intent.payment_method.clone());
    let method = method
        .map_or(Value::Null, |method| stripe.shown(|stripe| &stripe.payment_methods, &method));
    let error = error.with("payment_method", method);
    if let Some(intent) = stripe.setup_intents.get_mut(id) {
        intent.status = SetupStatus::RequiresPaymentMethod;
        intent.payment_method = None;
        intent.last_setup_error = Some(error.object());
    }
    tell(stripe, "setup_intent.setup_failed", id);
    let shown = stripe.shown(|stripe| &stripe.setup_intents, id);
    error.with("setup_intent", shown)
}

fn settle_on(stripe: &mut Stripe, id: &str, status: SetupStatus) {
    if let Some(intent) = stripe.setup_intents.get_mut(id) {
        intent.status = status;
        intent.last_setup_error = None;
    }
}

fn tell(stripe: &mut Stripe, kind: &'static str, id: &str) {
    let json = stripe.shown(|stripe| &stripe.setup_intents, id);
    stripe.emit(kind, json);
}

fn confirmable(stripe: &Stripe, intent: &SetupIntent) -> Result<(), ApiError> {
    let message = match intent.status {
        SetupStatus::RequiresPaymentMethod
        | SetupStatus::RequiresConfirmation
        | SetupStatus::RequiresAction => return Ok(()),
        SetupStatus::Succeeded => {
            "You cannot confirm this SetupIntent because it has already succeeded."
        }
        SetupStatus::Canceled => {
            "You cannot confirm this SetupIntent because it has a status of canceled."
        }
    };
    Err(unexpected_state(stripe, &intent.id, message))
}

/// Whether a payment method that is there can be saved by an intent.
fn takes(stripe: &Stripe, intent: &SetupIntent, id: &str) -> Result<(), ApiError> {
    payment_methods::usable(stripe, id, intent.customer.as_deref(), "SetupIntent")?;
    let kind = stripe.payment_methods.given(id, "payment_method")?.kind.as_str();
    if intent.payment_method_types.iter().any(|allowed| allowed == kind) {
        return Ok(());
    }
    let allowed = intent.payment_method_types.join(", ");
    let message = format!(
        "The PaymentMethod provided ({kind}) is not allowed for this SetupIntent. Please attach a PaymentMethod of one \
         of the following types: {allowed}."
    );
    Err(ApiError::invalid(message).param("payment_method"))
}

/// 400: the intent is in a state that does not allow it.
fn unexpected_state(stripe: &Stripe, id: &str, message: impl Into<String>) -> ApiError {
    let shown = stripe.shown(|stripe| &stripe.setup_intents, id);
    let error = ApiError::invalid(message).code("setup_intent_unexpected_state");
    error.with("setup_intent", shown)
}

/// Puts a new one up and tells of it; its id, secret and time are given here.
fn put_up(stripe: &mut Stripe, mut intent: SetupIntent) -> String {
    let id = stripe.ids.next("seti");
    intent.created = stripe.time_of(intent.customer.as_deref());
    intent.client_secret = format!("{id}_secret_{}", stripe.ids.text(31));
    intent.id.clone_from(&id);
    stripe.setup_intents.add(intent);
    tell(stripe, "setup_intent.created", &id);
    id
}

fn blank(payment_method_types: Vec<String>) -> SetupIntent {
    SetupIntent {
        id: String::new(),
        created: Timestamp::MIN,
        customer: None,
        status: SetupStatus::RequiresPaymentMethod,
        payment_method: None,
        payment_method_types,
        automatic_payment_methods: None,
        usage: "off_session".to_owned(),
        asks_authentication: false,
        return_url: None,
        last_setup_error: None,
        latest_attempt: None,
        cancellation_reason: None,
        client_secret: String::new(),
        metadata: Metadata::default(),
        told: Map::new(),
    }
}
