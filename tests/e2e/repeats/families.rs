//! Requests about parents and sub-accounts.

use serde_json::{Value, json};

use super::case::{Case, case};

/// Requests about the family of the partner `group`, in an order in which each succeeds.
pub(super) fn cases() -> Vec<Case> {
    let staff = |rest: &str| format!("/v1/staff/accounts/{rest}");
    let own = "/v1/accounts/group/sub-accounts";
    vec![
        case(
            "POST /v1/staff/accounts/{id}/convert-to-standard",
            &staff("acme/convert-to-standard"),
            Value::Null,
        ),
        case(
            "POST /v1/staff/accounts/{id}/convert-to-parent",
            &staff("group/convert-to-parent"),
            Value::Null,
        ),
        case(
            "PUT /v1/staff/accounts/{id}/sub-account-limit",
            &staff("group/sub-account-limit"),
            json!({ "accounts": 200 }),
        ),
        case(
            "POST /v1/accounts/{id}/sub-accounts",
            own,
            crate::family::new("north", "bill_to_parent"),
        ),
        case(
            "PATCH /v1/accounts/{id}/sub-accounts/{sub_id}",
            &format!("{own}/north"),
            json!({ "name": "Norden" }),
        ),
        case(
            "PUT /v1/accounts/{id}/sub-accounts/{sub_id}/billing-model",
            &format!("{own}/north/billing-model"),
            json!({ "billing_model": "bill_to_sub_account" }),
        ),
    ]
}
