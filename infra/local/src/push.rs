//! `catalog push`: puts what is sold into a Stripe, and says what it does. Local mode's own
//! simulator gets the catalog at the start by the same path, without a socket.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::{DateTime, Format};
use catalog::difference::{Step, difference};
use catalog::{Catalog, CatalogError};
use http::Uri;
use http::header::DATE;
use runtime::{Environment, Host};
use stripe_client::StripeError;
use stripe_client::catalog::{at_stripe, request};
use stripe_requests::key::NotAKey;
use stripe_requests::{ApiKey, CallError, Client};
use stripe_simulator::{Asked, Simulator};

use crate::cloud::STRIPE_KEY;
use crate::gate::endless_sleep;
use crate::ports::STRIPE_PORT;

/// Where the key is that the command calls Stripe with.
const KEY_VARIABLE: &str = "STRIPE_SECRET_KEY";

/// What the command was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Where Stripe's API answers; nothing for the simulator of the instance that runs on this
    /// machine.
    pub url: Option<String>,
    /// True if a live key may be used.
    pub live: bool,
    /// True if it is only told what would be done.
    pub dry_run: bool,
}

/// The catalog was not pushed, or not all of it: the same again goes on.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The catalog is wrong.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// There is no key for another Stripe than the simulator.
    #[error("put the key of {0} into the environment variable {KEY_VARIABLE}")]
    NoKey(String),
    /// What is there is no key.
    #[error("{KEY_VARIABLE}: {0}")]
    NotAKey(#[from] NotAKey),
    /// The key moves real money, and nobody said that it should.
    #[error("{KEY_VARIABLE} is a live key: say --live to change what is really sold")]
    Live,
    /// The key would travel in the open.
    #[error("`{0}` is neither https:// nor on this machine: the key would be sent in the open")]
    Open(String),
    /// Stripe could not be read.
    #[error(transparent)]
    Ask(#[from] StripeError),
    /// A step failed.
    #[error("{step}\n  failed: {source}")]
    Step {
        /// The step's line.
        step: String,
        /// Why.
        #[source]
        source: CallError,
    },
}

/// Pushes the catalog of the functions; `told` hears each step before it is done. The key is in the
/// environment.
pub async fn push(
    asked: &Push,
    environment: &Environment,
    told: impl FnMut(&Step),
) -> Result<(), PushError> {
    let catalog = catalog::deployed()?;
    let local = format!("http://127.0.0.1:{STRIPE_PORT}");
    let url = asked.url.clone().unwrap_or(local);
    if !is_safe(&url) {
        return Err(PushError::Open(url));
    }
    let key = match (environment.find(KEY_VARIABLE), &asked.url) {
        (Some(key), _) => ApiKey::parse(key)?,
        (None, None) => ApiKey::parse(STRIPE_KEY)?,
        (None, Some(_)) => return Err(PushError::NoKey(url)),
    };
    if key.is_live() && !asked.live {
        return Err(PushError::Live);
    }
    let Host { http, sleep, .. } = Host::of_process();
    let client = Client::new(http, sleep, &url, None);
    if asked.dry_run {
        let there = at_stripe(&catalog, &client, &key).await?;
        difference(&catalog, &there).iter().for_each(told);
        return Ok(());
    }
    put(&catalog, &client, &key, told).await
}

/// True if a key may be sent there.
fn is_safe(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let here = matches!(url.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme_str() == Some("https") || (here && url.scheme_str() == Some("http"))
}

async fn put(
    catalog: &Catalog,
    client: &Client,
    key: &ApiKey,
    mut told: impl FnMut(&Step),
) -> Result<(), PushError> {
    let there = at_stripe(catalog, client, key).await?;
    for step in difference(catalog, &there) {
        told(&step);
        let Some(request) = request(&step) else { continue };
        let done = client.call(&request, key).await;
        done.map_err(|source| PushError::Step { step: step.to_string(), source })?;
    }
    Ok(())
}

/// Puts the catalog into the simulator, as it is there when functions first ask.
pub(crate) async fn fill(simulator: &Arc<Simulator>, catalog: &Catalog) -> Result<(), PushError> {
    let http = SharedHttpClient::new(Inside(simulator.clone()));
    let client = Client::new(http, endless_sleep(), simulator.url(), None);
    put(catalog, &client, &ApiKey::parse(STRIPE_KEY)?, |_| {}).await
}

/// HTTP into the simulator of this process, without a socket: the start of a cloud is to be short.
#[derive(Debug, Clone)]
struct Inside(Arc<Simulator>);

impl HttpClient for Inside {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Inside {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.answer(request))
    }
}

impl Inside {
    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request =
            request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let answer = self.0.request(&Asked {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            body: request.body().bytes().unwrap_or_default().to_vec(),
            key: Some(STRIPE_KEY.to_owned()),
            host: self.0.url().to_owned(),
            spared: true,
            ..Asked::default()
        });
        let date = DateTime::from_secs(self.0.now().0).fmt(Format::HttpDate);
        let date = date.map_err(|error| ConnectorError::user(error.into()))?;
        let answer = http::Response::builder()
            .status(answer.status)
            .header(DATE, date)
            .body(SdkBody::from(answer.body.to_string()))
            .map_err(|error| ConnectorError::user(error.into()))?;
        HttpResponse::try_from(answer).map_err(|error| ConnectorError::user(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_sent_in_the_open() {
        for url in ["https://api.stripe.com", "http://127.0.0.1:3001", "http://localhost:1"] {
            assert!(is_safe(url), "{url}");
        }
        for url in ["http://api.stripe.com", "http://127.0.0.1.example", "ftp://localhost", "x"] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
