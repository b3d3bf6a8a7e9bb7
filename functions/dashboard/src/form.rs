//! Forms: what was typed, and the one-time key, which is the request's Idempotency-Key.

use std::collections::BTreeMap;

use http::HeaderValue;
use pages::form::Typed;
use runtime::input::BODY_BYTES_MAX;
use runtime::{Problem, Request};

/// Field of the one-time key.
const KEY: &str = "key";
/// Header that the key becomes.
const HEADER: &str = "idempotency-key";

/// Request of a form, with the form's key where the API has it. A header of the browser's is not
/// taken for one.
pub(crate) fn keyed(mut request: Request) -> Request {
    request.headers.remove(HEADER);
    let key = fields(&request).remove(KEY);
    if let Some(key) = key.and_then(|key| HeaderValue::from_str(&key).ok()) {
        request.headers.insert(HEADER, key);
    }
    request
}

fn fields(request: &Request) -> BTreeMap<String, String> {
    let body = request.body.as_deref().unwrap_or_default();
    let pairs = form_urlencoded::parse(body).filter(|_| body.len() <= BODY_BYTES_MAX);
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// What was typed, without the key.
pub(crate) fn typed(request: &Request) -> Result<Typed, Problem> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.len() > BODY_BYTES_MAX {
        return Err(Problem::new(413, "body_too_large", "The form is too long."));
    }
    let mut fields = fields(request);
    fields.remove(KEY);
    Ok(fields)
}

/// A field of a form; empty where it is not in it.
pub(crate) fn text<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.get(name).map_or("", |value| value.trim())
}

/// A whole number as people type it.
pub(crate) fn number(typed: &Typed, name: &str) -> Option<i64> {
    text(typed, name).replace([',', ' '], "").parse().ok()
}
