//! New API keys for a deployed stack: the key, shown once, and the item that lets it in.

use billing::authority::{Principal, Role, StaffRole};
use billing::ids::{AccountId, NotAnId};
use billing::words::Word;
use runtime::Entropy;
use runtime::entropy::NoEntropy;
use runtime::input::is_plain;
use runtime::key::new_key;
use serde_json::Value;

use crate::keys;

/// No key can be made.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// No such scope.
    #[error("`{0}` is not a scope: vendor, staff or account is expected")]
    Scope(String),
    /// An account's key needs the account.
    #[error("a key of an account needs --account and --role")]
    NoAccount,
    /// The account's id is none.
    #[error(transparent)]
    Account(#[from] NotAnId),
    /// A staff key needs its person.
    #[error(
        "a staff key belongs to a person: --name is needed, at most {NAME_CHARACTERS_MAX} characters"
    )]
    NoName,
    /// A staff key needs its person's role.
    #[error("a staff key needs --role: support reads and resends, billing moves money and access")]
    NoStaffRole,
    /// No such role.
    #[error("`{0}` is not a role")]
    Role(String),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// Longest name of a key, in characters.
pub const NAME_CHARACTERS_MAX: usize = 60;

/// A new key of that name and its item, to be put into the table once. A staff key's name is that
/// of its person.
pub fn key(
    scope: &str,
    name: Option<&str>,
    account: Option<&str>,
    role: Option<&str>,
) -> Result<(String, Value), BootstrapError> {
    let name = match (scope, name) {
        ("staff", None) => return Err(BootstrapError::NoName),
        (_, name) => name.unwrap_or(scope).trim(),
    };
    if !(1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) || !is_plain(name) {
        return Err(BootstrapError::NoName);
    }

    let principal = match (scope, account, role) {
        ("vendor", None, None) => Principal::Vendor,
        ("staff", None, Some(role)) => {
            Principal::Staff(StaffRole::of_word(role).ok_or(BootstrapError::NoStaffRole)?)
        }
        ("staff", None, None) => return Err(BootstrapError::NoStaffRole),
        ("account", Some(account), Some(role)) => Principal::Account {
            account: AccountId::parse(account)?,
            role: Role::parse(role).ok_or_else(|| BootstrapError::Role(role.to_owned()))?,
        },
        ("vendor" | "staff" | "account", _, _) => return Err(BootstrapError::NoAccount),
        _ => return Err(BootstrapError::Scope(scope.to_owned())),
    };
    let key = new_key(scope, &Entropy::system())?;
    let item = keys::item(principal, name, &key);
    Ok((key, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_holds_the_hash_and_not_the_key() {
        let (key, item) = key("vendor", None, None, None).unwrap();
        assert!(key.starts_with("tg_vendor_"));
        let text = item.to_string();
        assert!(!text.contains(&key), "{text}");
        assert!(item["pk"]["S"].as_str().unwrap().starts_with("KEY#"), "{text}");
    }

    #[test]
    fn a_key_of_nobody_is_refused() {
        assert!(matches!(key("god", None, None, None), Err(BootstrapError::Scope(_))));
        assert!(matches!(key("account", None, None, None), Err(BootstrapError::NoAccount)));
        assert!(matches!(
            key("account", None, Some("a b"), Some("finance")),
            Err(BootstrapError::Account(_))
        ));
        let king = key("account", None, Some("a"), Some("king"));
        assert!(matches!(king, Err(BootstrapError::Role(_))));
        assert!(matches!(key("staff", None, None, None), Err(BootstrapError::NoName)));
        assert!(matches!(key("staff", Some(" "), None, None), Err(BootstrapError::NoName)));
        for role in [None, Some("finance")] {
            let nobody = key("staff", Some("Ada Lovelace"), None, role);
            assert!(matches!(nobody, Err(BootstrapError::NoStaffRole)), "{role:?}");
        }
        let (_, item) = key("staff", Some("Ada Lovelace"), None, Some("support")).unwrap();
        assert_eq!(item["name"]["S"], "Ada Lovelace");
        assert_eq!(item["role"]["S"], "support");
    }
}
