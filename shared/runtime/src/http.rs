//! HTTP as an API Gateway HTTP API hands it over (payload format 2.0), and back.
//!
//! The route key comes from template.yaml by way of the gateway: there is no second route table
//! here.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use invocation::Precondition;
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
};
use lambda_http::http::{HeaderMap, HeaderValue};
use serde::Serialize;

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The route as template.yaml writes it, such as `GET /v1/accounts/{id}`.
    pub route: String,
    /// The method, which a route of its own may not name: `$default`.
    pub method: String,
    /// The path as it came, without parameters.
    pub raw_path: String,
    /// The parameters in its path.
    pub path: BTreeMap<String, String>,
    /// The parameters behind the question mark.
    pub query: BTreeMap<String, String>,
    /// The headers; names are compared without regard to case.
    pub headers: HeaderMap,
    /// Cookies, each as `name=value`: API Gateway takes them out of the headers.
    pub cookies: Vec<String>,
    /// The exact bytes of the body, or nothing when the gateway's base64 cannot be read.
    pub body: Option<Vec<u8>>,
    /// The gateway's id of the request, for logs.
    pub id: String,
    /// What a write rests on by its `If-Match`.
    pub precondition: Option<Arc<Precondition>>,
}

impl Request {
    /// A header's text; none when it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let pairs = self.cookies.iter().filter_map(|cookie| cookie.split_once('='));
        pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
    }
}

impl From<ApiGatewayV2httpRequest> for Request {
    fn from(event: ApiGatewayV2httpRequest) -> Self {
        let text = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            STANDARD.decode(text).ok()
        } else {
            Some(text.into_bytes())
        };
        Self {
            route: event.route_key.unwrap_or_default(),
            method: event.request_context.http.method.to_string(),
            raw_path: event.raw_path.unwrap_or_default(),
            path: event.path_parameters.into_iter().collect(),
            query: joined(event.query_string_parameters.iter()),
            headers: event.headers,
            cookies: event.cookies.unwrap_or_default(),
            body,
            id: event.request_context.request_id.unwrap_or_default(),
            precondition: None,
        }
    }
}

/// Parameters as they were sent: the event's type takes a value apart at its commas.
fn joined<'a>(parts: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let mut query: BTreeMap<String, String> = BTreeMap::new();
    for (name, part) in parts {
        match query.get_mut(name) {
            Some(value) => {
                value.push(',');
                value.push_str(part);
            }
            None => drop(query.insert(name.to_owned(), part.to_owned())),
        }
    }
    query
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Cookies to be set.
    pub cookies: Vec<String>,
    /// Text; all our answers are.
    pub body: String,
}

impl Response {
    /// JSON. A value that cannot be written (none of ours) becomes a 500.
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(body) => Self::of_type(status, "application/json", body),
            Err(_) => Self::of_type(500, "application/json", "{}".to_owned()),
        }
    }

    /// Any other type.
    pub fn of_type(status: u16, content_type: &'static str, body: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, cookies: Vec::new(), body }
    }

    /// A table of comma-separated values that a browser saves under a name. Characters that a
    /// file's name should not have become `-`.
    pub fn csv(name: &str, table: String) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        let answer = Self::of_type(200, "text/csv; charset=utf-8", table);
        match HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
            Ok(value) => answer.with_header(CONTENT_DISPOSITION, value),
            Err(_) => answer,
        }
    }

    /// An answer without secrets: it may be kept, and is compared before it is used again.
    #[must_use]
    pub fn revalidated(self) -> Self {
        self.with_header(CACHE_CONTROL, HeaderValue::from_static("no-cache"))
    }

    /// A page that loads nothing and runs no script.
    #[must_use]
    pub fn without_scripts(self) -> Self {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        self.with_header(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))
    }

    /// An answer that names the methods of its path.
    #[must_use]
    pub fn allowing(self, methods: &str) -> Self {
        match HeaderValue::try_from(methods) {
            Ok(methods) => self.with_header(ALLOW, methods),
            Err(_) => self,
        }
    }

    /// With one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With one more cookie to be set.
    #[must_use]
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }
}

impl From<Response> for ApiGatewayV2httpResponse {
    fn from(response: Response) -> Self {
        let mut answer = Self::default();
        answer.status_code = i64::from(response.status);
        answer.headers = response.headers;
        answer.cookies = response.cookies;
        answer.body = Some(Body::Text(response.body));
        answer
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A request of that route about the thing of that id, with a query.
    pub(crate) fn about(route: &str, id: &str, query: &[(&str, &str)]) -> Request {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Request {
            route: route.to_owned(),
            method: route.split(' ').next().unwrap().to_owned(),
            raw_path: String::new(),
            path: [("id".to_owned(), id.to_owned())].into(),
            query: query.iter().map(owned).collect(),
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            body: None,
            id: "r-1".to_owned(),
            precondition: None,
        }
    }

    fn request(body: &str, is_base64: bool) -> Request {
        let event = serde_json::json!({
            "version": "2.0",
            "routeKey": "GET /v1/accounts/{id}",
            "rawPath": "/v1/accounts/acme",
            "headers": { "STRIPE-Signature": "t=1,v1=a", "content-type": "text/plain" },
            "queryStringParameters": { "field": "state" },
            "pathParameters": { "id": "acme" },
            "requestContext": {
                "requestId": "r-1",
                "http": { "method": "GET", "path": "/v1/accounts/acme" },
            },
            "body": body,
            "isBase64Encoded": is_base64,
        });
        serde_json::from_value::<ApiGatewayV2httpRequest>(event).unwrap().into()
    }

    #[test]
    fn a_request_is_read_whatever_the_case_of_its_headers() {
        let request = request("plain", false);
        assert_eq!(request.route, "GET /v1/accounts/{id}");
        assert_eq!(request.path["id"], "acme");
        assert_eq!(request.query["field"], "state");
        assert_eq!(request.header("stripe-signature"), Some("t=1,v1=a"));
        assert_eq!((request.id.as_str(), request.body.as_deref()), ("r-1", Some(&b"plain"[..])));
    }

    #[test]
    fn base64_is_decoded_to_the_exact_bytes_or_the_body_is_missing() {
        assert_eq!(request("AP/+", true).body.as_deref(), Some(&b"\x00\xff\xfe"[..]));
        assert_eq!(request("not base64!", true).body, None);
    }
}
