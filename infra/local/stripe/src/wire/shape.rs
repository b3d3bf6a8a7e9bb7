//! The shape of requests: which parameters an operation knows, and of what type.
//!
//! Stripe's `OpenAPI` description is the truth, as `parameters.txt` beside this file has it. A
//! value's type decides what it becomes: integers, timestamps and numbers are JSON numbers,
//! booleans are booleans, arrays are arrays; decimals and everything else stay strings, and so does
//! the empty string where it takes a value away. What objects a request names, and which parameters
//! exclude each other, is not looked at here.

mod refusal;
mod table;

use std::sync::LazyLock;

use serde_json::{Map, Value};

use self::refusal::{Given, child, refuse};
use self::table::{Field, Kind, Table};
use super::form::indexed;
use crate::error::ApiError;

/// Names of metadata (docs.stripe.com/api/metadata).
const METADATA_KEYS_MAX: usize = 50;
const METADATA_KEY_CHARACTERS_MAX: usize = 40;
const METADATA_VALUE_CHARACTERS_MAX: usize = 500;
/// Decimals of an amount that is not whole.
const DECIMALS_MAX: usize = 12;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // A test holds that the table can be read.
    Table::parse(include_str!("parameters.txt")).unwrap_or_default()
});

/// True if the simulator has the operation. `pattern` is Stripe's, such as
/// `/v1/customers/{customer}`.
pub fn knows(method: &http::Method, pattern: &str) -> bool {
    TABLE.operation(method, pattern).is_some()
}

/// Checks the parameters of a request, as [`super::form::decode`] gives them, and turns them into
/// typed values.
///
/// # Errors
///
/// Stripe's own for the first parameter that is wrong: unknown ones first, then in the order of the
/// table.
pub fn check(
    method: &http::Method,
    pattern: &str,
    mut given: Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let Some(fields) = TABLE.operation(method, pattern) else {
        let mut error =
            ApiError::invalid(format!("Unrecognized request URL ({method}: {pattern})."));
        error.status = 404;
        return Err(error);
    };
    let shape = Shape { table: &TABLE };
    let expand = given.remove("expand");
    let mut checked = shape.object(fields, given, "")?;
    if let Some(expand) = expand {
        let names = Kind::Array(Box::new(Kind::String { characters_max: None }));
        checked.insert("expand".to_owned(), shape.value(&[names], expand, "expand")?);
    }
    Ok(checked)
}

struct Shape<'a> {
    table: &'a Table,
}

