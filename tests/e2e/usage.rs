//! Metered usage: what was used, month by month, and what being over a limit does to an account.

mod batches;
mod corrections;

use billing::time::Timestamp;
use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::stripe::{Invoice, subscription};
use crate::world::{
    DAY, NOW, access, cloud, cloud_with_grace, get, open_account, post, state, vendor,
};

/// A batch that must be answered 202.
async fn report(cloud: &Running, batch: &str, events: &[Value]) -> Value {
    let body = json!({ "batch_id": batch, "events": events });
    let (status, answer) = vendor(cloud, Method::POST, "/v1/usage", &body).await;
    assert_eq!(status, 202, "{answer}");
    answer
}

fn event(account: &str, resource: &str, quantity: u64) -> Value {
    json!({ "account": account, "resource": resource, "quantity": quantity })
}

fn event_at(account: &str, resource: &str, quantity: u64, at: &str) -> Value {
    json!({ "account": account, "resource": resource, "quantity": quantity, "at": at })
}

/// A resource as the account's usage shows it.
async fn resource(cloud: &Running, account: &str, resource: &str, query: &str) -> Value {
    let usage = get(cloud, &format!("/v1/accounts/{account}/usage{query}")).await;
    let resources = usage["resources"].as_array().unwrap();
    resources.iter().find(|it| it["id"] == resource).unwrap().clone()
}

async fn used(cloud: &Running, account: &str, id: &str, query: &str) -> u64 {
    resource(cloud, account, id, query).await["used"].as_u64().unwrap()
}

/// The codes of what was rejected, with their places.
fn rejected(answer: &Value) -> Vec<(u64, &str)> {
    let rejected = answer["rejected"].as_array().unwrap().iter();
    rejected.map(|it| (it["index"].as_u64().unwrap(), it["code"].as_str().unwrap())).collect()
}

async fn on_plan(cloud: &Running, account: &str, plan: &str, at: i64) {
    let kind = "customer.subscription.updated";
    let event = subscription(kind, &format!("cus_{account}"), at, |object| {
        object["metadata"]["plan"] = json!(plan);
    });
    post(cloud, &event, "applied").await;
}

async fn until(cloud: &Running, time: &str) {
    cloud.clock().advance_to(Timestamp::parse(time).unwrap()).await;
}

/// Goal: what is reported is counted, by day and by month, and shown with the plan's limits.
#[tokio::test]
async fn usage_is_counted_by_day_and_month() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let events = [
        event("acme", "sessions", 30),
        event_at("acme", "sessions", 12, "2026-11-20T23:59:59Z"),
        event_at("acme", "sessions", 3, "2026-11-21T01:00:00+02:00"),
        event("acme", "storage", 400),
    ];
    let answer = report(&cloud, "b1", &events).await;
    assert_eq!(answer, json!({ "accepted": 4, "duplicate": false, "rejected": [] }));
    let usage = get(&cloud, "/v1/accounts/acme/usage").await;
    assert_eq!(usage["period"], "2026-11");
    assert_eq!(usage["resets_at"], "2026-12-01T00:00:00Z");
    let at = "2026-11-22T09:00:00Z";
    assert_eq!((&usage["as_of"], &usage["last_reported_at"]), (&json!(at), &json!(at)));
    cloud.clock().advance("1h").await.unwrap();
    let later = get(&cloud, "/v1/accounts/acme/usage").await;
    assert_ne!(later["as_of"], later["last_reported_at"]);
    assert_eq!(later["last_reported_at"], at);
    let before = get(&cloud, "/v1/accounts/acme/usage?period=2026-10").await;
    assert_eq!(before["last_reported_at"], Value::Null);
    let sessions = resource(&cloud, "acme", "sessions", "").await;
    assert_eq!((&sessions["used"], &sessions["limit"]), (&json!(45), &json!(1_000)));
    assert_eq!((&sessions["included"], &sessions["level"]), (&json!(1_000), &json!("ok")));
    assert_eq!((&sessions["name"], &sessions["unit"]), (&json!("Sessions"), &json!("session")));
    let daily = sessions["daily"].as_array().unwrap();
    assert_eq!(daily.len(), 22, "a row for each day so far");
    assert_eq!(daily[19], json!({ "date": "2026-11-20", "used": 15 }));
    assert_eq!(daily[21], json!({ "date": "2026-11-22", "used": 30 }));
    let storage = resource(&cloud, "acme", "storage", "").await;
    assert_eq!((&storage["used"], &storage["level"]), (&json!(400), &json!("near")));
    let enrichments = resource(&cloud, "acme", "enrichments", "").await;
    assert_eq!(enrichments["limit"], Value::Null, "credits cover what is beyond");
    assert_eq!((&enrichments["used"], &enrichments["level"]), (&json!(0), &json!("ok")));
    assert_eq!(access(&cloud, "acme").await, "full", "credits and refused usage never restrict");
    assert_eq!(used(&cloud, "acme", "sessions", "?period=2026-10").await, 0);
    for period in ["2026-12", "2026-13", "now"] {
        let path = format!("/v1/accounts/acme/usage?period={period}");
        let (status, answer) = vendor(&cloud, Method::GET, &path, &Value::Null).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!("period")), "{period}");
    }
}

