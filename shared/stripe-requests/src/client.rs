//! One call: the key and the version go in as headers, the answer and its time come out.

use std::convert::Infallible;
use std::time::Duration;

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::timeout::TimeoutConfig;
use billing::time::Timestamp;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
// The API version that the builders are generated from, so that request and answer are of one
// piece.
use stripe_client_core::VERSION;

use crate::error::{CallError, Refusal};
use crate::key::ApiKey;
use crate::request::Request;

/// Longest wait for a connection, in milliseconds.
pub const CONNECT_MILLISECONDS_MAX: u64 = 1_000;
/// Longest wait for one answer, in milliseconds; after that the outcome is not known. Stripe mostly
/// answers within one second, and a function's time-out has room for two such waits.
pub const CALL_MILLISECONDS_MAX: u64 = 6_000;

/// Says in Stripe's logs who called.
const AGENT: &str = concat!("tollgate/", env!("CARGO_PKG_VERSION"));

/// Stripe, at one address.
#[derive(Debug, Clone)]
pub struct Client {
    operation: Operation<Call, Reply, Infallible>,
    /// The connected account that calls are about; none for the key's own.
    account: Option<String>,
}

/// What Stripe answered with success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Time at which Stripe answered, by its own clock (`Date`): the time of what the answer says.
    pub at: Timestamp,
    /// Stripe's id of the request.
    pub request_id: Option<String>,
    /// True if this is the answer to an earlier call with the same idempotency key: what it says
    /// was true then.
    pub replayed: bool,
    /// JSON.
    pub body: Vec<u8>,
}

/// A request with its headers. Its debug text shows no key: the header is marked as sensitive.
type Call = http::Request<Option<String>>;

/// Any answer.
#[derive(Debug)]
struct Reply {
    status: u16,
    date: Option<String>,
    request_id: Option<String>,
    should_retry: Option<bool>,
    replayed: bool,
    body: Vec<u8>,
}

impl Client {
    /// Stripe at that address (without `/v1`), by that HTTP client; `sleep` ends a call that takes
    /// too long. `account` is the connected account that the calls are about.
    pub fn new(
        http: SharedHttpClient,
        sleep: SharedAsyncSleep,
        url: &str,
        account: Option<&str>,
    ) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(CONNECT_MILLISECONDS_MAX))
            .operation_timeout(Duration::from_millis(CALL_MILLISECONDS_MAX))
            .build();
        let operation = Operation::builder()
            .service_name("Stripe")
            .operation_name("Call")
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .endpoint_url(url)
            .no_auth()
            .no_retry()
            .timeout_config(timeouts)
            .sleep_impl(sleep)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .serializer(|call: Call| {
                let body = |form: Option<String>| form.map_or_else(SdkBody::empty, SdkBody::from);
                Ok(HttpRequest::try_from(call.map(body))?)
            })
            .deserializer(|answer: &HttpResponse| Ok(Reply::of(answer)))
            .build();
        Self { operation, account: account.map(str::to_owned) }
    }

    /// Makes a call, once.
    pub async fn call(&self, request: &Request, key: &ApiKey) -> Result<Answer, CallError> {
        let call = self.dressed(request, key)?;
        let reply = self.operation.invoke(call).await.map_err(|error| no_answer(&error))?;
        let date = reply.date.as_deref().unwrap_or_default();
        let at = DateTime::from_str(date, Format::HttpDate).map(|at| Timestamp(at.secs())).ok();
        if !(200..300).contains(&reply.status) {
            let Reply { status, request_id, should_retry, replayed, body, .. } = reply;
            let refusal = Refusal { at, replayed, ..Refusal::read(status, request_id, &body) };
            return Err(CallError::of_answer(refusal, should_retry));
        }
        let at = at.ok_or_else(|| CallError::Unreadable(format!("`{date}` is not a date")))?;
        let Reply { request_id, replayed, body, .. } = reply;
        Ok(Answer { at, request_id, replayed, body })
    }

    fn dressed(&self, request: &Request, key: &ApiKey) -> Result<Call, CallError> {
        let mut call = http::Request::builder()
            .method(request.method.clone())
            .uri(&request.target)
            .header(AUTHORIZATION, key.header())
            .header("stripe-version", VERSION.as_str())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT);
        if request.form.is_some() {
            call = call.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(key) = &request.idempotency_key {
            call = call.header("idempotency-key", key);
        }
        if let Some(account) = &self.account {
            call = call.header("stripe-account", account);
        }
        // Only what cannot stand in a URL or a header ends here.
        call.body(request.form.clone()).map_err(|error| {
            CallError::Refused(Refusal {
                message: Some(format!("the request cannot be sent: {error}")),
                ..Refusal::default()
            })
        })
    }
}

impl Reply {
    fn of(answer: &HttpResponse) -> Self {
        let header = |name: &str| answer.headers().get(name).map(str::to_owned);
        Self {
            status: answer.status().as_u16(),
            date: header("date"),
            request_id: header("request-id"),
            should_retry: header("stripe-should-retry").and_then(|value| value.parse().ok()),
            replayed: header("idempotent-replayed").is_some_and(|value| value == "true"),
            body: answer.body().bytes().unwrap_or_default().to_vec(),
        }
    }
}

/// Whatever happened, Stripe may have heard of it.
fn no_answer(error: &SdkError<Infallible, HttpResponse>) -> CallError {
    CallError::NoAnswer(DisplayErrorContext(error).to_string())
}