impl Shape<'_> {
    fn object(
        &self,
        fields: &[Field],
        mut given: Map<String, Value>,
        at: &str,
    ) -> Result<Map<String, Value>, ApiError> {
        let known = |name: &str| fields.iter().any(|field| field.name == name);
        let unknown = given.keys().filter(|name| !known(name)).map(|name| child(at, name));
        let unknown: Vec<_> = unknown.collect();
        match unknown.as_slice() {
            [] => {}
            [one] => return Err(ApiError::unknown_parameter(one)),
            [first, ..] => return Err(refusal::unknown_parameters(first, &unknown)),
        }
        let mut checked = Map::new();
        for field in fields {
            let param = child(at, field.name);
            match given.remove(field.name) {
                Some(value) => {
                    let value = self.value(&field.kinds, value, &param)?;
                    checked.insert(field.name.to_owned(), value);
                }
                None if field.required => return Err(ApiError::missing(&param)),
                None => {}
            }
        }
        Ok(checked)
    }

    fn value(&self, kinds: &[Kind], value: Value, at: &str) -> Result<Value, ApiError> {
        match value {
            Value::Object(map) => self.nested(kinds, map, at),
            Value::Array(list) => self.list(kinds, list, at),
            Value::String(text) => self.leaf(kinds, text, at),
            Value::Null => self.leaf(kinds, String::new(), at),
            Value::Bool(_) | Value::Number(_) => self.leaf(kinds, value.to_string(), at),
        }
    }

    fn nested(&self, kinds: &[Kind], map: Map<String, Value>, at: &str) -> Result<Value, ApiError> {
        for kind in kinds {
            match kind {
                Kind::Object(object) => return self.either(object, map, at),
                Kind::Shape(name) => return self.either(self.table.shape(name), map, at),
                Kind::Map(inner) => return self.map(inner, map, at),
                Kind::Metadata => return metadata(map, at),
                Kind::Array(_) => {
                    if let Some(list) = indexed(&map) {
                        let list = list.into_iter().map(|(_, value)| value.clone()).collect();
                        return self.list(kinds, list, at);
                    }
                }
                Kind::Any => return Ok(map.into()),
                Kind::String { .. }
                | Kind::Integer
                | Kind::Number
                | Kind::Decimal
                | Kind::Boolean
                | Kind::Currency
                | Kind::Choice(_)
                | Kind::Named(_)
                | Kind::Unset => {}
            }
        }
        Err(refuse(self.table, kinds, &Given::Nested(map.into()), at))
    }

    /// An object that can be given in several ways: the first that fits. The refusal is of the way
    /// that knows most of what is given.
    fn either(
        &self,
        ways: &[Vec<Field>],
        map: Map<String, Value>,
        at: &str,
    ) -> Result<Value, ApiError> {
        if let [only] = ways {
            return Ok(self.object(only, map, at)?.into());
        }
        let fitting = ways.iter().find_map(|fields| self.object(fields, map.clone(), at).ok());
        if let Some(checked) = fitting {
            return Ok(checked.into());
        }
        let unknown = |fields: &[Field]| {
            map.keys().filter(|name| fields.iter().all(|field| field.name != **name)).count()
        };
        let nearest = ways.iter().min_by_key(|fields| unknown(fields));
        Ok(self.object(nearest.map_or(&[], Vec::as_slice), map, at)?.into())
    }

    fn list(&self, kinds: &[Kind], list: Vec<Value>, at: &str) -> Result<Value, ApiError> {
        for kind in kinds {
            match kind {
                Kind::Array(inner) => {
                    let each = list.into_iter().enumerate();
                    let inner = std::slice::from_ref(inner.as_ref());
                    return each
                        .map(|(i, value)| self.value(inner, value, &child(at, &i.to_string())))
                        .collect();
                }
                // Names that happen to be numbers.
                Kind::Map(_) | Kind::Metadata => {
                    let each = list.into_iter().enumerate();
                    let map = each.map(|(i, value)| (i.to_string(), value)).collect();
                    return self.nested(kinds, map, at);
                }
                Kind::Any => return Ok(list.into()),
                Kind::Object(_)
                | Kind::Shape(_)
                | Kind::String { .. }
                | Kind::Integer
                | Kind::Number
                | Kind::Decimal
                | Kind::Boolean
                | Kind::Currency
                | Kind::Choice(_)
                | Kind::Named(_)
                | Kind::Unset => {}
            }
        }
        Err(refuse(self.table, kinds, &Given::Nested(list.into()), at))
    }

    fn map(&self, inner: &Kind, map: Map<String, Value>, at: &str) -> Result<Value, ApiError> {
        let mut checked = Map::new();
        for (name, value) in map {
            let param = child(at, &name);
            checked.insert(name, self.value(std::slice::from_ref(inner), value, &param)?);
        }
        Ok(checked.into())
    }

    /// The first alternative that the text fits.
    fn leaf(&self, kinds: &[Kind], text: String, at: &str) -> Result<Value, ApiError> {
        match kinds.iter().find_map(|kind| self.fitting(kind, &text)) {
            Some(value) => Ok(value),
            None => Err(refuse(self.table, kinds, &Given::Text(text), at)),
        }
    }

    fn fitting(&self, kind: &Kind, text: &str) -> Option<Value> {
        let same = || Value::String(text.to_owned());
        match kind {
            Kind::Any => Some(same()),
            Kind::Unset => text.is_empty().then(same),
            Kind::String { characters_max } => {
                let short = characters_max.is_none_or(|max| text.chars().count() <= max);
                (short && !text.is_empty()).then(same)
            }
            Kind::Integer => integer(text).map(Value::from),
            Kind::Number => number(text),
            Kind::Decimal => is_decimal(text).then(same),
            Kind::Boolean => match text {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            Kind::Currency => is_currency(text).then(|| text.to_ascii_lowercase().into()),
            Kind::Choice(values) => values.contains(&text).then(same),
            Kind::Named(name) => self.table.choice(name).contains(&text).then(same),
            Kind::Object(_) | Kind::Shape(_) | Kind::Array(_) | Kind::Map(_) | Kind::Metadata => {
                None
            }
        }
    }
}

fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !is_digits(digits) {
        return None;
    }
    text.parse().ok()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, part)) => {
            (whole.is_empty() || is_digits(whole)) && is_digits(part) && part.len() <= DECIMALS_MAX
        }
        None => is_digits(text),
    }
}

/// A JSON number. What has decimals is written as such by `serde_json`, so nothing is computed with
/// it here.
fn number(text: &str) -> Option<Value> {
    if !is_decimal(text) {
        return None;
    }
    let value: Option<Value> = serde_json::from_str(text).ok();
    value.filter(Value::is_number)
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn metadata(map: Map<String, Value>, at: &str) -> Result<Value, ApiError> {
    if map.len() > METADATA_KEYS_MAX {
        return Err(refusal::too_many_keys(map.len(), METADATA_KEYS_MAX, at));
    }
    for (key, value) in &map {
        let length = key.chars().count();
        if length > METADATA_KEY_CHARACTERS_MAX {
            return Err(refusal::long_key(key, METADATA_KEY_CHARACTERS_MAX, at));
        }
        let Value::String(text) = value else {
            return Err(refusal::not_a_string(value, &child(at, key)));
        };
        if text.chars().count() > METADATA_VALUE_CHARACTERS_MAX {
            return Err(refusal::long_value(text, METADATA_VALUE_CHARACTERS_MAX, at));
        }
    }
    Ok(map.into())
}

#[cfg(test)]
mod tests;
