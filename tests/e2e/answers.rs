//! What every answer has in common: problems with all their fields, ids, headers, tags and pages.

use bytes::Bytes;
use http::{Method, Request, Response};
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, get, open_account, vendor};

/// Answer to a request of the vendor's with that body as it is, and more headers.
async fn ask(
    cloud: &Running,
    (method, path): (Method, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> Response<Bytes> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", cloud.vendor_key()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Box::pin(cloud.send(request.body(Bytes::from(body.to_owned())).unwrap())).await
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Faults of a refusal as `field code`.
fn faults(answer: &Value) -> Vec<String> {
    let fields = answer["fields"].as_array().into_iter().flatten();
    let words = fields.map(|it| (it["field"].as_str().unwrap(), it["code"].as_str().unwrap()));
    words.map(|(field, code)| format!("{field} {code}")).collect()
}

/// Goal: a refusal has an address, an id that its header has too, and every fault at once.
#[tokio::test]
async fn a_problem_says_everything_at_once() {
    let cloud = cloud().await;
    let body = r#"{"name": 5, "members": [{"id": "jo", "role": 1}], "colour": "red"}"#;

    let response = ask(&cloud, (Method::POST, "/v1/accounts"), &[], body).await;

    let answer = json_of(&response);
    assert_eq!(
        (response.status().as_u16(), &answer["type"]),
        (422, &json!("/problems/invalid_input"))
    );
    assert_eq!(answer["request_id"], header(&response, "x-request-id"));
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    let mut found = faults(&answer);
    found.sort();
    let expected = [
        "colour unknown",
        "email missing",
        "members[0].email missing",
        "members[0].role wrong_type",
        "name wrong_type",
    ];
    assert_eq!(found, expected, "{answer}");
}

/// Goal: broken JSON is 400 on every route that takes a body, and no parser's text comes back.
#[tokio::test]
async fn broken_json_cannot_be_read() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for (method, path) in [
        (Method::POST, "/v1/accounts"),
        (Method::PATCH, "/v1/accounts/acme/billing-details"),
        (Method::POST, "/v1/accounts/acme/api-keys"),
        (Method::PUT, "/v1/accounts/acme/members/jo"),
        (Method::PUT, "/v1/accounts/acme/subscription"),
        (Method::POST, "/v1/accounts/acme/portal-sessions"),
        (Method::PUT, "/v1/accounts/acme/credits/auto-recharge"),
        (Method::POST, "/v1/usage"),
    ] {
        for body in ["{", "", "{\"a\": nope}", "\u{1}"] {
            let response = ask(&cloud, (method.clone(), path), &[], body).await;
            let answer = json_of(&response);
            let found = (response.status().as_u16(), answer["code"].as_str().unwrap());
            assert_eq!(found, (400, "body_unreadable"), "{path} {body:?}");
            assert!(!answer["detail"].as_str().unwrap().contains("expected value"), "{answer}");
        }
        let response = ask(&cloud, (method, path), &[], "[]").await;
        assert_eq!(faults(&json_of(&response)), ["body wrong_type"], "{path}");
    }
}

/// Goal: nothing long of a caller comes back.
#[tokio::test]
async fn nothing_long_is_repeated() {
    let cloud = cloud().await;
    let long = "x".repeat(60_000);
    for body in [json!({ "name": { long.as_str(): 1 } }), json!({ "plan": long, "name": 1 })] {
        let path = (Method::POST, "/v1/accounts");
        let response = ask(&cloud, path, &[], &body.to_string()).await;
        assert!(response.body().len() < 3_000, "{} bytes", response.body().len());
    }
}

/// Goal: a parameter that a route does not take is refused, and a misspelt dry run cancels nothing.
#[tokio::test]
async fn an_unknown_parameter_is_refused() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for (method, path, expected) in [
        (Method::GET, "/v1/accounts/acme?expand=1", "expand unknown"),
        (Method::GET, "/v1/accounts/acme/access?x", "x unknown"),
        (Method::GET, "/v1/accounts/acme/usage?period=February", "period invalid"),
        (Method::GET, "/v1/accounts/acme/members?limit=0", "limit out_of_range"),
        (Method::GET, "/v1/accounts/acme/explain", "field missing"),
        (Method::DELETE, "/v1/accounts/acme/subscription?dryrun=true", "dryrun unknown"),
        (Method::DELETE, "/v1/accounts/acme/subscription?dry_run=yes", "dry_run invalid"),
        (Method::GET, "/openapi.json?v=1", "v unknown"),
    ] {
        let response = ask(&cloud, (method, path), &[], "").await;
        let answer = json_of(&response);
        assert_eq!(
            (response.status().as_u16(), faults(&answer)),
            (422, vec![expected.to_owned()]),
            "{path}"
        );
    }
}

