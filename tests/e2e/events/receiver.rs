//! A receiver of events on this machine, which answers as it is told and keeps what it gets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use local::Running;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::vendor;

/// A delivery as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub id: String,
    pub timestamp: String,
    pub signatures: Vec<String>,
    pub body: String,
}

/// Answers by status; 200 where nothing else is said.
#[derive(Debug, Default)]
struct Behaviour {
    /// Status for every event.
    all: Option<u16>,
    /// Status for the events of an account.
    of_account: BTreeMap<String, u16>,
    /// Status for one event.
    of_event: BTreeMap<String, u16>,
    /// Body of answers.
    answer: String,
    received: Vec<Received>,
    elsewhere: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Receiver {
    behaviour: Arc<Mutex<Behaviour>>,
    pub url: String,
}

impl Receiver {
    #[expect(clippy::disallowed_methods, reason = "a receiver is outside of the cloud")]
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks?from=tollgate", listener.local_addr().unwrap());
        let receiver = Self { behaviour: Arc::default(), url };
        let router = Router::new()
            .route("/hooks", axum::routing::post(receive))
            .fallback(elsewhere)
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn with<T>(&self, act: impl FnOnce(&mut Behaviour) -> T) -> T {
        act(&mut self.behaviour.lock().unwrap())
    }

    /// Answers every event so; with nothing, 200 again.
    pub fn answers(&self, status: Option<u16>) {
        self.with(|it| it.all = status);
    }

    pub fn answers_account(&self, account: &str, status: u16) {
        self.with(|it| it.of_account.insert(account.to_owned(), status));
    }

    pub fn answers_event(&self, id: &str, status: u16) {
        self.with(|it| it.of_event.insert(id.to_owned(), status));
    }

    pub fn is_well(&self) {
        self.with(|it| {
            it.all = None;
            it.of_account.clear();
            it.of_event.clear();
        });
    }

    /// Answers with such a body.
    pub fn writes(&self, answer: String) {
        self.with(|it| it.answer = answer);
    }

    pub fn received(&self) -> Vec<Received> {
        self.with(|it| it.received.clone())
    }

    /// Ids of what came, in order.
    pub fn ids(&self) -> Vec<String> {
        self.received().into_iter().map(|it| it.id).collect()
    }

    /// Takes what came since the last time.
    pub fn take(&self) -> Vec<String> {
        let received = self.with(|it| std::mem::take(&mut it.received));
        received.into_iter().map(|it| it.id).collect()
    }

    /// Requests that came to another path.
    pub fn elsewhere(&self) -> usize {
        self.with(|it| it.elsewhere)
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    let id = header("webhook-id");
    let signatures = header("webhook-signature").split(' ').map(str::to_owned).collect();
    let timestamp = header("webhook-timestamp");
    let event: Value = serde_json::from_str(&body).unwrap();
    let account = event["account"].as_str().unwrap_or_default().to_owned();
    receiver.with(|it| {
        let status = it.of_event.get(&id).or(it.of_account.get(&account)).copied();
        let status = status.or(it.all).unwrap_or(200);
        it.received.push(Received { id, timestamp, signatures, body });
        let status = StatusCode::from_u16(status).unwrap();
        ([(header::LOCATION, "/elsewhere")], (status, it.answer.clone())).into_response()
    })
}

async fn elsewhere(State(receiver): State<Receiver>) -> &'static str {
    receiver.with(|it| it.elsewhere += 1);
    "elsewhere"
}

/// The signature of Standard Webhooks, made here from the specification.
pub fn signature(secret: &str, received: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.{}", received.id, received.timestamp, received.body).as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Makes an endpoint; its secret.
pub async fn endpoint(cloud: &Running, id: &str, url: &str) -> String {
    let body = json!({ "url": url, "enabled": true });
    let path = format!("/v1/event-endpoints/{id}");
    let (status, made) = vendor(cloud, Method::PUT, &path, &body).await;
    assert_eq!(status, 201, "{made}");
    made["secret"].as_str().unwrap().to_owned()
}

/// POST to an endpoint's route.
pub async fn act(cloud: &Running, path: &str) -> (u16, Value) {
    vendor(cloud, Method::POST, &format!("/v1/event-endpoints/{path}"), &Value::Null).await
}
