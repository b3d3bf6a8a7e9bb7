//! Errors as `application/problem+json` (RFC 9457), with a stable `code` and words for a person.

use std::fmt;

use billing::cancellation::{Check, Condition};
use billing::explain::Reason;
use billing::lease::NotLeased;
use billing::request::KeptAnswer;
use lambda_http::http::HeaderValue;
use lambda_http::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use serde::{Serialize, Serializer};

use crate::http::Response;

/// Seconds after which a client should try again when we could not answer.
pub const RETRY_AFTER_SECONDS: u64 = 2;

/// Header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Codes of refusals that waiting alone clears.
const WAITING: [&str; 2] = ["change_in_progress", "idempotency_in_progress"];

/// What went wrong, whether waiting helps, and what does.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The status in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Stable, `snake_case`: what programs compare.
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: String,
    /// Every unmet condition of a refusal.
    pub reasons: Vec<Reason>,
    /// Every condition that was checked, met or not.
    pub conditions: Vec<Condition>,
    /// Every field that is wrong.
    pub fields: Vec<FieldProblem>,
    /// Seconds after which the same request is in order, where that is known.
    pub retry_after: Option<u64>,
    /// Answer that the same request got before: it is given again, in place of the problem.
    pub replayed: Option<Box<KeptAnswer>>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// Place below which every code has a page that says what to do.
pub const PAGES: &str = "/problems/";

/// A problem as it is written. Its type follows from its code; the edge adds the request's id.
#[derive(Serialize)]
struct Written<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [Reason],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    conditions: &'a [Condition],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: &'a [FieldProblem],
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            title,
            status,
            code,
            detail,
            reasons,
            conditions,
            fields,
            retry_after: _,
            replayed: _,
        } = self;
        let r#type = format!("{PAGES}{code}");
        let (title, status) = (*title, *status);
        Written { r#type, title, status, code, detail, reasons, conditions, fields }
            .serialize(serializer)
    }
}

/// One field that is wrong: of the body, the path or the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Path of the field: `members[0].role`.
    pub field: String,
    /// Kind of its fault.
    pub code: FieldCode,
    /// Fault in words, with what is expected.
    pub detail: String,
}

/// Kind of a field's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    /// The field is needed and absent.
    Missing,
    /// The value has another type of JSON.
    WrongType,
    /// The value is too small, too large, too short or too long.
    OutOfRange,
    /// The request has no such field.
    Unknown,
    /// The value is refused for another reason.
    Invalid,
}

impl FieldCode {
    /// Every code.
    pub const ALL: [Self; 5] =
        [Self::Missing, Self::WrongType, Self::OutOfRange, Self::Unknown, Self::Invalid];
}

impl FieldProblem {
    /// A field that is needed and absent.
    pub fn missing(field: impl Into<String>) -> Self {
        Self::of(FieldCode::Missing, field, "This field is needed.")
    }

    /// A field whose value is too small, too large, too short or too long.
    pub fn out_of_range(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::of(FieldCode::OutOfRange, field, detail)
    }