/// Goal: usage counts to the month that it belongs to as long as the late window is open, to the
/// second; and a gauge goes on into the next month, while sums are zero at its first instant.
#[tokio::test]
async fn months_begin_and_late_usage_ends_to_the_second() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let events = [event("acme", "sessions", 1_001), event("acme", "storage", 300)];
    report(&cloud, "b1", &events).await;
    assert_eq!(access(&cloud, "acme").await, "cached_only");
    until(&cloud, "2026-11-30T23:59:59Z").await;
    assert_eq!(access(&cloud, "acme").await, "cached_only");
    until(&cloud, "2026-12-01T00:00:00Z").await;
    assert_eq!(access(&cloud, "acme").await, "full", "the next month has begun");
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(used(&cloud, "acme", "sessions", "").await, 0);
    assert_eq!(used(&cloud, "acme", "storage", "").await, 300);
    let storage = resource(&cloud, "acme", "storage", "").await;
    assert_eq!(storage["daily"], json!([{ "date": "2026-12-01", "used": 300 }]));

    let late = |quantity| event_at("acme", "sessions", quantity, "2026-11-30T23:59:59Z");
    until(&cloud, "2026-12-02T23:59:59Z").await;
    let events = [late(5), event_at("acme", "storage", 200, "2026-11-30T12:00:00Z")];
    assert_eq!(report(&cloud, "b2", &events).await["accepted"], 2);
    report(&cloud, "b3", &[event("acme", "storage", 350)]).await;
    until(&cloud, "2026-12-03T00:00:00Z").await;
    let answer = report(&cloud, "b4", &[late(5), event("acme", "sessions", 2)]).await;
    assert_eq!(rejected(&answer), [(0, "too_late")]);
    assert!(answer["rejected"][0]["detail"].as_str().unwrap().contains("2026-12-03T00:00:00Z"));
    assert_eq!(used(&cloud, "acme", "sessions", "?period=2026-11").await, 1_006);
    assert_eq!(used(&cloud, "acme", "sessions", "").await, 2);
    assert_eq!(used(&cloud, "acme", "storage", "?period=2026-11").await, 200);
    assert_eq!(used(&cloud, "acme", "storage", "").await, 350);
    let december = resource(&cloud, "acme", "storage", "").await;
    let daily: Vec<_> =
        december["daily"].as_array().unwrap().iter().map(|day| &day["used"]).collect();
    assert_eq!(daily, [200, 350, 350]);
    let november = resource(&cloud, "acme", "storage", "?period=2026-11").await;
    let daily = november["daily"].as_array().unwrap();
    assert_eq!((&daily[20]["used"], &daily[21]["used"]), (&json!(0), &json!(300)));
    assert_eq!((&daily[28]["used"], &daily[29]["used"]), (&json!(300), &json!(200)));
}

