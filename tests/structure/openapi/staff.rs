//! Routes of what staff correct, and of what waits for them.

use serde_json::json;
use views::corrections::{CorrectionView, GivenNoteView};
use views::dead_letters::DeadLetterView;
use views::disputes::DisputeView;
use views::requests::staff::{CorrectUsage, EndLetter, GiveCreditNote};

use super::route::{Body, Route, STAFF, route};

/// Those routes.
pub fn routes() -> Vec<Route> {
    let month = json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" });
    let text = json!({ "type": "string" });
    let refused = ["beyond_counted", "metered_by_deductions", "month_closed", "month_invoiced"];
    vec![
        route(
            "POST /v1/staff/accounts/{id}/usage-corrections",
            STAFF,
            "Correct counted usage before its month is invoiced",
        )
        .takes::<CorrectUsage>()
        .keyed()
        .refuses_each(409, &refused)
        .refuses_each(409, &["over_limit", "parent_account"])
        .gives::<CorrectionView>(201, "The correction."),
        route(
            "POST /v1/staff/accounts/{id}/credit-notes",
            STAFF,
            "Give a credit note on a finalized invoice",
        )
        .takes::<GiveCreditNote>()
        .keyed()
        .at_stripe(409)
        .refuses_each(409, &["above_creditable", "invoice_not_creditable", "payment_in_progress"])
        .refuses(&[(409, "change_in_progress")])
        .gives::<GivenNoteView>(201, "The note, and what remains of its invoice."),
        route("GET /v1/staff/disputes", STAFF, "List open disputes by deadline")
            .gives_page::<DisputeView>("A page of disputes, the earliest deadline first."),
        route("GET /v1/staff/exports/{kind}", STAFF, "Export a month of all accounts")
            .asks(("period", "The month; the current one, up to now, without it."), month)
            .asks(("cursor", "Cursor of the link that an answer has."), text)
            .refuses(&[(422, "cursor_invalid")])
            .answers(
                200,
                "Rows of `invoices`, `payments`, `credit_notes`, `tax`, `prepayments`, `credits` \
                 (unspent) or `receivables`; `Link` leads to what follows.",
                Body::Csv,
            ),
    ]
}

/// Routes of dead letters.
pub fn letters() -> Vec<Route> {
    vec![
        route("GET /v1/staff/dead-letters", STAFF, "List messages that no retry could help")
            .asks(
                ("status", "`open` or `closed`; open ones without it."),
                json!({ "type": "string", "enum": ["open", "closed"] }),
            )
            .gives_page::<DeadLetterView>("A page of letters, newest first."),
        route(
            "POST /v1/staff/dead-letters/{letter_id}/redrive",
            STAFF,
            "Send the message of a dead letter on its way again",
        )
        .takes::<EndLetter>()
        .refuses_each(409, &["letter_ended", "letter_not_redrivable"])
        .gives::<DeadLetterView>(200, "The letter, redriven."),
        route(
            "POST /v1/staff/dead-letters/{letter_id}/dismiss",
            STAFF,
            "Close a dead letter without sending its message",
        )
        .takes::<EndLetter>()
        .refuses(&[(409, "letter_ended")])
        .gives::<DeadLetterView>(200, "The letter, dismissed."),
    ]
}
