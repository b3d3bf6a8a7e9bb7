//! How payment intents are made: by a caller, or for an invoice or a Checkout session.

use billing::time::Timestamp;
use serde_json::{Map, Value, json};

use super::confirming::{self, Confirmation};
use super::render::TOLD;
use super::{CaptureMethod, PaymentIntent, PaymentStatus, Purpose};
use crate::amounts;
use crate::call::{Call, Params};
use crate::customers;
use crate::error::ApiError;
use crate::metadata::Metadata;
use crate::payment_methods;
use crate::stripe::Stripe;

/// Parameters that would change what happens and are not acted on.
const NOT_SIMULATED: [&str; 13] = [
    "allowed_payment_method_types",
    "amount_to_confirm",
    "application_fee_amount",
    "confirmation_token",
    "customer_account",
    "excluded_payment_method_types",
    "final_capture",
    "hooks",
    "mandate",
    "on_behalf_of",
    "payment_details",
    "payment_method_configuration",
    "transfer_data",
];

/// What can pay.
const TYPES: [&str; 4] = ["card", "link", "sepa_debit", "us_bank_account"];

pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    refuse(params)?;
    let mut intent = of_params(stripe, params)?;
    let confirms = params.flag("confirm") == Some(true);
    if !confirms {
        for param in ["off_session", "error_on_requires_action", "return_url"] {
            if params.has(param) && params.flag(param) != Some(false) {
                let message =
                    format!("The parameter `{param}` can only be used when `confirm` is `true`.");
                return Err(ApiError::invalid(message).param(param));
            }
        }
    }
    confirming::fails_on_action(&intent, params)?;
    let confirmation = Confirmation::of_params(params);
    let method = method_of(stripe, params, &intent)?;
    if confirms && method.is_none() {
        return Err(ApiError::invalid(confirming::NO_METHOD)
            .code("payment_intent_unexpected_state")
            .param("payment_method"));
    }
    if let Some(method) = method {
        confirming::takes(stripe, &intent, &method)?;
        intent.payment_method = Some(method);
        intent.status = PaymentStatus::RequiresConfirmation;
    }
    let id = put_up(stripe, intent);
    if confirms { confirming::answered(stripe, &id, confirmation) } else { Ok(shown(stripe, &id)) }
}

pub(super) fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.payment_intents, id)
}

/// Refuses what is known and not acted on.
pub(super) fn refuse(params: &Params) -> Result<(), ApiError> {
    if let Some(param) = NOT_SIMULATED.iter().find(|param| params.has(param)) {
        return Err(ApiError::not_simulated(param));
    }
    refuse_options(params)
}

/// Refuses options of payment methods that are known and not acted on.
///
/// # Errors
///
/// There is one.
pub(crate) fn refuse_options(params: &Params) -> Result<(), ApiError> {
    if params.flag("use_stripe_sdk") == Some(true) {
        return Err(ApiError::not_simulated("use_stripe_sdk"));
    }
    let options = params.within("payment_method_options").unwrap_or_default();
    let passive: &[(&str, &[&str])] = &[
        (
            "card",
            &[
                "mandate_options",
                "network",
                "request_three_d_secure",
                "statement_descriptor_suffix_kana",
                "statement_descriptor_suffix_kanji",
            ],
        ),
        ("link", &[]),
        ("sepa_debit", &["mandate_options"]),
        ("us_bank_account", &["financial_connections", "mandate_options", "verification_method"]),
    ];
    for kind in options.0.keys() {
        let Some((_, passive)) = passive.iter().find(|(known, _)| known == kind) else {
            return Err(ApiError::not_simulated(&format!("payment_method_options[{kind}]")));
        };
        let given = options.within(kind).unwrap_or_default();
        if let Some(option) = given.0.keys().find(|option| !passive.contains(&option.as_str())) {
            let param = format!("payment_method_options[{kind}][{option}]");
            return Err(ApiError::not_simulated(&param));
        }
    }
    Ok(())
}

/// The payment method that a request names or describes.
pub(super) fn method_of(
    stripe: &mut Stripe,
    params: &Params,
    intent: &PaymentIntent,
) -> Result<Option<String>, ApiError> {
    if let Some(given) = params.text("payment_method") {
        if stripe.payment_methods.get(given).is_some() {
            confirming::takes(stripe, intent, given)?;
        }
        return payment_methods::resolve(stripe, given, "payment_method").map(Some);
    }
    match params.within("payment_method_data") {
        Some(data) => payment_methods::from_params(stripe, &data).map(Some),
        None => Ok(None),
    }
}

fn of_params(stripe: &Stripe, params: &Params) -> Result<PaymentIntent, ApiError> {
    let amount = params.integer("amount").ok_or_else(|| ApiError::missing("amount"))?;
    let currency = params.required("currency")?.to_lowercase();
    amounts::chargeable(amount, &currency)?;
    let customer = params.text("customer");
    if let Some(customer) = customer {
        customers::living(stripe, customer, "customer")?;
    }
    let automatic = params.within("automatic_payment_methods");
    let enabled = automatic.as_ref().and_then(|it| it.flag("enabled")) == Some(true);
    if enabled && params.has("payment_method_types") {
        let message = "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.";
        return Err(ApiError::invalid(message));
    }
    let types = match params.texts("payment_method_types") {
        given if given.is_empty() => usual_types(&currency),
        given => given,
    };
    payable_with(&types, &currency)?;
    let mut intent = PaymentIntent {
        customer: customer.map(str::to_owned),
        payment_method_types: types,
        metadata: params.metadata(),
        ..blank(amount, currency)
    };
    if !params.has("payment_method_types") {
        let redirects = automatic.as_ref().and_then(|it| it.text("allow_redirects"));
        let redirects = redirects.unwrap_or("always");
        intent.automatic_payment_methods =
            Some(json!({ "allow_redirects": redirects, "enabled": true }));
    }
    take(&mut intent, params);
    Ok(intent)
}

