//! What an HTTP request asks of the engine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Uri, request};

use crate::engine::Asked;
use crate::pages::{Form, PageRequest};

/// A request to the API.
pub fn asked(parts: &request::Parts, body: &[u8], url: &str) -> Asked {
    let header = |name: &str| text(&parts.headers, name).map(str::to_owned);
    Asked {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: body.to_vec(),
        key: key(&parts.headers),
        version: header("stripe-version"),
        idempotency_key: header("idempotency-key"),
        host: host(&parts.headers, url),
        spared: false,
        late_milliseconds: header(crate::LATE_HEADER)
            .and_then(|late| late.parse().ok())
            .unwrap_or_default(),
    }
}

/// A browser's request.
pub fn page_request(parts: &request::Parts, body: &[u8], url: &str) -> PageRequest {
    let query = parts.uri.query().unwrap_or_default();
    PageRequest {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        form: Form::decode(query.as_bytes()).and(Form::decode(body)),
        host: host(&parts.headers, url),
    }
}

/// True if the request was sent to a name of this machine: a page from elsewhere shall not reach it
/// through a name that points here.
pub fn is_for_this_machine(headers: &HeaderMap) -> bool {
    let here = |name: HeaderName| {
        let address = text(headers, name.as_str()).and_then(|address| address.parse::<Uri>().ok());
        let name = address.as_ref().and_then(Uri::host).unwrap_or_default();
        matches!(name, "127.0.0.1" | "localhost" | "[::1]")
    };
    // A form of a page from elsewhere says where it comes from.
    here(HOST) && (!headers.contains_key(ORIGIN) || here(ORIGIN))
}

/// Where the caller sees the pages.
fn host(headers: &HeaderMap, url: &str) -> String {
    text(headers, HOST.as_str()).map_or_else(|| url.to_owned(), |host| format!("http://{host}"))
}

/// The key after `Bearer`, or the user of basic authentication.
fn key(headers: &HeaderMap) -> Option<String> {
    let (scheme, value) = text(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let user = pair.split(':').next().unwrap_or_default();
    (!user.is_empty()).then(|| user.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
