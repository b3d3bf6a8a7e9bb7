//! Codes of problems with parents and sub-accounts.

use crate::guide::{Guide, guide};

/// Guide to each of these codes.
pub(crate) const GUIDES: &[(&str, Guide)] = &[
    guide(
        "account_has_usage",
        "The account has usage of its own in this month, or holds something now: a parent has none.",
        "Wait for the next month, and remove what the account holds.",
    ),
    guide(
        "billing_model_booked",
        "Another billing model is booked for the sub-account.",
        "Wait until the booked one is in force: `GET /v1/accounts/{id}/sub-accounts` says when.",
    ),
    guide(
        "is_sub_account",
        "The account is a sub-account, which can have none of its own.",
        "Use the parent account.",
    ),
    guide("not_a_parent", "The account is no parent account.", "Ask the vendor to make it one."),
    guide(
        "not_eligible",
        "Only partners, and accounts on a plan that the vendor's people sell, can be parents.",
        "Set such a plan or mark the account as a partner's first.",
    ),
    guide(
        "parent_account",
        "The account is a parent, which uses and buys nothing for itself.",
        "Send the request for one of its sub-accounts.",
    ),
    guide(
        "sub_accounts_left",
        "The parent still has sub-accounts.",
        "Keep it a parent for as long as it has some.",
    ),
    guide(
        "subscription_change_booked",
        "A change of the sub-account's own subscription is booked.",
        "Undo it with `POST /v1/accounts/{id}/subscription/resume`, then book the billing model.",
    ),
    guide(
        "too_many_sub_accounts",
        "The parent has as many sub-accounts as it may have.",
        "Ask the vendor to allow more.",
    ),
];
