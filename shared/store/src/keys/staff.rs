//! Keys of what staff do, and of the desk where they do it.

use billing::dead_letter::LetterList;
use billing::ids::{AccountId, DisputeId};
use billing::month::Month;

use super::{Key, WORDS, of_account};

/// A link that opens a session of the staff desk, by the hash of its secret.
pub fn staff_sign_in(hash: &str) -> Key {
    Key { pk: format!("STAFF#{hash}"), sk: "SIGNIN".to_owned() }
}

/// A session of the staff desk, by the hash of its secret.
pub fn staff_session(hash: &str) -> Key {
    Key { pk: format!("STAFF#{hash}"), sk: "SESSION".to_owned() }
}

/// Word by which an account is found: its name.
pub fn name_word(account: &AccountId) -> Key {
    of_account(account, format!("{WORDS}NAME"))
}

/// Word by which an account is found: its billing mail address.
pub fn mail_word(account: &AccountId) -> Key {
    of_account(account, format!("{WORDS}MAIL"))
}

/// A correction of what an account used in a month.
pub fn usage_correction(account: &AccountId, month: Month, id: &str) -> Key {
    of_account(account, format!("{}{id}", usage_corrections(month)))
}

/// Beginning of the sort keys of a month's corrections.
pub fn usage_corrections(month: Month) -> String {
    format!("CORRECTION#{month}#")
}

/// A dispute of one of its payments.
pub fn dispute(account: &AccountId, id: &DisputeId) -> Key {
    of_account(account, format!("DISPUTE#{id}"))
}

/// The index partition of open disputes, by deadline: few, so one is enough.
pub(crate) const DISPUTES_DUE: &str = "DISPUTE";

/// A dead letter.
pub fn dead_letter(id: &str) -> Key {
    Key { pk: format!("LETTER#{id}"), sk: "LETTER".to_owned() }
}

/// The index partition of a list of dead letters: few, so one is enough.
pub(crate) fn letters_due(list: LetterList) -> &'static str {
    match list {
        LetterList::Open => "LETTER",
        LetterList::Closed => "ENDED",
    }
}
