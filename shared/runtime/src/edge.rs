//! The edge of the API: every answer of every function passes it, in Lambda and in local mode.
//!
//! It adds what holds for all: the request's id, `nosniff`, `no-store`, for reads an `ETag` and 304,
//! and for writes `If-Match`. A function decides what it answers and knows none of these.

use std::collections::BTreeMap;
use std::sync::Arc;

use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use crate::http::{Request, Response};
use crate::key::fingerprint;

/// Header with the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Header that makes a repeat known.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Hexadecimal digits of an `ETag`.
const TAG_DIGITS: usize = 32;

/// Answers a request by its function.
pub async fn answered<A: Future<Output = Response>>(
    mut request: Request,
    handle: impl Fn(Request) -> A,
) -> Response {
    let asked = Asked::of(&request);
    if let Some(read) = read_before(&request) {
        let precondition = read.precondition.clone();
        // Boxed: the future of a function is too deep to be laid out within another.
        let before = Box::pin(handle(read)).await;
        if before.status == 429 || before.status >= 500 {
            return asked.finish(before);
        }
        if let Some(precondition) = &precondition {
            precondition.decide(before.status == 200 && is_matched(&request, &before));
        }
        request.precondition = precondition;
    }
    let response = Box::pin(handle(request)).await;
    asked.finish(response)
}

/// The read that a write with `If-Match` rests on: its resource, as its caller would read it.
fn read_before(request: &Request) -> Option<Request> {
    let (method, path) = request.route.split_once(' ')?;
    if !matches!(method, "PUT" | "PATCH" | "DELETE") || !request.headers.contains_key(IF_MATCH) {
        return None;
    }
    let mut read = Request {
        route: format!("GET {path}"),
        method: "GET".to_owned(),
        query: BTreeMap::new(),
        body: None,
        precondition: Some(Arc::default()),
        ..request.clone()
    };
    read.headers.remove(IDEMPOTENCY_KEY);
    Some(read)
}

/// True if `If-Match` names what was read. It compares strongly: a weak tag never matches.
fn is_matched(request: &Request, read: &Response) -> bool {
    let tag = tag(read);
    let all = request.headers.get_all(IF_MATCH).iter();
    let mut known = all.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    known.any(|known| matches!(known.trim(), "*") || known.trim() == tag)
}

/// The tag of an answer's body.
fn tag(response: &Response) -> String {
    let digits = fingerprint(response.body.as_bytes());
    format!("\"{}\"", digits.chars().take(TAG_DIGITS).collect::<String>())
}

/// A request's part in how it is answered, whatever its function is.
#[derive(Debug)]
struct Asked {
    id: String,
    is_read: bool,
    known_tags: Option<String>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let tags = request.headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        Self {
            id: request.id.clone(),
            is_read: request.method == "GET",
            known_tags: tags.map(str::to_owned),
        }
    }

    fn finish(&self, mut response: Response) -> Response {
        response = named(response, &self.id);
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            response.headers.insert(REQUEST_ID, id);
        }
        let nosniff = HeaderValue::from_static("nosniff");
        response.headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        // Answers hold secrets, links that let their holder in, and what is owed.
        let no_store = HeaderValue::from_static("no-store");
        response.headers.entry(CACHE_CONTROL).or_insert(no_store);

        if self.is_read && response.status == 200 { self.tagged(response) } else { response }
    }

    /// With its `ETag`, or 304 for whoever has it.
    fn tagged(&self, mut response: Response) -> Response {
        let tag = tag(&response);
        if let Ok(value) = HeaderValue::from_str(&tag) {
            response.headers.insert(ETAG, value);
        }
        if self.knows(&tag) {
            response.headers.remove(CONTENT_TYPE);
            return Response { status: 304, body: String::new(), ..response };
        }
        response
    }

    /// Compares weakly, as RFC 9110 has it for `If-None-Match`.
    fn knows(&self, tag: &str) -> bool {
        let known = self.known_tags.as_deref().unwrap_or_default().split(',');
        known
            .map(str::trim)
            .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
    }
}

/// With the request's id in a problem. A problem that has one keeps it: the answer to a repeated
/// request is the one that the first got.
#[must_use]
pub fn named(mut response: Response, id: &str) -> Response {
    if !is_problem(&response.headers) {
        return response;
    }
    if let Ok(mut problem) = serde_json::from_str::<Map<String, Value>>(&response.body) {
        problem.entry("request_id").or_insert_with(|| Value::from(id));
        response.body = Value::from(problem).to_string();
    }
    response
}

