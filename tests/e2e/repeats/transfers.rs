//! Requests about money outside of Stripe, and about the end of an account.

use serde_json::{Value, json};

use super::case::{Case, case};

/// Day on which the clock of these tests stands.
pub(super) const TODAY: &str = "2026-11-22";

/// Requests about money, in an order in which each succeeds.
pub(super) fn cases() -> Vec<Case> {
    let eur = |amount: i64| json!({ "amount": amount, "currency": "eur" });
    let staff = |rest: &str| format!("/v1/staff/accounts/{rest}");
    let advice = json!({ "reference": "A-1", "paid_on": TODAY, "amount": eur(700) });
    let mut advice_for_all = advice.clone();
    advice_for_all["invoices"] = json!(["the invoice"]);
    advice_for_all["reference"] = json!("A-2");
    let receipt = json!({
        "account": "acme", "amount": eur(900), "received_on": TODAY, "reference": "R-1",
        "invoices": [],
    });
    vec![
        case("POST /v1/accounts/{id}/invoices/{invoice_id}/pay", "pay", json!({})),
        case(
            "POST /v1/accounts/{id}/invoices/{invoice_id}/payment-advice",
            "advice of one",
            advice,
        ),
        case(
            "POST /v1/staff/payment-advice/{advice_id}/reject",
            "reject",
            json!({ "note": "No such transfer came." }),
        ),
        case(
            "POST /v1/accounts/{id}/payment-advice",
            "/v1/accounts/acme/payment-advice",
            advice_for_all,
        ),
        case(
            "POST /v1/staff/payment-advice/{advice_id}/approve",
            "approve",
            json!({ "received": eur(700), "received_on": TODAY }),
        ),
        case(
            "POST /v1/staff/payment-advice/{advice_id}/returned",
            "returned",
            json!({ "reason": "The account was closed." }),
        ),
        case("DELETE /v1/accounts/{id}/payment-advice/{advice_id}", "withdraw", Value::Null),
        case("POST /v1/staff/receipts", "/v1/staff/receipts", receipt),
        case(
            "POST /v1/staff/accounts/{id}/prepayments",
            &staff("acme/prepayments"),
            json!({ "amount": eur(9_000), "reference": "P-1", "paid_on": TODAY }),
        ),
        case("POST /v1/staff/prepayments/{prepayment_id}/reverse", "reverse", Value::Null),
        case(
            "POST /v1/staff/dead-letters/{letter_id}/redrive",
            "redrive",
            json!({ "reason": "The cause is gone." }),
        ),
        case(
            "POST /v1/staff/dead-letters/{letter_id}/dismiss",
            "dismiss",
            json!({ "reason": "It is done otherwise." }),
        ),
        case("PUT /v1/staff/accounts/{id}/grace", &staff("acme/grace"), json!({ "days": 20 })),
        case("POST /v1/accounts/{id}/pay", "/v1/accounts/acme/pay", json!({})),
    ]
}

/// Ends of two accounts.
pub(super) fn ends() -> Vec<Case> {
    let staff = |rest: &str| format!("/v1/staff/accounts/{rest}");
    let reason = json!({ "reason": "They asked for it." });
    vec![
        case("POST /v1/staff/accounts/{id}/terminate", &staff("other/terminate"), reason.clone()),
        case("POST /v1/staff/accounts/{id}/close", &staff("acme/close"), reason),
    ]
}
