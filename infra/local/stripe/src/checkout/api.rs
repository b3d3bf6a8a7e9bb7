//! Reading, changing and ending sessions by the API.

use serde_json::{Value, json};

use super::{Confirmation, Payer, SessionStatus, change, confirm, named, outcome, shown};
use crate::call::Call;
use crate::error::ApiError;
use crate::stripe::Stripe;
use crate::{field, list as lists};

/// Parameters of an update that would change what is sold.
const NOT_SIMULATED: [&str; 3] = ["collected_information", "line_items", "shipping_options"];

/// `GET /v1/checkout/sessions/{session}`
pub(super) fn get(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    Ok(shown::session(stripe, named(stripe, call.id())?))
}

/// `POST /v1/checkout/sessions/{session}`
pub(super) fn update(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    named(stripe, call.id())?;
    if let Some(name) = NOT_SIMULATED.into_iter().find(|name| call.params.has(name)) {
        return Err(ApiError::not_simulated(name));
    }
    change(stripe, call.id(), |session| session.metadata.update(&call.params));
    get(stripe, call)
}

/// `GET /v1/checkout/sessions`
pub(super) fn list(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    if let Some(name) = ["customer_account", "payment_link"].into_iter().find(|it| params.has(it)) {
        return Err(ApiError::not_simulated(name));
    }
    let email = params.within("customer_details");
    let email = email.as_ref().and_then(|details| details.text("email"));
    let is = |wanted: Option<&str>, known: Option<&str>| wanted.is_none() || wanted == known;
    let done = |of: &super::CheckoutSession| of.status == SessionStatus::Complete;
    let found = stripe.checkout_sessions.iter().filter(|session| {
        let subscription = session.subscription.as_deref().filter(|_| done(session));
        is(params.text("customer"), session.customer.as_deref())
            && is(params.text("payment_intent"), session.payment_intent.as_deref())
            && is(params.text("subscription"), subscription)
            && is(params.text("status"), Some(session.status.as_str()))
            && is(email, field::text(&session.customer_details, "/email"))
    });
    lists::page(stripe, call, "/v1/checkout/sessions", found)
}

/// `POST /v1/checkout/sessions/{session}/expire`
pub(super) fn expire(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let session = named(stripe, call.id())?;
    if session.status != SessionStatus::Open {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session \
             has a status of {}.",
            session.status.as_str()
        );
        return Err(ApiError::invalid(message));
    }
    outcome::expire(stripe, call.id());
    get(stripe, call)
}

/// `GET /v1/checkout/sessions/{session}/line_items`
pub(super) fn list_line_items(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let session = named(stripe, call.id())?;
    let lines = session.lines.iter().map(|line| shown::line(stripe, line)).collect();
    lists::page_of_values(call, &shown::lines_url(call.id()), lines)
}

/// `GET /v1/payment_pages/{session}`: its id is the session's here.
pub(super) fn payment_page(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let session = named(stripe, call.id())?;
    Ok(json!({
        "id": session.id,
        "object": "checkout.session",
        "session_id": session.id,
        "mode": session.mode.as_str(),
        "currency": session.currency,
        "amount_subtotal": super::lines::sum(&session.lines, |line| line.subtotal),
        "amount_total": session.total(),
        "livemode": false,
        "payment_method_types": session.payment_method_types,
        "payment_status": session.payment_status.as_str(),
        "status": session.status.as_str(),
    }))
}

/// `POST /v1/payment_pages/{session}/confirm`: as if the customer had confirmed on the page.
pub(super) fn confirm_payment_page(stripe: &mut Stripe, call: &Call) -> Result<Value, ApiError> {
    let session = named(stripe, call.id())?;
    let (id, total) = (session.id.clone(), session.total());
    if call.params.integer("expected_amount").is_some_and(|expected| expected != total) {
        let message =
            format!("The amount of the session is {total}: the `expected_amount` differs.");
        let error = ApiError::invalid(message).code("checkout_amount_mismatch");
        return Err(error.param("expected_amount"));
    }
    let mut payer = Payer::of_session(stripe, &id);
    if let Some(given) = call.params.text("payment_method") {
        let known = crate::payment_methods::resolve(stripe, given, "payment_method")?;
        payer.details_of(stripe, &known);
        payer.payment_method = Some(known);
    }
    match confirm(stripe, &id, &payer)? {
        Confirmation::Complete | Confirmation::Authenticate(_) => get(stripe, call),
        Confirmation::Refused(error) => Err(error),
    }
}
