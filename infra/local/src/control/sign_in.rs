//! The vendor's part in signing in: a page that asks the API for a session of the dashboard, as the
//! vendor's app would, and sends the browser on. It lasts as long as the account does.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode, Uri};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::entry::sign_in_page;

/// Address that signs a person in to an account.
pub(super) fn link(gateway: &str, account: &str) -> String {
    format!("{}/{account}", sign_in_page(gateway))
}

/// `/_local/sign-in?account=&next=`: where the dashboard sends who has no session.
pub(super) async fn chosen(State(cloud): State<Arc<Cloud>>, uri: Uri) -> Response {
    let query = query(&uri);
    match query.get("account") {
        Some(account) => signed_in(&cloud, account, &query).await,
        None => (StatusCode::NOT_FOUND, "no account is named").into_response(),
    }
}

/// `/_local/sign-in/{account}?as=&next=`: as the member of that id, or as the first administrator.
pub(super) async fn account(
    State(cloud): State<Arc<Cloud>>,
    Path(account): Path<String>,
    uri: Uri,
) -> Response {
    signed_in(&cloud, &account, &query(&uri)).await
}

/// `/_local/staff?as=&next=`: where the staff desk sends who has no session; as the person who
/// moves money, or as `support`.
pub(super) async fn staff(State(cloud): State<Arc<Cloud>>, uri: Uri) -> Response {
    let query = query(&uri);
    let is_support = query.get("as").map(String::as_str) == Some("support");
    let key = if is_support { &cloud.keys.now().support } else { &cloud.keys.now().staff };
    let wanted = json!({ "path": query.get("next").cloned().unwrap_or_default() });
    let path = "/v1/staff/dashboard-sessions";
    let (status, answer) = call_with(&cloud, key, (Method::POST, path), &wanted).await;
    match answer.get("url").and_then(Value::as_str) {
        Some(url) => Redirect::to(url).into_response(),
        None => (status, answer.to_string()).into_response(),
    }
}

fn query(uri: &Uri) -> BTreeMap<String, String> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

async fn signed_in(cloud: &Cloud, account: &str, query: &BTreeMap<String, String>) -> Response {
    let member = match query.get("as") {
        Some(member) => Some(member.clone()),
        None => first_member(cloud, account).await,
    };
    let Some(member) = member else {
        return (StatusCode::NOT_FOUND, "this account has no members").into_response();
    };

    let app = format!("{}/_local/accounts/{account}", cloud.addresses.gateway);
    let path = query.get("next").cloned().unwrap_or_default();
    let wanted = json!({ "member_id": member, "path": path, "return_url": app });
    let path = format!("/v1/accounts/{account}/dashboard-sessions");
    let (status, answer) = call(cloud, (Method::POST, &path), &wanted).await;
    match answer.get("url").and_then(Value::as_str) {
        Some(url) => Redirect::to(url).into_response(),
        None => (status, answer.to_string()).into_response(),
    }
}

/// The first administrator, else the first member.
async fn first_member(cloud: &Cloud, account: &str) -> Option<String> {
    let path = format!("/v1/accounts/{account}/members");
    let (_, answer) = call(cloud, (Method::GET, &path), &Value::Null).await;
    let members = answer.get("data")?.as_array()?;
    let is_administrator =
        |it: &&Value| it.get("role").and_then(Value::as_str) == Some("account_administrator");
    let first = members.iter().find(is_administrator).or(members.first())?;
    first.get("id")?.as_str().map(str::to_owned)
}

/// A call of the API, with the vendor's key.
async fn call(cloud: &Cloud, to: (Method, &str), body: &Value) -> (StatusCode, Value) {
    call_with(cloud, &cloud.keys.now().vendor, to, body).await
}

async fn call_with(
    cloud: &Cloud,
    key: &str,
    (method, path): (Method, &str),
    body: &Value,
) -> (StatusCode, Value) {
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .header(CONTENT_TYPE, "application/json")
        .body(bytes);
    let Ok(request) = request else { return (StatusCode::BAD_REQUEST, Value::Null) };
    let response = cloud.gateway.handle(request).await;
    let value = serde_json::from_slice(response.body()).unwrap_or_default();
    (response.status(), value)
}
