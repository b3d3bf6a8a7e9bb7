//! A payment intent as the API shows it.

use serde_json::{Map, Value, json};

use super::{PaymentIntent, PaymentStatus};
use crate::pages::links;
use crate::stripe::Stripe;

/// What a payment intent only repeats.
pub(super) const TOLD: [&str; 7] = [
    "amount_details",
    "description",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
];

pub(super) fn json(intent: &PaymentIntent, stripe: &Stripe) -> Value {
    let told = |field: &str| intent.told.get(field).cloned().unwrap_or_default();
    let amount_details = intent.told.get("amount_details").cloned();
    let canceled = intent.canceled.as_ref();
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": intent.amount_capturable,
        "amount_details": amount_details.unwrap_or_else(|| json!({ "tip": {} })),
        "amount_received": intent.amount_received,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": intent.automatic_payment_methods,
        "canceled_at": canceled.map(|(at, _)| at.0),
        "cancellation_reason": canceled.and_then(|(_, reason)| reason.clone()),
        "capture_method": intent.capture.as_str(),
        "client_secret": intent.client_secret,
        "confirmation_method": if intent.confirmed_by_hand { "manual" } else { "automatic" },
        "created": intent.created.0,
        "currency": intent.currency,
        "customer": intent.customer,
        "customer_account": null,
        "description": told("description"),
        "excluded_payment_method_types": null,
        "last_payment_error": intent.last_payment_error,
        "latest_charge": intent.latest_charge,
        "livemode": false,
        "metadata": intent.metadata.json(),
        "next_action": next_action(intent, stripe),
        "on_behalf_of": null,
        "payment_method": intent.payment_method,
        "payment_method_configuration_details": null,
        "payment_method_options": options(intent),
        "payment_method_types": intent.payment_method_types,
        "processing": null,
        "receipt_email": told("receipt_email"),
        "review": null,
        "setup_future_usage": intent.setup_future_usage,
        "shipping": told("shipping"),
        "statement_descriptor": told("statement_descriptor"),
        "statement_descriptor_suffix": told("statement_descriptor_suffix"),
        "status": intent.status.as_str(),
        "transfer_data": null,
        "transfer_group": told("transfer_group"),
    })
}

fn next_action(intent: &PaymentIntent, stripe: &Stripe) -> Value {
    if intent.status != PaymentStatus::RequiresAction {
        return Value::Null;
    }
    let url = links::authenticate(&stripe.settings.host, &intent.id);
    json!({
        "redirect_to_url": { "return_url": intent.return_url, "url": url },
        "type": "redirect_to_url",
    })
}

fn options(intent: &PaymentIntent) -> Value {
    let secure = if intent.asks_authentication { "any" } else { "automatic" };
    let options = intent.payment_method_types.iter().map(|kind| {
        let options = match kind.as_str() {
            "card" => json!({
                "installments": null,
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
