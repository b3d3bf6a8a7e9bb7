//! What happens to a request: who asks, faults, idempotency, route, shape, handler, expansion,
//! version.

use std::collections::VecDeque;

use billing::time::Timestamp;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::{Call, Params};
use crate::error::ApiError;
use crate::faults::Trouble;
use crate::frozen::Frozen;
use crate::idempotency::Idempotency;
use crate::stripe::Stripe;
use crate::versions::Version;
use crate::wire::{form, shape};
use crate::{expand, routes};

/// Requests that are kept, to be looked at.
const EXCHANGES_MAX: usize = 10_000;
/// Shortest secret key that is taken, in characters.
const KEY_CHARS_MIN: usize = 12;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// HTTP method.
    pub method: Method,
    /// Without the query.
    pub path: String,
    /// Form encoded: the query string, and the body.
    pub query: String,
    /// Form encoded.
    pub body: Vec<u8>,
    /// The key after `Bearer`, or the user of basic authentication.
    pub key: Option<String>,
    /// `Stripe-Version`.
    pub version: Option<String>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Where hosted pages are, such as `http://127.0.0.1:3001`.
    pub host: String,
    /// True if faults and the log spare it: it only prepares what is to be looked at.
    pub spared: bool,
    /// Milliseconds by which it comes later than the clock says, by its caller's stopwatch.
    pub late_milliseconds: u64,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer<Body = Value> {
    /// HTTP status.
    pub status: u16,
    /// The object, or `{"error": ...}`.
    pub body: Body,
    /// `Request-Id`.
    pub request_id: String,
    /// True if it was given to this idempotency key before.
    pub replayed: bool,
    /// True if the caller gets it: a fault may lose it on the way.
    pub lost: bool,
    /// The version that it is written in.
    pub version: Version,
}

impl<Body> Answer<Body> {
    /// The same with another body.
    fn with<Other>(&self, body: Other) -> Answer<Other> {
        let Self { status, body: _, request_id, replayed, lost, version } = self;
        let (status, replayed, lost, version) = (*status, *replayed, *lost, *version);
        Answer { status, body, request_id: request_id.clone(), replayed, lost, version }
    }
}

impl Answer {
    /// To be kept.
    pub fn frozen(&self) -> Answer<Frozen> {
        self.with(Frozen::of(&self.body))
    }
}

impl Answer<Frozen> {
    /// To be given.
    pub fn thawed(&self) -> Answer {
        self.with(self.body.value())
    }
}

/// A request and its answer, as the log keeps them.
#[derive(Debug)]
pub struct Exchange {
    /// When.
    pub at: Timestamp,
    /// HTTP method.
    pub method: Method,
    /// Without the query.
    pub path: String,
    /// The parameters.
    pub request: Map<String, Value>,
    /// What was answered.
    pub answer: Answer<Frozen>,
}

/// A Stripe account behind its API. The log is not kept with it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Engine {
    /// What it holds.
    pub stripe: Stripe,
    idempotency: Idempotency,
    #[serde(skip)]
    log: VecDeque<Exchange>,
}

impl Engine {
    /// In front of an account.
    pub fn new(stripe: Stripe) -> Self {
        Self { stripe, idempotency: Idempotency::default(), log: VecDeque::new() }
    }

