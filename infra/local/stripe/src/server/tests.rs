//! Over the wire: what callers send and get, and what endpoints on this machine are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use billing::time::Timestamp;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use stripe_wire::signature::{Secrets, verify};
use tokio::net::TcpListener;

use super::*;
use crate::deliveries::register;
use crate::faults::{Chances, Probability, Script, Trouble};
use crate::testing::NOW;

/// A simulator whose clock the test moves.
async fn started() -> (Running, Arc<AtomicI64>) {
    let time = Arc::new(AtomicI64::new(NOW.0));
    let clock = time.clone();
    let clock: Clock = Arc::new(move || Timestamp(clock.load(Ordering::Relaxed)));
    let running = start(Options { delivers: false, ..Options::new(1, clock) }).await.unwrap();
    (running, time)
}

async fn exchange(request: Request<String>) -> Option<Response<Bytes>> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request.map(|body| Full::new(Bytes::from(body)))).await.ok()?;
    let (parts, body) = answer.into_parts();
    Some(Response::from_parts(parts, body.collect().await.ok()?.to_bytes()))
}

fn get(running: &Running, path: &str) -> http::request::Builder {
    Request::get(format!("{}{path}", running.url()))
        .header("authorization", "Bearer sk_test_1234567890")
}

#[tokio::test]
async fn answers_say_who_when_and_in_which_version() {
    let (running, _) = started().await;
    let request = get(&running, "/v1/nothing").header("idempotency-key", "k");
    let answer = exchange(request.body(String::new()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 404);
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!(header("date"), "Sun, 22 Nov 2026 09:00:00 GMT");
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("stripe-version"), "2026-09-30.endive");
    assert_eq!(header("idempotency-key"), "k");
    assert!(header("request-id").starts_with("req_"));
}

#[tokio::test]
async fn a_key_comes_as_a_bearer_or_as_the_user_of_basic_authentication() {
    let (running, _) = started().await;
    for (authorization, status) in [
        ("Bearer sk_test_1234567890", 404),
        ("Basic c2tfdGVzdF8xMjM0NTY3ODkwOg==", 404),
        ("Bearer sk_live_1234567890", 401),
        ("Basic !", 401),
        ("Digest x", 401),
    ] {
        let request = Request::get(format!("{}/v1/nothing", running.url()))
            .header("authorization", authorization);
        let answer = exchange(request.body(String::new()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{authorization}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_a_closed_connection_and_the_request_took_effect_or_did_not() {
    let (running, _) = started().await;
    for (trouble, answered) in
        [(Trouble::Unheard, false), (Trouble::Lost, false), (Trouble::rate_limit(), true)]
    {
        let path = "/v1/nothing".to_owned();
        running.with_engine(|engine| {
            engine.stripe.faults.script(Script { method: None, path, nth: 1, trouble });
        });
        let answer = exchange(get(&running, "/v1/nothing").body(String::new()).unwrap()).await;
        assert_eq!(answer.is_some(), answered);
    }
    let lines = exchange(get(&running, "/_sim/exchanges.jsonl").body(String::new()).unwrap());
    let lines = String::from_utf8(lines.await.unwrap().into_body().to_vec()).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1, "what was not answered is not in it");
    assert_eq!(lines[0]["status"], 429);
    assert_eq!(lines[0]["path"], "/v1/nothing");
    assert_eq!(lines[0]["response"]["error"]["code"], "rate_limit");
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered_and_small_bodies() {
    let (running, _) = started().await;
    let url = format!("{}/", running.url());
    for (host, body, status) in [
        ("localhost:3001", String::new(), 404),
        ("evil.example", String::new(), 403),
        ("127.0.0.1", "x".repeat(1_048_577), 413),
    ] {
        let request = Request::post(&url).header("host", host).body(body).unwrap();
        assert_eq!(exchange(request).await.unwrap().status(), status, "{host}");
    }
}

/// Takes one request, and answers with 200; the header of the signature, and the body.
async fn take_one(listener: TcpListener) -> (String, Vec<u8>) {
    let (stream, _) = listener.accept().await.unwrap();
    let (told, mut taken) = tokio::sync::mpsc::channel(1);
    let service = service_fn(async |request: Request<Incoming>| {
        let signature = request.headers()["stripe-signature"].to_str().unwrap().to_owned();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        told.send((signature, body.to_vec())).await.unwrap();
        Ok::<_, hyper::Error>(Response::new(Full::<Bytes>::default()))
    });
    let server = hyper::server::conn::http1::Builder::new().keep_alive(false).clone();
    server.serve_connection(TokioIo::new(stream), service).await.unwrap();
    taken.recv().await.unwrap()
}

#[tokio::test]
async fn an_endpoint_on_this_machine_is_sent_signed_events_and_any_other_is_unreachable() {
    let (running, time) = started().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = format!("http://{}/hook", listener.local_addr().unwrap());
    running.with_engine(|engine| {
        let secret = Some("whsec_x".to_owned());
        register(&mut engine.stripe, &here, &["*"], secret);
        register(&mut engine.stripe, "https://127.0.0.1/hook", &["*"], None);
        register(&mut engine.stripe, "http://elsewhere.example/hook", &["*"], None);
        engine.stripe.emit("customer.created", json!({ "id": "cus_1" }));
    });

    let (taken, ()) = tokio::join!(take_one(listener), running.simulator().run_due(NOW));

    let (signature, body) = taken;
    let secrets = Secrets::new(&["whsec_x".to_owned()]).unwrap();
    verify(&secrets, Some(signature.as_bytes()), &body, NOW).unwrap();
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["data"]["object"]["id"], "cus_1");
    assert_eq!(event["pending_webhooks"], 3);
    running.with_engine(|engine| {
        let waiting = engine.stripe.deliveries.all().filter(|delivery| delivery.tries == 1);
        assert_eq!(waiting.count(), 2);
    });
    let due = running.simulator().next_due().unwrap();
    assert_eq!(due, NOW.plus_seconds(300));
    time.store(due.0, Ordering::Relaxed);
    assert!(running.simulator().take_due(due).is_some());
}

#[tokio::test]
async fn by_itself_it_delivers_what_a_change_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let running = start(Options::new(1, Arc::new(|| NOW))).await.unwrap();
    running.with_engine(|engine| {
        register(&mut engine.stripe, &url, &["customer.created"], None);
        engine.stripe.faults.set(Chances { reorder: Probability::ALWAYS, ..Chances::default() });
        engine.stripe.emit("customer.created", json!({ "id": "cus_1" }));
    });
    let (_, body) = take_one(listener).await;
    assert!(String::from_utf8(body).unwrap().contains("cus_1"));
}