/// Goal: of gauges the latest level wins, in whatever order and batch it comes; of one second the
/// larger.
#[tokio::test]
async fn the_latest_level_of_a_gauge_wins() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let level = |level, at: &str| event_at("acme", "storage", level, &format!("2026-11-22T{at}Z"));
    report(&cloud, "b1", &[level(50, "08:00:00"), level(40, "07:00:00")]).await;
    assert_eq!(used(&cloud, "acme", "storage", "").await, 50);
    report(&cloud, "b2", &[level(30, "08:30:00")]).await;
    report(&cloud, "b3", &[level(99, "08:29:59")]).await;
    assert_eq!(used(&cloud, "acme", "storage", "").await, 30);
    report(&cloud, "b4", &[level(20, "08:30:00"), level(35, "08:30:00")]).await;
    report(&cloud, "b5", &[level(34, "08:30:00")]).await;
    assert_eq!(used(&cloud, "acme", "storage", "").await, 35);
}

/// Goal: near begins at exactly 80 %; what is included may be used up; one more restricts at once,
/// says why and what clears it; a larger plan lifts it at once.
#[tokio::test]
async fn over_its_limit_an_account_is_restricted_until_it_upgrades() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let level = async || resource(&cloud, "acme", "sessions", "").await["level"].clone();
    report(&cloud, "b1", &[event("acme", "sessions", 799)]).await;
    assert_eq!(level().await, "ok");
    report(&cloud, "b2", &[event("acme", "sessions", 1)]).await;
    assert_eq!(level().await, "near");
    report(&cloud, "b3", &[event("acme", "sessions", 200)]).await;
    assert_eq!((level().await, access(&cloud, "acme").await), (json!("over"), "full".to_owned()));
    report(&cloud, "b4", &[event("acme", "sessions", 1)]).await;
    let answer = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!(
        (&answer["access"], &answer["state"]),
        (&json!("cached_only"), &json!("restricted"))
    );
    assert_eq!(answer["reasons"][0]["code"], "over_limit");
    let clears_by = answer["reasons"][0]["clears_by"].as_str().unwrap();
    assert!(
        clears_by.contains("2026-12-01T00:00:00Z") && clears_by.contains("a plan"),
        "{clears_by}"
    );
    assert_eq!(state(&cloud, "acme").await, "restricted");
    let why = get(&cloud, "/v1/accounts/acme/explain?field=state").await;
    assert_eq!(
        (&why["value"], &why["clears_by"][0]["code"]),
        (&json!("restricted"), &json!("over_limit"))
    );
    // Usage of a restricted account is counted all the same.
    report(&cloud, "b5", &[event("acme", "sessions", 9)]).await;
    on_plan(&cloud, "acme", "personal", NOW + 10).await;
    assert_eq!(access(&cloud, "acme").await, "full");
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(resource(&cloud, "acme", "sessions", "").await["limit"], 10_000);

    // Disabled comes first, past due does not; the reasons are all there.
    report(&cloud, "b6", &[event("acme", "sessions", 10_000)]).await;
    let sent = Invoice::automatic("in_1", "cus_acme", 4_900, NOW);
    post(&cloud, &sent.payment_failed(NOW), "applied").await;
    let answer = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!((&answer["access"], &answer["state"]), (&json!("none"), &json!("disabled")));
    let codes: Vec<_> =
        answer["reasons"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["overdue_invoices", "over_limit"]);
}

