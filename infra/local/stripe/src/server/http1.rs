//! HTTP/1.1 as Stripe speaks it: who connects, and what an answer looks like.

use std::sync::Arc;

use billing::time::Timestamp;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, LOCATION};
use http::response::Builder;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Simulator, reading};
use crate::engine::{Answer, Asked, Engine};
use crate::pages;

/// Longest body of a request, in bytes.
const BODY_BYTES_MAX: usize = 1_048_576;
/// The log of requests.
const EXCHANGES_PATH: &str = "/_sim/exchanges.jsonl";

/// The caller is to get no answer: the connection is closed.
#[derive(Debug, thiserror::Error)]
#[error("the answer is lost")]
struct Lost;

/// Answers whoever connects. All connections are closed when this is dropped.
pub async fn serve(listener: TcpListener, simulator: Arc<Simulator>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // What fails here is one connection, such as one too many.
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(connection(stream, simulator.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, simulator: Arc<Simulator>) {
    // Without it an answer may wait for the machine to feel like sending it.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(simulator.clone(), request));
    let served = hyper::server::conn::http1::Builder::new();
    // An error is a connection that broke, or one that was to be closed.
    let _ = served.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    simulator: Arc<Simulator>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Lost> {
    let (parts, body) = request.into_parts();
    let now = simulator.now();
    if !reading::is_for_this_machine(&parts.headers) {
        let text = "The simulator answers to 127.0.0.1 and localhost only.";
        return Ok(plain(StatusCode::FORBIDDEN, text, now));
    }
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.", now));
    };
    let body = body.to_bytes();
    let path = parts.uri.path();
    if path == "/v1" || path.starts_with("/v1/") {
        let asked = reading::asked(&parts, &body, simulator.url());
        let answer = simulator.request(&asked);
        return if answer.lost { Err(Lost) } else { Ok(api(&asked, &answer, now)) };
    }
    if path == EXCHANGES_PATH && parts.method == Method::GET {
        let lines = simulator.with_engine(|engine| exchanges(engine));
        let answer = dated(now).header(CONTENT_TYPE, "application/jsonl");
        return Ok(finished(answer, lines.into_bytes()));
    }
    let request = reading::page_request(&parts, &body, simulator.url());
    let page = simulator.with_engine(|engine| pages::handle(engine, &request, now));
    let mut answer = dated(now).status(page.status).header(CONTENT_TYPE, page.content_type);
    if let Some(location) = &page.location {
        answer = answer.header(LOCATION, location);
    }
    Ok(finished(answer, page.body))
}

/// An answer of the API, with the headers that SDKs read.
fn api(asked: &Asked, answer: &Answer, now: Timestamp) -> Response<Full<Bytes>> {
    let mut response = dated(now)
        .status(answer.status)
        .header(CONTENT_TYPE, "application/json")
        .header("request-id", &answer.request_id)
        .header("stripe-version", answer.version.as_str());
    if let Some(key) = &asked.idempotency_key {
        response =
            response.header("idempotency-key", key).header("original-request", &answer.request_id);
    }
    if answer.replayed {
        response = response.header("idempotent-replayed", "true");
    }
    finished(response, serde_json::to_vec_pretty(&answer.body).unwrap_or_default())
}

fn exchanges(engine: &Engine) -> String {
    let answered = engine.log().filter(|exchange| !exchange.answer.lost);
    let lines = answered.map(|exchange| {
        let line = json!({
            "method": exchange.method.as_str(),
            "path": exchange.path,
            "status": exchange.answer.status,
            "version": exchange.answer.version.as_str(),
            "request": exchange.request,
            "response": exchange.answer.body.value(),
        });
        format!("{line}\n")
    });
    lines.collect()
}

fn plain(status: StatusCode, text: &'static str, now: Timestamp) -> Response<Full<Bytes>> {
    let answer = dated(now).status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8");
    finished(answer, text.as_bytes().to_vec())
}

/// With the date of the simulator's clock: what is read from an answer is as old as it says.
fn dated(now: Timestamp) -> Builder {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let date = OffsetDateTime::from_unix_timestamp(now.0).ok();
    let date = date.and_then(|date| date.format(&format).ok()).unwrap_or_default();
    Response::builder().header(DATE, date)
}

/// An answer that cannot be written, such as one that repeats a key with forbidden characters, is
/// empty.
fn finished(answer: Builder, body: Vec<u8>) -> Response<Full<Bytes>> {
    answer.body(Full::from(body)).unwrap_or_else(|_| {
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        answer
    })
}
