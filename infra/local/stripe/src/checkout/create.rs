//! A session is made: everything is checked first, and then made.

use serde_json::{Value, json};

use super::{CheckoutSession, Mode, SessionPayment, SessionStatus, buyer, lines, rules};
use crate::agenda::Task;
use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::{customers, field, routes};

/// What a session only repeats.
const TOLD: [&str; 12] = [
    "allow_promotion_codes",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "integration_identifier",
    "locale",
    "origin_context",
    "payment_method_collection",
    "submit_type",
    "success_url",
    "wallet_options",
];

/// `POST /v1/checkout/sessions`
pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let mode = rules::mode(params)?;
    rules::simulated(params)?;
    rules::addresses(params)?;
    rules::customer(params)?;
    let customer = params.text("customer").map(str::to_owned);
    if let Some(customer) = &customer {
        customers::living(stripe, customer, "customer")?;
    }
    let now = stripe.time_of(customer.as_deref());
    let expires_at = rules::expires_at(params, now)?;
    rules::trial(params, now)?;
    let subscription_data = params.within("subscription_data").unwrap_or_default();
    for (nth, rate) in subscription_data.texts("default_tax_rates").iter().enumerate() {
        let param = format!("subscription_data[default_tax_rates][{nth}]");
        crate::tax_rates::usable(stripe, rate, &param)?;
    }
    let asked = lines::read(stripe, params, mode)?;
    let currency = currency(params, mode, asked.first().map(|line| line.currency.as_str()))?;
    let payment_method_types = rules::payment_method_types(params, mode, currency.as_deref())?;
    if mode == Mode::Payment {
        let total = lines::asked_total(&asked);
        rules::amount(total, currency.as_deref().unwrap_or_default())?;
    }

    let lines = lines::make(stripe, asked)?;
    let id = stripe.ids.next("cs_test");
    let setup_intent = match mode {
        Mode::Setup => Some(setup_intent(stripe, params, &payment_method_types)?),
        Mode::Payment | Mode::Subscription => None,
    };
    let session = CheckoutSession {
        customer_details: buyer::details_at_first(stripe, params),
        id: id.clone(),
        created: now,
        mode,
        status: SessionStatus::Open,
        payment_status: match mode {
            Mode::Setup => SessionPayment::NoPaymentRequired,
            Mode::Payment | Mode::Subscription => SessionPayment::Unpaid,
        },
        customer: customer.clone(),
        buyer: None,
        currency,
        lines,
        payment_method_types,
        payment_intent: None,
        setup_intent,
        subscription: None,
        invoice: None,
        payment_method: None,
        refusal: None,
        expires_at,
        host: call.host.clone(),
        asked: params.clone(),
        metadata: params.metadata(),
        told: params.told(&TOLD),
    };
    stripe.checkout_sessions.add(session);
    stripe.schedule(customer.as_deref(), expires_at, Task::CheckoutExpires(id.clone()));
    Ok(stripe.shown(|stripe| &stripe.checkout_sessions, &id))
}

/// The currency of what is sold; in setup mode only what the caller says.
fn currency(
    params: &Params,
    mode: Mode,
    of_lines: Option<&str>,
) -> Result<Option<String>, ApiError> {
    let asked = params.text("currency").map(str::to_lowercase);
    let by_types = params.has("payment_method_types");
    match (asked, of_lines) {
        (Some(asked), Some(lines)) if asked != lines => {
            let message = format!(
                "The price specified only supports `{lines}`. This doesn't match the expected \
                 currency: `{asked}`."
            );
            Err(ApiError::invalid(message).param("line_items[0]"))
        }
        (_, Some(lines)) => Ok(Some(lines.to_owned())),
        (None, None) if mode == Mode::Setup && !by_types => Err(ApiError::missing("currency")),
        (asked, None) => Ok(asked),
    }
}

/// The setup intent of a session in setup mode, with what the caller wants it to say.
fn setup_intent(
    stripe: &mut Stripe,
    params: &Params,
    types: &[String],
) -> Result<String, ApiError> {
    let data = params.within("setup_intent_data").unwrap_or_default();
    let mut asked = data.told(&["description", "metadata"]);
    asked.extend(params.told(&["customer"]));
    asked.insert("payment_method_types".to_owned(), json!(types));
    let made = routes::post(stripe, "/v1/setup_intents", &Value::Object(asked))?;
    Ok(field::text(&made, "/id").unwrap_or_default().to_owned())
}
