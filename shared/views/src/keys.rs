//! API keys of an account.

use billing::api_key::{AccountKey, Credential};
use billing::authority::Principal;
use billing::words::Word;
use serde::Serialize;

use crate::timeline::ActorView;

/// An API key; its secret is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyView {
    /// Id of the key.
    pub id: String,
    /// Label.
    pub name: String,
    /// What the key may do.
    pub role: &'static str,
    /// Time of its making.
    pub created: String,
    /// Time of its making, under its older name.
    pub created_at: String,
    /// Key or person that made it; null where that was not kept.
    pub created_by: Option<ActorView>,
    /// Last day on which it was used; null before the first.
    pub last_used_on: Option<String>,
    /// Its secret, in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// The key that a request came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnKeyView {
    /// Id of the key.
    pub id: String,
    /// Label; of a staff key, its person.
    pub name: String,
    /// `vendor`, `staff` or `account`.
    pub kind: &'static str,
    /// Account of an account's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Role of an account's key, or of a staff key: `support` or `billing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// `live` or `test`.
    pub mode: &'static str,
}

impl OwnKeyView {
    /// View of a key in a deployment of that mode.
    pub fn of(credential: &Credential, mode: &'static str) -> Self {
        let (kind, account, role) = match &credential.principal {
            Principal::Vendor => ("vendor", None, None),
            Principal::Staff(role) => ("staff", None, Some(role.word())),
            Principal::Account { account, role } => {
                ("account", Some(account.to_string()), Some(role.as_str()))
            }
        };
        let (id, name) = (credential.id.clone(), credential.name.clone());
        Self { id, name, kind, account, role, mode }
    }
}

impl KeyView {
    /// View of a key without its secret.
    pub fn of(key: &AccountKey) -> Self {
        Self {
            id: key.id.clone(),
            name: key.name.clone(),
            role: key.role.as_str(),
            created: key.created_at.to_string(),
            created_at: key.created_at.to_string(),
            created_by: key.created_by.as_ref().map(ActorView::of),
            last_used_on: key.last_used_on.map(|day| day.to_string()),
            secret: None,
        }
    }

    /// View of a new key with its secret.
    pub fn with_secret(key: &AccountKey, secret: String) -> Self {
        Self { secret: Some(secret), ..Self::of(key) }
    }
}
