//! Sub-accounts that a parent's administrator opens, lists and renames (B6, B7).

use http::Method;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use super::{add, add_child, by, family, key, new};
use crate::world::{cloud, get, kinds, open_account, post_with_key, vendor};

const PATH: &str = "/v1/accounts/group/sub-accounts";

/// Goal: the parent's administrator opens a sub-account, which has a customer of its own, its own
/// members and keys, and nobody of the parent.
#[tokio::test]
async fn an_administrator_opens_a_sub_account() {
    let cloud = family().await;
    let admin = key(&cloud, "group", "account_administrator").await;
    let finance = key(&cloud, "group", "finance").await;
    let body = new("north", "bill_to_sub_account");

    let (forbidden, _) = by(&cloud, &finance, (Method::POST, PATH), &body).await;
    let (status, made) = by(&cloud, &admin, (Method::POST, PATH), &body).await;

    assert_eq!((forbidden, status), (403, 201), "{made}");
    for (field, value) in [
        ("id", "north"),
        ("name", "Name of north"),
        ("kind", "sub_account"),
        ("parent_id", "group"),
        ("processing_region", "eu"),
        ("billing_model", "bill_to_sub_account"),
    ] {
        assert_eq!(made[field], value, "{made}");
    }
    let account = get(&cloud, "/v1/accounts/north").await;
    assert_eq!((&account["kind"], &account["plan"]), (&json!("sub_account"), &json!("free")));
    assert_eq!(account["parent_id"], "group");
    assert_eq!(account["billing_model"], "bill_to_sub_account");
    assert_eq!(account["processing_region"], "eu");
    assert_ne!(account["stripe_customer_id"], "cus_group");
    assert_eq!(account["billing_details"]["email"], "kim@north.example");
    let members = get(&cloud, "/v1/accounts/north/members").await;
    assert_eq!(members["data"].as_array().unwrap().len(), 1);
    for account in ["group", "north"] {
        let told = kinds(&cloud, account).await;
        let told = told.iter().filter(|kind| *kind == "sub_account.created").count();
        assert_eq!(told, 1, "{account}");
    }
    // The parent's key is a stranger's to its sub-account.
    for path in ["/v1/accounts/north", "/v1/accounts/north/invoices", "/v1/accounts/north/members"]
    {
        assert_eq!(by(&cloud, &admin, (Method::GET, path), &Value::Null).await.0, 404, "{path}");
    }
}

/// Goal: every wrong field is named, an id in use is answered as such whoever has it, and no
/// account but a parent has sub-accounts.
#[tokio::test]
async fn a_wrong_sub_account_is_refused() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    open_account(&cloud, "stranger").await;
    let with = |field: &str, value: Value| {
        let mut body = new("south", "bill_to_parent");
        body[field] = value;
        body
    };
    for (field, value) in [
        ("id", json!("a b")),
        ("name", json!(" ")),
        ("name", json!("n\u{202e}")),
        ("processing_region", json!("moon")),
        ("billing_model", json!("bill_to_nobody")),
        ("email", json!("nowhere")),
        ("country", json!("Germany")),
        ("parent_id", json!("group")),
    ] {
        let (status, answer) = add(&cloud, &with(field, value)).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!(field)), "{answer}");
    }
    let mut answers = Vec::new();
    for taken in ["group", "north", "stranger"] {
        let mut body = new(taken, "bill_to_sub_account");
        body["name"] = json!("Taken");
        let (status, mut answer) = add(&cloud, &body).await;
        assert_eq!((status, &answer["code"]), (409, &json!("account_exists")), "{answer}");
        answer["request_id"] = Value::Null;
        answers.push(answer.to_string().replace(taken, "it"));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    for other in ["north", "stranger"] {
        let path = format!("/v1/accounts/{other}/sub-accounts");
        let body = new("below", "bill_to_parent");
        let (status, answer) = vendor(&cloud, Method::POST, &path, &body).await;
        assert_eq!((status, &answer["code"]), (409, &json!("not_a_parent")), "{answer}");
    }
    let listed = get(&cloud, PATH).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
}

/// Goal: an opening that breaks off at any call is gone on with by the same request: one customer,
/// one sub-account, told once.
#[tokio::test]
async fn an_opening_that_breaks_off_goes_on() {
    for fault in [Fault::Conflict, Fault::TimeoutAfter, Fault::KillAfter] {
        for call in 1.. {
            let cloud = family().await;
            let body = new("north", "bill_to_parent");
            cloud.gate().script(Script::at("Accounts", call, fault));

            let (status, answer) = add(&cloud, &body).await;
            if cloud.gate().scripts_left() > 0 {
                assert_eq!(status, 201, "{answer}");
                break;
            }
            let at = format!("{fault:?} at call {call}: {status} {answer}");
            assert!(status == 201 || status >= 500, "{at}");
            let (status, again) = add(&cloud, &body).await;
            let is_done = status == 409 && again["code"] == "account_exists";
            assert!(status == 201 || is_done, "{at}: {again}");

            let (_, customers) = cloud.stripe().call(Method::GET, "/v1/customers?limit=100", "");
            let named = customers["data"].as_array().unwrap().iter();
            let named = named.filter(|it| it["name"] == "Name of north").count();
            assert_eq!(named, 1, "{at}");
            let listed = get(&cloud, PATH).await;
            assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{at}");
            for account in ["group", "north"] {
                let told = kinds(&cloud, account).await;
                let told = told.iter().filter(|kind| *kind == "sub_account.created").count();
                assert_eq!(told, 1, "{at} {account}");
            }
        }
    }
}

