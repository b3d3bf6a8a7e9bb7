//! API keys of an account: who made them and used them, how many there are, and how they end (XG3,
//! XG4, XG6).

use http::Method;
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use crate::stripe::Invoice;
use crate::world::{NOW, cloud, get, has_fired, open_account, post, script, vendor};

const KEYS: &str = "/v1/accounts/acme/api-keys";

async fn call(cloud: &Running, key: &str, method: Method, path: &str) -> (u16, Value) {
    Box::pin(cloud.call(key, method, path, &Value::Null)).await
}

/// Secret of a new key, made with another key.
async fn make(cloud: &Running, by: &str, body: &Value) -> (u16, Value) {
    Box::pin(cloud.call(by, Method::POST, KEYS, body)).await
}

async fn secret(cloud: &Running, role: &str) -> String {
    let body = json!({ "role": role, "name": format!("the {role}'s") });
    let (status, made) = make(cloud, cloud.vendor_key(), &body).await;
    assert_eq!(status, 201, "{made}");
    made["secret"].as_str().unwrap().to_owned()
}

/// Goal: the timeline names the key that acted, by its id and label, and the person behind a staff
/// key; staff get no key that may do more than they may.
#[tokio::test]
async fn the_timeline_names_who_acted() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let administrator = secret(&cloud, "account_administrator").await;
    let details = "/v1/accounts/acme/billing-details";
    let body = json!({ "company": "Acme GmbH" });

    Box::pin(cloud.call(&administrator, Method::PATCH, details, &body)).await;
    let body = json!({ "company": "Acme AG" });
    Box::pin(cloud.call(cloud.staff_key(), Method::PATCH, details, &body)).await;

    let page = get(&cloud, "/v1/accounts/acme/timeline?raw=true").await;
    let causes = page["data"].as_array().unwrap().iter().map(|it| &it["cause"]);
    let mut causes: Vec<&Value> = causes.filter(|it| it["actor"].is_object()).collect();
    causes.dedup_by_key(|it| &it["actor"]);
    assert_eq!(causes[0]["type"], "staff");
    assert_eq!(
        (&causes[0]["actor"]["type"], &causes[0]["actor"]["name"]),
        (&json!("staff"), &json!("Local staff"))
    );
    let own = call(&cloud, &administrator, Method::GET, "/v1/key").await.1;
    assert_eq!(
        causes[1]["actor"],
        json!({ "type": "key", "id": own["id"], "name": "the account_administrator's" })
    );
    assert_eq!(causes[2]["actor"]["name"], "Local vendor");
    for role in ["account_administrator", "finance"] {
        let (status, refused) = make(&cloud, cloud.staff_key(), &json!({ "role": role })).await;
        assert_eq!((status, &refused["code"]), (403, &json!("forbidden")), "{role}");
    }
    assert_eq!(make(&cloud, cloud.staff_key(), &json!({ "role": "member" })).await.0, 201);
}

/// Goal: a key says whose it is, and the list says who made it and when it was used last.
#[tokio::test]
async fn a_key_says_whose_it_is_and_when_it_was_used() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let finance = secret(&cloud, "finance").await;
    assert!(finance.starts_with("tg_account_test_"), "a key's prefix");
    let unused = get(&cloud, KEYS).await["data"][0].clone();

    let own = call(&cloud, &finance, Method::GET, "/v1/key").await.1;
    call(&cloud, &finance, Method::GET, "/v1/accounts/acme/access").await;
    call(&cloud, &finance, Method::GET, "/v1/accounts/acme/access").await;

    let expected = json!({ "id": own["id"], "name": "the finance's", "kind": "account", "account": "acme", "role": "finance", "mode": "test" });
    assert_eq!(own, expected);
    assert_eq!(
        (&unused["last_used_on"], &unused["created_by"]["name"]),
        (&Value::Null, &json!("Local vendor"))
    );
    assert_eq!(get(&cloud, KEYS).await["data"][0]["last_used_on"], "2026-11-22");
    let vendor_key = call(&cloud, cloud.vendor_key(), Method::GET, "/v1/key").await.1;
    assert_eq!((&vendor_key["kind"], &vendor_key["account"]), (&json!("vendor"), &Value::Null));
    assert_eq!(call(&cloud, "", Method::GET, "/v1/key").await.0, 401);
}

