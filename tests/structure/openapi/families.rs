//! Routes of parents and sub-accounts.

use serde_json::json;
use views::families::{EffectiveView, FamilyView, SubAccountUsageView, SubAccountView};
use views::requests::accounts::{AddSubAccount, RenameSubAccount, SetBillingModel};
use views::requests::staff::SetSubAccountLimit;

use super::route::{ADMINISTRATOR, BILLING, Body, Route, STAFF, route};

/// Those routes.
pub fn routes() -> Vec<Route> {
    let mut all = vec![
        route("POST /v1/accounts/{id}/sub-accounts", ADMINISTRATOR, "Open a sub-account")
            .takes::<AddSubAccount>()
            .at_stripe(422)
            .refuses(&[(409, "account_exists"), (409, "too_many_sub_accounts")])
            .refuses(&[(409, "not_a_parent")])
            .refuses_each(409, &["account_canceled", "account_terminated"])
            .gives::<SubAccountView>(201, "The sub-account."),
        route("GET /v1/accounts/{id}/sub-accounts", BILLING, "List sub-accounts by their ids")
            .gives_page::<SubAccountView>("A page of sub-accounts."),
        route(
            "PATCH /v1/accounts/{id}/sub-accounts/{sub_id}",
            ADMINISTRATOR,
            "Give a sub-account another name",
        )
        .takes::<RenameSubAccount>()
        .gives::<SubAccountView>(200, "The sub-account."),
        route(
            "PUT /v1/accounts/{id}/sub-accounts/{sub_id}/billing-model",
            ADMINISTRATOR,
            "Book another billing model, from the next 00:00 UTC or the end of a subscription on",
        )
        .takes::<SetBillingModel>()
        .refuses_each(409, &["account_canceled", "account_terminated"])
        .refuses_each(409, &["billing_model_booked", "subscription_change_booked"])
        .gives::<EffectiveView>(200, "The time from which it is in force."),
        route("POST /v1/staff/accounts/{id}/convert-to-parent", STAFF, "Make an account a parent")
            .refuses_each(409, &["account_has_usage", "is_sub_account", "not_eligible"])
            .refuses_each(409, &["account_canceled", "account_terminated"])
            .gives::<FamilyView>(200, "The account's kind."),
        route(
            "POST /v1/staff/accounts/{id}/convert-to-standard",
            STAFF,
            "Make a parent a standard account again",
        )
        .refuses_each(409, &["is_sub_account", "sub_accounts_left"])
        .gives::<FamilyView>(200, "The account's kind."),
        route(
            "PUT /v1/staff/accounts/{id}/sub-account-limit",
            STAFF,
            "Set how many sub-accounts a parent may have",
        )
        .takes::<SetSubAccountLimit>()
        .refuses(&[(409, "not_a_parent")])
        .gives::<FamilyView>(200, "The account's kind and its limit."),
    ];
    all.extend(usage());
    all
}

fn usage() -> [Route; 2] {
    let month = json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" });
    [
        route(
            "GET /v1/accounts/{id}/sub-accounts/usage",
            BILLING,
            "List high-level usage of each sub-account in a month",
        )
        .asks(("period", "The month; the current one without it."), month.clone())
        .gives_page::<SubAccountUsageView>("A page of sub-accounts with their usage."),
        route(
            "GET /v1/accounts/{id}/sub-accounts/usage.csv",
            BILLING,
            "Export high-level usage of each sub-account in a month",
        )
        .asks(("period", "The month; the current one without it."), month)
        .asks(("cursor", "Cursor of the link that an answer has."), json!({ "type": "string" }))
        .refuses(&[(422, "cursor_invalid")])
        .answers(
            200,
            "A row for each sub-account and resource; `Link` leads to what follows.",
            Body::Csv,
        ),
    ]
}
