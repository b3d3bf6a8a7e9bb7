//! Every route of template.yaml, for every kind of caller, on its own account, another's, one that
//! nobody has, and ids that none can have.

use std::collections::BTreeMap;

use billing::authority::{Denied, Principal, Role, StaffRole, authorise};
use billing::ids::AccountId;
use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, open_account, vendor};

/// Routes that anybody may use.
const KEYLESS: [&str; 5] = [
    "POST /webhooks/stripe",
    "GET /openapi.json",
    "GET /problems",
    "GET /problems/{code}",
    "$default",
];

/// True for a route that asks for no API key; the dashboard's pages ask for a session.
fn is_keyless(route: &str) -> bool {
    KEYLESS.contains(&route) || route.contains(" /billing") || route.contains(" /staff")
}

/// Path of a route on an account; other parameters are ids of nothing.
fn path(route: &str, account: &str) -> (Method, String) {
    let (method, path) = route.split_once(' ').unwrap();
    let path = path.split('/').map(|segment| match segment {
        "{id}" => account,
        _ if segment.starts_with('{') => "nothing",
        _ => segment,
    });
    let path: Vec<&str> = path.collect();
    let query = if path.last() == Some(&"explain") { "?field=state" } else { "" };
    (method.parse().unwrap(), format!("{}{query}", path.join("/")))
}

/// Status and problem without its id, in `{}` as a body.
async fn ask(cloud: &Running, key: Option<&str>, (method, path): (Method, String)) -> (u16, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.header("content-type", "application/json").body(Bytes::from("{}"));
    let response = Box::pin(cloud.send(request.unwrap())).await;
    let mut body: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    if let Some(problem) = body.as_object_mut() {
        problem.remove("request_id");
    }
    (response.status().as_u16(), body)
}

/// Secret of a new key of an account.
async fn key_of(cloud: &Running, account: &str, role: Role) -> String {
    let path = format!("/v1/accounts/{account}/api-keys");
    let (status, made) =
        vendor(cloud, Method::POST, &path, &json!({ "role": role.as_str() })).await;
    assert_eq!(status, 201, "{made}");
    made["secret"].as_str().unwrap().to_owned()
}

/// Goal: each route lets in whom the table of authorisation lets in, and nobody else; another's
/// account is answered as one that nobody has.
#[tokio::test]
async fn every_route_lets_in_whom_it_is_for() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    open_account(&cloud, "other").await;
    let roles = [Role::AccountAdministrator, Role::Finance, Role::Member];
    let mut callers: BTreeMap<String, (Principal, String)> = BTreeMap::new();
    callers.insert("vendor".to_owned(), (Principal::Vendor, cloud.vendor_key().to_owned()));
    let staff = [("staff", StaffRole::Billing), ("support", StaffRole::Support)];
    for (name, role) in staff {
        let key = if role == StaffRole::Billing { cloud.staff_key() } else { cloud.support_key() };
        callers.insert(name.to_owned(), (Principal::Staff(role), key.to_owned()));
    }
    for role in roles {
        let account = AccountId::parse("acme").unwrap();
        let secret = key_of(&cloud, "acme", role).await;
        callers.insert(role.as_str().to_owned(), (Principal::Account { account, role }, secret));
    }

    let mut tried = 0;
    for route in cloud.template().routes.iter().map(local::template::Route::key) {
        if is_keyless(&route) {
            continue;
        }
        for account in ["acme", "nobody", "a%20b", &"a".repeat(5_000)] {
            for wrong in [None, Some(""), Some("tg_vendor_guess"), Some(&*"k".repeat(5_000))] {
                let (status, answer) = ask(&cloud, wrong, path(&route, account)).await;
                assert_eq!((status, &answer["code"]), (401, &json!("unauthorized")), "{route}");
            }
        }
        for (name, (principal, key)) in &callers {
            let is_about = route.contains("{id}");
            let account = |id| AccountId::parse(id).ok().filter(|_| is_about);
            let verdict = |id| authorise(&route, principal, account(id).as_ref());
            let (own, other) = (verdict("acme"), verdict("other"));
            if let Err(denied) = own {
                assert_eq!(denied, Denied::Role);
                let (status, answer) = ask(&cloud, Some(key), path(&route, "acme")).await;
                assert_eq!((status, &answer["code"]), (403, &json!("forbidden")), "{name} {route}");
            }
            if other == Err(Denied::OtherAccount) {
                let another = ask(&cloud, Some(key), path(&route, "other")).await;
                let nobodys = ask(&cloud, Some(key), path(&route, "nobody")).await;
                assert_eq!(another.0, 404, "{name} {route}");
                assert_eq!(another, nobodys, "{name} {route} tells what is there");
            }
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
}

/// Goal: whoever may use a route is let in on the own account, and gets no error of ours; ids that
/// nobody has are unknown.
#[tokio::test]
async fn whoever_may_is_let_in() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let keys = [cloud.vendor_key().to_owned(), cloud.staff_key().to_owned()];
    let principals = [Principal::Vendor, Principal::Staff(StaffRole::Billing)];
    for route in cloud.template().routes.iter().map(local::template::Route::key) {
        if is_keyless(&route) {
            continue;
        }
        for (principal, key) in principals.iter().zip(&keys) {
            if authorise(&route, principal, None).is_err() {
                continue;
            }
            let (status, answer) = ask(&cloud, Some(key), path(&route, "acme")).await;
            let is_let_in = status < 500 && ![401, 403].contains(&status);
            assert!(is_let_in, "{principal:?} {route}: {status} {answer}");
            if !route.contains("{id}") {
                continue;
            }
            for unknown in ["nobody", "a%20b", "%00", "..%2F..", &"a".repeat(5_000)] {
                let (status, answer) = ask(&cloud, Some(key), path(&route, unknown)).await;
                let is_refused = [400, 404, 422].contains(&status);
                assert!(is_refused, "{route} of {unknown:.20}: {status} {answer}");
            }
        }
    }
}
