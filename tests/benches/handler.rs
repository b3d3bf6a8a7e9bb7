//! How long the webhook takes over and above its calls to the table: verify, parse, decide, and the SDK's
//! own work, against the embedded table.
//!
//! `cargo bench -p tests --bench handler` prints the median and the 99th percentile of both, in
//! microseconds, for an `invoice.paid` on an open invoice and for its duplicate.

#![recursion_limit = "256"]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    reason = "a bench reads the clock and prints; its numbers are small"
)]

#[path = "../e2e/stripe.rs"]
#[expect(
    dead_code,
    clippy::indexing_slicing,
    reason = "the tests' events: the bench uses some of them"
)]
mod stripe;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use billing::time::Timestamp;
use local::{Options, Running, start};
use runtime::Request;
use serde_json::{Value, json};
use stripe::Invoice;
use stripe_webhook::StripeWebhook;

/// When it all happens.
const NOW: i64 = 1_795_338_000;
/// How many invoices are paid.
const INVOICES: usize = 2_000;

/// Passes calls on and adds up how long they take.
#[derive(Debug, Clone)]
struct Watch {
    inner: SharedHttpClient,
    nanoseconds: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
struct WatchedConnector {
    inner: SharedHttpConnector,
    nanoseconds: Arc<AtomicU64>,
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

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options { clock: Some(Timestamp(NOW)), seed: Some(1), ..Options::default() };
    let cloud = Box::pin(start(options)).await.expect("the cloud starts");
    let account = json!({
        "id": "acme", "name": "Acme", "email": "a@acme.example", "stripe_customer_id": "cus_acme",
    });
    Box::pin(cloud.call(cloud.vendor_key(), http::Method::POST, "/v1/accounts", &account)).await;
    let mut host = cloud.host("StripeWebhook");
    let watched = Arc::new(AtomicU64::new(0));
    host.http =
        SharedHttpClient::new(Watch { inner: host.http.clone(), nanoseconds: watched.clone() });
    let function = StripeWebhook::new(&host).expect("the environment is complete");
    let invoice = |index: usize| Invoice::automatic(&format!("in_{index}"), "cus_acme", 100, NOW);
    let (mut paid, mut again) = (Vec::new(), Vec::new());
    for index in 0..INVOICES {
        measure(&cloud, &function, &watched, &invoice(index).finalized(NOW)).await;
        let event = invoice(index).paid(NOW);
        paid.push(measure(&cloud, &function, &watched, &event).await);
        again.push(measure(&cloud, &function, &watched, &event).await);
    }
    println!("microseconds over and above the calls | median | p99 | calls themselves, median");
    report("invoice.paid on an open invoice", paid);
    report("its duplicate", again);
}

/// Nanoseconds over and above the calls, and of the calls.
async fn measure(
    cloud: &Running,
    function: &StripeWebhook,
    watched: &AtomicU64,
    event: &Value,
) -> (u64, u64) {
    let signed = cloud.event_request(event.to_string().into_bytes());
    let request = Request {
        route: "POST /webhooks/stripe".to_owned(),
        path: std::collections::BTreeMap::new(),
        query: std::collections::BTreeMap::new(),
        headers: signed.headers().clone(),
        body: Some(signed.body().to_vec()),
        id: String::new(),
    };
    watched.store(0, Ordering::Relaxed);
    let begun = Instant::now();
    let response = Box::pin(function.handle(request)).await;
    let total = nanoseconds(begun);
    assert_eq!(response.status, 200, "{}", response.body);
    let calls = watched.load(Ordering::Relaxed);
    (total.saturating_sub(calls), calls)
}

fn report(what: &str, mut measured: Vec<(u64, u64)>) {
    let at = |sorted: &[(u64, u64)], hundredths: usize| {
        sorted.get(sorted.len() * hundredths / 100).copied().unwrap_or_default()
    };
    measured.sort_unstable();
    let (median, p99) = (at(&measured, 50).0 / 1_000, at(&measured, 99).0 / 1_000);
    measured.sort_unstable_by_key(|(_, calls)| *calls);
    println!("{what} | {median} | {p99} | {}", at(&measured, 50).1 / 1_000);
}