/// Goal: 20 an hour, as many as staff allow, and a repeat under its key opens none.
#[tokio::test]
async fn there_are_limits_by_the_hour_and_in_all() {
    let cloud = family().await;
    let limit = json!({ "accounts": 21 });
    let path = "/v1/staff/accounts/group/sub-account-limit";
    assert_eq!(super::staff(&cloud, Method::PUT, path, &limit).await.0, 200);
    for nth in 0..20 {
        let body = new(&format!("child-{nth}"), "bill_to_parent");
        for _ in 0..2 {
            let key = format!("key-{nth}");
            let (status, answer) = post_with_key(&cloud, PATH, &key, &body).await;
            assert_eq!(status, 201, "{answer}");
        }
    }

    let (status, answer) = add(&cloud, &new("too-fast", "bill_to_parent")).await;
    assert_eq!((status, &answer["code"]), (429, &json!("rate_limited")), "{answer}");
    cloud.clock().advance("1h").await.unwrap();
    add_child(&cloud, "last", "bill_to_parent").await;
    let (status, answer) = add(&cloud, &new("too-many", "bill_to_parent")).await;
    assert_eq!((status, &answer["code"]), (409, &json!("too_many_sub_accounts")), "{answer}");

    let mut seen = Vec::new();
    let mut path = format!("{PATH}?limit=8");
    loop {
        let page = get(&cloud, &path).await;
        seen.extend(page["data"].as_array().unwrap().iter().map(|it| it["id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("{PATH}?limit=8&cursor={next}");
    }
    assert_eq!(seen.len(), 21);
}

/// Goal: an address that Stripe refuses takes the sub-account back, and its place of the limit.
#[tokio::test]
async fn a_refused_customer_takes_the_sub_account_back() {
    let cloud = family().await;
    let mut body = new("north", "bill_to_parent");
    body["country"] = json!("XX");
    let (status, answer) = add(&cloud, &body).await;
    if status == 201 {
        // Stripe takes any two letters: then there is nothing to take back.
        return;
    }
    assert_eq!(status, 422, "{answer}");
    assert_eq!(get(&cloud, PATH).await["data"], json!([]));
    add_child(&cloud, "north", "bill_to_parent").await;
}

/// Goal: a name is changed in the list and in the account, by the parent alone, and other ids are
/// unknown.
#[tokio::test]
async fn a_sub_account_is_renamed() {
    let cloud = family().await;
    add_child(&cloud, "north", "bill_to_parent").await;
    let stranger = cloud_with_stranger(&cloud).await;
    let path = |id: &str| format!("{PATH}/{id}");
    let name = json!({ "name": " Norden " });

    let (status, renamed) = vendor(&cloud, Method::PATCH, &path("north"), &name).await;

    assert_eq!((status, &renamed["name"]), (200, &json!("Norden")), "{renamed}");
    assert_eq!(get(&cloud, "/v1/accounts/north").await["name"], "Norden");
    assert_eq!(get(&cloud, PATH).await["data"][0]["name"], "Norden");
    for unknown in ["group", "stranger", "nobody", "a%20b"] {
        let (status, _) = vendor(&cloud, Method::PATCH, &path(unknown), &name).await;
        assert_eq!(status, 404, "{unknown}");
    }
    let foreign = format!("{PATH}/north");
    let (status, _) = by(&cloud, &stranger, (Method::PATCH, &foreign), &name).await;
    assert_eq!(status, 404);
    let empty = json!({ "name": "" });
    assert_eq!(vendor(&cloud, Method::PATCH, &path("north"), &empty).await.0, 422);
}

/// Key of an administrator of an account outside of the family.
async fn cloud_with_stranger(cloud: &local::Running) -> String {
    open_account(cloud, "stranger").await;
    key(cloud, "stranger", "account_administrator").await
}

/// Goal: regions are listed for everybody with a key.
#[tokio::test]
async fn regions_are_listed() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let member = key(&cloud, "acme", "member").await;
    let (status, regions) = by(&cloud, &member, (Method::GET, "/v1/regions"), &Value::Null).await;
    assert_eq!((status, &regions["data"][0]["id"]), (200, &json!("eu")), "{regions}");
}
