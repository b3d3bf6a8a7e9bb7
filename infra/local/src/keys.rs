//! The first API keys and the webhook's secret: made at the start, new for each cloud.

use std::sync::OnceLock;

use billing::api_key::Credential;
use billing::authority::{Principal, StaffRole};
use dynoxide::Database;
use runtime::Entropy;
use runtime::entropy::NoEntropy;
use runtime::key::{KeyHash, new_key};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::credential::write_key;

use crate::table::{self, TableError};
use crate::template::Template;

/// Characters of a key's hash in its id.
const ID_CHARACTERS: usize = 12;

/// What opens this cloud.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    /// Of the vendor's backend: all accounts.
    pub vendor: String,
    /// Of one of the vendor's own people, who moves money.
    pub staff: String,
    /// Of one who reads and resends.
    pub support: String,
    /// What Stripe would sign with.
    pub webhook_secret: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// New ones.
    pub fn generate(entropy: &Entropy) -> Result<Self, NoEntropy> {
        Ok(Self {
            vendor: new_key("vendor", entropy)?,
            staff: new_key("staff", entropy)?,
            support: new_key("staff", entropy)?,
            webhook_secret: new_key("secret", entropy)?.replace("tg_secret_", "whsec_"),
        })
    }

    /// Writes the hashes into the table, past the functions: no function may make such keys.
    pub fn install(&self, database: &Database, template: &Template) -> Result<(), TableError> {
        for table in template.tables.keys() {
            for (principal, name, key) in [
                (Principal::Vendor, "Local vendor", &self.vendor),
                (Principal::Staff(StaffRole::Billing), "Local staff", &self.staff),
                (Principal::Staff(StaffRole::Support), "Local support", &self.support),
            ] {
                table::put(database, table, &item(principal, name, key))?;
            }
        }
        Ok(())
    }
}

/// The keys of a cloud in which others can be put later. All that ever held stay where they are,
/// because somebody may look at them.
#[derive(Debug)]
pub struct KeyRing {
    keys: Keys,
    later: OnceLock<Box<Self>>,
}

impl From<Keys> for KeyRing {
    fn from(keys: Keys) -> Self {
        Self { keys, later: OnceLock::new() }
    }
}

impl KeyRing {
    /// Those that hold.
    pub fn now(&self) -> &Keys {
        self.later.get().map_or(&self.keys, |later| later.now())
    }

    /// Lets others hold from now on.
    pub fn go_on(&self, keys: Keys) {
        match self.later.get() {
            Some(later) => later.go_on(keys),
            None => {
                self.later.get_or_init(|| Box::new(Self::from(keys)));
            }
        }
    }
}

/// The item by which a key of that label is found, as DynamoDB's API writes it.
pub fn item(principal: Principal, name: &str, key: &str) -> Value {
    let hash = KeyHash::of(key);
    let id = hash.as_str().chars().take(ID_CHARACTERS).collect::<String>();
    let credential = Credential { id: format!("key-{id}"), name: name.to_owned(), principal };
    let attributes = write_key(hash.as_str(), &credential);
    let object: Map<String, Value> = attributes
        .into_iter()
        .filter_map(|(name, value)| {
            // A key's item has texts and numbers only.
            let value = match (value.as_s(), value.as_n()) {
                (Ok(text), _) => json!({ "S": text }),
                (_, Ok(number)) => json!({ "N": number }),
                (Err(_), Err(_)) => return None,
            };
            Some((name, value))
        })
        .collect();
    Value::Object(object)
}
