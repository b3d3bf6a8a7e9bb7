//! An HTTP client that adds up how long calls take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Passes calls on and adds up how long they take.
#[derive(Debug, Clone)]
pub struct Watch {
    inner: SharedHttpClient,
    nanoseconds: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
struct WatchedConnector {
    inner: SharedHttpConnector,
    nanoseconds: Arc<AtomicU64>,
}

impl Watch {
    /// Over that client.
    pub fn over(inner: SharedHttpClient) -> Self {
        Self { inner, nanoseconds: Arc::default() }
    }

    /// The client to call with.
    pub fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Begins anew.
    pub fn reset(&self) {
        self.nanoseconds.store(0, Ordering::Relaxed);
    }

    /// How long calls took since then; calls at the same time count each.
    pub fn nanoseconds(&self) -> u64 {
        self.nanoseconds.load(Ordering::Relaxed)
    }
}

impl HttpClient for Watch {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(WatchedConnector { inner, nanoseconds: self.nanoseconds.clone() })
    }
}

impl HttpConnector for WatchedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let watch = self.clone();
        HttpConnectorFuture::new(async move {
            let begun = Instant::now();
            let answer = watch.inner.call(request).await;
            watch.nanoseconds.fetch_add(nanoseconds(begun), Ordering::Relaxed);
            answer
        })
    }
}

/// How long ago.
pub fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
