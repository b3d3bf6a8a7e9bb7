use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

use crate::gate::client;
use crate::tests::{NOON, stub_cloud};

/// Over the wire, as a browser or a program would.
async fn exchange(request: Request<Full<Bytes>>) -> Response<Bytes> {
    let (parts, body) = client().request(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

fn post(url: &str, body: &str) -> Request<Full<Bytes>> {
    Request::post(url).body(Full::from(body.to_owned())).unwrap()
}

fn get(url: &str) -> Request<Full<Bytes>> {
    Request::get(url).body(Full::default()).unwrap()
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn information_has_the_fields_of_the_contract() {
    let cloud = stub_cloud().await;
    let info = json_of(&exchange(get(&format!("{}/_local/info", cloud.gateway_url()))).await);
    assert_eq!(info["gateway"], cloud.gateway_url());
    assert_eq!(info["now"], NOON);
    assert_eq!(info["keys"]["vendor"], cloud.vendor_key());
    assert_eq!(info["keys"]["staff"], cloud.staff_key());
    for name in ["stripe", "dynamodb", "sqs", "control", "webhook_secret", "demo"] {
        assert!(info.get(name).is_some(), "{name} is missing");
    }
}

#[tokio::test]
async fn the_clock_moves_by_lengths_and_to_times_and_never_back() {
    let cloud = stub_cloud().await;
    let url = format!("{}/_local/clock", cloud.gateway_url());
    for (body, status, now) in [
        (json!({ "advance": "0s" }), 200, "2026-11-01T12:00:00Z"),
        (json!({ "advance": "1h" }), 200, "2026-11-01T13:00:00Z"),
        (json!({ "advance": "1mo" }), 200, "2026-12-01T13:00:00Z"),
        (json!({ "to": "2027-01-01T00:00:00Z" }), 200, "2027-01-01T00:00:00Z"),
        (json!({ "to": "2026-01-01T00:00:00Z" }), 200, "2027-01-01T00:00:00Z"),
        (json!({ "advance": "soon" }), 422, ""),
        (json!({ "to": "soon" }), 422, ""),
        (json!({}), 422, ""),
    ] {
        let answer = exchange(post(&url, &body.to_string())).await;
        assert_eq!(answer.status(), status, "{body}");
        if status == 200 {
            assert_eq!(json_of(&answer), json!({ "now": now }), "{body}");
        }
    }
}

#[tokio::test]
async fn a_form_leads_back_to_its_page_and_nowhere_else() {
    let cloud = stub_cloud().await;
    let url = format!("{}/_local/clock", cloud.gateway_url());
    for (from, to) in [
        ("http://127.0.0.1:1/_local/accounts/a", "/_local/accounts/a"),
        ("http://evil.example/elsewhere", "/_local/"),
        ("", "/_local/"),
    ] {
        let mut request = post(&url, "advance=1h");
        let headers = request.headers_mut();
        let form = "application/x-www-form-urlencoded";
        headers.insert("content-type", form.parse().unwrap());
        headers.insert("referer", from.parse().unwrap());
        let answer = exchange(request).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
            (303, to)
        );
    }
}

#[tokio::test]
async fn pages_answer_and_only_under_the_names_of_this_machine() {
    let cloud = stub_cloud().await;
    let unknown = format!("{}/_local/accounts/nobody", cloud.gateway_url());
    assert_eq!(exchange(get(&unknown)).await.status(), 404);
    let home = exchange(get(&format!("{}/", cloud.gateway_url()))).await;
    assert_eq!(home.headers()["location"], "/_local/");
    let mut behind_checkout = get(&format!("{}/", cloud.gateway_url()));
    behind_checkout.headers_mut().insert("sec-fetch-site", "same-site".parse().unwrap());
    assert_eq!(exchange(behind_checkout).await.headers()["location"], "/_local/thanks");
    for path in ["", "/", "/thanks", "/invocations/1", "/style.css", "/queues", "/deliveries"] {
        let url = format!("{}/_local{path}", cloud.gateway_url());
        assert_eq!(exchange(get(&url)).await.status(), 200, "{path}");
        let mut elsewhere = get(&url);
        elsewhere.headers_mut().insert("host", "evil.example".parse().unwrap());
        assert_eq!(exchange(elsewhere).await.status(), 403, "{path}");
        for (origin, status) in
            [("https://evil.example", 403), ("null", 403), ("http://127.0.0.1:3000", 200)]
        {
            let mut sent = get(&url);
            sent.headers_mut().insert("origin", origin.parse().unwrap());
            assert_eq!(exchange(sent).await.status(), status, "{path} from {origin}");
        }
    }
}

#[tokio::test]
async fn faults_are_probabilities() {
    let cloud = stub_cloud().await;
    let url = format!("{}/_local/faults", cloud.gateway_url());
    for (body, status) in [
        (r#"{"throttle": 1, "crash": 0.25, "seed": 7}"#, 200),
        (r#"{"throttle": 2}"#, 422),
        (r#"{"duplicate": 0.5, "api_lost_response": 0.5}"#, 200),
        (r#"{"throttle": 1, "nonsense": 0.5}"#, 422),
        (r#"{"throttle": 1, "crash": 0.25, "seed": 7}"#, 200),
        ("[]", 422),
    ] {
        let request = Request::put(&url).body(Full::from(body)).unwrap();
        assert_eq!(exchange(request).await.status(), status, "{body}");
    }
    let answer = cloud.send(crate::tests::steps(&["put a"])).await;
    assert_eq!(crate::tests::done(&answer), ["ProvisionedThroughputExceededException"]);
}
