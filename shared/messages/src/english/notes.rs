//! Credit notes that staff give: the journal's sentence, and refusals.

use billing::crediting::NoteRefusal;
use billing::fact::InvoiceStatus;
use billing::journal::Entry;

use super::after;
use super::changes::value;
use super::values::money;
use crate::wording::Wording;

/// An entry of the journal about a note that staff gave.
pub(super) fn entry(entry: &Entry, about: &str) -> String {
    let text = |field: &str| after(entry, field).map(value).unwrap_or_default();
    let (amount, reason) = (text("amount"), text("reason"));
    format!("A credit note of {amount} was given on invoice {about}. Reason: {reason}.")
}

/// Reason why a credit note is not given, and the way to clear it.
pub(crate) fn refused(refusal: &NoteRefusal) -> Wording {
    let (detail, clears_by) = match refusal {
        NoteRefusal::UnknownInvoice => (
            "There is no such finalized invoice of this account.".to_owned(),
            "The id of one that there is.",
        ),
        NoteRefusal::OtherCurrency(currency) => (
            format!("The invoice is in {}.", currency.as_str().to_ascii_uppercase()),
            "An amount in the currency of the invoice.",
        ),
        NoteRefusal::UnknownLine(id) => {
            (format!("The invoice has no line {id}."), "The id of one of its lines.")
        }
        NoteRefusal::AboveLine(id) => {
            (format!("Line {id} comes to less than that."), "No more than the line comes to.")
        }
        NoteRefusal::DiscountedLine(id) => (
            format!("A discount lowers line {id}, so a part of it cannot be named exactly."),
            "Crediting an amount with its tax instead of lines.",
        ),
        NoteRefusal::NotCreditable(status) => (
            match status {
                Some(InvoiceStatus::Draft) | None => "The invoice is still being prepared.",
                Some(InvoiceStatus::Void) => "The invoice is void: nothing is owed on it.",
                Some(InvoiceStatus::Deleted) => "The invoice was deleted.",
                Some(InvoiceStatus::Open | InvoiceStatus::Uncollectible | InvoiceStatus::Paid) => {
                    "The invoice cannot be credited."
                }
            }
            .to_owned(),
            "An invoice that is open, paid or uncollectible.",
        ),
        NoteRefusal::PaymentInProgress => (
            "A payment of the invoice is in progress, and its amount is fixed.".to_owned(),
            "The outcome of that payment.",
        ),
        NoteRefusal::AboveCreditable(left) => (
            format!("Only {} of the invoice can still be credited.", money(*left)),
            "An amount that is no larger.",
        ),
        NoteRefusal::KeyReused => (
            "This Idempotency-Key was used before, with another body.".to_owned(),
            "A new Idempotency-Key.",
        ),
        NoteRefusal::ByStripe(message) => {
            (format!("Stripe refuses this: {message}"), "What Stripe's words ask for.")
        }
    };
    Wording { detail, clears_by: clears_by.to_owned() }
}
