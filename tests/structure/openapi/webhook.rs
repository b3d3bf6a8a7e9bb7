//! Stripe's own way in, described by hand: its body is Stripe's, not the contract's.

use serde_json::{Value, json};

use super::route::{ANYBODY, Body, Route, route};

/// The route, with its problems.
pub fn webhook() -> Route {
    let signature = [
        "signature_missing",
        "signature_malformed",
        "signature_mismatch",
        "timestamp_outside_tolerance",
        "body_unreadable",
    ];
    route("POST /webhooks/stripe", ANYBODY, "Take an event of Stripe")
        .answers(200, "What became of the event.", Body::Object)
        .refuses_each(400, &signature)
        .refuses(&[(413, "body_too_large"), (500, "not_verifiable"), (500, "not_durable")])
}

/// Stripe's header, body and outcome.
pub fn complete(operation: &mut Value) {
    operation["parameters"] = json!([{
        "name": "Stripe-Signature",
        "in": "header",
        "required": true,
        "description": "Stripe's signature of the body.",
        "schema": { "type": "string" },
    }]);
    operation["requestBody"] = json!({
        "required": true,
        "content": { "application/json": { "schema": { "type": "object" } } },
    });
    let outcomes = ["applied", "unchanged", "ignored", "queued", "refused", "dead_lettered"];
    operation["responses"]["200"]["content"]["application/json"]["schema"] = json!({
        "type": "object",
        "required": ["outcome"],
        "properties": { "outcome": { "type": "string", "enum": outcomes } },
    });
}
