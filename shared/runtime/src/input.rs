//! Reading a request: JSON whose every wrong field is named, and its Idempotency-Key.

use billing::time::{DAY_SECONDS, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::Request;
use crate::key::fingerprint;
use crate::problem::{FieldProblem, Problem};

/// Longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 65_536;
/// Longest Idempotency-Key, in characters, as Stripe has it.
pub const IDEMPOTENCY_KEY_CHARACTERS_MAX: usize = 255;
/// How long a request is remembered by its Idempotency-Key, in seconds.
pub const REQUEST_SECONDS: i64 = 7 * DAY_SECONDS;
/// Longest e-mail address, in characters (RFC 5321).
pub const EMAIL_CHARACTERS_MAX: usize = 254;
/// What is said of a text that is none.
pub const NOT_AN_EMAIL: &str = "An e-mail address is expected.";

/// The body of a request.
pub fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.len() > BODY_BYTES_MAX {
        let detail = format!("A body may have {BODY_BYTES_MAX} bytes.");
        return Err(Problem::new(413, "body_too_large", detail));
    }
    serde_json::from_slice(body).map_err(|error| {
        let detail = format!("The body is not as expected: {error}.");
        Problem::new(422, "invalid_input", detail)
    })
}

/// What an Idempotency-Key stands for: its own fingerprint, and that of what it came with.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// Of caller, route and key.
    pub fingerprint: String,
    /// Of path, query and body.
    pub body: String,
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

/// Idempotency-Key of a request, if it has one. `scope` keeps callers apart.
///
/// A header that is present and unreadable is refused: taken for an absent one, it would let a repeated
/// request act twice. Callers admit the request before they judge the error, so that a bad API key is
/// answered first.
pub fn idempotency(
    request: &Request,
    scope: &str,
    now: Timestamp,
) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = request.headers.get("idempotency-key") else { return Ok(None) };
    let bytes = value.as_bytes();
    let is_printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let has_fitting_length = (1..=IDEMPOTENCY_KEY_CHARACTERS_MAX).contains(&bytes.len());
    let Some(key) = value.to_str().ok().filter(|_| is_printable && has_fitting_length) else {
        let detail = "An Idempotency-Key has 1 to 255 characters of printable ASCII.";
        return Err(Problem::new(422, "idempotency_key_invalid", detail));
    };

    Ok(Some(Idempotency {
        fingerprint: fingerprint(format!("{}\n{scope}\n{key}", request.route).as_bytes()),
        body: content(request),
        expires_at: now.plus_seconds(REQUEST_SECONDS),
    }))
}

/// Fingerprint of what a request is about: its path, query and body.
fn content(request: &Request) -> String {
    let parameters = request.path.iter().chain(&request.query);
    let mut content: Vec<u8> = Vec::new();
    for (name, value) in parameters {
        content.extend(format!("{name}={value}\n").into_bytes());
    }
    content.extend(request.body.as_deref().unwrap_or_default());
    fingerprint(&content)
}

/// 409: the key was used for something else.
pub fn other_content() -> Problem {
    let detail = "This Idempotency-Key was used before, with another path or body.";
    Problem::new(409, "idempotency_key_reused", detail)
}

/// Collects what is wrong with each field, so that all of it is said at once.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldProblem>);

impl Checks {
    /// A field is wrong unless the condition holds.
    pub fn expect(&mut self, holds: bool, field: impl Into<String>, detail: &str) {
        if !holds {
            self.0.push(FieldProblem { field: field.into(), detail: detail.to_owned() });
        }
    }

    /// A field that parses, or is wrong.
    pub fn parse<T, E: std::fmt::Display>(
        &mut self,
        parsed: Result<T, E>,
        field: impl Into<String>,
    ) -> Option<T> {
        parsed
            .map_err(|error| {
                self.0.push(FieldProblem { field: field.into(), detail: error.to_string() });
            })
            .ok()
    }

    /// The verdict.
    pub fn passed(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

/// Enough to catch a slip of the hand; whether mail arrives is known only by sending one.
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.chars().count() <= EMAIL_CHARACTERS_MAX
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        })
}

/// A part of a list, as the contract shows it.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Where the next one begins; nothing on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<V>(self, view: impl Fn(T) -> V) -> Page<V> {
        Page { data: self.data.into_iter().map(view).collect(), next_cursor: self.next_cursor }
    }
}

/// The page that a request asks for, by `limit` and `cursor`, of a list that is in order of its ids.
pub fn page<'a, T>(
    request: &Request,
    limit_max: usize,
    list: &'a [T],
    id: impl Fn(&T) -> &str,
) -> Result<Page<&'a T>, Problem> {
    let wrong = || {
        let detail = format!("A number from 1 to {limit_max} is expected.");
        Problem::invalid(vec![FieldProblem { field: "limit".to_owned(), detail }])
    };
    let limit = request.query.get("limit").map_or(Ok(limit_max), |text| {
        text.parse().ok().filter(|limit| (1..=limit_max).contains(limit)).ok_or_else(wrong)
    })?;
    let after = request.query.get("cursor").map(String::as_str);
    let behind = list.iter().filter(|one| after.is_none_or(|after| id(one) > after));
    let data: Vec<&T> = behind.clone().take(limit).collect();
    let is_more = behind.count() > data.len();
    let next_cursor = data.last().filter(|_| is_more).map(|last| id(last).to_owned());
    Ok(Page { data, next_cursor })
}
