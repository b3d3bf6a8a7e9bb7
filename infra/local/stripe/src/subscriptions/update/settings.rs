//! What a subscription is told that does not change what it bills.

use billing::time::Timestamp;
use serde_json::{Map, Value};

use crate::call::Params;
use crate::error::ApiError;
use crate::invoices::Collection;
use crate::payment_methods;
use crate::stripe::Stripe;
use crate::subscriptions::{
    MissingPaymentMethod, PauseBehaviour, PauseCollection, Subscription, create,
};

/// Refuses what is given of what is not simulated. Taking something away that is never there is
/// fine.
pub fn refuse(params: &Params, names: &[&str]) -> Result<(), ApiError> {
    for name in names {
        let given = params.get(name).filter(|_| !params.unsets(name));
        let empty = given.and_then(Value::as_array).is_some_and(Vec::is_empty);
        if given.is_some() && !empty {
            return Err(ApiError::not_simulated(name));
        }
    }
    let tax = params.within("automatic_tax").unwrap_or_default();
    if tax.flag("enabled") == Some(true) {
        return Err(ApiError::not_simulated("automatic_tax[enabled]"));
    }
    Ok(())
}

/// Takes over settings.
pub fn apply(
    stripe: &mut Stripe,
    subscription: &mut Subscription,
    params: &Params,
) -> Result<(), ApiError> {
    if let Some(given) = params.text("default_payment_method") {
        let name = "default_payment_method";
        let method = payment_method(stripe, &subscription.customer, given, name)?;
        subscription.default_payment_method = Some(method);
    } else if params.unsets("default_payment_method") {
        subscription.default_payment_method = None;
    }
    if let Some(given) = params.text("default_source") {
        let source = payment_method(stripe, &subscription.customer, given, "default_source")?;
        subscription.default_source = Some(source);
    } else if params.unsets("default_source") {
        subscription.default_source = None;
    }
    if params.has("default_tax_rates") {
        let rates = params.texts("default_tax_rates");
        for rate in &rates {
            crate::tax_rates::usable(stripe, rate, "default_tax_rates")?;
        }
        subscription.default_tax_rates = rates;
    }
    crate::coupons::give(stripe, subscription, params)?;
    trial_settings(subscription, params);
    pause(stripe, subscription, params)?;
    tell(subscription, params);
    Ok(())
}

/// A payment method that is the customer's.
fn payment_method(
    stripe: &mut Stripe,
    customer: &str,
    given: &str,
    name: &str,
) -> Result<String, ApiError> {
    let id = payment_methods::resolve(stripe, given, name)?;
    let owner = stripe.payment_methods.get(&id).and_then(|method| method.customer.clone());
    if owner.as_deref() == Some(customer) {
        return Ok(id);
    }
    let message = format!(
        "The customer does not have a payment method with the ID {given}. The payment method must \
         be attached to the customer."
    );
    Err(ApiError::invalid(message).code("resource_missing").param(name))
}

fn trial_settings(subscription: &mut Subscription, params: &Params) {
    let settings = params.within("trial_settings").unwrap_or_default();
    let end = settings.within("end_behavior").unwrap_or_default();
    subscription.missing_payment_method = match end.text("missing_payment_method") {
        Some("cancel") => MissingPaymentMethod::Cancel,
        Some("pause") => MissingPaymentMethod::Pause,
        Some(_) => MissingPaymentMethod::CreateInvoice,
        None => subscription.missing_payment_method,
    };
}

fn pause(
    stripe: &Stripe,
    subscription: &mut Subscription,
    params: &Params,
) -> Result<(), ApiError> {
    if params.unsets("pause_collection") {
        subscription.pause = None;
    }
    let Some(pause) = params.within("pause_collection") else { return Ok(()) };
    let behaviour = match pause.text("behavior") {
        Some("keep_as_draft") => PauseBehaviour::KeepAsDraft,
        Some("mark_uncollectible") => PauseBehaviour::MarkUncollectible,
        _ => PauseBehaviour::Void,
    };
    let resumes_at = pause.time("resumes_at");
    let now = stripe.time_of(Some(&subscription.customer));
    if resumes_at.is_some_and(|at| at <= now) {
        let message = "`pause_collection[resumes_at]` must be in the future.";
        return Err(ApiError::invalid(message).param("pause_collection[resumes_at]"));
    }
    subscription.pause = Some(PauseCollection { behaviour, resumes_at });
    Ok(())
}

/// What it only repeats; `payment_settings` and `invoice_settings` field by field.
fn tell(subscription: &mut Subscription, params: &Params) {
    subscription.told.extend(params.told(&["description"]));
    for name in ["invoice_settings", "payment_settings"] {
        let Some(given) = params.within(name) else { continue };
        let told = subscription.told.entry(name).or_insert_with(|| Value::Object(Map::new()));
        let Some(told) = told.as_object_mut() else { continue };
        for (field, value) in given.0 {
            let value = if value.as_str() == Some("") { Value::Null } else { value };
            told.insert(field, value);
        }
    }
    let payment = params.within("payment_settings").unwrap_or_default();
    subscription.saves_payment_method = match payment.text("save_default_payment_method") {
        Some(saves) => saves == "on_subscription",
        None => subscription.saves_payment_method,
    };
}

/// How its invoices are collected from now on.
pub fn collection(subscription: &mut Subscription, params: &Params) -> Result<(), ApiError> {
    let days = params.integer("days_until_due");
    let sends = match params.text("collection_method") {
        Some(method) => method == "send_invoice",
        None => matches!(subscription.collection, Collection::Send { .. }),
    };
    let had = match subscription.collection {
        Collection::Send { days_until_due } => Some(days_until_due),
        Collection::Automatic => None,
    };
    subscription.collection = match (sends, days.or(had)) {
        (false, _) if days.is_some() => {
            let message = "You can only set `days_until_due` if `collection_method` is set to \
                           `send_invoice`.";
            return Err(ApiError::invalid(message).param("days_until_due"));
        }
        (false, _) => Collection::Automatic,
        (true, Some(days_until_due)) => Collection::Send { days_until_due },
        (true, None) => {
            let message = "If you're setting `collection_method` to `send_invoice`, you must \
                           specify `days_until_due` or `due_date`.";
            return Err(ApiError::invalid(message).param("days_until_due"));
        }
    };
    Ok(())
}

/// A trial ends in the future, and within two years.
pub fn trial_within(end: Timestamp, now: Timestamp) -> Result<(), ApiError> {
    let message = if end <= now {
        "Invalid timestamp: must be an integer Unix timestamp in the future."
    } else if end > now.plus_seconds(create::TRIAL_SECONDS_MAX) {
        "Invalid timestamp: can be no more than 2 years in the future."
    } else {
        return Ok(());
    };
    Err(ApiError::invalid(message).param("trial_end"))
}

/// What a customer says of its cancellation.
pub fn told_of_cancellation(subscription: &mut Subscription, params: &Params) {
    let details = params.within("cancellation_details").unwrap_or_default();
    subscription.cancellation.extend(details.told(&["comment", "feedback"]));
}

/// The same, for a subscription that stands.
pub fn cancellation_details(stripe: &mut Stripe, id: &str, params: &Params) {
    if let Some(subscription) = stripe.subscriptions.get_mut(id) {
        told_of_cancellation(subscription, params);
    }
}
