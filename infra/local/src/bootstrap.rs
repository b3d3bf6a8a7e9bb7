//! New API keys for a deployed stack: the key, shown once, and the item that lets it in.

use billing::authority::{Principal, Role};
use billing::ids::{AccountId, NotAnId};
use runtime::Entropy;
use runtime::entropy::NoEntropy;
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
    /// No such role.
    #[error("`{0}` is not a role")]
    Role(String),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// A new key and its item, to be put into the table once.
pub fn key(
    scope: &str,
    account: Option<&str>,
    role: Option<&str>,
) -> Result<(String, Value), BootstrapError> {
    let principal = match (scope, account, role) {
        ("vendor", None, None) => Principal::Vendor,
        ("staff", None, None) => Principal::Staff,
        ("account", Some(account), Some(role)) => Principal::Account {
            account: AccountId::parse(account)?,
            role: Role::parse(role).ok_or_else(|| BootstrapError::Role(role.to_owned()))?,
        },
        ("vendor" | "staff" | "account", _, _) => return Err(BootstrapError::NoAccount),
        _ => return Err(BootstrapError::Scope(scope.to_owned())),
    };
    let key = new_key(scope, &Entropy::system())?;
    let item = keys::item(&principal, &key);
    Ok((key, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_holds_the_hash_and_not_the_key() {
        let (key, item) = key("vendor", None, None).unwrap();
        assert!(key.starts_with("tg_vendor_"));
        let text = item.to_string();
        assert!(!text.contains(&key), "{text}");
        assert!(item["pk"]["S"].as_str().unwrap().starts_with("KEY#"), "{text}");
    }

    #[test]
    fn a_key_of_nobody_is_refused() {
        assert!(matches!(key("god", None, None), Err(BootstrapError::Scope(_))));
        assert!(matches!(key("account", None, None), Err(BootstrapError::NoAccount)));
        assert!(matches!(
            key("account", Some("a b"), Some("finance")),
            Err(BootstrapError::Account(_))
        ));
        assert!(matches!(key("account", Some("a"), Some("king")), Err(BootstrapError::Role(_))));
    }
}
