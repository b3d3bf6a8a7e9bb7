//! Corrections of counted usage: the journal's sentence, and refusals.

use billing::ids::AccountId;
use billing::journal::{Entry, Value};
use billing::usage::correction::{CorrectionRefusal, Invoiced};

use super::after;
use super::changes::value;
use super::values::number;
use crate::wording::Wording;

/// An entry of the journal about a correction of a resource.
pub(super) fn entry(entry: &Entry, resource: &str) -> String {
    let text = |field: &str| after(entry, field).map(value).unwrap_or_default();
    let quantity = match after(entry, "quantity") {
        Some(Value::Number(units)) if *units < 0 => {
            format!("{} taken off", number(units.unsigned_abs().into()))
        }
        Some(Value::Number(units)) => format!("{} added", number((*units).into())),
        Some(Value::Text(_) | Value::Money(_) | Value::Time(_)) | None => String::new(),
    };
    let restored = after(entry, "state").map(|state| format!(" The account is {}.", value(state)));
    format!(
        "Usage of {resource} in {} was corrected: {quantity}; the count is now {}. Reason: {}.{}",
        text("month"),
        text("used"),
        text("reason"),
        restored.unwrap_or_default()
    )
}

/// Reason why usage is not corrected, and the way to clear it.
pub(crate) fn refused(refusal: &CorrectionRefusal, account: &AccountId) -> Wording {
    let (detail, clears_by) = match refusal {
        CorrectionRefusal::UnknownResource => {
            ("There is no such resource.".to_owned(), "A resource that the catalog has.")
        }
        CorrectionRefusal::MeteredByDeductions => (
            "Deductions of credits meter this resource, and what they drew is not given back by \
             a correction."
                .to_owned(),
            "Granting the credits back: `POST /v1/staff/accounts/{id}/credits/adjustments`.",
        ),
        CorrectionRefusal::ParentAccount => (
            "The account is a parent, which has no usage of its own.".to_owned(),
            "Correcting the sub-account that used it.",
        ),
        CorrectionRefusal::NotBegun => {
            ("The month has not begun.".to_owned(), "A month that has begun.")
        }
        CorrectionRefusal::DayOutside => (
            "The day is not one of the month that has begun.".to_owned(),
            "A day of the month, up to today.",
        ),
        CorrectionRefusal::DayOfGauge => (
            "A gauge is corrected by its level, which stands on no day.".to_owned(),
            "Leaving the day out.",
        ),
        CorrectionRefusal::BeyondCounted { counted } => (
            format!(
                "Only {} were counted: what was counted never goes below zero.",
                number(i128::from(*counted))
            ),
            "Taking off no more than was counted.",
        ),
        CorrectionRefusal::OverLimit { limit } => (
            format!("The plan refuses more than {} in a month.", number(i128::from(*limit))),
            "A larger plan, or adding less.",
        ),
        CorrectionRefusal::Invoiced(invoiced) => return invoiced_by(invoiced, account),
        CorrectionRefusal::Closed => (
            "The month is closed, and nothing was invoiced for its usage.".to_owned(),
            "Nothing: there is nothing to give back.",
        ),
        CorrectionRefusal::OtherContent => (
            "This Idempotency-Key was used before, with another body.".to_owned(),
            "A new Idempotency-Key.",
        ),
        CorrectionRefusal::Moving => (
            "Usage is being counted at this moment.".to_owned(),
            "Sending the request again in a few seconds.",
        ),
    };
    Wording { detail, clears_by: clears_by.to_owned() }
}

/// A month that is invoiced: by which invoice, and to whom.
fn invoiced_by(invoiced: &Invoiced, account: &AccountId) -> Wording {
    let Invoiced { payer, invoice, number } = invoiced;
    let to = if payer == account { String::new() } else { format!(" to account {payer}") };
    let Some(id) = invoice else {
        return Wording {
            detail: format!("The month is closed, and its invoice{to} is being made."),
            clears_by: "A credit note on that invoice, once it is there.".to_owned(),
        };
    };
    let named = number.as_ref().map_or_else(|| id.to_string(), |it| format!("{it} ({id})"));
    Wording {
        detail: format!("The month is invoiced{to} by invoice {named}."),
        clears_by: format!(
            "A credit note on it: `POST /v1/staff/accounts/{payer}/credit-notes` with invoice {id}."
        ),
    }
}
