//! The API: accounts, keys, timeline, explanations, and who may see what.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::stripe::{Invoice, customer, subscription};
use crate::world::{
    DAY, NOW, cloud, get, kinds, open_account, post, post_with_key, put_customer, state, vendor,
};

fn acme() -> Value {
    json!({
        "id": "acme",
        "name": "Acme",
        "email": "billing@acme.example",
        "country": "de",
        "processing_region": "eu",
        "members": [{ "id": "jo", "email": "jo@acme.example", "role": "finance" }],
        "stripe_customer_id": "cus_acme",
    })
}

/// Goal: a new account answers with the contract's fields.
#[tokio::test]
async fn an_account_is_created_and_read() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_acme");
    let (status, account) = vendor(&cloud, Method::POST, "/v1/accounts", &acme()).await;
    assert_eq!((status, &account["plan"]), (201, &json!("free")), "{account}");
    assert_eq!((&account["state"], &account["kind"]), (&json!("active"), &json!("standard")));
    assert_eq!(account["stripe_customer_id"], "cus_acme");
    assert_eq!(account["billing_details"]["address"]["country"], "DE");
    let month = json!({ "start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z" });
    assert_eq!(account["period"], month);
    assert_eq!(account["outstanding"]["amount"], 0);
    assert_eq!(account["disables_on"], Value::Null);
    assert_eq!(get(&cloud, "/v1/accounts/acme").await, account);
    let access = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!((&access["access"], &access["reasons"]), (&json!("full"), &json!([])));
}

/// Goal: an id or a Stripe customer is given away once; the same request with the same
/// Idempotency-Key answers the same, with another body 409.
#[tokio::test]
async fn creating_twice_conflicts_or_answers_the_same() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_acme");
    let (_, first) = post_with_key(&cloud, "/v1/accounts", "k1", &acme()).await;
    let (status, again) = post_with_key(&cloud, "/v1/accounts", "k1", &acme()).await;
    assert_eq!((status, again), (201, first));
    let mut other = acme();
    other["name"] = json!("Other");
    let (status, answer) = post_with_key(&cloud, "/v1/accounts", "k1", &other).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("idempotency_key_reused")));
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/accounts", &acme()).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("account_exists")));
    other["id"] = json!("acme-2");
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/accounts", &other).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("customer_already_linked")));
    assert_eq!(kinds(&cloud, "acme").await, ["account.created"]);
}

