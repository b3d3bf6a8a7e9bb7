//! At the wire: a Stripe on a real port that answers by a script and keeps what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep, TokioSleep};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request as Received, State};
use axum::response::Response;
use billing::ids::{AccountId, CustomerId, InvoiceId};
use billing::time::Timestamp;
use serde_json::{Value, json};

use crate::request::{self, Invoices, NewCustomer};
use crate::{ApiKey, Bound, CallError, Client, Request};

const DATE: &str = "Sun, 22 Nov 2026 09:00:00 GMT";
const NOW: Timestamp = Timestamp(1_795_338_000);

/// An answer: status, headers, body.
type Scripted = (u16, Vec<(&'static str, String)>, String);

/// What a request was.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Default)]
struct Double {
    script: Mutex<Vec<Scripted>>,
    asked: Mutex<Vec<Asked>>,
}

impl Double {
    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }
}

fn ok(body: &Value) -> Scripted {
    (200, vec![("date", DATE.to_owned())], body.to_string())
}

async fn answer(State(double): State<Arc<Double>>, received: Received) -> Response {
    let (parts, body) = received.into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let headers = parts.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    });
    double.asked.lock().unwrap().push(Asked {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let (status, headers, body) = double.script.lock().unwrap().remove(0);
    let answer = Response::builder().status(status);
    let answer =
        headers.into_iter().fold(answer, |answer, (name, value)| answer.header(name, value));
    answer.body(Body::from(body)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a server of a test")]
async fn stripe_of(account: Option<&str>, script: Vec<Scripted>) -> (Client, Arc<Double>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let double = Arc::new(Double { script: Mutex::new(script), ..Double::default() });
    let router = Router::new().fallback(answer).with_state(Arc::clone(&double));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (client(&url, account), double)
}

async fn stripe(script: Vec<Scripted>) -> (Client, Arc<Double>) {
    stripe_of(None, script).await
}

fn client(url: &str, account: Option<&str>) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    Client::new(http, SharedAsyncSleep::new(TokioSleep::new()), url, account)
}

fn key() -> ApiKey {
    ApiKey::parse("sk_test_secret12345").unwrap()
}

fn new_customer<'a>(account: &'a AccountId, email: &'a str) -> NewCustomer<'a> {
    let (intent, name) = ("i1", "Müller & Söhne");
    NewCustomer { account, intent, name, email: Some(email), country: Some("DE") }
}

fn read() -> Request {
    request::customer(&CustomerId::parse("cus_1").unwrap())
}

/// Goal: a call says who it is, which version it speaks, and under which key it is done once.
#[tokio::test]
async fn a_call_carries_key_version_and_idempotency_key() {
    let (stripe, double) = stripe(vec![ok(&json!({ "id": "cus_1" })), ok(&json!({}))]).await;
    let account = AccountId::parse("acme").unwrap();
    let create = request::create_customer(&new_customer(&account, "a+b@acme.example"));
    let create = create.with_idempotency_key("tollgate-1".to_owned());

    let answer = stripe.call(&create, &key()).await.unwrap();
    stripe.call(&read(), &key()).await.unwrap();

    assert_eq!(answer.at, NOW);
    assert_eq!(answer.body, br#"{"id":"cus_1"}"#);
    let asked = double.asked();
    assert_eq!((&*asked[0].method, &*asked[0].target), ("POST", "/v1/customers"));
    for (name, value) in [
        ("authorization", "Bearer sk_test_secret12345"),
        ("stripe-version", "2026-09-30.endive"),
        ("idempotency-key", "tollgate-1"),
        ("content-type", "application/x-www-form-urlencoded"),
    ] {
        assert_eq!(asked[0].header(name), Some(value), "{name}");
    }
    assert_eq!(asked[0].header("stripe-account"), None);
    assert_eq!(
        asked[0].body,
        "address[country]=DE&email=a%2Bb@acme.example&metadata[tollgate_account]=acme&\
         metadata[tollgate_intent]=i1&name=M%C3%BCller+%26+S%C3%B6hne"
    );
    assert_eq!((&*asked[1].method, &*asked[1].target), ("GET", "/v1/customers/cus_1"));
    assert_eq!((asked[1].header("idempotency-key"), asked[1].body.len()), (None, 0));
}

/// Goal: the calls of a stack whose events are a connected account's are about that account.
#[tokio::test]
async fn a_connected_account_is_named() {
    let (connected, double) = stripe_of(Some("acct_1"), vec![ok(&json!({}))]).await;
    connected.call(&read(), &key()).await.unwrap();
    assert_eq!(double.asked()[0].header("stripe-account"), Some("acct_1"));
}

/// Goal: the same request is the same text, whatever order a hash map has.
#[test]
fn a_request_is_the_same_each_time() {
    let account = AccountId::parse("acme").unwrap();
    let once = request::create_customer(&new_customer(&account, "a@acme.example"));
    for _ in 0..50 {
        assert_eq!(request::create_customer(&new_customer(&account, "a@acme.example")), once);
    }
}

/// Goal: whatever an id or an address holds, it stays within its place.
#[test]
fn nothing_leads_out_of_its_parameter() {
    let customer = |id: &str| request::customer(&CustomerId::parse(id).unwrap()).target;
    assert_eq!(
        customer("cus_1/../charges?x=1#y"),
        "/v1/customers/cus_1%2F%2E%2E%2Fcharges%3Fx%3D1%23y"
    );
    let found = request::customers(Some("a&limit=1@x.example"), Timestamp(5), None).target;
    assert_eq!(found, "/v1/customers?created[gte]=5&email=a%26limit%3D1@x.example&limit=100");
    let customer = CustomerId::parse("cus_1").unwrap();
    let invoices = request::invoices(&customer, Invoices::Uncollectible, Some("in_1")).target;
    assert_eq!(
        invoices,
        "/v1/invoices?customer=cus_1&limit=100&starting_after=in_1&status=uncollectible"
    );
    let all = request::subscriptions(&customer, None).target;
    assert_eq!(all, "/v1/subscriptions?customer=cus_1&limit=100&status=all");
    let notes = request::credit_notes(&InvoiceId::parse("in_1").unwrap(), None);
    assert_eq!(notes.target, "/v1/credit_notes?invoice=in_1&limit=100");
    assert_eq!(notes.title(), "GET /v1/credit_notes");
}

/// Goal: each status is the error that says whether waiting helps; Stripe's own word stands above
/// the status.
#[tokio::test]
async fn every_failure_says_whether_waiting_helps() {
    let error = json!({ "error": {
        "type": "invalid_request_error", "code": "some_code", "param": "email",
        "message": "No.", "decline_code": "do_not_honor",
    } });
    for (status, should_retry, name, transient) in [
        (400, None, "Refused", false),
        (402, None, "Refused", false),
        (404, None, "Refused", false),
        (401, None, "Unauthorised", true),
        (403, None, "Unauthorised", true),
        (409, None, "Busy", true),
        (409, Some("false"), "Refused", false),
        (424, None, "Busy", true),
        (429, None, "Busy", true),
        (400, Some("true"), "Busy", true),
        (500, None, "Failed", true),
        (503, Some("false"), "Failed", true),
        (302, None, "Unreadable", false),
    ] {
        let mut headers = vec![("date", DATE.to_owned()), ("request-id", "req_1".to_owned())];
        headers.extend(should_retry.map(|word| ("stripe-should-retry", word.to_owned())));
        let (stripe, _) = stripe(vec![(status, headers, error.to_string())]).await;
        let failure = stripe.call(&read(), &key()).await.unwrap_err();
        let debug = format!("{failure:?}");
        assert!(debug.starts_with(name), "{status} {should_retry:?}: {debug}");
        assert_eq!(failure.is_transient(), transient, "{status} {should_retry:?}");
        if let CallError::Refused(refusal) = &failure {
            assert_eq!(refusal.code.as_deref(), Some("some_code"));
            assert_eq!(refusal.param.as_deref(), Some("email"));
        }
        if name != "Unreadable" {
            let text = failure.to_string();
            assert!(text.contains(&format!("status {status}")), "{text}");
            assert!(text.contains("request req_1") && !text.contains("No."), "{text}");
        }
    }
}

/// Goal: a payment that was declined says by which payment intent, when, and whether that was said
/// before.
#[tokio::test]
async fn a_decline_tells_its_payment_intent() {
    let intent = json!({ "id": "pi_1", "object": "payment_intent" });
    let error = json!({ "error": { "code": "card_declined", "payment_intent": intent } });
    let headers = vec![("date", DATE.to_owned()), ("idempotent-replayed", "true".to_owned())];
    let (stripe, _) = stripe(vec![
        (402, headers, error.to_string()),
        (402, Vec::new(), json!({ "error": { "payment_intent": null } }).to_string()),
    ])
    .await;
    let CallError::Refused(refusal) = stripe.call(&read(), &key()).await.unwrap_err() else {
        panic!("not refused")
    };
    assert_eq!(refusal.payment_intent, Some(intent.to_string()));
    assert_eq!((refusal.at, refusal.replayed), (Some(NOW), true));
    let CallError::Refused(bare) = stripe.call(&read(), &key()).await.unwrap_err() else {
        panic!("not refused")
    };
    assert_eq!((bare.payment_intent, bare.replayed), (None, false));
}

/// Goal: an object that is not there is told apart from every other refusal, and an error without
/// Stripe's own words is an error still.
#[tokio::test]
async fn what_is_missing_is_known_as_missing() {
    let missing = json!({ "error": { "code": "resource_missing", "param": "id" } }).to_string();
    let (stripe, _) =
        stripe(vec![(404, Vec::new(), missing), (404, Vec::new(), "<html>".to_owned())]).await;
    assert!(stripe.call(&read(), &key()).await.unwrap_err().is_missing());
    let other = stripe.call(&read(), &key()).await.unwrap_err();
    assert!(!other.is_missing() && matches!(other, CallError::Refused(_)), "{other}");
}

#[derive(Debug)]
struct AtOnce;

impl AsyncSleep for AtOnce {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

/// Goal: no answer, half an answer and an answer that comes too late are an unknown outcome; an
/// answer without a time is no fact.
#[tokio::test]
async fn no_answer_is_an_unknown_outcome() {
    let unknown = |failure: CallError| {
        assert!(matches!(failure, CallError::NoAnswer(_)), "{failure:?}");
        assert!(failure.is_transient());
    };
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    // It listens and never answers; the time is up at once.
    let http = aws_smithy_http_client::Builder::new().build_http();
    let impatient = Client::new(http, SharedAsyncSleep::new(AtOnce), &url, None);
    unknown(impatient.call(&read(), &key()).await.unwrap_err());
    drop(nobody);
    unknown(client(&url, None).call(&read(), &key()).await.unwrap_err());

    let half = vec![("content-length", "100".to_owned()), ("date", DATE.to_owned())];
    let dateless = (200, vec![("date", "yesterday".to_owned())], "{}".to_owned());
    let (stripe, _) = stripe(vec![(200, half, "{".to_owned()), dateless]).await;
    unknown(stripe.call(&read(), &key()).await.unwrap_err());
    let failure = stripe.call(&read(), &key()).await.unwrap_err();
    assert!(matches!(failure, CallError::Unreadable(_)), "{failure:?}");
}

/// Goal: no error, no log line and no debug text of a call shows the key.
#[tokio::test]
async fn the_key_is_never_printed() {
    let (stripe, _) = stripe(vec![(401, Vec::new(), "{}".to_owned())]).await;
    let refused = stripe.call(&read(), &key()).await.unwrap_err();
    let printed = format!("{refused} {refused:?} {stripe:?} {:?}", key());
    assert!(!printed.contains("secret12345"), "{printed}");
}

/// Goal: a list is followed to its end, object by object as Stripe wrote them; one without an end
/// is not taken for whole.
#[tokio::test]
async fn a_list_is_read_to_its_end_or_not_at_all() {
    let page = |ids: &[&str], has_more: bool| {
        let data: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        ok(&json!({ "object": "list", "data": data, "has_more": has_more }))
    };
    let customer = CustomerId::parse("cus_1").unwrap();
    let all = |after: Option<&str>| request::subscriptions(&customer, after);
    let pages = vec![page(&["sub_3", "sub_2"], true), page(&["sub_1"], false)];
    let (whole, double) = stripe(pages).await;

    let list = whole.list(Bound::OF_A_CUSTOMER, all, &key()).await.unwrap();

    let objects: Vec<&str> = list.objects.iter().map(|object| object.get()).collect();
    assert_eq!(objects, [r#"{"id":"sub_3"}"#, r#"{"id":"sub_2"}"#, r#"{"id":"sub_1"}"#]);
    assert_eq!(list.at, NOW);
    let targets: Vec<String> = double.asked().into_iter().map(|asked| asked.target).collect();
    assert!(!targets[0].contains("starting_after"), "{targets:?}");
    assert!(targets[1].contains("starting_after=sub_2"), "{targets:?}");

    let (endless, double) = stripe(vec![page(&["sub_1"], true); 20]).await;
    let failure = endless.list(Bound::pages(7), all, &key()).await.unwrap_err();
    assert!(matches!(failure, CallError::Unreadable(_)), "{failure:?}");
    assert_eq!(double.asked().len(), 7);
    let (strange, _) = stripe(vec![ok(&json!({ "object": "customer" }))]).await;
    assert!(matches!(
        strange.list(Bound::OF_A_CUSTOMER, all, &key()).await,
        Err(CallError::Unreadable(_))
    ));
}