/// Takes over what a request says of an intent, except its money, customer and payment method.
pub(super) fn take(intent: &mut PaymentIntent, params: &Params) {
    match params.text("capture_method") {
        Some("manual") => intent.capture = CaptureMethod::Manual,
        Some("automatic") => intent.capture = CaptureMethod::Automatic,
        Some(_) => intent.capture = CaptureMethod::AutomaticAsync,
        None => {}
    }
    if let Some(method) = params.text("confirmation_method") {
        intent.confirmed_by_hand = method == "manual";
    }
    if params.has("setup_future_usage") {
        intent.setup_future_usage = params.text("setup_future_usage").map(str::to_owned);
    }
    if let Some(url) = params.text("return_url") {
        intent.return_url = Some(url.to_owned());
    }
    if let Some(asks) = asks_authentication(params) {
        intent.asks_authentication = asks;
    }
    intent.told.extend(params.told(&TOLD));
}

/// True if a request wants the customer to authenticate also where the bank does not ask; none when
/// it does not say.
pub(crate) fn asks_authentication(params: &Params) -> Option<bool> {
    let card = params.within("payment_method_options").and_then(|it| it.within("card"))?;
    card.text("request_three_d_secure").map(|asks| asks != "automatic")
}

/// What can pay in a currency when the caller does not say.
pub(crate) fn usual_types(currency: &str) -> Vec<String> {
    let debit = match currency {
        "eur" => Some("sepa_debit"),
        "usd" => Some("us_bank_account"),
        _ => None,
    };
    ["card"].into_iter().chain(debit).map(str::to_owned).collect()
}

/// Whether the simulator has these types of payment methods.
///
/// # Errors
///
/// It has not.
pub(crate) fn known_types(types: &[String]) -> Result<(), ApiError> {
    if types.iter().all(|kind| TYPES.contains(&kind.as_str())) {
        return Ok(());
    }
    Err(ApiError::not_simulated("payment_method_types"))
}

/// Whether what is to pay can pay in this currency.
pub(super) fn payable_with(types: &[String], currency: &str) -> Result<(), ApiError> {
    known_types(types)?;
    for kind in types {
        let only = match kind.as_str() {
            "sepa_debit" => "eur",
            "us_bank_account" => "usd",
            _ => currency,
        };
        if only != currency {
            let message = format!(
                "The payment method `{kind}` cannot be used with the currency `{currency}`. The supported currency is: \
                 `{only}`."
            );
            return Err(ApiError::invalid(message).param("payment_method_types"));
        }
    }
    Ok(())
}

pub(super) fn of_purpose(purpose: Purpose) -> PaymentIntent {
    let mut told = purpose.told;
    told.extend(purpose.description.map(|text| ("description".to_owned(), json!(text))));
    let types = match purpose.payment_method_types {
        types if types.is_empty() => usual_types(&purpose.currency),
        types => types,
    };
    let capture = match purpose.invoice {
        Some(_) => CaptureMethod::Automatic,
        None => CaptureMethod::AutomaticAsync,
    };
    PaymentIntent {
        customer: purpose.customer,
        invoice: purpose.invoice,
        checkout_session: purpose.checkout_session,
        setup_future_usage: purpose.setup_future_usage,
        metadata: purpose.metadata,
        payment_method_types: types,
        capture,
        told,
        ..blank(purpose.amount, purpose.currency)
    }
}

/// Puts a new one up and tells of it; its id, secret and time are given here.
pub(super) fn put_up(stripe: &mut Stripe, mut intent: PaymentIntent) -> String {
    let id = stripe.ids.next("pi");
    intent.created = stripe.time_of(intent.customer.as_deref());
    intent.client_secret = format!("{id}_secret_{}", stripe.ids.text(25));
    intent.id.clone_from(&id);
    stripe.payment_intents.add(intent);
    let json = shown(stripe, &id);
    stripe.emit("payment_intent.created", json);
    id
}

fn blank(amount: i64, currency: String) -> PaymentIntent {
    PaymentIntent {
        id: String::new(),
        created: Timestamp::MIN,
        customer: None,
        amount,
        amount_capturable: 0,
        amount_received: 0,
        currency,
        status: PaymentStatus::RequiresPaymentMethod,
        payment_method: None,
        payment_method_types: Vec::new(),
        automatic_payment_methods: None,
        capture: CaptureMethod::AutomaticAsync,
        confirmed_by_hand: false,
        authenticated: false,
        asks_authentication: false,
        return_url: None,
        invoice: None,
        checkout_session: None,
        last_payment_error: None,
        latest_charge: None,
        setup_future_usage: None,
        canceled: None,
        client_secret: String::new(),
        metadata: Metadata::default(),
        told: Map::new(),
    }
}