/// Goal: several creations at once of one account or one customer make one account; a twin may be answered
/// with the same.
#[tokio::test]
async fn concurrent_creations_make_one_account() {
    let cloud = cloud().await;
    put_customer(&cloud, "cus_acme");
    let request = |id: &str| {
        let mut body = acme();
        body["id"] = json!(id);
        Request::post("/v1/accounts")
            .header("authorization", format!("Bearer {}", cloud.vendor_key()))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))
            .unwrap()
    };
    let requests = ["acme", "acme", "beta", "gamma"].map(request).into_iter().collect();
    let answers = Box::pin(cloud.send_together(requests)).await;
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status().as_u16())));
    let made = answers.iter().filter(|answer| answer.status() == 201);
    let made: BTreeSet<String> = made
        .map(|answer| {
            let account: Value = serde_json::from_slice(answer.body()).unwrap();
            account["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(made.len(), 1, "{made:?}");
}

/// Goal: every wrong field is named, all at once.
#[tokio::test]
async fn every_wrong_field_is_named() {
    let cloud = cloud().await;
    let body = json!({
        "id": "a b",
        "name": " ",
        "email": "nobody",
        "plan": "gold",
        "country": "Germany",
        "members": [{ "id": "jo", "email": "jo@acme.example", "role": "boss" }],
    });
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!((status, answer["code"].as_str()), (422, Some("invalid_input")));
    let fields: Vec<&str> = answer["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["id", "name", "email", "plan", "country", "members[0].role"]);
    for body in [json!([]), json!({ "name": 1 }), json!({ "name": "A", "mail": "x" })] {
        let (status, answer) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("invalid_input")), "{body}");
    }
}

/// Goal: without a good key 401, with another account's 404, with a weak role 403; a deleted key opens
/// nothing; the secret is shown once.
#[tokio::test]
async fn keys_open_what_they_may_and_nothing_else() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    open_account(&cloud, "other").await;
    let path = "/v1/accounts/acme/api-keys";
    let (status, made) =
        post_with_key(&cloud, path, "k1", &json!({ "role": "account_administrator" })).await;
    assert_eq!(status, 201);
    let (status, again) =
        post_with_key(&cloud, path, "k1", &json!({ "role": "account_administrator" })).await;
    assert_eq!((status, again["code"].as_str()), (409, Some("secret_already_shown")));
    let secret = made["secret"].as_str().unwrap().to_owned();
    let call = async |key: &str, method: Method, path: &str, body: &Value| {
        Box::pin(cloud.call(key, method, path, body)).await.0
    };
    let nothing = &Value::Null;
    assert_eq!(call(&secret, Method::GET, "/v1/accounts/acme", nothing).await, 200);
    assert_eq!(call(&secret, Method::GET, "/v1/accounts/other", nothing).await, 404);
    assert_eq!(call(&secret, Method::GET, "/v1/accounts/nobody", nothing).await, 404);
    assert_eq!(call(&secret, Method::POST, "/v1/accounts", &acme()).await, 403);
    assert_eq!(call("", Method::GET, "/v1/accounts/acme", nothing).await, 401);
    assert_eq!(call("tg_vendor_guess", Method::GET, "/v1/accounts/acme", nothing).await, 401);
    assert_eq!(call("tg_vendor_guess", Method::POST, "/v1/accounts", &json!({})).await, 401);

    let (_, listed) = vendor(&cloud, Method::GET, path, nothing).await;
    assert_eq!(listed["data"][0]["id"], made["id"]);
    assert_eq!(listed["data"][0]["secret"], Value::Null, "a listed key shows its secret");
    let (_, member) = vendor(&cloud, Method::POST, path, &json!({ "role": "member" })).await;
    let member = member["secret"].as_str().unwrap().to_owned();
    assert_eq!(call(&member, Method::GET, "/v1/accounts/acme/access", nothing).await, 200);
    assert_eq!(call(&member, Method::GET, "/v1/accounts/acme/timeline", nothing).await, 403);

    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(call(&secret, Method::DELETE, &one, nothing).await, 204);
    assert_eq!(call(&secret, Method::GET, "/v1/accounts/acme", nothing).await, 401);
    assert_eq!(vendor(&cloud, Method::DELETE, &one, nothing).await.0, 404);
    let kinds = kinds(&cloud, "acme").await;
    assert_eq!(kinds, ["account.created", "api_key.created", "api_key.created", "api_key.deleted"]);
}

/// Goal: the timeline pages through every entry once, newest first, whatever the page size, also when one
/// commit wrote several.
#[tokio::test]
async fn the_timeline_pages_without_gaps() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    for index in 0..4 {
        let due = NOW + index * DAY;
        let invoice = Invoice::sent(&format!("in_{index}"), "cus_acme", 100, NOW, due);
        post(&cloud, &invoice.finalized(NOW), "applied").await;
    }
    cloud.clock().advance("30d").await.unwrap();
    let now = NOW + 30 * DAY;
    for index in 0..4 {
        let due = NOW + index * DAY;
        let invoice = Invoice::sent(&format!("in_{index}"), "cus_acme", 100, NOW, due);
        post(&cloud, &invoice.paid(now), "applied").await;
    }
    let all = get(&cloud, "/v1/accounts/acme/timeline?limit=100").await;
    let all = all["data"].as_array().unwrap().clone();
    assert_eq!(all.len(), 1 + 4 + 4 + 3 + 3 + 3, "{all:?}");
    for limit in [1, 2, 3, 5, 11, 12] {
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/accounts/acme/timeline?limit={limit}{cursor}");
            let page = get(&cloud, &path).await;
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= limit);
            paged.extend(data.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(paged, all, "pages of {limit}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=1.2"] {
        let path = format!("/v1/accounts/acme/timeline?{query}");
        let (status, _) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
        assert_eq!(status, 422, "{query}");
    }
}

