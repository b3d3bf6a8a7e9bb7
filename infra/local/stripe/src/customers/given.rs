//! What callers may say of a customer.

use serde_json::{Map, Value};

use super::{Customer, INVOICE_TOLD, TOLD};
use crate::call::Params;
use crate::error::ApiError;
use crate::told;

/// Parameters that Stripe acts on and this does not.
const NOT_SIMULATED: &[&str] = &[
    "bank_account",
    "card",
    "cash_balance",
    "default_alipay_account",
    "default_bank_account",
    "default_card",
    "validate",
];

/// Characters of an invoice prefix.
const PREFIX_CHARS: std::ops::RangeInclusive<usize> = 3..=12;

/// Checks what does not depend on other objects.
pub fn check(params: &Params, now: Option<&Customer>) -> Result<(), ApiError> {
    if let Some(param) = NOT_SIMULATED.iter().find(|param| params.has(param)) {
        return Err(ApiError::not_simulated(param));
    }
    let tax = params.within("tax").unwrap_or_default();
    if tax.text("validate_location") == Some("immediately") {
        return Err(ApiError::not_simulated("tax[validate_location]"));
    }
    if let Some(email) = params.text("email").filter(|email| !is_email(email)) {
        let error = ApiError::invalid(format!("Invalid email address: {email}"));
        return Err(error.code("email_invalid").param("email"));
    }
    if let Some(prefix) = params.text("invoice_prefix") {
        let fits = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
        if !PREFIX_CHARS.contains(&prefix.len()) || !prefix.chars().all(fits) {
            let message = "Invoice prefix must be between 3 and 12 uppercase letters or numbers.";
            return Err(ApiError::invalid(message).param("invoice_prefix"));
        }
    }
    let least = now.map_or(1, |customer| customer.next_invoice_sequence);
    if params.integer("next_invoice_sequence").is_some_and(|next| next < least) {
        let message = format!("The next invoice sequence must be {least} or greater.");
        return Err(ApiError::invalid(message).param("next_invoice_sequence"));
    }
    Ok(())
}

/// Something before an `@` and something after it, without spaces.
fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
}

/// Takes over what needs nothing but the customer: balance, cards and tax ids are others' business.
pub fn take(customer: &mut Customer, params: &Params) {
    let before = customer.told.get("address").cloned();
    told::update(&mut customer.told, params, TOLD);
    if let Some(given) = customer.told.get_mut("address") {
        *given = address(&over(before.as_ref(), given));
    }
    if let Some(given) = customer.told.get_mut("shipping") {
        *given = shipping(given);
    }
    let settings = params.within("invoice_settings").unwrap_or_default();
    told::update(&mut customer.invoice_told, &settings, INVOICE_TOLD);
    if let Some(options) = customer.invoice_told.get_mut("rendering_options") {
        *options = complete(options, &["amount_tax_display", "template"]);
    }
    if let Some(prefix) = params.text("invoice_prefix") {
        prefix.clone_into(&mut customer.invoice_prefix);
    }
    if let Some(next) = params.integer("next_invoice_sequence") {
        customer.next_invoice_sequence = next;
    }
    if params.has("tax_exempt") {
        params.text("tax_exempt").unwrap_or("none").clone_into(&mut customer.tax_exempt);
    }
    let tax = params.within("tax").unwrap_or_default();
    if tax.has("ip_address") {
        customer.ip_address = tax.text("ip_address").map(str::to_owned);
    }
    customer.metadata.update(params);
}

/// An object whose fields take the place of those before: what is not given stays.
fn over(before: Option<&Value>, given: &Value) -> Value {
    let (Some(before), Some(fields)) = (before.and_then(Value::as_object), given.as_object())
    else {
        return given.clone();
    };
    let mut all = before.clone();
    all.extend(fields.clone());
    Value::Object(all)
}

/// An address with all of its fields.
pub fn address(given: &Value) -> Value {
    complete(given, &["city", "country", "line1", "line2", "postal_code", "state"])
}

fn shipping(given: &Value) -> Value {
    let mut shipping = complete(given, &["address", "name", "phone"]);
    if let Some(given) = shipping.get_mut("address") {
        *given = address(given);
    }
    shipping
}

/// An object with all of its fields: null where nothing or `""` was given.
fn complete(given: &Value, names: &[&str]) -> Value {
    let field = |name: &&str| {
        let value = given.get(name).filter(|value| value.as_str() != Some(""));
        ((*name).to_owned(), value.cloned().unwrap_or_default())
    };
    Value::Object(names.iter().map(field).collect::<Map<_, _>>())
}
