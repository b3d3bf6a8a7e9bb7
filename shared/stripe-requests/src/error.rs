//! What goes wrong between us and Stripe, and whether waiting helps
//! (docs.stripe.com/error-low-level, docs.stripe.com/api/errors).

use std::fmt;

use billing::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A call without the answer that was wanted.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No answer, or not a whole one: the call may or may not have taken effect. Repeating it with
    /// the same idempotency key tells.
    #[error("Stripe did not answer: {0}")]
    NoAnswer(String),
    /// Stripe did nothing: it is asked too much (429), or the same is just being done (409).
    /// Waiting helps.
    #[error("Stripe is busy: {0}")]
    Busy(Refusal),
    /// Stripe failed (5xx), and repeats that answer under the same idempotency key for a day: a new
    /// key is needed, and before it a look at whether the call took effect.
    #[error("Stripe failed: {0}")]
    Failed(Refusal),
    /// Stripe does not take the key (401), or the key may not do this (403). Waiting helps only
    /// when somebody mends that.
    #[error("Stripe does not take the key: {0}")]
    Unauthorised(Refusal),
    /// Stripe refuses the request (any other 4xx) and did nothing. Waiting does not help.
    #[error("Stripe refused: {0}")]
    Refused(Refusal),
    /// An answer that we do not understand. Waiting does not help.
    #[error("Stripe's answer cannot be read: {0}")]
    Unreadable(String),
}

/// Stripe's own words: `{"error": {...}}`. The message may repeat what Stripe was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Stripe's id of the request, for its support and its logs.
    pub request_id: Option<String>,
    /// Such as `invalid_request_error`, `idempotency_error`.
    pub kind: Option<String>,
    /// Such as `resource_missing`; stable.
    pub code: Option<String>,
    /// The parameter that is wrong.
    pub param: Option<String>,
    /// A sentence for a person.
    pub message: Option<String>,
    /// Reason why a card was declined.
    pub decline_code: Option<String>,
    /// The payment intent that a payment was tried by, as the text that Stripe wrote.
    pub payment_intent: Option<String>,
    /// Time at which Stripe answered, by its own clock.
    pub at: Option<Timestamp>,
    /// True if this is the answer to an earlier call with the same idempotency key: what it says
    /// was true then.
    pub replayed: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Details,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    r#type: Option<String>,
    code: Option<String>,
    param: Option<String>,
    message: Option<String>,
    decline_code: Option<String>,
    payment_intent: Option<Box<RawValue>>,
}

impl CallError {
    /// True if the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoAnswer(_) | Self::Busy(_) | Self::Failed(_) | Self::Unauthorised(_) => true,
            Self::Refused(_) | Self::Unreadable(_) => false,
        }
    }

    /// True if the object in the request's path, or named by a parameter, does not exist.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.code.as_deref() == Some("resource_missing"),
            Self::NoAnswer(_)
            | Self::Busy(_)
            | Self::Failed(_)
            | Self::Unauthorised(_)
            | Self::Unreadable(_) => false,
        }
    }

    /// The error that an answer with that status is. `should_retry` is Stripe's own word on that
    /// (`Stripe-Should-Retry`), which is above what the status says.
    pub(crate) fn of_answer(refusal: Refusal, should_retry: Option<bool>) -> Self {
        match (refusal.status, should_retry) {
            (401 | 403, _) => Self::Unauthorised(refusal),
            (500.., _) => Self::Failed(refusal),
            (409 | 424 | 429, None | Some(true)) | (400..=499, Some(true)) => Self::Busy(refusal),
            (400..=499, _) => Self::Refused(refusal),
            (status, _) => Self::Unreadable(format!("an answer has the status {status}")),
        }
    }
}

impl Refusal {
    /// Reads the body of an answer, as far as it is an error of Stripe's.
    pub(crate) fn read(status: u16, request_id: Option<String>, body: &[u8]) -> Self {
        let Body { error } = serde_json::from_slice(body).unwrap_or_default();
        Self {
            status,
            request_id,
            kind: error.r#type,
            code: error.code,
            param: error.param,
            message: error.message,
            decline_code: error.decline_code,
            payment_intent: error.payment_intent.map(|text| text.get().to_owned()),
            ..Self::default()
        }
    }
}

/// Ids and codes only: Stripe's message repeats what it was sent, such as a mail address, and this
/// text is logged (XG5). The request's id finds the message in Stripe's own log.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        let details = [
            ("type", &self.kind),
            ("code", &self.code),
            ("decline code", &self.decline_code),
            ("parameter", &self.param),
            ("request", &self.request_id),
        ];
        for (name, detail) in details {
            if let Some(detail) = detail {
                write!(f, ", {name} {detail}")?;
            }
        }
        Ok(())
    }
}
