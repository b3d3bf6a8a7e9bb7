//! Events: what happened, with the object as it was then (docs.stripe.com/api/events).

use std::borrow::Cow;

use billing::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::frozen::Frozen;
use crate::shelf::Object;
use crate::stripe::Stripe;

/// The API version that events are kept in.
pub const API_VERSION: &str = "2026-09-30.endive";

/// One event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// `evt_...`
    pub id: String,
    /// Such as `invoice.paid`.
    pub kind: Cow<'static, str>,
    /// When, on the object's clock.
    pub created: Timestamp,
    /// When, on the simulator's own clock.
    pub told: Timestamp,
    /// The object as it was then.
    pub object: Frozen,
    /// What it was like before, where it changed.
    pub previous: Option<Value>,
    /// The request that made it, and its idempotency key; none for what Stripe did by itself.
    pub cause: Option<(String, Option<String>)>,
}

impl Object for Event {
    const KIND: &'static str = "event";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn json(&self, stripe: &Stripe) -> Value {
        let mut data = Map::new();
        data.insert("object".to_owned(), self.object.value());
        data.extend(self.previous.clone().map(|it| ("previous_attributes".to_owned(), it)));
        let (id, key) = self.cause.clone().map_or((None, None), |(id, key)| (Some(id), key));
        json!({
            "id": self.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.created.0,
            "data": data,
            "livemode": false,
            "pending_webhooks": stripe.deliveries.pending(&self.id),
            "request": { "id": id, "idempotency_key": key },
            "type": self.kind,
        })
    }
}

/// What an object was like before, for the fields that changed: nested objects field by field,
/// lists as a whole.
pub fn difference(before: &Value, after: &Value) -> Value {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return Value::Null;
    };
    let mut changed = Map::new();
    for (name, was) in before {
        match after.get(name) {
            Some(is) if is == was => {}
            Some(is) if is.is_object() && was.is_object() => {
                changed.insert(name.clone(), difference(was, is));
            }
            _ => {
                changed.insert(name.clone(), was.clone());
            }
        }
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        changed.insert(name.clone(), Value::Null);
    }
    Value::Object(changed)
}
