//! A customer confirms a session: pays, subscribes, or saves a payment method.

use serde_json::{Map, Value, json};

use super::{CheckoutSession, Mode, SessionPayment, SessionStatus, buyer, change, lines, named};
use crate::error::ApiError;
use crate::payment_intents::{self, Payment, Presence, Purpose};
use crate::stripe::Stripe;
use crate::subscriptions::SubscriptionStatus;
use crate::{customers, field, invoice_payments, setup_intents, subscriptions};

pub use super::buyer::Payer;
use super::outcome::complete;
use crate::call::Params;

/// Parameters of `subscription_data` that are a subscription's own.
const SUBSCRIPTION_DATA: [&str; 11] = [
    "billing_cycle_anchor",
    "billing_cycle_anchor_config",
    "billing_mode",
    "default_tax_rates",
    "description",
    "invoice_settings",
    "metadata",
    "proration_behavior",
    "trial_end",
    "trial_period_days",
    "trial_settings",
];

/// What became of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// The session is complete.
    Complete,
    /// The customer has to authenticate the payment or setup intent of this id first.
    Authenticate(String),
    /// It was declined; the session stays open.
    Refused(ApiError),
}

/// Confirms a session as its page does.
///
/// # Errors
///
/// When the session is not open, or what the customer gave cannot be used. Declines are no errors
/// here.
pub fn confirm(stripe: &mut Stripe, id: &str, payer: &Payer) -> Result<Confirmation, ApiError> {
    let session = named(stripe, id)?;
    if session.status != SessionStatus::Open {
        let message = "This Checkout Session is no longer active.";
        return Err(ApiError::invalid(message).code("checkout_not_active_session"));
    }
    let mode = session.mode;
    if let Some(customer) = &session.customer {
        customers::living(stripe, customer, "customer")?;
    }
    if let Some(method) = &payer.payment_method {
        let kind = &stripe.payment_methods.given(method, "payment_method")?.kind;
        if !session.payment_method_types.contains(kind) {
            let message = format!("The payment method type {kind} is not among the session's.");
            return Err(ApiError::invalid(message).param("payment_method"));
        }
    } else if session.collects_payment_method() {
        return Err(ApiError::missing("payment_method"));
    }
    buyer::settle(stripe, id, payer)?;
    let method = payer.payment_method.clone();
    change(stripe, id, |session| {
        session.payment_method.clone_from(&method);
        session.refusal = None;
    });
    let result = match mode {
        Mode::Payment => pay(stripe, id, method.as_deref()),
        Mode::Setup => save(stripe, id, method.as_deref()),
        Mode::Subscription => subscribe(stripe, id, method.as_deref()),
    };
    if let Ok(Confirmation::Refused(error)) | Err(error) = &result {
        let message = error.message.clone();
        change(stripe, id, |session| session.refusal = Some(message));
    }
    result
}

/// Pays the session's payment intent, which is made by the first try.
fn pay(stripe: &mut Stripe, id: &str, method: Option<&str>) -> Result<Confirmation, ApiError> {
    let session = named(stripe, id)?;
    let known = session.payment_intent.clone();
    if session.total() == 0 {
        complete(stripe, id, SessionPayment::NoPaymentRequired);
        return Ok(Confirmation::Complete);
    }
    let intent = known.unwrap_or_else(|| make_payment_intent(stripe, id));
    charge(stripe, &intent, method.unwrap_or_default())
}

fn make_payment_intent(stripe: &mut Stripe, id: &str) -> String {
    let Some(session) = stripe.checkout_sessions.get(id) else { return String::new() };
    let data = session.asked.within("payment_intent_data").unwrap_or_default();
    let told = ["receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix"];
    let purpose = Purpose {
        customer: session.payer().map(str::to_owned),
        amount: session.total(),
        currency: session.currency.clone().unwrap_or_default(),
        checkout_session: Some(id.to_owned()),
        description: data.text("description").map(str::to_owned),
        metadata: data.metadata(),
        setup_future_usage: data.text("setup_future_usage").map(str::to_owned),
        payment_method_types: session.payment_method_types.clone(),
        told: data.told(&told),
        ..Purpose::default()
    };
    let intent = payment_intents::create_for(stripe, purpose);
    change(stripe, id, |session| session.payment_intent = Some(intent.clone()));
    intent
}

/// Confirms a payment intent with the customer there. Who learns of it completes the session: see
/// [`super::payment_changed`].
fn charge(stripe: &mut Stripe, intent: &str, method: &str) -> Result<Confirmation, ApiError> {
    Ok(match payment_intents::confirm(stripe, intent, method, Presence::OnSession)? {
        Payment::Succeeded | Payment::Processing => Confirmation::Complete,
        Payment::RequiresAction => Confirmation::Authenticate(intent.to_owned()),
        Payment::Failed(error) => Confirmation::Refused(error),
        Payment::Canceled => {
            let message = "The payment was canceled: begin again.";
            Confirmation::Refused(ApiError::invalid(message))
        }
    })
}

