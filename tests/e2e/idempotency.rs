//! An Idempotency-Key that cannot be read is refused. Taken for an absent one, it would let a
//! repeated request act twice (XG1).

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, open_account};

/// Routes that know an Idempotency-Key, each with a body that it takes.
fn routes(cloud: &Running) -> Vec<(Method, &'static str, &str, Value)> {
    let account = json!({ "id": "other", "name": "Other", "email": "billing@other.example" });
    let change = json!({
        "price": "tollgate_team_month", "new_amount": 5_900, "effective_at": "2027-03-01T00:00:00Z",
    });
    let (vendor, staff) = (cloud.vendor_key(), cloud.staff_key());
    vec![
        (Method::POST, "/v1/accounts", vendor, account),
        (Method::POST, "/v1/accounts/acme/api-keys", vendor, json!({ "role": "finance" })),
        (
            Method::PUT,
            "/v1/accounts/acme/subscription",
            vendor,
            json!({ "plan": "team", "interval": "month", "seats": 3 }),
        ),
        (Method::POST, "/v1/accounts/acme/credits/deductions", vendor, json!({ "tokens": 1 })),
        (
            Method::POST,
            "/v1/accounts/acme/credits/reservations",
            vendor,
            json!({ "tokens": 1, "ttl_seconds": 60 }),
        ),
        (Method::POST, "/v1/accounts/acme/credits/purchases", vendor, json!({ "pack": "starter" })),
        (
            Method::POST,
            "/v1/staff/accounts/acme/credits/adjustments",
            staff,
            json!({ "tokens": 1, "reason": "a gift" }),
        ),
        (Method::POST, "/v1/staff/price-changes", staff, change),
    ]
}

/// Status and code of a request with that key of the caller's and that Idempotency-Key.
async fn answer(
    cloud: &Running,
    (method, path, body): (&Method, &str, &Value),
    caller: Option<&str>,
    key: &[u8],
) -> (u16, String) {
    let mut request = Request::builder()
        .method(method.clone())
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", HeaderValue::from_bytes(key).unwrap());
    if let Some(caller) = caller {
        request = request.header("authorization", format!("Bearer {caller}"));
    }
    let request = request.body(Bytes::from(body.to_string())).unwrap();
    let response = Box::pin(cloud.send(request)).await;
    let body: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response.status().as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
}

fn writes(cloud: &Running) -> usize {
    let calls = cloud.gate().calls();
    calls.iter().filter(|call| call.operation == "DynamoDB.TransactWriteItems").count()
}

/// Goal: an Idempotency-Key that is not printable ASCII of 1 to 255 characters is 422 on every
/// route that knows one, and nothing is written. A caller without a valid API key gets 401 first.
#[tokio::test]
async fn an_unreadable_key_is_refused_behind_the_caller() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    cloud.gate().forget_calls();
    let long = "k".repeat(256);
    let unreadable = ["büro-42".as_bytes(), b"b\xfcro-42", b"", b"tab\tin", long.as_bytes()];
    for (method, path, caller, body) in &routes(&cloud) {
        let what = (method, *path, body);
        for key in unreadable {
            let at = format!("{method} {path} with {:?}", String::from_utf8_lossy(key));

            let refused = answer(&cloud, what, Some(caller), key).await;
            let (unknown, _) = answer(&cloud, what, Some("sk_nobody"), key).await;
            let (absent, _) = answer(&cloud, what, None, key).await;

            assert_eq!(refused, (422, "idempotency_key_invalid".to_owned()), "{at}");
            assert_eq!((unknown, absent), (401, 401), "{at}");
        }
    }
    assert_eq!(writes(&cloud), 0, "something was written");
}

/// Goal: the longest key, and every printable character, are taken.
#[tokio::test]
async fn a_printable_key_is_taken() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let printable: String = (b'!'..=b'~').map(char::from).collect();
    let longest = "k".repeat(255);
    for key in [&printable, &longest] {
        for (method, path, caller, body) in &routes(&cloud) {
            let (status, code) =
                answer(&cloud, (method, path, body), Some(caller), key.as_bytes()).await;
            assert!(status < 300 || status == 409, "{method} {path} with {key}: {status} {code}");
        }
    }
}
