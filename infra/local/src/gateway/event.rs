//! The event of a request: payload format 2.0, as text.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use billing::time::Timestamp;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use http::{HeaderMap, Request};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::routes::Match;
use crate::template::Places;

/// The event, as API Gateway hands it to Lambda.
pub fn of(request: &Request<Bytes>, found: &Match<'_>, id: &str, now: Timestamp) -> String {
    let headers = request.headers();
    let mut event = json!({
        "version": "2.0",
        "routeKey": found.route.key(),
        "rawPath": request.uri().path(),
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": joined(headers),
        "requestContext": context(request, found, id, now),
        "isBase64Encoded": false,
    });
    if let Some(event) = event.as_object_mut() {
        add_optional(event, request, found);
    }
    event.to_string()
}

fn add_optional(event: &mut Map<String, Value>, request: &Request<Bytes>, found: &Match<'_>) {
    let mut set = |name: &str, value: Value| event.insert(name.to_owned(), value);
    let cookies = cookies(request.headers());
    if !cookies.is_empty() {
        set("cookies", json!(cookies));
    }
    let query = query(request.uri().query().unwrap_or_default());
    if !query.is_empty() {
        set("queryStringParameters", json!(query));
    }
    if !found.parameters.is_empty() {
        set("pathParameters", json!(found.parameters));
    }
    let body = request.body();
    if body.is_empty() {
        return;
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text(request.headers()) => set("body", json!(text)),
        Ok(_) | Err(_) => {
            set("isBase64Encoded", json!(true));
            set("body", json!(STANDARD.encode(body)))
        }
    };
}

fn context(request: &Request<Bytes>, found: &Match<'_>, id: &str, now: Timestamp) -> Value {
    let text = |value: Option<&http::HeaderValue>| {
        let value = value.and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let places = Places::new(String::new());
    json!({
        "accountId": places.account,
        "apiId": "local",
        "domainName": text(request.headers().get(HOST)),
        "domainPrefix": "local",
        "http": {
            "method": request.method().as_str(),
            "path": request.uri().path(),
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": text(request.headers().get(USER_AGENT)),
        },
        "requestId": id,
        "routeKey": found.route.key(),
        "stage": "$default",
        "time": common_log_time(now),
        "timeEpoch": now.0.saturating_mul(1_000),
    })
}

/// Names in lower case, values of one name joined by commas; cookies have their own field.
fn joined(headers: &HeaderMap) -> BTreeMap<&str, String> {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers {
        if name == COOKIE {
            continue;
        }
        // API Gateway reads header bytes as Latin-1.
        let value: String = value.as_bytes().iter().copied().map(char::from).collect();
        joined
            .entry(name.as_str())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert(value);
    }
    joined
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(COOKIE).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(|cookie| cookie.trim().to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn query(raw: &str) -> BTreeMap<String, String> {
    let mut query: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
        query
            .entry(name.into_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    query
}

/// The content types whose bodies API Gateway hands over as they are; all others come in base64.
fn is_text(headers: &HeaderMap) -> bool {
    if headers.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let content_type =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(
            essence.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
}

/// Such as `21/Apr/2020:15:08:21 +0000`.
fn common_log_time(now: Timestamp) -> String {
    let format =
        format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    OffsetDateTime::from_unix_timestamp(now.0)
        .ok()
        .and_then(|at| at.format(&format).ok())
        .unwrap_or_default()
}
