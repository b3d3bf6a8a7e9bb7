//! Sentences of the journal about parents and sub-accounts.

use billing::family::{AccountKind, BillingModel};
use billing::journal::family::FamilyEvent;
use billing::journal::{Entry, Value};
use billing::words::Word;

use super::after;

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
        FamilyEvent::ModelChanged => {
            format!("{} pays for sub-account {about} now.", capital(payer()))
        }
    }
}

fn capital(payer: &str) -> String {
    payer.replacen("the", "The", 1)
}
