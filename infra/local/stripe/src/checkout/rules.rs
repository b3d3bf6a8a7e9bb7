//! What can be asked of a session: Stripe's refusals, and ours for what is not simulated.

use billing::time::Timestamp;

use super::Mode;
use crate::amounts;
use crate::call::Params;
use crate::error::ApiError;
use crate::pages::money;

/// Shortest and longest time for which a session stays open, in seconds: 30 minutes and 24 hours.
const OPEN_SECONDS_MIN: i64 = 1_800;
const OPEN_SECONDS_MAX: i64 = 86_400;
/// A trial's end that is named must be so far away, in seconds: two days.
const TRIAL_SECONDS_MIN: i64 = 172_800;

/// Known to Stripe, and not acted on: what is sold, what is paid and what the customer has to agree
/// to would differ.
const NOT_SIMULATED: [&str; 15] = [
    "after_expiration",
    "allowed_payment_method_types",
    "consent_collection",
    "custom_fields",
    "customer_account",
    "discounts",
    "excluded_payment_method_types",
    "name_collection",
    "optional_items",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "permissions",
    "shipping_address_collection",
    "shipping_options",
];

/// The same, within a parameter.
const NOT_SIMULATED_WITHIN: [(&str, &[&str]); 3] = [
    (
        "payment_intent_data",
        &["application_fee_amount", "on_behalf_of", "transfer_data", "transfer_group"],
    ),
    ("setup_intent_data", &["on_behalf_of"]),
    (
        "subscription_data",
        &[
            "application_fee_percent",
            "on_behalf_of",
            "pending_invoice_item_interval",
            "transfer_data",
        ],
    ),
];

/// The mode, and whether the rest goes with it.
pub(super) fn mode(params: &Params) -> Result<Mode, ApiError> {
    let mode = match params.required("mode")? {
        "payment" => Mode::Payment,
        "setup" => Mode::Setup,
        _ => Mode::Subscription,
    };
    let others: &[&str] = match mode {
        Mode::Payment => &["subscription_data", "setup_intent_data", "payment_method_collection"],
        Mode::Setup => &["subscription_data", "payment_intent_data", "invoice_creation"],
        Mode::Subscription => {
            &["payment_intent_data", "setup_intent_data", "invoice_creation", "customer_creation"]
        }
    };
    match others.iter().find(|name| params.has(name)) {
        None => Ok(mode),
        Some(name) => {
            let message = format!("You cannot pass `{name}` in `{}` mode.", mode.as_str());
            Err(ApiError::invalid(message).param(*name))
        }
    }
}

/// Refuses what is not simulated.
pub(super) fn simulated(params: &Params) -> Result<(), ApiError> {
    if let Some(name) = NOT_SIMULATED.iter().find(|name| params.has(name)) {
        return Err(ApiError::not_simulated(name));
    }
    for (name, fields) in NOT_SIMULATED_WITHIN {
        let within = params.within(name).unwrap_or_default();
        if let Some(field) = fields.iter().find(|field| within.has(field)) {
            return Err(ApiError::not_simulated(&format!("{name}[{field}]")));
        }
    }
    for name in ["automatic_tax", "adaptive_pricing", "managed_payments"] {
        let on = params.within(name).and_then(|within| within.flag("enabled"));
        if on == Some(true) {
            return Err(ApiError::not_simulated(&format!("{name}[enabled]")));
        }
    }
    let capture = params.within("payment_intent_data").unwrap_or_default();
    if capture.text("capture_method") == Some("manual") {
        return Err(ApiError::not_simulated("payment_intent_data[capture_method]"));
    }
    if params.text("ui_mode").is_some_and(|mode| mode != "hosted_page") {
        return Err(ApiError::not_simulated("ui_mode"));
    }
    match ["return_url", "redirect_on_completion"].into_iter().find(|name| params.has(name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("You cannot pass `{name}` when `ui_mode` is `hosted_page`.");
            Err(ApiError::invalid(message).param(name))
        }
    }
}

/// The addresses that the customer goes to.
pub(super) fn addresses(params: &Params) -> Result<(), ApiError> {
    params.required("success_url")?;
    for name in ["success_url", "cancel_url"] {
        if params.text(name).is_some_and(|url| !is_url(url)) {
            return Err(ApiError::invalid("Not a valid URL").code("url_invalid").param(name));
        }
    }
    Ok(())
}

/// True if a text is an address that a browser can go to.
pub(crate) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_alphanumeric() || first == '[')
            && !rest.contains(char::is_whitespace)
    })
}

