//! Codes of problems about members.

use crate::guide::{Guide, guide};

/// Guide to each code.
pub(crate) const GUIDES: &[(&str, Guide)] = &[
    guide(
        "last_administrator",
        "The account would be left without an administrator.",
        "Make another member an administrator first.",
    ),
    guide(
        "member_not_removed",
        "The person is still a member of the account, so the personal data stays.",
        "Remove the member first with `DELETE /v1/accounts/{id}/members/{member_id}`, then send the \
         request again.",
    ),
    guide("too_many_members", "The account can have no more members.", "Remove a member first."),
];
