//! Sentences of the journal, and refusals, about parents and sub-accounts.

use billing::family::{AccountKind, BillingModel, FamilyRefusal, OPENED_AN_HOUR_MAX};
use billing::journal::family::FamilyEvent;
use billing::journal::{Entry, Value};
use billing::words::Word;

use super::after;
use crate::wording::Wording;

/// An entry of the journal about a family. A sub-account's own entry names its parent.
pub(super) fn entry(event: FamilyEvent, entry: &Entry, about: &str) -> String {
    let text = |field: &str| after(entry, field).map(Value::to_string).unwrap_or_default();
    let payer = || match BillingModel::of_word(&text("billing_model")) {
        Some(BillingModel::BillToParent) => "the parent",
        Some(BillingModel::BillToSubAccount) | None => "the sub-account",
    };
    match event {
        FamilyEvent::Converted => match AccountKind::of_word(&text("kind")) {
            Some(AccountKind::Parent) => "Staff made the account a parent account.".to_owned(),
            Some(AccountKind::Standard | AccountKind::SubAccount) | None => {
                "Staff made the account a standard account again.".to_owned()
            }
        },
        FamilyEvent::SubAccountCreated => {
            format!("Sub-account {about} was created; {} pays for it.", payer())
        }
        FamilyEvent::ModelBooked => {
            let from = text("effective_at");
            format!("From {from}, {} pays for sub-account {about}.", payer())
        }
        FamilyEvent::Renamed => format!("Sub-account {about} is called {} now.", text("name")),
        FamilyEvent::LimitChanged => {
            format!("The account may have {} sub-accounts.", text("limit"))
        }
        FamilyEvent::ModelChanged => {
            format!("{} pays for sub-account {about} now.", capital(payer()))
        }
    }
}

fn capital(payer: &str) -> String {
    payer.replacen("the", "The", 1)
}

/// Reason why something about sub-accounts is refused to their parent.
pub(crate) fn refused(refusal: &FamilyRefusal) -> Wording {
    let (detail, clears_by) = match refusal {
        FamilyRefusal::NotAParent => (
            "The account is no parent account.".to_owned(),
            "Asking the vendor to make it one; a sub-account has no sub-accounts of its own.",
        ),
        FamilyRefusal::Unknown => {
            ("There is no such sub-account.".to_owned(), "The id of one in the list.")
        }
        FamilyRefusal::TooMany(limit) => (
            format!("The account may have {limit} sub-accounts, and has as many."),
            "Asking the vendor to allow more.",
        ),
        FamilyRefusal::TooFast(until) => (
            format!(
                "At most {OPENED_AN_HOUR_MAX} sub-accounts are opened in an hour: wait until {until}."
            ),
            "Waiting for the next hour.",
        ),
        FamilyRefusal::ModelBooked(booked) => (
            format!("Another billing model is booked for {}.", booked.at),
            "Waiting until it is in force.",
        ),
        FamilyRefusal::ChangeBooked => (
            "A change of the sub-account's own subscription is booked.".to_owned(),
            "Taking that change back first.",
        ),
        FamilyRefusal::Closed(state) => (
            format!("The account is {}.", state.word()),
            "Nothing: a closed account is not changed.",
        ),
    };
    Wording { detail, clears_by: clears_by.to_owned() }
}