/// Who pays: named, or to be asked.
pub(super) fn customer(params: &Params) -> Result<(), ApiError> {
    let named = params.has("customer");
    if named && params.has("customer_email") {
        let message = "You may only specify one of these parameters: customer, customer_email.";
        return Err(ApiError::invalid(message).param("customer"));
    }
    if params.text("customer_email").is_some_and(|email| !is_email(email)) {
        let email = params.text("customer_email").unwrap_or_default();
        let message = format!("Invalid email address: {email}");
        return Err(ApiError::invalid(message).code("email_invalid").param("customer_email"));
    }
    if named && params.has("customer_creation") {
        let message = "`customer_creation` cannot be used together with `customer`.";
        return Err(ApiError::invalid(message).param("customer_creation"));
    }
    let update = params.within("customer_update");
    if update.is_some() && !named {
        let message = "`customer_update` can only be used with `customer`.";
        return Err(ApiError::invalid(message).param("customer_update"));
    }
    let tax_ids = params.within("tax_id_collection").and_then(|it| it.flag("enabled"));
    let name_auto = update.is_some_and(|update| update.text("name") == Some("auto"));
    if named && tax_ids == Some(true) && !name_auto {
        let message = "Tax ID collection requires updating business name on the customer. To enable \
                       tax ID collection for an existing customer, please set \
                       `customer_update[name]` to `auto`.";
        return Err(ApiError::invalid(message).param("customer_update"));
    }
    Ok(())
}

/// True if a text can be an email address.
pub(crate) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    }) && !text.contains(char::is_whitespace)
}

/// Time at which a session expires.
pub(super) fn expires_at(params: &Params, now: Timestamp) -> Result<Timestamp, ApiError> {
    let Some(at) = params.time("expires_at") else {
        return Ok(now.plus_seconds(OPEN_SECONDS_MAX));
    };
    let wrong = if at < now.plus_seconds(OPEN_SECONDS_MIN) {
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
    } else if at > now.plus_seconds(OPEN_SECONDS_MAX) {
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
    } else {
        return Ok(at);
    };
    Err(ApiError::invalid(wrong).param("expires_at"))
}

/// A trial's length or end.
pub(super) fn trial(params: &Params, now: Timestamp) -> Result<(), ApiError> {
    let data = params.within("subscription_data").unwrap_or_default();
    let refused = |name: &str, message: &str| {
        Err(ApiError::invalid(message).param(format!("subscription_data[{name}]")))
    };
    if data.has("trial_end") && data.has("trial_period_days") {
        return refused(
            "trial_end",
            "You can only specify one of `trial_end` and `trial_period_days`.",
        );
    }
    if data.integer("trial_period_days").is_some_and(|days| days < 1) {
        return refused("trial_period_days", "The minimum number of trial period days is 1.");
    }
    if data.time("trial_end").is_some_and(|end| end < now.plus_seconds(TRIAL_SECONDS_MIN)) {
        return refused(
            "trial_end",
            "The `trial_end` date has to be at least 2 days in the future.",
        );
    }
    Ok(())
}

/// Ways to pay. When none is named Stripe offers what the account has switched on: here cards, and
/// what pays once in euro by debit as well.
pub(super) fn payment_method_types(
    params: &Params,
    mode: Mode,
    currency: Option<&str>,
) -> Result<Vec<String>, ApiError> {
    let types = params.texts("payment_method_types");
    let known = |kind: &str| matches!(kind, "card" | "sepa_debit");
    if types.iter().any(|kind| !known(kind)) {
        return Err(ApiError::not_simulated("payment_method_types"));
    }
    if types.iter().any(|kind| kind == "sepa_debit") && currency.is_some_and(|it| it != "eur") {
        let message = "The payment method type provided: sepa_debit is invalid: it only supports \
                       the currency eur.";
        return Err(ApiError::invalid(message).param("payment_method_types"));
    }
    let offered = match mode {
        Mode::Payment if currency == Some("eur") => ["card", "sepa_debit"].as_slice(),
        Mode::Payment | Mode::Subscription | Mode::Setup => &["card"],
    };
    let offered = || offered.iter().map(|kind| (*kind).to_owned()).collect();
    Ok(if types.is_empty() { offered() } else { types })
}

/// The least that can be paid.
pub(super) fn amount(total: i64, currency: &str) -> Result<(), ApiError> {
    let least = amounts::minimum(currency);
    if total == 0 || total >= least {
        return Ok(());
    }
    let least = money::text(least, currency);
    let message = format!(
        "The Checkout Session's total amount due must add up to at least {least} {currency}"
    );
    Err(ApiError::invalid(message).code("amount_too_small").param("line_items"))
}
