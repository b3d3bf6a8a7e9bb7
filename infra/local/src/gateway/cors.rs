//! Requests of a browser from pages of other origins, as API Gateway answers for an API that names
//! them (`CorsConfiguration`): it answers the browser's question by itself, and adds to every other
//! answer that the page may read it. An origin that is not named is told nothing.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};

/// Origins that an API names, and what their pages may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// Origins, such as `https://app.example.com`.
    pub origins: Vec<String>,
    /// Methods of their requests.
    pub methods: Vec<String>,
    /// Headers of their requests.
    pub headers: Vec<String>,
    /// Headers of answers that they may read.
    pub exposed: Vec<String>,
    /// Seconds for which a browser keeps the answer.
    pub max_age_seconds: u32,
}

impl Cors {
    /// The origin of a request, if the API names it.
    pub fn origin(&self, request: &Request<Bytes>) -> Option<HeaderValue> {
        let origin = request.headers().get(ORIGIN)?;
        let named = self.origins.iter().any(|named| named.as_bytes() == origin.as_bytes());
        named.then(|| origin.clone())
    }

    /// The answer to a browser that asks whether it may send a request; none to any other request.
    pub fn preflight(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let asks = request.method() == Method::OPTIONS
            && request.headers().contains_key(ORIGIN)
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !asks || self.origins.is_empty() {
            return None;
        }

        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        if let Some(origin) = self.origin(request) {
            let headers = answer.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, listed(&self.methods));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, listed(&self.headers));
            headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age_seconds.into());
        }
        Some(answer)
    }

    /// An answer that a page of that origin may read. What a function itself said about it does not
    /// count.
    pub fn allow(&self, answer: &mut Response<Bytes>, origin: Option<HeaderValue>) {
        if self.origins.is_empty() {
            return;
        }
        let headers = answer.headers_mut();
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, listed(&self.exposed));
        }
    }
}

/// A list as a header; none that a header cannot hold.
fn listed(names: &[String]) -> HeaderValue {
    HeaderValue::from_str(&names.join(",")).unwrap_or(HeaderValue::from_static(""))
}