fn is_problem(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/problem+json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problem;
    use crate::http::tests::about;

    fn headed(mut request: Request, name: HeaderName, value: &str) -> Request {
        request.headers.insert(name, HeaderValue::from_str(value).unwrap());
        request
    }

    async fn answer(request: Request, response: Response) -> Response {
        answered(request, async |_| response.clone()).await
    }

    fn header(response: &Response, name: &str) -> Option<String> {
        response.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    /// Goal: every answer carries the request's id and is neither kept nor guessed at.
    #[tokio::test]
    async fn every_answer_has_an_id_and_is_not_stored() {
        let request = about("POST /v1/a", "", &[]);
        let problem = Problem::not_found("account").response();
        let answer = answer(request, problem).await;

        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["request_id"], "r-1");
        assert_eq!(body["type"], "/problems/not_found");
        assert_eq!(header(&answer, "x-request-id").as_deref(), Some("r-1"));
        assert_eq!(header(&answer, "x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(header(&answer, "cache-control").as_deref(), Some("no-store"));
        assert_eq!(header(&answer, "etag"), None);
    }

    /// Goal: a reader who has an answer is told so, and a changed answer is sent.
    #[tokio::test]
    async fn a_read_that_is_known_is_not_sent_again() {
        let read = |tag: Option<&str>| {
            let mut request = about("GET /v1/a", "", &[]);
            if let Some(tag) = tag {
                request.headers.insert(IF_NONE_MATCH, HeaderValue::from_str(tag).unwrap());
            }
            request
        };
        let first = answer(read(None), Response::json(200, &1)).await;
        let tag = header(&first, "etag").unwrap();

        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = answer(read(Some(&known)), Response::json(200, &1)).await;
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
            assert_eq!(header(&again, "etag").as_deref(), Some(tag.as_str()));
        }
        let changed = answer(read(Some(&tag)), Response::json(200, &2)).await;
        assert_eq!((changed.status, changed.body.as_str()), (200, "2"));
        let made = answer(about("POST /v1/a", "", &[]), Response::json(201, &1)).await;
        assert_eq!((made.status, header(&made, "etag")), (201, None));
    }

    /// Goal: a write with `If-Match` learns whether its caller has read what is there; one without,
    /// and one that makes something new, rest on nothing.
    #[tokio::test]
    async fn a_write_knows_what_its_caller_has_read() {
        let read = answer(about("GET /v1/a", "", &[]), Response::json(200, &1)).await;
        let tag = header(&read, "etag").unwrap();
        let weak = format!("W/{tag}");
        let rests_on = async |route: &str, known: Option<&str>| {
            let request = about(route, "", &[("dry_run", "true")]);
            let request = match known {
                Some(known) => headed(request, IF_MATCH, known),
                None => request,
            };
            let handle = async |request: Request| match request.precondition {
                Some(_) if request.method == "GET" => {
                    assert!(request.query.is_empty());
                    Response::json(200, &1)
                }
                Some(precondition) => Response::json(200, &!precondition.is_failed()),
                None => Response::json(200, &"nothing"),
            };
            answered(headed(request, IDEMPOTENCY_KEY, "k"), handle).await.body
        };

        for route in ["PUT /v1/a", "PATCH /v1/a", "DELETE /v1/a"] {
            for known in [&tag, "*", &format!("\"x\", {tag}")] {
                assert_eq!(rests_on(route, Some(known)).await, "true", "{route}");
            }
            for other in ["\"x\"", weak.as_str(), "", "x"] {
                assert_eq!(rests_on(route, Some(other)).await, "false", "{route}");
            }
            assert_eq!(rests_on(route, None).await, "\"nothing\"");
        }
        assert_eq!(rests_on("POST /v1/a", Some(&tag)).await, "\"nothing\"");
    }

    /// Goal: a resource that is not there matches nothing; one that cannot be read now is no answer
    /// about it, and nothing is written.
    #[tokio::test]
    async fn a_write_rests_on_a_resource_that_is_there() {
        let write = || headed(about("PUT /v1/a", "", &[]), IF_MATCH, "*");
        let reads = async |read: fn() -> Problem| {
            let handle = |request: Request| async move {
                match request.precondition {
                    Some(_) if request.method == "GET" => read().response(),
                    precondition => Response::json(200, &precondition.unwrap().is_failed()),
                }
            };
            let answer = answered(write(), handle).await;
            (answer.status, answer.body)
        };
        assert_eq!(reads(|| Problem::not_found("alert")).await, (200, "true".to_owned()));
        assert_eq!(reads(Problem::unavailable).await.0, 503);
    }
}