/// Goal: every entry says what happened in a sentence, with its cause and what changed.
#[tokio::test]
async fn an_entry_of_the_timeline_explains_itself() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    let page = get(&cloud, "/v1/accounts/acme/timeline").await;
    let entry = &page["data"][0];
    assert_eq!(entry["kind"], "invoice.finalized");
    assert_eq!(entry["cause"]["type"], "stripe_event");
    assert_eq!(entry["cause"]["id"], "evt_in_1_invoice_finalized_1795338000");
    assert_eq!(entry["summary"], "Invoice N-in_1 was finalized; 49.00 EUR remains to pay.");
    let remaining = json!({
        "field": "amount_remaining",
        "before": null,
        "after": { "amount": 4_900, "currency": "eur" },
    });
    assert!(entry["changes"].as_array().unwrap().contains(&remaining), "{entry}");
    let why = get(&cloud, "/v1/accounts/acme/explain?field=outstanding").await;
    assert_eq!(why["value"], json!({ "amount": 4_900, "currency": "eur" }));
    assert_eq!(why["because"][0]["kind"], "invoice.finalized");
    let path = "/v1/accounts/acme/explain?field=weather";
    assert_eq!(vendor(&cloud, Method::GET, path, &Value::Null).await.0, 422);
}

/// Goal: plan, seats, period and a booked cancellation are the subscription's; when it ends, the plan is
/// free again; a late event of an older subscription changes nothing.
#[tokio::test]
async fn the_account_follows_its_subscription() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let kind = "customer.subscription";
    let created = subscription(&format!("{kind}.created"), "cus_acme", NOW, |_| {});
    post(&cloud, &created, "applied").await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["plan"], &account["seats"]), (&json!("team"), &json!(5)));
    assert_eq!(account["subscription_period"]["end"], "2026-12-22T09:00:00Z");
    assert_eq!(account["cancel_at_period_end"], false);

    let newer = |at, status: &'static str, seats: u64| {
        subscription(&format!("{kind}.updated"), "cus_acme", at, move |object| {
            object["id"] = json!("sub_newer");
            object["created"] = json!(NOW + 5);
            object["status"] = json!(status);
            object["items"]["data"][0]["quantity"] = json!(seats);
            object["cancel_at_period_end"] = json!(true);
        })
    };
    post(&cloud, &newer(NOW + 10, "active", 8), "applied").await;
    let old_ended = subscription(&format!("{kind}.deleted"), "cus_acme", NOW + 20, |object| {
        object["status"] = json!("canceled");
    });
    post(&cloud, &old_ended, "applied").await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["plan"], &account["seats"]), (&json!("team"), &json!(8)));
    assert_eq!(account["cancel_at_period_end"], true);
    post(&cloud, &newer(NOW + 9, "active", 3), "unchanged").await;
    post(&cloud, &newer(NOW + 30, "canceled", 8), "applied").await;
    post(&cloud, &newer(NOW + 40, "active", 8), "unchanged").await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["plan"], &account["seats"]), (&json!("free"), &Value::Null));
}

/// Goal: the invoice of an incomplete subscription makes nobody past due.
#[tokio::test]
async fn the_first_invoice_of_an_incomplete_subscription_never_counts() {
    let cloud = crate::world::cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let first = Invoice::automatic("in_1", "cus_acme", 4_900, NOW - 60)
        .with("billing_reason", json!("subscription_create"));
    post(&cloud, &first.payment_failed(NOW - 30), "applied").await;
    assert_eq!(state(&cloud, "acme").await, "active");
    let kind = "customer.subscription.created";
    let incomplete = subscription(kind, "cus_acme", NOW - 60, |object| {
        object["status"] = json!("incomplete");
        object["latest_invoice"] = json!("in_1");
    });
    post(&cloud, &incomplete, "applied").await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!((&account["state"], &account["plan"]), (&json!("active"), &json!("free")));
    assert_eq!(account["outstanding"]["amount"], 0);
}

/// Goal: billing details follow the customer at Stripe, the later the better; a deleted customer closes the
/// account.
#[tokio::test]
async fn the_account_follows_its_customer() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let named = |name: &'static str, at: i64| {
        customer("customer.updated", "cus_acme", at, move |object| object["name"] = json!(name))
    };
    post(&cloud, &named("Acme SE", NOW + 20), "applied").await;
    post(&cloud, &named("Acme GmbH", NOW + 10), "unchanged").await;
    let account = get(&cloud, "/v1/accounts/acme").await;
    assert_eq!(account["billing_details"]["company"], "Acme SE");
    assert_eq!(account["billing_details"]["address"]["city"], "Berlin");
    let deleted = customer("customer.deleted", "cus_acme", NOW, |_| {});
    post(&cloud, &deleted, "applied").await;
    post(&cloud, &deleted, "unchanged").await;
    let access = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!((&access["access"], &access["state"]), (&json!("none"), &json!("canceled")));
    assert_eq!(access["reasons"][0]["code"], "canceled");
}