/// Goal: an account has 100 keys at most, the list has pages, and all of them end at once.
#[tokio::test]
async fn keys_are_capped_paged_and_revoked_at_once() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let mut secrets = Vec::new();
    for _ in 0..100 {
        secrets.push(secret(&cloud, "member").await);
    }
    let (status, refused) = make(&cloud, cloud.vendor_key(), &json!({ "role": "member" })).await;
    assert_eq!((status, &refused["code"]), (409, &json!("too_many_keys")));

    let (mut seen, mut path) = (0, format!("{KEYS}?limit=40"));
    loop {
        let page = get(&cloud, &path).await;
        seen += page["data"].as_array().unwrap().len();
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{KEYS}?limit=40&cursor={cursor}");
    }
    assert_eq!(seen, 100);

    assert_eq!(vendor(&cloud, Method::DELETE, KEYS, &Value::Null).await.0, 204);
    for secret in [&secrets[0], &secrets[50], &secrets[99]] {
        assert_eq!(call(&cloud, secret, Method::GET, "/v1/key").await.0, 401);
    }
    assert_eq!(get(&cloud, KEYS).await["data"], json!([]));
    secret(&cloud, "member").await;
}

/// Goal: an administrator ends all keys, the own one last.
#[tokio::test]
async fn an_administrator_revokes_all_keys_and_the_own_one() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let (own, other) =
        (secret(&cloud, "account_administrator").await, secret(&cloud, "finance").await);

    assert_eq!(call(&cloud, &own, Method::DELETE, KEYS).await.0, 204);

    for secret in [own, other] {
        assert_eq!(call(&cloud, &secret, Method::GET, "/v1/key").await.0, 401);
    }
    let kinds = crate::world::kinds(&cloud, "acme").await;
    assert_eq!(kinds[3..], ["api_key.deleted", "api_key.deleted"]);
    assert_eq!(call(&cloud, cloud.staff_key(), Method::DELETE, KEYS).await.0, 403);
}

/// Goal: a key is dead once its revocation began, though the account's commit behind it conflicts
/// until the request gives up; the same request then ends it.
#[tokio::test]
async fn a_key_is_dead_though_the_account_is_busy() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let stolen = secret(&cloud, "account_administrator").await;
    let id = get(&cloud, KEYS).await["data"][0]["id"].as_str().unwrap().to_owned();
    let one = format!("{KEYS}/{id}");
    // Behind the reads of caller and keys and the revocation itself, every commit conflicts.
    let first = Script::at("Accounts", 4, Fault::Conflict);
    script(&cloud, &first);
    (5..60).for_each(|call| cloud.gate().script(Script::at("Accounts", call, Fault::Conflict)));

    let (status, _) = vendor(&cloud, Method::DELETE, &one, &Value::Null).await;

    assert_eq!(status, 503);
    assert!(has_fired(&cloud, &first));
    cloud.gate().forget_scripts();
    assert_eq!(call(&cloud, &stolen, Method::GET, "/v1/key").await.0, 401);
    assert_eq!(vendor(&cloud, Method::DELETE, &one, &Value::Null).await.0, 204);
    assert_eq!(get(&cloud, KEYS).await["data"], json!([]));
}

/// Goal: a member sees the product and nothing of its billing, on every route that a member may
/// use.
#[tokio::test]
async fn a_member_sees_no_billing() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let details = json!({ "company": "Secret GmbH", "email": "secret@acme.example", "purchase_order": "PO-secret" });
    vendor(&cloud, Method::PATCH, "/v1/accounts/acme/billing-details", &details).await;
    let invoice = Invoice::sent("in_secret", "cus_acme", 4_900, NOW, NOW - 60);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    let member = secret(&cloud, "member").await;

    let (status, account) = call(&cloud, &member, Method::GET, "/v1/accounts/acme").await;
    let names: Vec<&String> = account.as_object().unwrap().keys().collect();
    assert_eq!(status, 200);
    assert_eq!(names, ["id", "kind", "name", "period", "plan", "seats", "state"]);
    let credits = call(&cloud, &member, Method::GET, "/v1/accounts/acme/credits").await.1;
    let names: Vec<&String> = credits.as_object().unwrap().keys().collect();
    assert_eq!(names, ["balance", "included", "reserved"]);
    let access = call(&cloud, &member, Method::GET, "/v1/accounts/acme/access").await.1;
    assert_eq!(access["reasons"][0]["code"], "overdue_invoices");

    for path in ["", "/access", "/credits", "/subscription", "/usage"] {
        let path = format!("/v1/accounts/acme{path}");
        let (status, answer) = call(&cloud, &member, Method::GET, &path).await;
        let text = answer.to_string().to_lowercase();
        assert_eq!(status, 200, "{path}");
        for secret in ["secret", "49.00", "\"amount\"", "cus_", "http", "eur", "usd"] {
            assert!(!text.contains(secret), "{path} tells `{secret}`: {text}");
        }
    }
    for path in ["/timeline", "/explain?field=state", "/members", "/api-keys", "/invoices/upcoming"]
    {
        let path = format!("/v1/accounts/acme{path}");
        assert_eq!(call(&cloud, &member, Method::GET, &path).await.0, 403, "{path}");
    }
}
