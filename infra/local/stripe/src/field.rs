//! Reading and setting fields of shown objects by JSON pointer, such as
//! `/last_setup_error/message`.

use serde_json::Value;

/// A field; null when it is not there.
pub fn of<'a>(object: &'a Value, pointer: &str) -> &'a Value {
    object.pointer(pointer).unwrap_or(&Value::Null)
}

/// A text that is not empty.
pub fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    of(object, pointer).as_str().filter(|text| !text.is_empty())
}

/// An integer.
pub fn integer(object: &Value, pointer: &str) -> Option<i64> {
    of(object, pointer).as_i64()
}

/// True if it is true.
pub fn is_true(object: &Value, pointer: &str) -> bool {
    of(object, pointer).as_bool() == Some(true)
}

/// The members of an array; none when it is not there.
pub fn rows<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    of(object, pointer).as_array().into_iter().flatten()
}

/// Puts a field into an object; nothing happens to what is no object.
pub fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}
