//! Metadata: up to 50 keys with texts, merged key by key (docs.stripe.com/api/metadata).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Params;

/// Keys and texts that callers put on objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata(pub BTreeMap<String, String>);

impl Metadata {
    /// Takes over what `metadata` of a request says: keys with `""` go, and `metadata=""` clears
    /// all.
    pub fn update(&mut self, params: &Params) {
        if params.unsets("metadata") {
            self.0.clear();
        }
        for (key, value) in params.within("metadata").unwrap_or_default().0 {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if text.is_empty() {
                self.0.remove(&key);
            } else {
                self.0.insert(key, text);
            }
        }
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!(self.0)
    }
}
