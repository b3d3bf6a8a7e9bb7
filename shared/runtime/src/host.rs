//! What a function is given when it is built, and the AWS clients made from it.
//!
//! The HTTP client is an argument: in Lambda it speaks TLS, in local mode it is the gate that every
//! call of a function passes. The SDK's own retries are off: they would hide a fault from us, and
//! ours have seeded jitter and know what is safe to repeat.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

use crate::environment::{
    AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SECRETS_MANAGER,
    AWS_ENDPOINT_URL_SESV2, AWS_ENDPOINT_URL_SQS, AWS_REGION, AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN,
};
use crate::{Clock, Entropy, Environment, EnvironmentError, Invocations, Stopwatch};

/// Longest wait for a connection, in milliseconds.
pub const CONNECT_MILLISECONDS_MAX: u64 = 1_000;
pub use invocation::stopwatch::CALL_MILLISECONDS_MAX;

/// What a function is given when it is built.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its configuration.
    pub environment: Environment,
    /// Where it reads the time.
    pub clock: Clock,
    /// Where it draws randomness.
    pub entropy: Entropy,
    /// What its calls to AWS go through.
    pub http: SharedHttpClient,
    /// What ends a call that takes too long. Real time in Lambda; in local mode it never fires,
    /// because there a call may wait at the gate, and only the gate decides what times out.
    pub sleep: SharedAsyncSleep,
    /// Time left to the invocation that the function serves.
    pub stopwatch: Stopwatch,
}

impl Host {
    /// The process's environment, the system's clock and randomness, and TLS: Lambda.
    pub fn of_process() -> Self {
        Self {
            environment: Environment::of_process(),
            clock: Clock::system(),
            entropy: Entropy::system(),
            http: aws_smithy_http_client::Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
            sleep: real_time(),
            stopwatch: Stopwatch::wall(),
        }
    }

    /// Begins invocations with this clock, entropy and stopwatch.
    pub fn invocations(&self) -> Invocations {
        Invocations::new(self.clock.clone(), self.entropy.clone(), self.stopwatch.clone())
    }

    /// Time left to the invocation that the function serves.
    pub fn remaining(&self) -> Duration {
        self.stopwatch.remaining()
    }

    /// A client of DynamoDB.
    pub fn dynamodb(&self) -> Result<aws_sdk_dynamodb::Client, EnvironmentError> {
        let config = self.sdk(AWS_ENDPOINT_URL_DYNAMODB)?;
        Ok(aws_sdk_dynamodb::Client::new(&config))
    }

    /// A client of SQS.
    pub fn sqs(&self) -> Result<aws_sdk_sqs::Client, EnvironmentError> {
        let config = self.sdk(AWS_ENDPOINT_URL_SQS)?;
        Ok(aws_sdk_sqs::Client::new(&config))
    }

    /// A client of SES, for mails.
    pub fn sesv2(&self) -> Result<aws_sdk_sesv2::Client, EnvironmentError> {
        let config = self.sdk(AWS_ENDPOINT_URL_SESV2)?;
        Ok(aws_sdk_sesv2::Client::new(&config))
    }

    /// A client of Secrets Manager.
    pub fn secrets_manager(&self) -> Result<aws_sdk_secretsmanager::Client, EnvironmentError> {
        let config = self.sdk(AWS_ENDPOINT_URL_SECRETS_MANAGER)?;
        Ok(aws_sdk_secretsmanager::Client::new(&config))
    }

    /// How long a function may wait for something that has no limit of its own.
    pub fn patience(&self) -> Patience {
        Patience(self.sleep.clone())
    }

    /// What all clients share, with the endpoint that a variable may name.
    fn sdk(&self, endpoint: &str) -> Result<SdkConfig, EnvironmentError> {
        let region = Region::new(self.environment.get(AWS_REGION)?.to_owned());
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .credentials_provider(SharedCredentialsProvider::new(self.credentials()?))
            .http_client(self.http.clone())
            .sleep_impl(self.sleep.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        config.set_endpoint_url(self.environment.find(endpoint).map(str::to_owned));
        Ok(config.build())
    }

    /// Lambda sets the role's credentials in the environment and replaces the environment before
    /// they expire, so no provider chain is needed.
    fn credentials(&self) -> Result<Credentials, EnvironmentError> {
        Ok(Credentials::new(
            self.environment.get(AWS_ACCESS_KEY_ID)?,
            self.environment.get(AWS_SECRET_ACCESS_KEY)?,
            self.environment.find(AWS_SESSION_TOKEN).map(str::to_owned),
            None,
            "environment",
        ))
    }
}

/// A limit on how long something takes, where the calls in it are many. In local mode it never ends
/// anything.
#[derive(Debug, Clone)]
pub struct Patience(SharedAsyncSleep);

impl Patience {
    /// What comes of some work; nothing when it takes longer: then it is dropped where it stands.
    pub async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        Timeout::new(Box::pin(work), self.0.sleep(limit)).await.ok()
    }
}

/// Time-outs in real time: what any host has that talks to a network.
pub fn real_time() -> SharedAsyncSleep {
    SharedAsyncSleep::new(TokioSleep::new())
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(CONNECT_MILLISECONDS_MAX))
        .operation_timeout(Duration::from_millis(CALL_MILLISECONDS_MAX))
        .build()
}
