//! Errors as `application/problem+json` (RFC 9457), with a stable `code` and words for a person.

use std::fmt;

use billing::cancellation::{Check, Condition};
use billing::explain::Reason;
use billing::lease::NotLeased;
use billing::request::KeptAnswer;
use lambda_http::http::HeaderValue;
use lambda_http::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use serde::Serialize;

use crate::http::Response;

/// Seconds after which a client should try again when we could not answer.
pub const RETRY_AFTER_SECONDS: u64 = 2;

/// Header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Codes of refusals that waiting alone clears.
const WAITING: [&str; 2] = ["change_in_progress", "idempotency_in_progress"];

/// What went wrong, whether waiting helps, and what does.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// `about:blank`: the code says it all.
    pub r#type: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Stable, `snake_case`: what programs compare.
    pub code: &'static str,
    /// A sentence for a person.
    pub detail: String,
    /// Every unmet condition of a refusal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// Every condition that was checked, met or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// Answer that the same request got before: it is given again, in place of the problem.
    #[serde(skip)]
    pub replayed: Option<Box<KeptAnswer>>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Which, as a path: `members[0].role`.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A problem with a status, a code and a sentence.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: title(status),
            status,
            code,
            detail: detail.into(),
            reasons: Vec::new(),
            conditions: Vec::new(),
            fields: Vec::new(),
            replayed: None,
        }
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
        let detail = "The request names fields that can not be accepted.";
        Self { fields, ..Self::new(422, "invalid_input", detail) }
    }

    /// 409: the subscription can not be cancelled yet (A5 to A10).
    pub fn not_cancellable(check: &Check) -> Self {
        let detail = "The subscription can not be cancelled until every condition is met.";
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
        let detail = "Something is wrong on our side; trying again will not help. We were told.";
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
        if self.status == 503 || WAITING.contains(&self.code) {
            response = response.with_header(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
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
