//! Members of an account: their roles, who may change them, and which mails they want.

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, get, open_account, vendor};

async fn put(cloud: &Running, key: &str, path: &str, body: &Value) -> (u16, Value) {
    let path = format!("/v1/accounts/acme/members/{path}");
    Box::pin(cloud.call(key, Method::PUT, &path, body)).await
}

async fn delete(cloud: &Running, key: &str, id: &str) -> (u16, Value) {
    let path = format!("/v1/accounts/acme/members/{id}");
    Box::pin(cloud.call(key, Method::DELETE, &path, &Value::Null)).await
}

fn person(id: &str, role: &str) -> Value {
    json!({ "email": format!("{id}@acme.example"), "role": role })
}

/// A key of the account with that role.
async fn key(cloud: &Running, role: &str) -> String {
    let path = "/v1/accounts/acme/api-keys";
    let (_, made) = vendor(cloud, Method::POST, path, &json!({ "role": role })).await;
    made["secret"].as_str().unwrap().to_owned()
}

/// Goal: members are added, changed, listed page by page and removed; a repetition changes nothing;
/// wrong fields are named; the timeline says what happened without anybody's address.
#[tokio::test]
async fn members_come_change_and_go() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let vendor_key = cloud.vendor_key().to_owned();
    for id in ["ada", "bo", "cy"] {
        for _ in 0..2 {
            let (status, saved) = put(&cloud, &vendor_key, id, &person(id, "finance")).await;
            assert_eq!((status, &saved["role"]), (200, &json!("finance")), "{saved}");
        }
    }
    let all = json!({ "alerts": true, "invoices": true, "notices": true });
    let some = json!({ "alerts": true, "invoices": false, "notices": true });
    assert_eq!(get(&cloud, "/v1/accounts/acme/members/bo").await["preferences"], all);
    let (status, saved) = put(&cloud, &vendor_key, "bo/preferences", &some).await;
    assert_eq!((status, &saved["preferences"]), (200, &some));
    let moved = json!({ "email": "new@acme.example", "role": "member" });
    let (_, saved) = put(&cloud, &vendor_key, "bo", &moved).await;
    assert_eq!((&saved["email"], &saved["preferences"]), (&moved["email"], &some), "kept");

    let first = get(&cloud, "/v1/accounts/acme/members?limit=2").await;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["data"][1]), (2, &saved));
    let rest =
        format!("/v1/accounts/acme/members?cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = get(&cloud, &rest).await;
    assert_eq!((&rest["data"][0]["id"], &rest["next_cursor"]), (&json!("cy"), &Value::Null));

    assert_eq!(delete(&cloud, &vendor_key, "bo").await.0, 204);
    assert_eq!(delete(&cloud, &vendor_key, "bo").await.0, 404);
    assert_eq!(put(&cloud, &vendor_key, "bo/preferences", &some).await.0, 404);

    let (status, wrong) =
        put(&cloud, &vendor_key, "a.b", &json!({ "email": "x", "role": "king" })).await;
    let fields: Vec<&Value> =
        wrong["fields"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
    assert_eq!((status, fields), (422, vec![&json!("member_id"), &json!("role"), &json!("email")]));

    let timeline = get(&cloud, "/v1/accounts/acme/timeline").await;
    let said: Vec<&str> = timeline["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["summary"].as_str().unwrap())
        .collect();
    assert_eq!(
        said[..4],
        [
            "Member bo was removed.",
            "Member bo: role member instead of finance, email another address.",
            "Member bo turned invoices off.",
            "Member cy: role finance.",
        ]
    );
    assert!(!timeline.to_string().contains("new@acme.example"), "{timeline}");
}

/// Goal: administrators manage members and others do not; an account cannot lose its last
/// administrator by its own key, however many try at once, and the vendor can still take that away.
#[tokio::test]
async fn an_account_keeps_an_administrator() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let (own, finance) = (key(&cloud, "account_administrator").await, key(&cloud, "finance").await);
    for id in ["ada", "bo"] {
        let (status, _) = put(&cloud, &own, id, &person(id, "account_administrator")).await;
        assert_eq!(status, 200);
    }
    assert_eq!(put(&cloud, &finance, "bo", &person("bo", "finance")).await.0, 403);
    assert_eq!(delete(&cloud, &finance, "bo").await.0, 403);
    let request = |id: &str| {
        http::Request::delete(format!("/v1/accounts/acme/members/{id}"))
            .header("authorization", format!("Bearer {own}"))
            .body(bytes::Bytes::new())
            .unwrap()
    };
    let answers = Box::pin(cloud.send_together(["ada", "bo"].map(request).into())).await;
    let mut statuses: Vec<u16> = answers.iter().map(|it| it.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409], "one of the two stays");

    let left = get(&cloud, "/v1/accounts/acme/members").await["data"][0]["id"].clone();
    let left = left.as_str().unwrap();
    let (status, refused) = put(&cloud, &own, left, &person(left, "finance")).await;
    assert_eq!((status, &refused["code"]), (409, &json!("last_administrator")));
    assert_eq!(refused["reasons"][0]["code"], "last_administrator", "{refused}");
    let vendor_key = cloud.vendor_key().to_owned();
    assert_eq!(delete(&cloud, &vendor_key, left).await.0, 204);
}
