//! API keys of an account.

use billing::authority::AccountKey;
use serde::Serialize;

/// An API key; its secret is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyView {
    /// Id of the key.
    pub id: String,
    /// What the key may do.
    pub role: &'static str,
    /// Time of its making.
    pub created_at: String,
    /// Its secret, in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// All keys of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeysView {
    /// The keys, in order of their ids.
    pub data: Vec<KeyView>,
    /// Always null: all keys are on one page.
    pub next_cursor: Option<String>,
}

impl KeyView {
    /// View of a key without its secret.
    pub fn of(key: &AccountKey) -> Self {
        Self {
            id: key.id.clone(),
            role: key.role.as_str(),
            created_at: key.created_at.to_string(),
            secret: None,
        }
    }

    /// View of a new key with its secret.
    pub fn with_secret(key: &AccountKey, secret: String) -> Self {
        Self { secret: Some(secret), ..Self::of(key) }
    }
}

impl KeysView {
    /// View of all keys.
    pub fn of(keys: &[AccountKey]) -> Self {
        Self { data: keys.iter().map(KeyView::of).collect(), next_cursor: None }
    }
}
