//! A charge as the API shows it.

use serde_json::{Value, json};

use super::{Charge, ChargeStatus};
use crate::cards::Decline;
use crate::field;
use crate::pages::links;
use crate::payment_intents::CaptureMethod;
use crate::stripe::Stripe;

/// Stripe's score of a payment that looks good.
const RISK_NORMAL: i64 = 20;
/// Its score of one that looks like fraud.
const RISK_HIGHEST: i64 = 90;

pub(super) fn json(charge: &Charge, stripe: &Stripe) -> Value {
    let told = |field: &str| charge.told.get(field).cloned().unwrap_or_default();
    let failure = match charge.status {
        ChargeStatus::Failed(decline) => Some(decline),
        ChargeStatus::Pending | ChargeStatus::Held | ChargeStatus::Succeeded => None,
    };
    let (captured, paid) = match charge.status {
        ChargeStatus::Succeeded => (true, true),
        ChargeStatus::Held => (false, true),
        ChargeStatus::Pending => (true, false),
        ChargeStatus::Failed(_) => (false, false),
    };
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded,
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "balance_transaction": charge.balance_transaction,
        "billing_details": charge.billing_details,
        "calculated_statement_descriptor": stripe.settings.name.to_uppercase(),
        "captured": captured,
        "created": charge.created.0,
        "currency": charge.currency,
        "customer": charge.customer,
        "description": told("description"),
        "disputed": charge.disputed,
        "failure_balance_transaction": null,
        "failure_code": failure.map(Decline::failure_code),
        "failure_message": failure.map(Decline::message),
        "fraud_details": charge.fraud_details,
        "livemode": false,
        "metadata": charge.metadata.json(),
        "on_behalf_of": null,
        "outcome": outcome(failure),
        "paid": paid,
        "payment_intent": charge.payment_intent,
        "payment_method": charge.payment_method,
        "payment_method_details": details(charge, stripe),
        "radar_options": {},
        "receipt_email": told("receipt_email"),
        "receipt_number": null,
        "receipt_url": paid.then(|| links::receipt(&stripe.settings.host, &charge.id)),
        "refunded": charge.is_refunded(),
        "review": null,
        "shipping": told("shipping"),
        "source_transfer": null,
        "statement_descriptor": told("statement_descriptor"),
        "statement_descriptor_suffix": told("statement_descriptor_suffix"),
        "status": charge.status.as_str(),
        "transfer_data": null,
        "transfer_group": told("transfer_group"),
    })
}

fn outcome(failure: Option<Decline>) -> Value {
    let blocked = failure == Some(Decline::Fraudulent);
    let (status, kind, message) = match failure {
        None => ("approved_by_network", "authorized", "Payment complete."),
        Some(_) if blocked => {
            ("not_sent_to_network", "blocked", "Stripe blocked this payment as too risky.")
        }
        Some(_) => (
            "declined_by_network",
            "issuer_declined",
            "The bank did not return any further details with this decline.",
        ),
    };
    json!({
        "advice_code": failure.and_then(Decline::advice),
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": status,
        "reason": failure.map(Decline::reason),
        "risk_level": if blocked { "highest" } else { "normal" },
        "risk_score": if blocked { RISK_HIGHEST } else { RISK_NORMAL },
        "seller_message": message,
        "type": kind,
    })
}

/// The payment method as it was then, with what this charge made of it.
fn details(charge: &Charge, stripe: &Stripe) -> Value {
    let kind = field::of(&charge.method, "/type").as_str().unwrap_or("card");
    let method = charge.method.get(kind).unwrap_or(&Value::Null);
    let shown = match kind {
        "card" => card(charge, method, stripe),
        "sepa_debit" => json!({
            "bank_code": field::of(method, "/bank_code"),
            "branch_code": field::of(method, "/branch_code"),
            "country": field::of(method, "/country"),
            "fingerprint": field::of(method, "/fingerprint"),
            "last4": field::of(method, "/last4"),
            "mandate": null,
        }),
        "us_bank_account" => json!({
            "account_holder_type": field::of(method, "/account_holder_type"),
            "account_type": field::of(method, "/account_type"),
            "bank_name": field::of(method, "/bank_name"),
            "fingerprint": field::of(method, "/fingerprint"),
            "last4": field::of(method, "/last4"),
            "payment_reference": null,
            "routing_number": field::of(method, "/routing_number"),
        }),
        _ => json!({}),
    };
    json!({ kind: shown, "type": kind })
}

fn card(charge: &Charge, method: &Value, stripe: &Stripe) -> Value {
    let intent = stripe.payment_intents.get(&charge.payment_intent);
    let manual = intent.is_some_and(|intent| intent.capture == CaptureMethod::Manual);
    let authorized = !matches!(charge.status, ChargeStatus::Failed(_));
    let secure = charge.authenticated.then(|| {
        json!({
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": null,
            "result": "authenticated",
            "result_reason": null,
            "transaction_id": null,
            "version": "2.2.0",
        })
    });
    let mut card = json!({
        "amount_authorized": authorized.then_some(charge.amount),
        "authorization_code": null,
        "brand": field::of(method, "/brand"),
        "checks": field::of(method, "/checks"),
        "country": field::of(method, "/country"),
        "exp_month": field::of(method, "/exp_month"),
        "exp_year": field::of(method, "/exp_year"),
        "extended_authorization": { "status": "disabled" },
        "fingerprint": field::of(method, "/fingerprint"),
        "funding": field::of(method, "/funding"),
        "incremental_authorization": { "status": "unavailable" },
        "installments": null,
        "last4": field::of(method, "/last4"),
        "mandate": null,
        "multicapture": { "status": "unavailable" },
        "network": field::of(method, "/brand"),
        "network_token": { "used": false },
        "network_transaction_id": null,
        "overcapture": { "maximum_amount_capturable": charge.amount, "status": "unavailable" },
        "regulated_status": field::of(method, "/regulated_status"),
        "three_d_secure": secure,
        "transaction_link_id": null,
        "wallet": null,
    });
    if manual && let Some(fields) = card.as_object_mut() {
        let until = charge.created.plus_seconds(crate::payment_intents::HELD_SECONDS);
        fields.insert("capture_before".to_owned(), json!(until.0));
    }
    card
}
