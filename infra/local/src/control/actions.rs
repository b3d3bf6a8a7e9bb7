//! What the control page and programs can do: move the clock, send an event again, redrive, faults.
//!
//! A form comes back to the page it stands on; anything else gets JSON.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use billing::time::Timestamp;
use http::header::{CONTENT_TYPE, REFERER};
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::faults::Asked;
use crate::cloud::Cloud;

/// Where forms come back to unless they say where they stood.
const HOME: &str = "/_local/";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Move {
    advance: Option<String>,
    to: Option<String>,
}

/// `POST /_local/clock`
pub async fn clock(State(cloud): State<Arc<Cloud>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = is_form(&headers, &body);
    let moved = match read_move(form, &body) {
        Some(Move { advance: Some(length), to: None }) => {
            let moved = cloud.timeline.advance(&length).await;
            moved.map_err(|error| error.to_string())
        }
        Some(Move { advance: None, to: Some(to) }) => match Timestamp::parse(&to) {
            Ok(to) => Ok(cloud.timeline.advance_to(to).await),
            Err(error) => Err(error.to_string()),
        },
        Some(_) | None => Err("`{\"advance\": \"1h\"}` or `{\"to\": \"...\"}` is expected".into()),
    };
    match moved {
        Ok(now) => done(form, &headers, &json!({ "now": now.to_string() })),
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}

/// `POST /_local/deliveries/{event}/resend`
pub async fn resend(
    State(cloud): State<Arc<Cloud>>,
    Path(event): Path<String>,
    headers: HeaderMap,
) -> Response {
    if cloud.webhook.resend(&event) {
        cloud.timeline.run_due().await;
        let newest = cloud.deliveries.of(&event);
        let status = newest.as_ref().map(|newest| newest.status);
        let body = newest.map(|newest| json!({ "outcome": newest.outcome }));
        let answer = json!({ "status": status, "body": body });
        return done(is_form(&headers, b""), &headers, &answer);
    }
    let Some(body) = cloud.deliveries.body(&event) else {
        return refused(StatusCode::NOT_FOUND, "this event's body is not kept");
    };
    let answer = cloud.gateway.handle(cloud.event_request(body)).await;
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let answer = json!({ "status": answer.status().as_u16(), "body": body });
    done(is_form(&headers, b""), &headers, &answer)
}

/// `POST /_local/queues/{name}/redrive`
pub async fn redrive(
    State(cloud): State<Arc<Cloud>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    match cloud.queues.redrive(&name) {
        Ok(moved) => {
            cloud.timeline.run_due().await;
            done(is_form(&headers, b""), &headers, &json!({ "moved": moved }))
        }
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}

/// `PUT /_local/faults`
pub async fn faults(State(cloud): State<Arc<Cloud>>, body: Bytes) -> Response {
    let Ok(Value::Object(asked)) = serde_json::from_slice::<Value>(&body) else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "an object is expected");
    };
    match Asked::read(&asked) {
        Ok(asked) => {
            asked.set(&cloud);
            done(false, &HeaderMap::new(), &json!({}))
        }
        Err(text) => refused(StatusCode::UNPROCESSABLE_ENTITY, &text),
    }
}

/// `POST /_local/faults`, from the page's form.
pub async fn faults_form(
    State(cloud): State<Arc<Cloud>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let clear = fields.iter().any(|(name, _)| name == "clear");
    let fields = fields.into_iter().filter(|(_, value)| !clear && !value.is_empty());
    let asked: Result<Map<String, Value>, _> =
        fields.map(|(name, value)| Ok((name, serde_json::from_str(&value)?))).collect();
    let asked = asked.map_err(|error: serde_json::Error| error.to_string());
    match asked.and_then(|asked| Asked::read(&asked)) {
        Ok(asked) => {
            asked.set(&cloud);
            done(true, &headers, &json!({}))
        }
        Err(text) => refused(StatusCode::UNPROCESSABLE_ENTITY, &text),
    }
}

fn read_move(form: bool, body: &[u8]) -> Option<Move> {
    if !form {
        return serde_json::from_slice(body).ok();
    }
    let mut asked = Move::default();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "advance" => asked.advance = Some(value.into_owned()),
            "to" => asked.to = Some(value.into_owned()),
            _ => return None,
        }
    }
    Some(asked)
}

/// True for a body that a page's form sent. A body of JSON is none, though curl calls it a form.
fn is_form(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    kind && !body.trim_ascii_start().starts_with(b"{")
}

fn done(form: bool, headers: &HeaderMap, answer: &Value) -> Response {
    if !form {
        return ([("content-type", "application/json")], answer.to_string()).into_response();
    }
    // Only the path is taken: a form never leads away from this machine.
    let from = headers.get(REFERER).and_then(|from| from.to_str().ok());
    let from = from.and_then(|from| from.parse::<Uri>().ok());
    let path = from.as_ref().map(Uri::path).filter(|path| path.starts_with(HOME));
    Redirect::to(path.unwrap_or(HOME)).into_response()
}

pub fn refused(status: StatusCode, detail: &str) -> Response {
    let headers = [("content-type", "application/json")];
    (status, headers, json!({ "error": detail }).to_string()).into_response()
}
