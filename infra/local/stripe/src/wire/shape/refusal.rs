//! What Stripe says of a parameter that has the wrong shape.

use serde_json::Value;

use super::table::{Kind, Table};
use crate::error::ApiError;

/// How much of a wrong value a message shows.
const SHOWN_CHARACTERS_MAX: usize = 200;

/// A wrong value.
pub enum Given {
    Text(String),
    /// An array or an object.
    Nested(Value),
}

/// The name of a parameter inside of another: `items[0][price]`.
pub fn child(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}[{name}]") }
}

/// The refusal of a value that fits none of the alternatives.
pub fn refuse(table: &Table, kinds: &[Kind], given: &Given, at: &str) -> ApiError {
    // The alternative that the caller most likely meant: text is held to what can be text.
    let nested = matches!(given, Given::Nested(_));
    let meant = kinds.iter().find(|kind| !matches!(kind, Kind::Unset) && is_nested(kind) == nested);
    let meant = meant.or_else(|| kinds.iter().find(|kind| !matches!(kind, Kind::Unset)));
    let empty = matches!(given, Given::Text(text) if text.is_empty());
    if empty {
        return invalid_empty(at);
    }
    let shown = match given {
        Given::Text(text) => shown(text),
        Given::Nested(value) => shown(&value.to_string()),
    };
    let message = match meant {
        Some(Kind::Object(_) | Kind::Shape(_) | Kind::Map(_) | Kind::Metadata) => {
            "Invalid object".to_owned()
        }
        Some(Kind::Array(_)) => "Invalid array".to_owned(),
        Some(Kind::Integer) => {
            let error = ApiError::invalid(format!("Invalid integer: {shown}"));
            return error.code("parameter_invalid_integer").param(at);
        }
        Some(Kind::Number | Kind::Decimal) => format!("Invalid decimal: {shown}"),
        Some(Kind::Boolean) => format!("Invalid boolean: {shown}"),
        Some(Kind::Currency) => format!("Invalid currency: {shown}"),
        Some(Kind::Choice(values)) => must_be_one_of(values, at),
        Some(Kind::Named(name)) => must_be_one_of(table.choice(name), at),
        Some(Kind::String { characters_max: Some(max) }) if !nested => {
            format!("Invalid string: {shown}; must be at most {max} characters")
        }
        Some(Kind::String { .. } | Kind::Any | Kind::Unset) | None => {
            format!("Invalid string: {shown}")
        }
    };
    ApiError::invalid(message).param(at)
}

fn is_nested(kind: &Kind) -> bool {
    match kind {
        Kind::Object(_) | Kind::Shape(_) | Kind::Map(_) | Kind::Metadata | Kind::Array(_) => true,
        Kind::String { .. }
        | Kind::Integer
        | Kind::Number
        | Kind::Decimal
        | Kind::Boolean
        | Kind::Currency
        | Kind::Choice(_)
        | Kind::Named(_)
        | Kind::Any
        | Kind::Unset => false,
    }
}

/// The first and the last of a long text.
fn shown(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= SHOWN_CHARACTERS_MAX {
        return text.to_owned();
    }
    let half = SHOWN_CHARACTERS_MAX / 2;
    let first: String = characters.iter().take(half).collect();
    let last: String = characters.iter().skip(characters.len().saturating_sub(half)).collect();
    format!("{first}...{last}")
}

fn must_be_one_of(values: &[&str], at: &str) -> String {
    let list = match values {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} or {other}"),
        [first @ .., last] => format!("{}, or {last}", first.join(", ")),
    };
    format!("Invalid {at}: must be one of {list}")
}

fn invalid_empty(at: &str) -> ApiError {
    let message = format!(
        "You passed an empty string for '{at}'. We assume empty values are an attempt to unset a \
         parameter; however '{at}' cannot be unset. You should remove '{at}' from your request or \
         supply a non-empty value."
    );
    ApiError::invalid(message).code("parameter_invalid_empty").param(at)
}

/// Several parameters that are not known.
pub fn unknown_parameters(first: &str, all: &[String]) -> ApiError {
    let mut error = ApiError::unknown_parameter(first);
    error.message = format!("Received unknown parameters: {}", all.join(", "));
    error
}

/// An array or an object in the place of a string.
pub fn not_a_string(value: &Value, at: &str) -> ApiError {
    ApiError::invalid(format!("Invalid string: {}", shown(&value.to_string()))).param(at)
}

/// Metadata with too many keys.
pub fn too_many_keys(count: usize, max: usize, at: &str) -> ApiError {
    let message = format!("Metadata can have up to {max} keys, but you passed in {count}.");
    ApiError::invalid(message).param(at)
}

/// A key of metadata that is too long.
pub fn long_key(key: &str, max: usize, at: &str) -> ApiError {
    let (length, key) = (key.chars().count(), shown(key));
    let message = format!(
        "Metadata keys can have up to {max} characters, but you passed in a key that is {length} \
         characters. Invalid key: {key}"
    );
    ApiError::invalid(message).param(at)
}

/// A value of metadata that is too long.
pub fn long_value(value: &str, max: usize, at: &str) -> ApiError {
    let (length, value) = (value.chars().count(), shown(value));
    let message = format!(
        "Metadata values can have up to {max} characters, but you passed in a value that is {length} \
         characters. Invalid value: {value}"
    );
    ApiError::invalid(message).param(at)
}
