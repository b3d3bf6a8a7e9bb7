//! Codes of what is refused to staff.

use crate::guide::{Guide, guide};

/// Guide to each code.
pub(crate) const GUIDES: &[(&str, Guide)] = &[
    guide(
        "above_creditable",
        "More would be credited than is left of the invoice: earlier credit notes count.",
        "Credit no more than the problem says. `GET /v1/accounts/{id}/invoices/{invoice_id}` shows \
         the notes.",
    ),
    guide(
        "beyond_counted",
        "More would be taken off than was counted: what was counted never goes below zero.",
        "Look at `GET /v1/accounts/{id}/usage`, and take off no more than it shows.",
    ),
    guide(
        "invoice_not_creditable",
        "Only an invoice that is open, paid or uncollectible can be credited.",
        "Wait until a draft is finalized. On a void invoice nothing is owed.",
    ),
    guide(
        "letter_ended",
        "The dead letter was redriven or dismissed before.",
        "`GET /v1/staff/dead-letters?status=closed` says by whom and when. A message that dies again is a new letter.",
    ),
    guide(
        "letter_not_redrivable",
        "The message cannot be sent again as it was.",
        "Of an event that could not be read, send the event again from Stripe. Then dismiss the letter.",
    ),
    guide(
        "metered_by_deductions",
        "Deductions of credits meter this resource, and have drawn credits for what they counted.",
        "Grant the credits back with `POST /v1/staff/accounts/{id}/credits/adjustments`.",
    ),
    guide(
        "month_closed",
        "The month is closed, and nothing was invoiced for its usage.",
        "Nothing is to be corrected: the customer paid nothing for it.",
    ),
    guide(
        "month_invoiced",
        "The month is closed and invoiced, so its counters stay as they were billed.",
        "Give a credit note on the invoice that the problem names: \
         `POST /v1/staff/accounts/{id}/credit-notes`.",
    ),
    guide(
        "over_limit",
        "The plan refuses more of this resource than it includes.",
        "Add less, or set a larger plan first.",
    ),
];
