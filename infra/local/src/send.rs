//! Sending event files to a running gateway, signed as Stripe signs.
//!
//! A file holds one event, which is sent with exactly its bytes, or a JSON list of events.

use std::path::PathBuf;

use billing::time::{NotATime, Timestamp};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use runtime::{Clock, Entropy};
use serde::Deserialize;
use serde_json::value::RawValue;
use stripe_wire::signature::SecretsError;

use crate::deliveries::WEBHOOK_PATH;
use crate::gate::{Client, client};
use crate::sign::signature;

/// What to send, and where.
#[derive(Debug, Clone, Default)]
pub struct Letters {
    /// Event files.
    pub files: Vec<PathBuf>,
    /// How often each event is sent.
    pub copies: usize,
    /// The order is shuffled by this seed.
    pub shuffle: Option<u64>,
    /// Where the gateway is.
    pub url: String,
    /// The signing secret; the running instance's own when absent.
    pub secret: Option<String>,
}

/// The events could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A file could not be read.
    #[error("{0} could not be read: {1}")]
    File(PathBuf, #[source] std::io::Error),
    /// A file holds no JSON.
    #[error("{0} holds no event: {1}")]
    NotJson(PathBuf, #[source] serde_json::Error),
    /// The gateway's address is none.
    #[error("`{0}` is not an address: {1}")]
    Address(String, #[source] http::Error),
    /// Nobody answers there.
    #[error("{0} does not answer: {1}. Is `cargo run -p local` running?")]
    NoAnswer(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something answers there, but it is not local mode.
    #[error("{0} is not local mode: name the secret with --secret")]
    NotLocal(String),
    /// The instance's time cannot be read.
    #[error(transparent)]
    Time(#[from] NotATime),
    /// The secret cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretsError),
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Stripe's id of the event.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// HTTP status.
    pub status: u16,
    /// The answer's body.
    pub body: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Head {
    id: String,
    r#type: String,
}

#[derive(Debug, Deserialize)]
struct Info {
    webhook_secret: String,
    now: String,
}

/// Sends all, one after the other, and tells of each.
pub async fn send(letters: &Letters, mut tell: impl FnMut(&Answered)) -> Result<(), SendError> {
    let http = client();
    let mut bodies = Vec::new();
    for file in &letters.files {
        bodies.extend(read(file)?);
    }
    let mut order: Vec<Bytes> = bodies
        .iter()
        .flat_map(|body| std::iter::repeat_n(body.clone(), letters.copies.max(1)))
        .collect();
    if let Some(seed) = letters.shuffle {
        shuffle(&mut order, &Entropy::seeded(seed));
    }
    let info = info(&http, &letters.url).await;
    for body in order {
        let (secret, now) = match (&letters.secret, &info) {
            // A frozen or moved clock must be signed for.
            (None, Ok(info)) => (info.webhook_secret.clone(), Timestamp::parse(&info.now)?),
            (Some(secret), Ok(info)) => (secret.clone(), Timestamp::parse(&info.now)?),
            (Some(secret), Err(SendError::NotLocal(_))) => (secret.clone(), Clock::system().now()),
            (_, Err(_)) => break,
        };
        tell(&post(&http, &letters.url, &secret, now, body).await?);
    }
    match info {
        Err(SendError::NotLocal(_)) if letters.secret.is_some() => Ok(()),
        other => other.map(|_| ()),
    }
}

fn read(file: &PathBuf) -> Result<Vec<Bytes>, SendError> {
    let bytes = std::fs::read(file).map_err(|error| SendError::File(file.clone(), error))?;
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        return Ok(vec![Bytes::from(bytes)]);
    }
    let events: Vec<&RawValue> =
        serde_json::from_slice(&bytes).map_err(|error| SendError::NotJson(file.clone(), error))?;
    let events = events.into_iter().map(|event| Bytes::from(event.get().to_owned()));
    Ok(events.collect())
}

/// Fisher and Yates, with the seed's stream.
fn shuffle(order: &mut [Bytes], entropy: &Entropy) {
    for last in (1..order.len()).rev() {
        let choices = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        let pick = usize::try_from(entropy.below(choices)).unwrap_or(0);
        order.swap(last, pick);
    }
}

async fn info(http: &Client, url: &str) -> Result<Info, SendError> {
    let address = format!("{url}/_local/info");
    let request = Request::get(&address)
        .body(Full::default())
        .map_err(|error| SendError::Address(address.clone(), error))?;
    let (_, body) = exchange(http, url, request).await?;
    serde_json::from_slice(&body).map_err(|_| SendError::NotLocal(url.to_owned()))
}

async fn post(
    http: &Client,
    url: &str,
    secret: &str,
    now: Timestamp,
    body: Bytes,
) -> Result<Answered, SendError> {
    let address = format!("{url}{WEBHOOK_PATH}");
    let head: Head = serde_json::from_slice(&body).unwrap_or_default();
    let request = Request::builder()
        .method(Method::POST)
        .uri(&address)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("stripe-signature", signature(&[secret.to_owned()], now, &body)?)
        .body(Full::new(body))
        .map_err(|error| SendError::Address(address.clone(), error))?;
    let (status, body) = exchange(http, url, request).await?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answered { id: head.id, kind: head.r#type, status, body })
}

async fn exchange(
    http: &Client,
    url: &str,
    request: Request<Full<Bytes>>,
) -> Result<(u16, Bytes), SendError> {
    let no_answer = |error: Box<dyn std::error::Error + Send + Sync>| {
        SendError::NoAnswer(url.to_owned(), error)
    };
    let answer = http.request(request).await.map_err(|error| no_answer(error.into()))?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.map_err(|error| no_answer(error.into()))?;
    Ok((status, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::stub_cloud;

    #[test]
    fn a_seed_is_an_order() {
        let shuffled = |seed| {
            let mut order: Vec<Bytes> = (0..20).map(|n: u8| Bytes::from(vec![n])).collect();
            shuffle(&mut order, &Entropy::seeded(seed));
            order
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
    }

    #[tokio::test]
    async fn events_are_sent_with_their_bytes_and_a_gateway_without_the_route_says_so() {
        let cloud = stub_cloud().await;
        let file = std::env::temp_dir().join(format!("events-{}.json", std::process::id()));
        std::fs::write(&file, r#"[{"id":"evt_1", "type":"a"},{"id":"evt_2","type":"b"}]"#).unwrap();
        let letters = Letters {
            files: vec![file.clone()],
            copies: 2,
            url: cloud.gateway_url().to_owned(),
            secret: Some("whsec_x".to_owned()),
            ..Letters::default()
        };

        let mut told = Vec::new();
        send(&letters, |answered| told.push((answered.id.clone(), answered.status))).await.unwrap();

        std::fs::remove_file(&file).unwrap();
        let expected = ["evt_1", "evt_1", "evt_2", "evt_2"].map(|id| (id.to_owned(), 404));
        assert_eq!(told, expected);
    }
}
