//! Form encoding as Stripe reads it: `a[b][0][c]=v`, in bodies and query strings.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// Reads form encoding.
pub fn decode(text: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let pairs = form_urlencoded::parse(text);
    Ok(pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
}
