//! A setup intent as the API shows it.

use serde_json::{Map, Value, json};

use super::{SetupIntent, SetupStatus};
use crate::pages::links;
use crate::stripe::Stripe;

pub(super) fn json(intent: &SetupIntent, stripe: &Stripe) -> Value {
    let told = |field: &str| intent.told.get(field).cloned().unwrap_or_default();
    json!({
        "id": intent.id,
        "object": "setup_intent",
        "application": null,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "cancellation_reason": intent.cancellation_reason,
        "client_secret": intent.client_secret,
        "created": intent.created.0,
        "customer": intent.customer,
        "customer_account": null,
        "description": told("description"),
        "excluded_payment_method_types": null,
        "flow_directions": null,
        "last_setup_error": intent.last_setup_error,
        "latest_attempt": intent.latest_attempt,
        "livemode": false,
        "mandate": null,
        "metadata": intent.metadata.json(),
        "next_action": next_action(intent, stripe),
        "on_behalf_of": null,
        "payment_method": intent.payment_method,
        "payment_method_configuration_details": null,
        "payment_method_options": options(intent),
        "payment_method_types": intent.payment_method_types,
        "single_use_mandate": null,
        "status": intent.status.as_str(),
        "usage": intent.usage,
    })
}

fn next_action(intent: &SetupIntent, stripe: &Stripe) -> Value {
    if intent.status != SetupStatus::RequiresAction {
        return Value::Null;
    }
    let url = links::authenticate(&stripe.settings.host, &intent.id);
    json!({
        "redirect_to_url": { "return_url": intent.return_url, "url": url },
        "type": "redirect_to_url",
    })
}

fn options(intent: &SetupIntent) -> Value {
    let secure = if intent.asks_authentication { "any" } else { "automatic" };
    let options = intent.payment_method_types.iter().map(|kind| {
        let options = match kind.as_str() {
            "card" => json!({
                "mandate_options": null,
                "network": null,
                "request_three_d_secure": secure,
            }),
            "us_bank_account" => json!({ "verification_method": "automatic" }),
            _ => json!({}),
        };
        (kind.clone(), options)
    });
    Value::Object(options.collect::<Map<String, Value>>())
}
