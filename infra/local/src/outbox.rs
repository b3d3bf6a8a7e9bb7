//! A double of SES: `SendEmail` of its API v2, and the outbox in which each mail stays to be looked
//! at.
//!
//! It accepts everything but mails to addresses of `refused.example`, which it rejects as SES does
//! for an address that it suppresses.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::VirtualClock;
use crate::tasks::lock;

/// Path of `SendEmail`.
pub const PATH: &str = "/v2/email/outbound-emails";
/// Domain whose addresses are refused.
const REFUSED: &str = "@refused.example";

/// A mail that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMail {
    /// Id that SES answered.
    pub id: String,
    /// Virtual time.
    pub at: String,
    /// Sender.
    pub from: String,
    /// Address for answers.
    pub reply_to: Option<String>,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Page of HTML.
    pub html: String,
    /// Further headers, each `name: value`.
    pub headers: Vec<String>,
}

/// The outbox.
#[derive(Debug)]
pub struct Outbox {
    clock: VirtualClock,
    mails: Mutex<Vec<SentMail>>,
}

impl Outbox {
    /// An empty one.
    pub fn new(clock: VirtualClock) -> Self {
        Self { clock, mails: Mutex::default() }
    }

    /// Every accepted mail, the oldest first.
    pub fn mails(&self) -> Vec<SentMail> {
        lock(&self.mails).clone()
    }

    /// A mail by its place.
    pub fn mail(&self, place: usize) -> Option<SentMail> {
        lock(&self.mails).get(place).cloned()
    }

    /// Goes on with these.
    pub fn go_on(&self, mails: Vec<SentMail>) {
        *lock(&self.mails) = mails;
    }

    /// Keeps a mail; its id.
    fn keep(&self, request: &Value) -> String {
        let text = |pointer: &str| {
            let text = request.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let headers = request.pointer("/Content/Simple/Headers").and_then(Value::as_array);
        let header = |it: &Value| {
            let part = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
            format!("{}: {}", part("Name"), part("Value"))
        };
        let mut mails = lock(&self.mails);
        let id = format!("local-{:08}", mails.len().saturating_add(1));
        mails.push(SentMail {
            id: id.clone(),
            at: self.clock.now().to_string(),
            from: text("/FromEmailAddress"),
            reply_to: Some(text("/ReplyToAddresses/0")).filter(|address| !address.is_empty()),
            to: text("/Destination/ToAddresses/0"),
            subject: text("/Content/Simple/Subject/Data"),
            text: text("/Content/Simple/Body/Text/Data"),
            html: text("/Content/Simple/Body/Html/Data"),
            headers: headers.into_iter().flatten().map(header).collect(),
        });
        id
    }
}

/// The route.
pub fn serve(outbox: Arc<Outbox>) -> Router {
    Router::new().route(PATH, post(send)).with_state(outbox)
}

async fn send(State(outbox): State<Arc<Outbox>>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let to = request.pointer("/Destination/ToAddresses").and_then(Value::as_array);
    let to: Vec<&str> = to.into_iter().flatten().filter_map(Value::as_str).collect();
    match to.as_slice() {
        [one] if one.ends_with(REFUSED) => answer(
            StatusCode::BAD_REQUEST,
            &refusal("MessageRejected", "The address is suppressed."),
        ),
        [_] => answer(StatusCode::OK, &json!({ "MessageId": outbox.keep(&request) })),
        _ => {
            let detail = "local mode's SES sends to one address at a time";
            answer(StatusCode::BAD_REQUEST, &refusal("BadRequestException", detail))
        }
    }
}

fn refusal(kind: &str, detail: &str) -> Value {
    json!({ "__type": kind, "message": detail })
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
