//! Parents and sub-accounts (B1 to B11): who becomes one, what a parent manages, and what each
//! sees.

mod converting;
mod moves;
mod opening;
mod privacy;

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, open_account, vendor};

/// A call with the staff's key.
pub async fn staff(cloud: &Running, method: Method, path: &str, body: &Value) -> (u16, Value) {
    Box::pin(cloud.call(cloud.staff_key(), method, path, body)).await
}

/// Makes an account a partner's, on Enterprise by invoice.
pub async fn partner(cloud: &Running, id: &str) {
    let path = format!("/v1/staff/accounts/{id}");
    let terms = json!({ "collection": "manual", "net_days": 30 });
    let (status, answer) = staff(cloud, Method::PUT, &format!("{path}/collection"), &terms).await;
    assert_eq!(status, 200, "{answer}");
    let plan = json!({
        "plan": "enterprise", "interval": "month", "seats": 1, "partner": true,
        "prices": { "amount": 123_400, "seat_amount": 0 },
    });
    let (status, answer) = staff(cloud, Method::PUT, &format!("{path}/plan"), &plan).await;
    assert_eq!(status, 200, "{answer}");
    cloud.clock().run_due().await;
}

/// Opens an account and makes it a parent.
pub async fn open_parent(cloud: &Running, id: &str) {
    open_account(cloud, id).await;
    partner(cloud, id).await;
    let path = format!("/v1/staff/accounts/{id}/convert-to-parent");
    let (status, answer) = staff(cloud, Method::POST, &path, &json!({})).await;
    assert_eq!((status, answer["kind"].as_str()), (200, Some("parent")), "{answer}");
}

/// A cloud with the parent `group`.
pub async fn family() -> Running {
    let cloud = cloud().await;
    open_parent(&cloud, "group").await;
    cloud
}

/// Body of a new sub-account, with an administrator.
pub fn new(id: &str, model: &str) -> Value {
    json!({
        "id": id, "name": format!("Name of {id}"), "processing_region": "eu",
        "billing_model": model,
        "members": [{
            "id": "kim", "email": format!("kim@{id}.example"), "role": "account_administrator",
        }],
    })
}

/// A POST of a new sub-account of `group`, by the vendor.
pub async fn add(cloud: &Running, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::POST, "/v1/accounts/group/sub-accounts", body).await
}

/// Adds a sub-account that must be opened.
pub async fn add_child(cloud: &Running, id: &str, model: &str) {
    let (status, answer) = add(cloud, &new(id, model)).await;
    assert_eq!(status, 201, "{answer}");
    cloud.clock().run_due().await;
}

/// Secret of a new key of an account.
pub async fn key(cloud: &Running, account: &str, role: &str) -> String {
    let path = format!("/v1/accounts/{account}/api-keys");
    let (status, made) = vendor(cloud, Method::POST, &path, &json!({ "role": role })).await;
    assert_eq!(status, 201, "{made}");
    made["secret"].as_str().unwrap().to_owned()
}

/// A call with a key.
pub async fn by(
    cloud: &Running,
    key: &str,
    (method, path): (Method, &str),
    body: &Value,
) -> (u16, Value) {
    Box::pin(cloud.call(key, method, path, body)).await
}