    /// A field whose value is refused for another reason.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::of(FieldCode::Invalid, field, detail)
    }

    /// A field with a fault of that kind.
    pub fn of(code: FieldCode, field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

impl Problem {
    /// A problem with a status, a code and a sentence.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            title: title(status),
            status,
            code,
            detail: detail.into(),
            reasons: Vec::new(),
            conditions: Vec::new(),
            fields: Vec::new(),
            retry_after: None,
            replayed: None,
        }
    }

    /// 429: the account has had its requests of this minute.
    pub fn budget_spent(seconds_left: u64) -> Self {
        let detail = format!(
            "The account has made all the requests of this minute that call Stripe. \
             Wait for {seconds_left} seconds."
        );
        Self { retry_after: Some(seconds_left), ..Self::new(429, "rate_limited", detail) }
    }

    /// 429: the key has had its requests of this minute.
    pub fn key_spent(seconds_left: u64) -> Self {
        let detail = format!(
            "This API key has made all its requests of this minute. Wait for {seconds_left} seconds."
        );
        Self { retry_after: Some(seconds_left), ..Self::new(429, "rate_limited", detail) }
    }

    /// 412: the resource is not what the caller has read.
    pub fn precondition_failed() -> Self {
        let detail = "The resource has changed since it had the ETag of `If-Match`, or is not there. \
                      Nothing was done.";
        Self::new(412, "precondition_failed", detail)
    }

    /// 401: no key, or one that we do not know.
    pub fn unauthorized() -> Self {
        let detail = "An `Authorization: Bearer <key>` header with a valid API key is needed.";
        Self::new(401, "unauthorized", detail)
    }

    /// 403: the key is good, its role is not.
    pub fn forbidden() -> Self {
        Self::new(403, "forbidden", "This API key's role may not do this.")
    }

    /// 404: unknown, or someone else's.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, "not_found", format!("There is no such {what}."))
    }

    /// 422: fields that are wrong, all of them.
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let detail = "The request has fields that cannot be accepted: `fields` names each of them.";
        Self { fields, ..Self::new(422, "invalid_input", detail) }
    }

    /// 422: one field that is wrong.
    pub fn invalid_field(field: FieldProblem) -> Self {
        Self::invalid(vec![field])
    }

    /// 400: the body cannot be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(400, "body_unreadable", detail)
    }

    /// 409: the subscription cannot be cancelled yet (A5 to A10).
    pub fn not_cancellable(check: &Check) -> Self {
        let detail = "The subscription cannot be cancelled until every condition is met.";
        let (reasons, conditions) = (check.reasons(), check.conditions.clone());
        Self { reasons, conditions, ..Self::new(409, "cancellation_blocked", detail) }
    }

    /// The answer that the same request got before.
    pub fn replayed(answer: KeptAnswer) -> Self {
        Self { replayed: Some(Box::new(answer)), ..Self::internal() }
    }

    /// 409: a twin of the request is at work.
    pub fn repeat_in_progress() -> Self {
        let detail =
            "A request with this Idempotency-Key is in progress. Please send it again in a moment.";
        Self::new(409, "idempotency_in_progress", detail)
    }

    /// 409: an interrupted request must not go on behind another change.
    pub fn overtaken() -> Self {
        let detail = "This request was interrupted, and the account has changed since: it may or may not have \
                      taken effect, and going on could undo the later change. Please look at the account, and \
                      send what is still wanted with a new Idempotency-Key.";
        Self::new(409, "request_overtaken", detail)
    }

    /// 409: the account's lease is not to be had.
    pub fn not_leased(why: NotLeased) -> Self {
        match why {
            NotLeased::InProgress => {
                let detail = "Another change of this account is in progress. Nothing was done: please send the \
                              request again in a moment.";
                Self::new(409, "change_in_progress", detail)
            }
            NotLeased::Overtaken => Self::overtaken(),
        }
    }

    /// 503: something we depend on did not answer; nothing is half-done, trying again helps.
    pub fn unavailable() -> Self {
        let detail = "We could not finish this just now. Nothing was half-done; please try again.";
        Self::new(503, "temporarily_unavailable", detail)
    }

    /// 500: our fault, and trying again does not help.
    pub fn internal() -> Self {
        let detail = "Something is wrong on our side; trying again will not help. Our operators are alerted; please give them the request_id.";
        Self::new(500, "internal_error", detail)
    }

    /// As an answer; one that waiting alone clears says after how many seconds to try again.
    pub fn response(&self) -> Response {
        if let Some(answer) = &self.replayed {
            return replayed_answer(answer);
        }

        let mut response = Response::json(self.status, self);
        let content_type = HeaderValue::from_static("application/problem+json");
        response = response.with_header(CONTENT_TYPE, content_type);
        let is_brief = self.status == 503 || WAITING.contains(&self.code);
        if let Some(seconds) = self.retry_after.or(is_brief.then_some(RETRY_AFTER_SECONDS)) {
            response = response.with_header(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn replayed_answer(answer: &KeptAnswer) -> Response {
    let body = answer.body.clone();
    let response = Response::of_type(answer.status, "application/json", body)
        .with_header(REPLAYED, HeaderValue::from_static("true"));
    match HeaderValue::from_str(&answer.content_type) {
        Ok(content_type) => response.with_header(CONTENT_TYPE, content_type),
        Err(_) => response,
    }
}

fn title(status: u16) -> &'static str {
    lambda_http::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}
