//! Posting events to endpoints on this machine, and to nowhere else.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::uri::Scheme;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::deliveries::Outgoing;

/// How long an endpoint may take to answer. Stripe does not publish its own limit.
const ANSWER_SECONDS_MAX: u64 = 20;

/// What posts.
#[derive(Debug, Clone)]
pub struct Courier(Client<HttpConnector, Full<Bytes>>);

impl Default for Courier {
    fn default() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        Self(Client::builder(TokioExecutor::new()).build(tcp))
    }
}

impl Courier {
    /// The endpoint's HTTP status; none when it does not answer, or is not on this machine.
    pub async fn send(&self, outgoing: &Outgoing) -> Option<u16> {
        let url: Uri = outgoing.url.parse().ok()?;
        if !is_here(&url) {
            return None;
        }
        let request = Request::post(url)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
            .header("stripe-signature", &outgoing.signature)
            .body(Full::from(outgoing.body.clone()))
            .ok()?;
        let exchange = async {
            let answer = self.0.request(request).await.ok()?;
            let status = answer.status().as_u16();
            // Read to its end, so that the connection can be used again.
            answer.into_body().collect().await.ok().map(|_| status)
        };
        tokio::time::timeout(Duration::from_secs(ANSWER_SECONDS_MAX), exchange).await.ok().flatten()
    }
}

/// Plain HTTP to this machine.
pub fn is_here(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTP)
        && matches!(url.host(), Some("127.0.0.1" | "localhost" | "[::1]"))
}
