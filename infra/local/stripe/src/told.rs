//! What objects only repeat: fields that callers set and that nothing here acts on.

use serde_json::{Map, Value};

use crate::call::Params;

/// Takes over the given ones among `names`; `""` takes a field away.
pub fn update(told: &mut Map<String, Value>, params: &Params, names: &[&str]) {
    for (name, value) in params.told(names) {
        if value.is_null() {
            told.remove(&name);
        } else {
            told.insert(name, value);
        }
    }
}

/// An object with what it repeats in place of what stands there when nothing was said.
pub fn over(mut object: Value, told: &Map<String, Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.extend(told.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    object
}
