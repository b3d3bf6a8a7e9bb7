//! API versions (docs.stripe.com/upgrades): objects are kept in the pinned one, and rewritten for
//! callers and endpoints of others, newest change first, as Stripe does it.
//!
//! Only what a version took away or renamed is brought back: a field that a later version adds
//! shows in all of them, as at Stripe. Requests are read in the pinned version's words whatever
//! version they name.

mod basil;
mod rewriting;
mod smaller;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod told;

use std::fmt;

use billing::time::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::error::ApiError;
use crate::events::API_VERSION;
use crate::stripe::Stripe;

/// All that are known, the oldest first. Those from the pinned one on are alike for all that is
/// simulated.
const KNOWN: [&str; 35] = [
    "2020-03-02",
    "2020-08-27",
    "2022-08-01",
    "2022-11-15",
    "2023-08-16",
    "2023-10-16",
    "2024-04-10",
    "2024-06-20",
    "2024-09-30.acacia",
    "2024-10-28.acacia",
    "2024-11-20.acacia",
    "2024-12-18.acacia",
    "2025-01-27.acacia",
    "2025-02-24.acacia",
    "2025-03-31.basil",
    "2025-04-30.basil",
    "2025-05-28.basil",
    "2025-06-30.basil",
    "2025-07-30.basil",
    "2025-08-27.basil",
    "2025-09-30.clover",
    "2025-10-29.clover",
    "2025-11-17.clover",
    "2025-12-15.clover",
    "2026-01-28.clover",
    "2026-02-25.clover",
    "2026-03-25.dahlia",
    "2026-04-22.dahlia",
    "2026-05-27.dahlia",
    "2026-06-24.dahlia",
    "2026-07-29.dahlia",
    "2026-08-26.dahlia",
    API_VERSION,
    "2026-10-28.endive",
    "2026-11-18.endive",
];

/// A version of Stripe's API, by its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Version(&'static str);

impl Version {
    /// The one that objects are kept in.
    pub const PINNED: Self = Self(API_VERSION);

    /// The one that a caller asks for; the pinned one when it names none.
    pub fn asked(text: Option<&str>) -> Result<Self, ApiError> {
        let Some(text) = text else { return Ok(Self::PINNED) };
        let known = KNOWN.into_iter().find(|known| *known == text).map(Self);
        known.ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            let oldest = KNOWN[0];
            let message = format!(
                "Invalid Stripe API version: {shown}. (The simulator knows those from {oldest} on.)"
            );
            ApiError::invalid(message)
        })
    }

    /// All that are known, the oldest first.
    pub fn known() -> impl Iterator<Item = Self> {
        KNOWN.into_iter().map(Self)
    }

    /// As the header says it.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// True if it is older than the first version of that date.
    fn is_before(self, date: &str) -> bool {
        self.0 < date
    }

    /// True if objects are as the pinned version shows them.
    fn is_pinned(self) -> bool {
        self >= Self::PINNED
    }

    /// An answer in this version, with all objects within it.
    pub fn rewrite(self, stripe: &Stripe, answer: Value) -> Value {
        self.rewrite_at(stripe, answer, Timestamp::MAX)
    }

    /// An event in this version: what it says of itself, its object, and what that was like before.
    pub fn rewrite_event(self, stripe: &Stripe, mut event: Value) -> Value {
        if let Some(version) = event.get_mut("api_version") {
            *version = Value::from(self.as_str());
        }
        if self.is_pinned() {
            return event;
        }
        let at = event.get("created").and_then(Value::as_i64).map_or(Timestamp::MAX, Timestamp);
        let Some(data) = event.get_mut("data").and_then(Value::as_object_mut) else { return event };
        let object = data.remove("object").unwrap_or_default();
        let before = data.remove("previous_attributes").map(|was| merged(object.clone(), was));
        let object = self.rewrite_at(stripe, object, at);
        if let Some(before) = before {
            let before = self.rewrite_at(stripe, before, at);
            let previous = crate::events::difference(&before, &object);
            data.insert("previous_attributes".to_owned(), previous);
        }
        data.insert("object".to_owned(), object);
        event
    }

    /// As it was shown at a time: what was made later is not known.
    fn rewrite_at(self, stripe: &Stripe, mut value: Value, at: Timestamp) -> Value {
        if !self.is_pinned() {
            rewriting::rewrite(&rewriting::Target { version: self, stripe, at }, &mut value);
        }
        value
    }
}

/// One that was kept.
impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::asked(Some(&text)).map_err(D::Error::custom)
    }
}

/// As headers and objects show it.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An object with the fields that it had before: the inverse of a difference.
fn merged(object: Value, was: Value) -> Value {
    match (object, was) {
        (Value::Object(mut object), Value::Object(was)) => {
            for (name, was) in was {
                let is = object.remove(&name).unwrap_or_default();
                object.insert(name, merged(is, was));
            }
            Value::Object(object)
        }
        (_, was) => was,
    }
}