/// Saves the payment method, by the session's setup intent.
fn save(stripe: &mut Stripe, id: &str, method: Option<&str>) -> Result<Confirmation, ApiError> {
    let session = named(stripe, id)?;
    let customer = session.payer().map(str::to_owned);
    let intent = match session.setup_intent.clone() {
        Some(intent) => intent,
        None => setup_intents::create_for(stripe, customer.as_deref()),
    };
    change(stripe, id, |session| session.setup_intent = Some(intent.clone()));
    if let Some(intent) = stripe.setup_intents.get_mut(&intent) {
        intent.customer = customer;
    }
    if let Err(error) = setup_intents::confirm(stripe, &intent, method.unwrap_or_default()) {
        return Ok(Confirmation::Refused(error));
    }
    let shown = stripe.shown(|stripe| &stripe.setup_intents, &intent);
    if field::text(&shown, "/status") == Some("requires_action") {
        return Ok(Confirmation::Authenticate(intent));
    }
    saved(stripe, id)
}

/// The payment method is saved.
fn saved(stripe: &mut Stripe, id: &str) -> Result<Confirmation, ApiError> {
    match named(stripe, id)?.mode {
        Mode::Payment | Mode::Setup => {
            complete(stripe, id, SessionPayment::NoPaymentRequired);
            Ok(Confirmation::Complete)
        }
        Mode::Subscription => begin(stripe, id),
    }
}

/// The customer has authenticated a setup intent, or failed to: its session goes on, if it has one.
pub fn setup_changed(stripe: &mut Stripe, setup_intent: &str) {
    let waits = |session: &&CheckoutSession| {
        session.setup_intent.as_deref() == Some(setup_intent)
            && session.status == SessionStatus::Open
    };
    let session = stripe.checkout_sessions.iter().find(waits);
    let Some(id) = session.map(|session| session.id.clone()) else { return };
    let intent = stripe.shown(|stripe| &stripe.setup_intents, setup_intent);
    let refusal = if field::text(&intent, "/status") == Some("succeeded") {
        match saved(stripe, &id) {
            Ok(Confirmation::Complete | Confirmation::Authenticate(_)) => None,
            Ok(Confirmation::Refused(error)) | Err(error) => Some(error.message),
        }
    } else {
        field::text(&intent, "/last_setup_error/message").map(str::to_owned)
    };
    change(stripe, &id, |session| session.refusal = refusal);
}

/// Begins the subscription and pays its first invoice. Where nothing is due now, the payment method
/// is saved first.
fn subscribe(
    stripe: &mut Stripe,
    id: &str,
    method: Option<&str>,
) -> Result<Confirmation, ApiError> {
    let session = named(stripe, id)?;
    if session.total() == 0 && method.is_some() {
        save(stripe, id, method)
    } else {
        begin(stripe, id)
    }
}

fn begin(stripe: &mut Stripe, id: &str) -> Result<Confirmation, ApiError> {
    let session = named(stripe, id)?;
    let method = session.payment_method.clone();
    let waits = |id: &String| {
        let subscription = stripe.subscriptions.get(id);
        subscription.is_some_and(|it| it.status == SubscriptionStatus::Incomplete)
    };
    let subscription = if let Some(subscription) = session.subscription.clone().filter(waits) {
        subscription
    } else {
        let params = subscription_params(session);
        let own = own_prices(stripe, session);
        set_active(stripe, &own, true);
        let made = subscriptions::create(stripe, &params);
        set_active(stripe, &own, false);
        let made = made?;
        change(stripe, id, |session| session.subscription = Some(made.clone()));
        made
    };
    let invoice = stripe.subscriptions.get(&subscription).and_then(|it| it.latest_invoice.clone());
    change(stripe, id, |session| session.invoice.clone_from(&invoice));
    let intent = invoice.and_then(|invoice| invoice_payments::to_be_paid(stripe, &invoice));
    let Some(intent) = intent else {
        complete(stripe, id, SessionPayment::NoPaymentRequired);
        return Ok(Confirmation::Complete);
    };
    if let Some(intent) = stripe.payment_intents.get_mut(&intent) {
        intent.checkout_session = Some(id.to_owned());
    }
    charge(stripe, &intent, &method.unwrap_or_default())
}

/// The prices that were made for a session: nothing else can use them.
fn own_prices(stripe: &Stripe, session: &CheckoutSession) -> Vec<String> {
    let prices = session.lines.iter().map(|line| line.price.clone());
    let is_own = |id: &String| stripe.prices.get(id).is_some_and(|price| !price.active);
    prices.filter(is_own).collect()
}

fn set_active(stripe: &mut Stripe, prices: &[String], active: bool) {
    for id in prices {
        if let Some(price) = stripe.prices.get_mut(id) {
            price.active = active;
        }
    }
}

/// The parameters of the subscription that a session makes.
fn subscription_params(session: &CheckoutSession) -> Params {
    let data = session.asked.within("subscription_data").unwrap_or_default();
    let (items, once) = lines::subscription_items(&session.lines);
    let mut params: Map<String, Value> = SUBSCRIPTION_DATA
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), data.get(name)?.clone())))
        .collect();
    params.insert("customer".to_owned(), json!(session.payer()));
    params.insert("items".to_owned(), json!(items));
    if !once.is_empty() {
        params.insert("add_invoice_items".to_owned(), json!(once));
    }
    params.insert("payment_behavior".to_owned(), json!("default_incomplete"));
    let saves = json!({ "save_default_payment_method": "on_subscription" });
    params.insert("payment_settings".to_owned(), saves);
    if session.total() == 0
        && let Some(method) = &session.payment_method
    {
        params.insert("default_payment_method".to_owned(), json!(method));
    }
    Params(params)
}
