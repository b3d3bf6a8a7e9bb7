//! Endpoints: made, changed, listed, deleted; secrets; what is refused.

use super::receiver::{Receiver, act, endpoint, signature};
use super::*;
use crate::world::{cloud, open_account};

const PATH: &str = "/v1/event-endpoints";

async fn put(cloud: &Running, id: &str, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::PUT, &format!("{PATH}/{id}"), body).await
}

/// Goal: an endpoint is made with a secret that is shown once, changed, read, listed and deleted.
#[tokio::test]
async fn an_endpoint_is_made_changed_and_deleted() {
    let cloud = cloud().await;
    let body =
        json!({ "url": "https://hooks.example.com/a", "types": ["invoice.paid"], "enabled": true });

    let (status, made) = put(&cloud, "backend", &body).await;
    assert_eq!((status, made["enabled"].clone()), (201, json!(true)), "{made}");
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let (status, changed) =
        put(&cloud, "backend", &json!({ "url": "https://b.example.com", "enabled": false })).await;

    assert_eq!((status, changed["types"].clone()), (200, Value::Null), "{changed}");
    assert_eq!(changed.get("secret"), None);
    assert_eq!(get(&cloud, &format!("{PATH}/backend")).await, changed);
    assert_eq!(get(&cloud, PATH).await["data"], json!([changed]));
    let (status, _) =
        vendor(&cloud, Method::DELETE, &format!("{PATH}/backend"), &Value::Null).await;
    assert_eq!(status, 204);
    for (method, path) in [
        (Method::GET, "backend"),
        (Method::DELETE, "backend"),
        (Method::POST, "backend/enable"),
        (Method::POST, "backend/rotate"),
        (Method::POST, "backend/test"),
        (Method::GET, "backend/deliveries"),
        (Method::POST, "backend/deliveries/evt_acme_1/resend"),
    ] {
        let (status, _) = vendor(&cloud, method, &format!("{PATH}/{path}"), &Value::Null).await;
        assert_eq!(status, 404, "{path}");
    }
}

/// Goal: addresses that are not public, unknown types and a seventeenth endpoint are refused.
#[tokio::test]
async fn what_is_wrong_is_refused() {
    let cloud = cloud().await;
    for url in [
        "http://hooks.example.com/",
        "https://10.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://169.254.169.254/latest",
        "https://hooks.example.com:8443/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com/#x",
        "http://10.0.0.1/",
        "",
    ] {
        let (status, answer) = put(&cloud, "a", &json!({ "url": url, "enabled": true })).await;
        assert_eq!(
            (status, &answer["fields"][0]["field"]),
            (422, &json!("url")),
            "{url}: {answer}"
        );
    }
    let wrong = json!({ "url": "https://a.example.com", "types": ["a.b"], "enabled": true });
    let (status, answer) = put(&cloud, "a", &wrong).await;
    assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!("types")), "{answer}");

    let body = json!({ "url": "https://a.example.com", "enabled": true });
    for number in 0..16 {
        assert_eq!(put(&cloud, &format!("e{number}"), &body).await.0, 201);
    }
    let (status, answer) = put(&cloud, "one-more", &body).await;
    assert_eq!((status, &answer["code"]), (409, &json!("too_many_endpoints")));
    assert_eq!(put(&cloud, "e3", &body).await.0, 200);
}

/// Goal: a test event goes to that endpoint alone, at once, and the answer says what the receiver
/// answered, without its words; after a rotation both secrets sign for a day.
#[tokio::test]
async fn a_test_is_sent_and_both_secrets_sign_for_a_day() {
    let cloud = cloud().await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    let old = endpoint(&cloud, "backend", &receiver.url).await;
    endpoint(&cloud, "other", &other.url).await;

    let (status, outcome) = act(&cloud, "backend/test").await;
    let accepted = json!({ "accepted": true, "status_code": 200, "failure": null });
    assert_eq!((status, outcome), (200, accepted));
    let test = &receiver.received()[0];
    assert_eq!(test.signatures, [signature(&old, test)]);
    let event: Value = serde_json::from_str(&test.body).unwrap();
    assert_eq!((&event["type"], &event["id"]), (&json!("endpoint.test"), &json!(test.id)));
    assert_eq!(other.ids().len(), 0);

    let (status, rotated) = act(&cloud, "backend/rotate").await;
    assert_eq!(status, 200, "{rotated}");
    let new = rotated["secret"].as_str().unwrap();
    act(&cloud, "backend/test").await;
    cloud.clock().advance("23h").await.unwrap();
    act(&cloud, "backend/test").await;
    cloud.clock().advance("1h").await.unwrap();
    act(&cloud, "backend/test").await;

    let tests = receiver.received();
    for test in &tests[1..3] {
        assert_eq!(test.signatures, [signature(new, test), signature(&old, test)]);
    }
    assert_eq!(tests[3].signatures, [signature(new, &tests[3])]);
    receiver.answers(Some(302));
    receiver.writes("the receiver's words".to_owned());
    let (_, refused) = act(&cloud, "backend/test").await;
    assert_eq!(refused, json!({ "accepted": false, "status_code": 302, "failure": null }));
    assert_eq!(receiver.elsewhere(), 0, "a redirect was followed");
    cloud.gate().set_away(&["Webhook"]);
    let (_, silent) = act(&cloud, "backend/test").await;
    assert_eq!(silent, json!({ "accepted": false, "status_code": null, "failure": "timed_out" }));
}

/// Goal: an endpoint gets what is published from its creation on, of its types; one that was
/// switched off gets what it lacks once it is on again.
#[tokio::test]
async fn an_endpoint_gets_its_types_from_its_creation_on() {
    let cloud = cloud().await;
    let receiver = Receiver::start().await;
    open_account(&cloud, "acme").await;
    member(&cloud, "acme", "ada").await;
    published(&cloud).await;
    cloud.clock().advance("1m").await.unwrap();
    let mut body = json!({ "url": receiver.url, "types": ["member.created"], "enabled": true });
    assert_eq!(put(&cloud, "backend", &body).await.0, 201);

    let (status, _) =
        vendor(&cloud, Method::PATCH, "/v1/accounts/acme", &json!({ "name": "B" })).await;
    assert_eq!(status, 200);
    member(&cloud, "acme", "bob").await;
    published(&cloud).await;
    published(&cloud).await;
    let bob = all(&cloud, ("&account=acme&types=member.created", 9), None).await.0[1].clone();
    assert_eq!(receiver.take(), [bob["id"].as_str().unwrap()]);

    body["enabled"] = json!(false);
    assert_eq!(put(&cloud, "backend", &body).await.0, 200);
    member(&cloud, "acme", "cid").await;
    cloud.clock().advance("1d").await.unwrap();
    assert_eq!(receiver.take(), Vec::<String>::new());
    body["enabled"] = json!(true);
    assert_eq!(put(&cloud, "backend", &body).await.0, 200);
    published(&cloud).await;
    assert_eq!(receiver.take().len(), 1);
}
