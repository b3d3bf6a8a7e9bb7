//! Stripe's errors: HTTP status, `type`, `code`, `param` and message (docs.stripe.com/api/errors).

use serde_json::{Map, Value, json};

/// What kind of error it is, in Stripe's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong.
    InvalidRequest,
    /// A payment did not go through.
    Card,
    /// The idempotency key was used before, otherwise.
    Idempotency,
    /// Something went wrong at Stripe.
    Api,
}

impl ErrorKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Card => "card_error",
            Self::Idempotency => "idempotency_error",
            Self::Api => "api_error",
        }
    }
}

/// An error as Stripe answers with it. What it says of objects goes into `more`, such as the
/// `payment_intent` of a decline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Stripe's `type`.
    pub kind: ErrorKind,
    /// Stripe's `code`.
    pub code: Option<&'static str>,
    /// Which parameter is wrong, such as `items[0][price]`.
    pub param: Option<String>,
    /// For people.
    pub message: String,
    /// Further fields, such as `decline_code`, `charge`, `payment_intent`.
    pub more: Map<String, Value>,
}

impl ApiError {
    /// 400: the request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: ErrorKind::InvalidRequest,
            code: None,
            param: None,
            message: message.into(),
            more: Map::new(),
        }
    }

    /// 429: too many requests.
    pub fn rate_limit() -> Self {
        let message = "Request rate limit exceeded. You can learn more about rate limits here \
                       https://stripe.com/docs/rate-limits.";
        Self { status: 429, ..Self::invalid(message).code("rate_limit") }
    }

    /// 400: a parameter that must be there is not.
    pub fn missing(param: &str) -> Self {
        Self::invalid(format!("Missing required param: {param}."))
            .code("parameter_missing")
            .param(param)
    }

    /// 400: a parameter that is not known.
    pub fn unknown_parameter(param: &str) -> Self {
        Self::invalid(format!("Received unknown parameter: {param}"))
            .code("parameter_unknown")
            .param(param)
    }

    /// 400: a parameter that Stripe knows and this simulator does not act on. Better refused than
    /// silently ignored.
    pub fn not_simulated(param: &str) -> Self {
        Self::invalid(format!("The simulator does not act on `{param}`: leave it out."))
            .code("parameter_unknown")
            .param(param)
    }

    /// 404: the object that the path names is not there. `kind` is Stripe's word, such as
    /// `customer`.
    pub fn not_found(kind: &str, id: &str) -> Self {
        let mut error = Self::no_such(kind, id, "id");
        error.status = 404;
        error
    }

    /// 400: the object that a parameter names is not there.
    pub fn no_such(kind: &str, id: &str, param: &str) -> Self {
        Self::invalid(format!("No such {kind}: '{id}'")).code("resource_missing").param(param)
    }

    /// 402: a payment did not go through.
    pub fn card(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 402, kind: ErrorKind::Card, code: Some(code), ..Self::invalid(message) }
    }

    /// With Stripe's code.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// With the parameter that is wrong.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// With another field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The error object: what is in `error` of an answer, and in `last_payment_error` of an intent.
    pub fn object(&self) -> Value {
        let mut object = self.more.clone();
        if let Some(code) = self.code {
            object.insert("code".to_owned(), json!(code));
            let page = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
            object.insert("doc_url".to_owned(), json!(page));
        }
        if let Some(param) = &self.param {
            object.insert("param".to_owned(), json!(param));
        }
        object.insert("message".to_owned(), json!(self.message));
        object.insert("type".to_owned(), json!(self.kind.as_str()));
        Value::Object(object)
    }
}
