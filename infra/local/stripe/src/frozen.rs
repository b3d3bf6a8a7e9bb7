//! JSON that is kept and hardly looked at, as text: a tree of it takes many times the memory, and
//! everything that happened is kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen(Box<str>);

impl Frozen {
    /// What a value is now.
    pub fn of(value: &Value) -> Self {
        Self(value.to_string().into())
    }

    /// The same value.
    pub fn value(&self) -> Value {
        // What was written is read.
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<Value> for Frozen {
    fn from(value: Value) -> Self {
        Self::of(&value)
    }
}

#[test]
fn what_is_kept_is_what_it_was() {
    let value = serde_json::json!({ "a": [1, -2, null, true, "\u{e9}\n\""], "b": { "c": 4_611_686_018_427_387_904_i64 } });
    assert_eq!(Frozen::of(&value).value(), value);
}
