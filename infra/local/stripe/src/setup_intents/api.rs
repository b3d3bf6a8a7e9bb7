//! The API's operations on setup intents.

use serde_json::{Value, json};

use super::{SetupIntent, SetupStatus};
use crate::call::{Call, Params};
use crate::customers;
use crate::error::ApiError;
use crate::list;
use crate::payment_intents;
use crate::payment_methods;
use crate::stripe::Stripe;

/// Parameters that would change what happens and are not acted on.
const NOT_SIMULATED: [&str; 9] = [
    "allowed_payment_method_types",
    "attach_to_self",
    "confirmation_token",
    "customer_account",
    "excluded_payment_method_types",
    "flow_directions",
    "on_behalf_of",
    "payment_method_configuration",
    "single_use",
];

const NO_METHOD: &str = "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment \
     method and then confirm it again.";

fn shown(stripe: &Stripe, id: &str) -> Value {
    stripe.shown(|stripe| &stripe.setup_intents, id)
}

fn refuse(params: &Params) -> Result<(), ApiError> {
    if let Some(param) = NOT_SIMULATED.iter().find(|param| params.has(param)) {
        return Err(ApiError::not_simulated(param));
    }
    payment_intents::refuse_options(params)
}

pub(super) fn create(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    refuse(params)?;
    let automatic = params.within("automatic_payment_methods");
    let redirects = automatic.as_ref().and_then(|it| it.text("allow_redirects"));
    let mut intent = super::blank(payment_intents::usual_types(&stripe.settings.currency));
    if !params.has("payment_method_types") {
        let redirects = redirects.unwrap_or("always");
        intent.automatic_payment_methods =
            Some(json!({ "allow_redirects": redirects, "enabled": true }));
    }
    if let Some(usage) = params.text("usage") {
        usage.clone_into(&mut intent.usage);
    }
    take(stripe, &mut intent, params)?;
    let confirms = params.flag("confirm") == Some(true);
    if !confirms && params.has("return_url") {
        let message = "The parameter `return_url` can only be used when `confirm` is `true`.";
        return Err(ApiError::invalid(message).param("return_url"));
    }
    let method = method_of(stripe, params, &intent)?;
    if confirms && method.is_none() {
        let error = ApiError::invalid(NO_METHOD).code("setup_intent_unexpected_state");
        return Err(error.param("payment_method"));
    }
    if let Some(method) = &method {
        super::takes(stripe, &intent, method)?;
        intent.payment_method = Some(method.clone());
        intent.status = SetupStatus::RequiresConfirmation;
    }
    let id = super::put_up(stripe, intent);
    if let Some(method) = method.filter(|_| confirms) {
        super::confirm(stripe, &id, &method)?;
    }
    Ok(shown(stripe, &id))
}

/// Takes over what a request says of an intent, except its payment method.
fn take(stripe: &Stripe, intent: &mut SetupIntent, params: &Params) -> Result<(), ApiError> {
    if let Some(customer) = params.text("customer") {
        customers::living(stripe, customer, "customer")?;
        if intent.customer.as_deref().is_some_and(|owner| owner != customer) {
            let message = "You cannot modify `customer` on a SetupIntent once it already has been set. To save a \
                           payment method to a different Customer, cancel this SetupIntent and create a new one.";
            return Err(ApiError::invalid(message).param("customer"));
        }
        intent.customer = Some(customer.to_owned());
    }
    let types = params.texts("payment_method_types");
    if !types.is_empty() {
        payment_intents::known_types(&types)?;
        intent.payment_method_types = types;
        intent.automatic_payment_methods = None;
    }
    if let Some(url) = params.text("return_url") {
        intent.return_url = Some(url.to_owned());
    }
    if let Some(asks) = payment_intents::asks_authentication(params) {
        intent.asks_authentication = asks;
    }
    intent.metadata.update(params);
    intent.told.extend(params.told(&["description"]));
    Ok(())
}

fn method_of(
    stripe: &mut Stripe,
    params: &Params,
    intent: &SetupIntent,
) -> Result<Option<String>, ApiError> {
    if let Some(given) = params.text("payment_method") {
        if stripe.payment_methods.get(given).is_some() {
            super::takes(stripe, intent, given)?;
        }
        return payment_methods::resolve(stripe, given, "payment_method").map(Some);
    }
    match params.within("payment_method_data") {
        Some(data) => payment_methods::from_params(stripe, &data).map(Some),
        None => Ok(None),
    }
}

pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    stripe.setup_intents.named(call.id())?;
    Ok(shown(stripe, call.id()))
}

pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    for param in ["attach_to_self", "customer_account"] {
        if call.params.has(param) {
            return Err(ApiError::not_simulated(param));
        }
    }
    let (customer, method) = (call.params.text("customer"), call.params.text("payment_method"));
    let fits = |intent: &&SetupIntent| {
        customer.is_none_or(|customer| intent.customer.as_deref() == Some(customer))
            && method.is_none_or(|method| intent.payment_method.as_deref() == Some(method))
    };
    list::page(stripe, call, "/v1/setup_intents", stripe.setup_intents.iter().filter(fits))
}

pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    refuse(params)?;
    let intent = stripe.setup_intents.named(call.id())?;
    let passive = ["metadata", "description"];
    if !intent.status.is_open() && params.0.keys().any(|name| !passive.contains(&name.as_str())) {
        let status = intent.status.as_str();
        let message =
            format!("This SetupIntent could not be updated because it has a status of {status}.");
        return Err(super::unexpected_state(stripe, call.id(), message));
    }
    let mut changed = intent.clone();
    take(stripe, &mut changed, params)?;
    if let Some(method) = method_of(stripe, params, &changed)? {
        super::takes(stripe, &changed, &method)?;
        changed.payment_method = Some(method);
        changed.status = SetupStatus::RequiresConfirmation;
    }
    stripe.setup_intents.add(changed);
    Ok(shown(stripe, call.id()))
}

pub(super) fn confirm(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    refuse(params)?;
    let intent = stripe.setup_intents.named(call.id())?;
    super::confirmable(stripe, intent)?;
    let mut changed = intent.clone();
    take(stripe, &mut changed, params)?;
    let method = method_of(stripe, params, &changed)?.or_else(|| changed.payment_method.clone());
    let Some(method) = method else {
        return Err(super::unexpected_state(stripe, call.id(), NO_METHOD));
    };
    super::takes(stripe, &changed, &method)?;
    stripe.setup_intents.add(changed);
    super::confirm(stripe, call.id(), &method)?;
    Ok(shown(stripe, call.id()))
}

pub(super) fn cancel(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let intent = stripe.setup_intents.named(call.id())?;
    if !intent.status.is_open() {
        let status = intent.status.as_str();
        let message = format!(
            "You cannot cancel this SetupIntent because it has a status of {status}. Only a SetupIntent with one of the \
             following statuses may be canceled: requires_payment_method, requires_confirmation, requires_action."
        );
        return Err(super::unexpected_state(stripe, call.id(), message));
    }
    let reason = call.params.text("cancellation_reason").map(str::to_owned);
    if let Some(intent) = stripe.setup_intents.get_mut(call.id()) {
        intent.status = SetupStatus::Canceled;
        intent.cancellation_reason = reason;
    }
    super::tell(stripe, "setup_intent.canceled", call.id());
    Ok(shown(stripe, call.id()))
}
