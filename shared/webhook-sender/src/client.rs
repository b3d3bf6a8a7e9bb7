//! One POST: headers and body go in, the status or the kind of failure comes out.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::{Error as OpError, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::timeout::TimeoutConfig;
use billing::events::{ANSWER_MILLISECONDS_MAX, FailureKind, Loopback, Outcome, Secret, Target};
use billing::time::Timestamp;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use runtime::environment::LOOPBACK_ENDPOINTS;
use runtime::{EnvironmentError, Host};

use crate::resolver::{NotPublic, PublicOnly};
use crate::signature::{SecretError, signatures};

/// Longest wait for a connection, in milliseconds.
const CONNECT_MILLISECONDS_MAX: u64 = 3_000;
/// Says in the receiver's logs who called.
const AGENT: &str = concat!("tollgate-events/", env!("CARGO_PKG_VERSION"));

/// Sends events.
#[derive(Debug, Clone)]
pub struct Sender {
    http: SharedHttpClient,
    sleep: SharedAsyncSleep,
    loopback: Loopback,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub at: Timestamp,
    /// The event.
    pub body: &'a str,
}

/// Reads the status of an answer and leaves its body where it is.
#[derive(Debug)]
struct StatusOnly;

impl DeserializeResponse for StatusOnly {
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _config: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<OpError>>> {
        Some(Ok(Output::erase(response.status().as_u16())))
    }

    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<OpError>> {
        Ok(Output::erase(response.status().as_u16()))
    }
}

impl Sender {
    /// Built from its configuration. Where receivers on this machine are allowed, the host's own
    /// client is used; everywhere else one that connects to public addresses alone.
    ///
    /// # Errors
    /// A variable is missing or wrong.
    pub fn new(host: &Host) -> Result<Self, EnvironmentError> {
        let loopback = loopback(host)?;
        let http = match loopback {
            Loopback::Allowed => host.http.clone(),
            Loopback::Refused => aws_smithy_http_client::Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_with_resolver(PublicOnly),
        };
        Ok(Self { http, sleep: host.sleep.clone(), loopback })
    }

    /// Rule about receivers on this machine.
    pub fn loopback(&self) -> Loopback {
        self.loopback
    }

    /// Posts an event once.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn post(
        &self,
        url: &str,
        secrets: &[&Secret],
        letter: Letter<'_>,
    ) -> Result<Outcome, SecretError> {
        let signature = signatures(secrets, (letter.id, letter.at), letter.body)?;
        // The address was checked when it was set; the rules may have become stricter since.
        let Ok(target) = Target::parse(url, self.loopback) else {
            return Ok(Outcome::Failed(FailureKind::AddressRefused));
        };
        let Some(request) = request(&target, letter, &signature) else {
            return Ok(Outcome::Failed(FailureKind::AddressRefused));
        };

        match self.operation(&target).invoke(request).await {
            Ok(status) => Ok(Outcome::Answered(status)),
            Err(error) => Ok(Outcome::Failed(kind(&error))),
        }
    }

    fn operation(&self, target: &Target) -> Operation<Call, u16, Infallible> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(CONNECT_MILLISECONDS_MAX))
            .operation_timeout(Duration::from_millis(ANSWER_MILLISECONDS_MAX))
            .build();
        Operation::builder()
            .service_name("Webhook")
            .operation_name("Post")
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .endpoint_url(&target.origin)
            .no_auth()
            .no_retry()
            .timeout_config(timeouts)
            .sleep_impl(self.sleep.clone())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .serializer(|call: Call| Ok(HttpRequest::try_from(call.map(SdkBody::from))?))
            .deserializer_impl::<u16, Infallible>(StatusOnly)
            .build()
    }
}

/// Rule about receivers on this machine, by the configuration.
fn loopback(host: &Host) -> Result<Loopback, EnvironmentError> {
    match host.environment.get(LOOPBACK_ENDPOINTS)? {
        "refused" => Ok(Loopback::Refused),
        "allowed" => Ok(Loopback::Allowed),
        other => Err(EnvironmentError::Wrong {
            name: LOOPBACK_ENDPOINTS,
            value: other.to_owned(),
            expected: "`refused` or `allowed`",
        }),
    }
}

type Call = http::Request<String>;

fn request(target: &Target, letter: Letter<'_>, signature: &str) -> Option<Call> {
    let request = http::Request::post(&target.path)
        .header("webhook-id", letter.id)
        .header("webhook-timestamp", letter.at.0.to_string())
        .header("webhook-signature", signature)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "*/*")
        .header(USER_AGENT, AGENT);
    request.body(letter.body.to_owned()).ok()
}

/// Kind of a failure, without a word of the receiver's.
fn kind(error: &SdkError<Infallible, HttpResponse>) -> FailureKind {
    let is_timeout = matches!(error, SdkError::TimeoutError(_))
        || matches!(error, SdkError::DispatchFailure(failure) if failure.is_timeout());
    if is_timeout {
        return FailureKind::TimedOut;
    }
    let mut source: Option<&dyn Error> = Some(error);
    while let Some(error) = source {
        if error.is::<NotPublic>() {
            return FailureKind::AddressRefused;
        }
        source = error.source();
    }
    FailureKind::NotReached
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn sender(http: SharedHttpClient, loopback: Loopback) -> Sender {
        Sender { http, sleep: runtime::host::real_time(), loopback }
    }

    const LETTER: Letter<'_> =
        Letter { id: "evt_acme_1", at: Timestamp(1_795_338_000), body: "{}" };

    /// Goal: a name that leads to this machine is not connected to, whatever was checked before.
    #[tokio::test]
    async fn a_name_of_this_machine_is_not_connected_to() {
        let secret = crate::new_secret(&[1; 32]);
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_with_resolver(PublicOnly);
        let sender = sender(http, Loopback::Refused);
        let target = Target { origin: "https://localhost".to_owned(), path: "/".to_owned() };
        let request = request(&target, LETTER, "v1,x").unwrap();

        let error = sender.operation(&target).invoke(request).await.unwrap_err();

        assert_eq!(kind(&error), FailureKind::AddressRefused);
        let posted = sender.post("http://127.0.0.1:9/", &[&secret], LETTER).await;
        assert_eq!(posted, Ok(Outcome::Failed(FailureKind::AddressRefused)));
    }

    /// Goal: of an answer only the status is read: one whose body never ends is as good as any.
    #[tokio::test]
    async fn the_body_of_an_answer_is_not_read() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let serving = async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let read = stream.read(&mut request).await.unwrap();
            let head = "HTTP/1.1 202 Accepted\r\ncontent-length: 1000000000\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            let junk = vec![b'x'; 65_536];
            while stream.write_all(&junk).await.is_ok() {}
            String::from_utf8_lossy(&request[..read]).into_owned()
        };
        let secret = crate::new_secret(&[1; 32]);
        let http = aws_smithy_http_client::Builder::new().build_http();

        let post = async { sender(http, Loopback::Allowed).post(&url, &[&secret], LETTER).await };
        let (posted, request) = tokio::join!(post, serving);

        assert_eq!(posted, Ok(Outcome::Answered(202)));
        assert!(request.starts_with("POST /hook HTTP/1.1"), "{request}");
        assert!(request.contains("webhook-id: evt_acme_1"), "{request}");
    }
}