/// Goal: a deleted draft leaves nothing owed, and a stale `created` does not bring it back.
#[tokio::test]
async fn a_deleted_draft_stays_deleted() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.deleted(NOW + 10), "applied").await;
    post(&cloud, &invoice.drafted(NOW), "unchanged").await;
    post(&cloud, &invoice.finalized(NOW), "refused").await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["outstanding"]["amount"], 0);
}

/// Goal: a credit note that comes before its invoice waits for it; the snapshot that already contains it
/// does not count it twice; voiding it raises the amount again.
#[tokio::test]
async fn credit_notes_count_once_in_any_order() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    let note = |kind: &str| invoice.credit_note("cn_1", kind, 900, NOW + 5);
    let credited = invoice
        .clone()
        .with("amount_due", json!(4_000))
        .with("amount_remaining", json!(4_000))
        .with("pre_payment_credit_notes_amount", json!(900));
    let owed = async || get(&cloud, "/v1/accounts/acme").await["outstanding"]["amount"].clone();
    post(&cloud, &note("credit_note.created"), "applied").await;
    assert_eq!(owed().await, 0);
    post(&cloud, &credited.updated(NOW + 5), "applied").await;
    assert_eq!(owed().await, 4_000);
    post(&cloud, &invoice.finalized(NOW), "unchanged").await;
    assert_eq!(owed().await, 4_000);
    post(&cloud, &note("credit_note.voided"), "applied").await;
    assert_eq!(owed().await, 4_900);
    post(&cloud, &note("credit_note.created"), "unchanged").await;
    assert_eq!(owed().await, 4_900);
}

/// Goal: while a secret is rolled, either is accepted; a new one is found, at most every 30 seconds.
#[tokio::test]
async fn webhook_secrets_can_be_rolled() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let invoice = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &invoice.finalized(NOW), "applied").await;
    let old = cloud.webhook_secret();
    // As Stripe does once the old secret has expired: one signature, made with one secret.
    let signed_with = |secret: &str, at: i64| {
        let secrets = stripe_wire::signature::Secrets::new(&[secret.to_owned()]).unwrap();
        let body = invoice.paid(NOW).to_string();
        let at = billing::time::Timestamp(at);
        let signature = stripe_wire::signature::sign(&secrets, body.as_bytes(), at);
        let mut request = cloud.event_request(body.into_bytes());
        request.headers_mut().insert("stripe-signature", signature.parse().unwrap());
        request
    };
    let status = async |request| Box::pin(cloud.send(request)).await.status().as_u16();
    cloud.set_webhook_secrets(vec!["whsec_new".to_owned(), old.clone()]);
    assert_eq!(status(signed_with("whsec_new", NOW)).await, 400, "read again too early");
    cloud.clock().advance("31s").await.unwrap();
    assert_eq!(status(signed_with("whsec_new", NOW + 31)).await, 200);
    assert_eq!(status(signed_with(&old, NOW + 31)).await, 200, "the old secret still counts");
    assert_eq!(status(signed_with("whsec_other", NOW + 31)).await, 400);
    let read = |call: &&local::gate::Call| call.operation.starts_with("SecretsManager");
    let reads = cloud.gate().calls().iter().filter(read).count();
    assert!(reads <= 3, "the secrets were read {reads} times");
    cloud.set_webhook_secrets(vec!["whsec_new".to_owned()]);
    cloud.clock().advance("6m").await.unwrap();
    assert_eq!(status(signed_with(&old, NOW + 391)).await, 400, "taken off, it ends when warm too");

    for blank in [vec![], vec![String::new()]] {
        let cloud = crate::world::cloud().await;
        cloud.set_webhook_secrets(blank);
        let request = cloud.event_request(b"{}".to_vec());
        assert!(Box::pin(cloud.send(request)).await.status().as_u16() >= 400);
    }
}

/// Goal: anybody can read the description of the API, byte for byte as it is committed.
#[tokio::test]
async fn the_description_is_served_as_it_is_committed() {
    let request = Request::get("/openapi.json").body(Bytes::new()).unwrap();
    let response = Box::pin(cloud().await.send(request)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.body(), include_str!("../../openapi.json"));
}
