//! Keys of the dashboard's sessions.

use billing::ids::AccountId;

use super::{Key, SESSIONS, of_account};

/// One of its sessions, by the hash of the session's secret.
pub fn session(account: &AccountId, hash: &str) -> Key {
    of_account(account, format!("{SESSIONS}{hash}"))
}

/// The turn of its sessions.
pub fn turn(account: &AccountId) -> Key {
    of_account(account, "TURN".to_owned())
}

/// A link that opens a session, by the hash of its secret.
pub fn sign_in(hash: &str) -> Key {
    Key { pk: format!("SIGNIN#{hash}"), sk: "SIGNIN".to_owned() }
}
