//! `If-Match`: a write takes effect only on what its caller has read, whoever writes meanwhile.

use bytes::Bytes;
use http::{Method, Request, Response};
use local::Running;
use serde_json::{Value, json};

use crate::subscription::{subscribed, wish};
use crate::world::{cloud, get, open_account, vendor};

/// A request with the vendor's key and headers, made and not yet sent.
fn request(
    cloud: &Running,
    (method, path): (&Method, &str),
    headers: &[(&str, &str)],
    body: &Value,
) -> Request<Bytes> {
    let mut request = Request::builder().method(method.clone()).uri(path);
    request = request.header("authorization", format!("Bearer {}", cloud.vendor_key()));
    if !body.is_null() {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request.body(Bytes::from(body)).unwrap()
}

async fn send(
    cloud: &Running,
    route: (&Method, &str),
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, Value) {
    read(&Box::pin(cloud.send(request(cloud, route, headers, body))).await)
}

fn read(response: &Response<Bytes>) -> (u16, Value) {
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

/// The tag that a read gives.
async fn tag(cloud: &Running, path: &str) -> String {
    let answer =
        Box::pin(cloud.send(request(cloud, (&Method::GET, path), &[], &Value::Null))).await;
    assert_eq!(answer.status(), 200, "GET {path}");
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

fn is_failed(answer: &(u16, Value)) -> bool {
    (answer.0, answer.1["code"].as_str()) == (412, Some("precondition_failed"))
}

/// Everything that can be read and written at one path, with a change of it.
async fn resources(cloud: &Running) -> Vec<(Method, String, Value)> {
    let alert = "/v1/accounts/acme/alert";
    let body = json!({ "threshold": { "amount": 50_000, "currency": "usd" } });
    let (status, set) = vendor(cloud, Method::PUT, alert, &body).await;
    assert_eq!(status, 200, "{set}");
    let member = "/v1/accounts/acme/members/jo";
    let (status, made) = vendor(
        cloud,
        Method::PUT,
        member,
        &json!({ "email": "jo@acme.example", "role": "member" }),
    )
    .await;
    assert!(status < 300, "{made}");
    let url = json!({ "url": "https://hooks.example.com/tollgate", "enabled": true });
    let endpoint = "/v1/event-endpoints/main";
    let (status, made) = vendor(cloud, Method::PUT, endpoint, &url).await;
    assert!(status < 300, "{made}");

    let alert_body = json!({ "threshold": { "amount": 60_000, "currency": "usd" } });
    let endpoint_body = json!({ "url": "https://hooks.example.com/other", "enabled": true });
    let member_body = json!({ "email": "jo@acme.example", "role": "finance" });
    let subscription = "/v1/accounts/acme/subscription".to_owned();
    vec![
        (Method::PATCH, "/v1/accounts/acme".to_owned(), json!({ "name": "Acme Two" })),
        (Method::PUT, alert.to_owned(), alert_body),
        (Method::PUT, member.to_owned(), member_body),
        (Method::PUT, endpoint.to_owned(), endpoint_body),
        (Method::PUT, subscription.clone(), wish("team", "month", 4)),
        (Method::DELETE, subscription, Value::Null),
        (Method::DELETE, alert.to_owned(), Value::Null),
        (Method::DELETE, member.to_owned(), Value::Null),
        (Method::DELETE, endpoint.to_owned(), Value::Null),
    ]
}

/// Goal: with the tag of what is there a change is made; with any other nothing is done, and what
/// is there stays as it is.
#[tokio::test]
async fn a_change_rests_on_what_its_caller_has_read() {
    let cloud = Box::pin(subscribed("team", "month", 3)).await;

    for (method, path, body) in resources(&cloud).await {
        let route = (&method, path.as_str());
        let (before, known) = (get(&cloud, &path).await, tag(&cloud, &path).await);
        for other in ["\"other\"", &format!("W/{known}")] {
            let answer = send(&cloud, route, &[("if-match", other)], &body).await;
            assert!(is_failed(&answer), "{method} {path}: {answer:?}");
        }
        assert_eq!(get(&cloud, &path).await, before, "{method} {path}");

        let (status, answer) = send(&cloud, route, &[("if-match", &known)], &body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        let again = send(&cloud, route, &[("if-match", &known)], &body).await;
        assert!(is_failed(&again), "{method} {path}: {again:?}");
    }
}

/// Goal: a resource that is not there matches no tag, not even `*`; and one that has no tag, because
/// nothing reads it, is not written.
#[tokio::test]
async fn what_is_not_there_matches_nothing() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let any = [("if-match", "*")];

    let member = (&Method::PUT, "/v1/accounts/acme/members/jo");
    let jo = json!({ "email": "jo@acme.example", "role": "member" });
    assert!(is_failed(&send(&cloud, member, &any, &jo).await));
    let details = (&Method::PATCH, "/v1/accounts/acme/billing-details");
    assert!(is_failed(&send(&cloud, details, &any, &json!({ "name": "Other" })).await));
    let unknown = (&Method::PATCH, "/v1/accounts/nobody");
    assert!(is_failed(&send(&cloud, unknown, &any, &json!({ "name": "Other" })).await));
}

/// Goal: the repeat of a change that took effect gets its answer, although the tag is an old one by
/// then.
#[tokio::test]
async fn a_repeat_gets_its_answer() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let path = "/v1/accounts/acme/members/jo";
    let first = json!({ "email": "jo@acme.example", "role": "member" });
    assert!(vendor(&cloud, Method::PUT, path, &first).await.0 < 300);

    let known = tag(&cloud, path).await;
    let headers = [("if-match", known.as_str()), ("idempotency-key", "k-1")];
    let body = json!({ "email": "jo@acme.example", "role": "finance" });
    let made = send(&cloud, (&Method::PUT, path), &headers, &body).await;
    assert_eq!(made.0, 200, "{made:?}");
    assert_eq!(send(&cloud, (&Method::PUT, path), &headers, &body).await, made);
}

/// Goal: of many who have read the same and write at once, exactly one writes; nobody's change is
/// lost without a word.
#[tokio::test]
async fn of_many_at_once_one_writes() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for round in 0..10 {
        let known = tag(&cloud, "/v1/accounts/acme").await;
        let names = (0..8).map(|nth| format!("Acme {round} {nth}"));
        let requests = names.map(|name| {
            let route = (&Method::PATCH, "/v1/accounts/acme");
            request(&cloud, route, &[("if-match", &known)], &json!({ "name": name }))
        });
        let answers = Box::pin(cloud.send_together(requests.collect())).await;
        let answers: Vec<_> = answers.iter().map(read).collect();

        let made: Vec<_> = answers.iter().filter(|answer| answer.0 == 200).collect();
        assert_eq!(made.len(), 1, "{answers:?}");
        let told = |answer: &(u16, Value)| {
            answer.0 == 200 || is_failed(answer) || answer.1["code"] == "change_in_progress"
        };
        assert!(answers.iter().all(told), "{answers:?}");
        assert_eq!(get(&cloud, "/v1/accounts/acme").await["name"], made[0].1["name"]);
    }
}