/// Goal: what no route takes is a problem, too, and the right method is named.
#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let cloud = cloud().await;
    for path in
        ["/", "/v2/accounts", "/v1/accounts/acme/nothing", "/problems/nothing", "//evil.example"]
    {
        let response = ask(&cloud, (Method::GET, path), &[], "").await;
        let found = (response.status().as_u16(), json_of(&response)["code"].clone());
        assert_eq!(found, (404, json!("not_found")), "{path}");
    }
    let response = ask(&cloud, (Method::DELETE, "/v1/accounts/acme"), &[], "").await;
    assert_eq!((response.status().as_u16(), header(&response, "allow")), (405, "GET, PATCH"));
    assert_eq!(json_of(&response)["code"], "method_not_allowed");
}

/// Goal: each code that openapi.json names has a page for people, which says what to do.
#[tokio::test]
async fn every_code_has_a_page() {
    let cloud = cloud().await;
    let description = get(&cloud, "/openapi.json").await;
    let codes = description["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    assert!(codes.len() > 60, "{}", codes.len());
    for code in codes {
        let path = format!("/problems/{}", code.as_str().unwrap());
        let response = ask(&cloud, (Method::GET, &path), &[], "").await;
        let page = String::from_utf8(response.body().to_vec()).unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(page.contains("What to do"), "{path}: {page}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    }
    for path in ["/problems", "/problems/"] {
        let response = ask(&cloud, (Method::GET, path), &[], "").await;
        assert_eq!(response.status(), 200, "{path}");
    }
}

/// Goal: no answer is stored or guessed at, and a read that the caller has is 304.
#[tokio::test]
async fn answers_are_not_stored_and_known_ones_not_sent() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let key = r#"{"role": "member"}"#;
    let made = ask(&cloud, (Method::POST, "/v1/accounts/acme/api-keys"), &[], key).await;
    let read = (Method::GET, "/v1/accounts/acme");
    let first = ask(&cloud, read.clone(), &[], "").await;

    for response in [&made, &first] {
        assert_eq!(header(response, "cache-control"), "no-store");
        assert_eq!(header(response, "x-content-type-options"), "nosniff");
    }
    let tag = header(&first, "etag").to_owned();
    let again = ask(&cloud, read.clone(), &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status().as_u16(), again.body().len()), (304, 0));
    let body = json!({ "company": "Acme GmbH" });
    vendor(&cloud, Method::PATCH, "/v1/accounts/acme/billing-details", &body).await;
    let changed = ask(&cloud, read, &[("if-none-match", &tag)], "").await;
    assert_eq!(changed.status(), 200);
    let csv = (Method::GET, "/v1/accounts/acme/credits/transactions.csv");
    let csv = ask(&cloud, csv, &[], "").await;
    assert_eq!(
        header(&csv, "content-disposition"),
        "attachment; filename=\"credits-acme-all.csv\""
    );
}

/// Goal: names and texts that people read hide nothing and break no line.
#[tokio::test]
async fn hidden_characters_are_refused() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for text in ["a\r\nBcc: x", "a\u{0}b", "a\u{202e}b", "a\u{200b}b", "a\u{7}"] {
        for (method, path, body, field) in [
            (Method::POST, "/v1/accounts", json!({ "name": text, "email": "a@b.example" }), "name"),
            (
                Method::POST,
                "/v1/accounts/acme/api-keys",
                json!({ "role": "member", "name": text }),
                "name",
            ),
            (
                Method::PATCH,
                "/v1/accounts/acme/billing-details",
                json!({ "company": text }),
                "company",
            ),
            (
                Method::PUT,
                "/v1/accounts/acme/cancellation-blockers/domain",
                json!({ "detail": text, "clears_by": "x" }),
                "detail",
            ),
        ] {
            let (status, answer) = vendor(&cloud, method, path, &body).await;
            assert_eq!(
                (status, faults(&answer)),
                (422, vec![format!("{field} invalid")]),
                "{path}"
            );
        }
    }
}

/// Goal: a reservation can be read until and behind its end; another's id is unknown.
#[tokio::test]
async fn a_reservation_can_be_read() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let path = "/v1/accounts/acme/credits/reservations";
    let body = json!({ "tokens": 10, "ttl_seconds": 3_600 });
    let (_, made) = vendor(&cloud, Method::POST, path, &body).await;
    let one = format!("{path}/{}", made["id"].as_str().unwrap());

    let read = get(&cloud, &one).await;
    let (status, _) =
        vendor(&cloud, Method::GET, &format!("{path}/res_nothing"), &Value::Null).await;

    assert_eq!(read, made);
    assert_eq!(status, 404);
}