/// Goal: a gauge over its limit restricts until less is held, not until the next month; priced
/// usage never restricts, and a smaller plan does at once.
#[tokio::test]
async fn gauges_restrict_until_less_is_held() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    on_plan(&cloud, "acme", "team", NOW).await;
    let events = [event("acme", "sessions", 2_000_000), event("acme", "storage", 500_000)];
    report(&cloud, "b1", &events).await;
    let sessions = resource(&cloud, "acme", "sessions", "").await;
    assert_eq!((&sessions["billed"], &sessions["credits"]), (&json!(1_900_000), &json!(0)));
    assert_eq!(access(&cloud, "acme").await, "full");
    cloud.clock().advance("1d").await.unwrap();
    on_plan(&cloud, "acme", "personal", NOW + DAY).await;
    let answer = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!(answer["reasons"].as_array().unwrap().len(), 2);
    until(&cloud, "2026-12-01T00:00:00Z").await;
    let answer = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!(
        (&answer["access"], answer["reasons"].as_array().unwrap().len()),
        (&json!("cached_only"), 1)
    );
    let clears_by = answer["reasons"][0]["clears_by"].as_str().unwrap();
    assert!(clears_by.starts_with("Holding no more than 10000"), "{clears_by}");
    report(&cloud, "b2", &[event("acme", "storage", 10_000)]).await;
    assert_eq!(access(&cloud, "acme").await, "full");
}

/// Goal: the vendor reports; an account's keys, a member's too, read their own usage and no other.
#[tokio::test]
async fn who_may_report_and_read() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    open_account(&cloud, "other").await;
    let body = json!({ "role": "member" });
    let (_, key) = vendor(&cloud, Method::POST, "/v1/accounts/acme/api-keys", &body).await;
    let secret = key["secret"].as_str().unwrap();
    let body = json!({ "batch_id": "b1", "events": [event("acme", "events", 1)] });
    let call = async |key: &str, method, path: &str, body: &Value| {
        Box::pin(cloud.call(key, method, path, body)).await.0
    };
    assert_eq!(call(secret, Method::POST, "/v1/usage", &body).await, 403);
    assert_eq!(call(cloud.staff_key(), Method::POST, "/v1/usage", &body).await, 403);
    assert_eq!(call("tg_vendor_wrong", Method::POST, "/v1/usage", &json!({})).await, 401);
    assert_eq!(call(secret, Method::GET, "/v1/accounts/acme/usage", &Value::Null).await, 200);
    assert_eq!(call(secret, Method::GET, "/v1/accounts/other/usage", &Value::Null).await, 404);
    assert_eq!(used(&cloud, "acme", "events", "").await, 0);
}

/// Goal: a level that was filled under a larger plan restricts where the smaller plan refuses more
/// of it, until it fits; sums begin anew and restrict nothing then (C7, XD4).
#[tokio::test]
async fn a_level_over_a_limit_that_refuses_restricts() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    on_plan(&cloud, "acme", "personal", NOW).await;
    let filled = [event("acme", "storage", 9_000), event("acme", "sessions", 100)];
    assert_eq!(rejected(&report(&cloud, "b1", &filled).await), []);
    assert_eq!(access(&cloud, "acme").await, "full");

    let ended = subscription("customer.subscription.deleted", "cus_acme", NOW + 60, |object| {
        object["status"] = json!("canceled");
    });
    post(&cloud, &ended, "applied").await;

    assert_eq!(get(&cloud, "/v1/accounts/acme").await["plan"], "free");
    assert_eq!(state(&cloud, "acme").await, "restricted");
    let answer = get(&cloud, "/v1/accounts/acme/access").await;
    assert_eq!(
        (&answer["access"], &answer["reasons"][0]["code"]),
        (&json!("cached_only"), &json!("over_limit"))
    );
    assert_eq!(answer["reasons"].as_array().unwrap().len(), 1, "storage alone restricts: {answer}");
    cloud.clock().advance("1m").await.unwrap();
    report(&cloud, "b2", &[event("acme", "storage", 501)]).await;
    assert_eq!(access(&cloud, "acme").await, "cached_only");
    cloud.clock().advance("1m").await.unwrap();
    report(&cloud, "b3", &[event("acme", "storage", 500)]).await;
    assert_eq!(access(&cloud, "acme").await, "full");
}
