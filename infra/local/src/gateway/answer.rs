//! What a function answers, as HTTP.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

/// API Gateway's header with its own id of the request.
const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(default)]
    cookies: Option<Vec<String>>,
}

/// An answer of API Gateway's own.
pub fn message(status: StatusCode, text: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({ "message": text }).to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The HTTP answer; an answer that API Gateway would not understand is its 500.
pub fn response(answer: &str, id: &str) -> Response<Bytes> {
    let read = serde_json::from_str(answer).ok().and_then(read);
    let mut response =
        read.unwrap_or_else(|| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"));
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn read(answer: Answer) -> Option<Response<Bytes>> {
    let body = answer.body.unwrap_or_default();
    let body =
        if answer.is_base64_encoded { STANDARD.decode(body).ok()? } else { body.into_bytes() };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).ok()?;
    let headers = response.headers_mut();
    for (name, value) in answer.headers.unwrap_or_default() {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.insert(name, HeaderValue::from_str(&value).ok()?);
    }
    if !headers.contains_key(CONTENT_TYPE) {
        let json = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
    }
    for cookie in answer.cookies.unwrap_or_default() {
        headers.append(SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    Some(response)
}
