//! Routes of what staff correct, and of what waits for them.

use views::corrections::{CorrectionView, GivenNoteView};
use views::disputes::DisputeView;
use views::requests::staff::{CorrectUsage, GiveCreditNote};

use super::route::{Route, STAFF, route};

/// Those routes.
pub fn routes() -> Vec<Route> {
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
    ]
}
