//! The budget of an account: requests in a minute that call Stripe (XG8).

use aws_sdk_dynamodb::types::AttributeValue;
use billing::budget::{KEY_REQUESTS_ADDED, KEY_REQUESTS_MAX, Minute, REQUESTS_MAX};
use bytes::Bytes;
use http::{Method, Request, Response};
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use crate::dashboard::Browser;
use crate::world::{TABLE, cloud, dynamodb, has_fired, open_account, script, vendor};

/// An invoice that nobody has: to ask for it reads no more than the caller's key.
const UNKNOWN: &str = "/v1/accounts/acme/invoices/in_none";

fn asks(key: &str) -> Request<Bytes> {
    let request = Request::builder().method(Method::GET).uri(UNKNOWN);
    let request = request.header("authorization", format!("Bearer {key}"));
    request.body(Bytes::new()).unwrap()
}

async fn answers(cloud: &Running, key: &str, count: u64) -> Vec<Response<Bytes>> {
    let requests = (0..count).map(|_| asks(key));
    Box::pin(cloud.send_together(requests.collect())).await
}

async fn one(cloud: &Running, key: &str, path: &str) -> (u16, Value) {
    Box::pin(cloud.call(key, Method::GET, path, &Value::Null)).await
}

/// Goal: of any number of requests at once an account has its budget of them; the others say how
/// long to wait, and call nobody. A minute later it has a new one. Usage, credits, access, other
/// accounts and staff are not held up.
#[tokio::test]
async fn an_account_that_asks_without_end_waits() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    open_account(&cloud, "other").await;
    let key = cloud.vendor_key().to_owned();

    let all = answers(&cloud, &key, REQUESTS_MAX + 40).await;
    let (refused, had): (Vec<_>, Vec<_>) = all.iter().partition(|answer| answer.status() == 429);
    assert!(had.iter().all(|answer| answer.status() == 404));
    assert_eq!(had.len(), usize::try_from(REQUESTS_MAX).unwrap());
    for answer in refused {
        let problem: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(
            (&answer.headers()["retry-after"], &problem["code"]),
            (&"60".parse().unwrap(), &json!("rate_limited"))
        );
        assert!(problem["detail"].as_str().unwrap().contains("Wait for 60 seconds"), "{problem}");
    }

    cloud.gate().forget_calls();
    assert_eq!(one(&cloud, &key, "/v1/accounts/acme/invoices/upcoming").await.0, 429);
    assert!(cloud.gate().calls().iter().all(|call| !call.operation.starts_with("Stripe.")));
    for path in ["access", "credits", "usage", "invoices", "subscription"] {
        assert_eq!(one(&cloud, &key, &format!("/v1/accounts/acme/{path}")).await.0, 200);
    }
    let upcoming = "/v1/accounts/other/invoices/upcoming";
    assert_eq!(one(&cloud, &key, upcoming).await.0, 200);
    let staff = cloud.staff_key().to_owned();
    assert_eq!(one(&cloud, &staff, &upcoming.replace("other", "acme")).await.0, 200);

    cloud.clock().advance("1m").await.unwrap();
    assert_eq!(one(&cloud, &key, UNKNOWN).await.0, 404);
}

/// Goal: a budget that others write at the same time is tried again, and is not called spent.
#[tokio::test]
async fn a_conflict_is_no_spent_budget() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    // The first call reads the key.
    let conflict = Script::at("Invoices", 2, Fault::Conflict);
    script(&cloud, &conflict);
    let key = cloud.vendor_key().to_owned();

    let (status, answer) = one(&cloud, &key, UNKNOWN).await;

    assert!(has_fired(&cloud, &conflict));
    assert_eq!((status, &answer["code"]), (404, &json!("not_found")), "{answer}");
}

/// Goal: a visitor of the dashboard draws on the same budget, and the page says to wait.
#[tokio::test]
async fn a_page_says_to_wait() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let member = json!({ "email": "ann@acme.example", "role": "finance" });
    let path = "/v1/accounts/acme/members/ann";
    assert_eq!(vendor(&cloud, Method::PUT, path, &member).await.0, 200);
    let mut browser = Browser::signed_in(&cloud, "acme", "ann").await;
    let key = cloud.vendor_key().to_owned();
    answers(&cloud, &key, REQUESTS_MAX).await;

    let page = browser.get("/billing/acme/invoices/in_none").await;
    assert_eq!(page.status, 429);
    assert!(page.text.contains("in a minute"), "{}", page.text);
    assert_eq!(browser.get("/billing/acme/invoices").await.status, 200);
}

/// Goal: a key of an account that has had its requests of a minute, at this function or at others,
/// is refused until the next; other keys of the account and the vendor's are not held up, and the
/// table is written once for many requests.
#[tokio::test]
async fn a_key_that_asks_without_end_waits() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let vendor = cloud.vendor_key().to_owned();
    let mut keys = Vec::new();
    for name in ["loop", "other"] {
        let body = json!({ "role": "member", "name": name });
        let path = "/v1/accounts/acme/api-keys";
        let (status, made) = Box::pin(cloud.call(&vendor, Method::POST, path, &body)).await;
        assert_eq!(status, 201, "{made}");
        keys.push((
            made["id"].as_str().unwrap().to_owned(),
            made["secret"].as_str().unwrap().to_owned(),
        ));
    }
    let [(id, key), (_, other)] = keys.as_slice() else { panic!("two keys") };
    let access = "/v1/accounts/acme/access";

    // What other warm functions counted of this minute.
    let minute = Minute::of(cloud.clock().now()).begins_at;
    let counted = KEY_REQUESTS_MAX - KEY_REQUESTS_ADDED + 1;
    let item = dynamodb(&cloud).put_item().table_name(TABLE);
    item.item("pk", AttributeValue::S("ACCOUNT#acme".to_owned()))
        .item("sk", AttributeValue::S(format!("BUDGET#{minute}#{id}")))
        .item("requests", AttributeValue::N(counted.to_string()))
        .send()
        .await
        .unwrap();

    for _ in 1..KEY_REQUESTS_ADDED {
        assert_eq!(one(&cloud, key, access).await.0, 200);
    }
    cloud.gate().forget_calls();
    let (status, problem) = one(&cloud, key, access).await;
    assert_eq!((status, &problem["code"]), (429, &json!("rate_limited")), "{problem}");
    assert_eq!(cloud.gate().calls().len(), 2, "the key is read, and its requests are added");

    cloud.gate().forget_calls();
    assert_eq!(one(&cloud, key, access).await.0, 429);
    assert_eq!(cloud.gate().calls().len(), 1, "it is known to be spent");
    assert_eq!(one(&cloud, other, access).await.0, 200);
    assert_eq!(one(&cloud, &vendor, access).await.0, 200);

    cloud.clock().advance("1m").await.unwrap();
    assert_eq!(one(&cloud, key, access).await.0, 200);
}
