//! The table's rows of staff.

use super::rules::Rule;
use super::staff::ForStaff::{Billing, Everybody};

/// Routes of staff.
pub(super) const STAFF_RULES: &[Rule] = &[
    Rule {
        route: "POST /v1/staff/accounts/{id}/convert-to-parent",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/accounts/{id}/convert-to-standard",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "PUT /v1/staff/accounts/{id}/sub-account-limit",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule { route: "GET /v1/staff/exports/{kind}", vendor: false, staff: Everybody, roles: &[] },
    Rule { route: "GET /v1/staff/disputes", vendor: false, staff: Everybody, roles: &[] },
    Rule { route: "GET /v1/staff/dead-letters", vendor: false, staff: Everybody, roles: &[] },
    Rule {
        route: "POST /v1/staff/dead-letters/{letter_id}/redrive",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/dead-letters/{letter_id}/dismiss",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule { route: "GET /v1/staff/reconciliation", vendor: false, staff: Everybody, roles: &[] },
    Rule { route: "GET /v1/staff/payment-advice", vendor: false, staff: Everybody, roles: &[] },
    Rule {
        route: "POST /v1/staff/payment-advice/{advice_id}/approve",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/payment-advice/{advice_id}/reject",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/payment-advice/{advice_id}/returned",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule { route: "POST /v1/staff/receipts", vendor: false, staff: Billing, roles: &[] },
    Rule {
        route: "POST /v1/staff/accounts/{id}/prepayments",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/prepayments/{prepayment_id}/reverse",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/accounts/{id}/terminate",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule { route: "POST /v1/staff/accounts/{id}/close", vendor: false, staff: Billing, roles: &[] },
    Rule { route: "PUT /v1/staff/accounts/{id}/grace", vendor: false, staff: Billing, roles: &[] },
    Rule { route: "POST /v1/staff/price-changes", vendor: false, staff: Billing, roles: &[] },
    Rule { route: "GET /v1/staff/price-changes", vendor: false, staff: Everybody, roles: &[] },
    Rule {
        route: "DELETE /v1/staff/price-changes/{change_id}",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/dashboard-sessions",
        vendor: false,
        staff: Everybody,
        roles: &[],
    },
    Rule { route: "GET /v1/staff/search", vendor: false, staff: Everybody, roles: &[] },
    Rule {
        route: "PUT /v1/staff/accounts/{id}/collection",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule { route: "PUT /v1/staff/accounts/{id}/plan", vendor: false, staff: Billing, roles: &[] },
    Rule {
        route: "POST /v1/staff/accounts/{id}/credits/adjustments",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/accounts/{id}/usage-corrections",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
    Rule {
        route: "POST /v1/staff/accounts/{id}/credit-notes",
        vendor: false,
        staff: Billing,
        roles: &[],
    },
];
