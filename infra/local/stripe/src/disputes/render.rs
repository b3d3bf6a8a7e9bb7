//! A dispute as the API shows it.

use serde_json::{Map, Value, json};

use super::Dispute;
use crate::field;
use crate::stripe::Stripe;

/// What evidence there can be.
pub(super) const EVIDENCE: [&str; 27] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

pub(super) fn json(dispute: &Dispute, stripe: &Stripe) -> Value {
    let charge = stripe.charges.get(&dispute.charge);
    let customer = charge.and_then(|charge| charge.customer.as_deref());
    let given = |name: &&str| dispute.evidence.get(*name).cloned().unwrap_or_default();
    let evidence = EVIDENCE.iter().map(|name| ((*name).to_owned(), given(name)));
    let mut evidence: Map<String, Value> = evidence.collect();
    evidence.insert("enhanced_evidence".to_owned(), json!({}));
    let mut json = json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": transactions(dispute),
        "charge": dispute.charge,
        "created": dispute.created.0,
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": evidence,
        "evidence_details": {
            "due_by": dispute.due_by.0,
            "enhanced_eligibility": {},
            "has_evidence": !dispute.evidence.is_empty(),
            "past_due": stripe.time_of(customer) >= dispute.due_by,
            "submission_count": dispute.submissions,
        },
        "is_charge_refundable": dispute.status.is_inquiry(),
        "livemode": false,
        "metadata": dispute.metadata.json(),
        "payment_intent": dispute.payment_intent,
        "reason": dispute.reason,
        "status": dispute.status.as_str(),
    });
    let method = charge.map(|charge| &charge.method);
    if let Some(brand) = method.and_then(|method| field::text(method, "/card/brand")) {
        let kind = if dispute.status.is_inquiry() { "inquiry" } else { "chargeback" };
        let card = json!({
            "brand": brand,
            "case_type": kind,
            "network": brand,
            "network_reason_code": if dispute.reason == "fraudulent" { "10.4" } else { "13.1" },
        });
        field::set(&mut json, "payment_method_details", json!({ "card": card, "type": "card" }));
    }
    json
}

/// The money that was withdrawn, and that came back. There are no fees.
fn transactions(dispute: &Dispute) -> Vec<Value> {
    let movements = dispute.movements.iter().map(|(id, amount, at)| {
        let (category, description) = if *amount < 0 {
            ("dispute", "Chargeback withdrawal for")
        } else {
            ("dispute_reversal", "Chargeback reversal for")
        };
        json!({
            "id": id,
            "object": "balance_transaction",
            "amount": amount,
            "available_on": at.0,
            "balance_type": "payments",
            "created": at.0,
            "currency": dispute.currency,
            "description": format!("{description} {}", dispute.charge),
            "exchange_rate": null,
            "fee": 0,
            "fee_details": [],
            "net": amount,
            "reporting_category": category,
            "source": dispute.id,
            "status": "available",
            "type": "adjustment",
        })
    });
    movements.collect()
}