    /// The newest exchanges, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.log.iter()
    }

    /// Answers a request.
    pub fn request(&mut self, asked: &Asked, now: Timestamp) -> Answer {
        self.stripe.run_due(now);
        let request_id = self.stripe.ids.next("req");
        let decoded = decode(asked);
        let request = decoded.clone().unwrap_or_default();
        let answer = match decoded.and_then(|given| self.admitted(asked, given, &request_id, now)) {
            Ok(answer) => answer,
            Err(error) => failed(&error, &request_id),
        };
        self.stripe.end();
        if !asked.spared {
            let (method, path, answer) =
                (asked.method.clone(), asked.path.clone(), answer.frozen());
            self.keep(Exchange { at: now, method, path, request, answer });
        }
        answer
    }

    fn keep(&mut self, exchange: Exchange) {
        if self.log.len() >= EXCHANGES_MAX {
            self.log.pop_front();
        }
        self.log.push_back(exchange);
    }

    /// A request that can be read: who asks, whether it was asked before, and then the operation.
    fn admitted(
        &mut self,
        asked: &Asked,
        given: Map<String, Value>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Answer, ApiError> {
        authenticated(asked)?;
        let version = Version::asked(asked.version.as_deref())?;
        let endpoint = (&asked.method, asked.path.as_str());
        if !asked.spared && !self.stripe.rates.admits(endpoint, now, asked.late_milliseconds) {
            return Err(ApiError::rate_limit());
        }
        let faults = &mut self.stripe.faults;
        let trouble =
            if asked.spared { None } else { faults.for_request(&asked.method, &asked.path) };
        match &trouble {
            Some(Trouble::Refused(error)) => return Err(error.clone()),
            Some(Trouble::Unheard) => return Ok(unheard(request_id)),
            Some(Trouble::Lost) | None => {}
        }
        let content = json!([asked.method.as_str(), asked.path, given]);
        let key = asked.idempotency_key.as_deref().filter(|_| asked.method == Method::POST);
        if let Some(key) = key
            && let Some(answer) = self.idempotency.find(key, &content, now)?
        {
            return Ok(answer);
        }
        self.stripe.begin(now, request_id, key);
        let result = self.perform(asked, given, request_id);
        let mut answer = match result {
            Ok(body) => Answer {
                status: 200,
                body: version.rewrite(&self.stripe, body),
                request_id: request_id.to_owned(),
                replayed: false,
                lost: false,
                version,
            },
            Err(error) => {
                let failed = failed(&error, request_id);
                let body = version.rewrite(&self.stripe, failed.body);
                Answer { body, version, ..failed }
            }
        };
        if let Some(key) = key {
            self.idempotency.keep(key, &content, &answer, now);
        }
        answer.lost = trouble == Some(Trouble::Lost);
        Ok(answer)
    }

    fn perform(
        &mut self,
        asked: &Asked,
        given: Map<String, Value>,
        request_id: &str,
    ) -> Result<Value, ApiError> {
        let Some((route, path)) = routes::find(&asked.method, &asked.path) else {
            let message = format!(
                "Unrecognized request URL ({}: {}). Please see https://stripe.com/docs or we can \
                 help at https://support.stripe.com/.",
                asked.method, asked.path
            );
            let error = ApiError::invalid(message);
            return Err(ApiError { status: 404, ..error });
        };
        let mut given = shape::check(&asked.method, route.pattern, given)?;
        let paths = given.remove("expand");
        let call = Call {
            path,
            params: Params(given),
            request_id: request_id.to_owned(),
            idempotency_key: asked.idempotency_key.clone(),
            host: asked.host.clone(),
        };
        let mut body = (route.handler)(&mut self.stripe, &call)?;
        let paths = paths.as_ref().and_then(Value::as_array).into_iter().flatten();
        let paths: Vec<String> = paths.filter_map(Value::as_str).map(str::to_owned).collect();
        expand::expand(&self.stripe, &mut body, &paths)?;
        Ok(body)
    }
}

fn decode(asked: &Asked) -> Result<Map<String, Value>, ApiError> {
    let mut given = form::decode(asked.query.as_bytes())?;
    given.extend(form::decode(&asked.body)?);
    Ok(given)
}

/// What a caller does not get who was not heard.
fn unheard(request_id: &str) -> Answer {
    Answer { lost: true, ..failed(&ApiError::invalid("The request was not heard."), request_id) }
}

/// Any test key of twelve characters or more will do.
fn authenticated(asked: &Asked) -> Result<(), ApiError> {
    let unauthorized = |message: String| ApiError { status: 401, ..ApiError::invalid(message) };
    match asked.key.as_deref() {
        None => Err(unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization \
             header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
                .to_owned(),
        )),
        Some(key)
            if (key.starts_with("sk_test_") || key.starts_with("rk_test_"))
                && key.chars().count() >= KEY_CHARS_MIN =>
        {
            Ok(())
        }
        Some(key) => {
            let shown: String = key.chars().take(8).collect();
            Err(unauthorized(format!("Invalid API Key provided: {shown}***")))
        }
    }
}

fn failed(error: &ApiError, request_id: &str) -> Answer {
    let mut object = error.object();
    if let Some(object) = object.as_object_mut() {
        let url = format!("https://dashboard.stripe.com/test/logs/{request_id}");
        object.insert("request_log_url".to_owned(), json!(url));
    }
    Answer {
        status: error.status,
        body: json!({ "error": object }),
        request_id: request_id.to_owned(),
        replayed: false,
        lost: false,
        version: Version::PINNED,
    }
}
