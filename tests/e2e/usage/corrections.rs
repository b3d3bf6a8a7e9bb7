//! Counted usage, corrected by staff while its month is open (F3).

use bytes::Bytes;
use http::Request;
use local::gate::{Fault, Faults, Mode, Script};

use super::*;
use crate::world::{kinds, staff_with_key};

const CORRECTIONS: &str = "/v1/staff/accounts/acme/usage-corrections";

fn taking(resource: &str, quantity: i64) -> Value {
    json!({
        "period": "2026-11", "resource": resource, "quantity": quantity,
        "reason": "A loop in the collector",
    })
}

async fn correct(cloud: &Running, key: &str, body: &Value) -> (u16, Value) {
    staff_with_key(cloud, CORRECTIONS, key, body).await
}

/// Goal: what was reported too much is taken off all days in proportion, a restricted account works
/// again at once, and the explanation adds up to the value with the correction in it.
#[tokio::test]
async fn usage_is_corrected_and_an_account_works_again() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let events = [
        event_at("acme", "sessions", 800, "2026-11-02T08:00:00Z"),
        event_at("acme", "sessions", 400, "2026-11-03T08:00:00Z"),
    ];
    report(&cloud, "b1", &events).await;
    assert_eq!(access(&cloud, "acme").await, "cached_only");

    let (status, made) = correct(&cloud, "k1", &taking("sessions", -300)).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!((&made["used_before"], &made["used"]), (&json!(1_200), &json!(900)));
    let daily = json!([
        { "date": "2026-11-02", "quantity": -200 }, { "date": "2026-11-03", "quantity": -100 },
    ]);
    assert_eq!(made["daily"], daily);

    assert_eq!(
        (access(&cloud, "acme").await, state(&cloud, "acme").await),
        ("full".to_owned(), "active".to_owned())
    );
    let sessions = resource(&cloud, "acme", "sessions", "").await;
    assert_eq!((&sessions["used"], &sessions["level"]), (&json!(900), &json!("near")));
    assert_eq!(sessions["daily"][1], json!({ "date": "2026-11-02", "used": 600 }));

    let why = get(&cloud, "/v1/accounts/acme/explain?field=usage:sessions").await;
    let parts: Vec<(&str, i64)> = why["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["label"].as_str().unwrap(), it["units"].as_i64().unwrap()))
        .collect();
    let expected = [("2026-11-02", 800), ("2026-11-03", 400), ("A loop in the collector", -300)];
    assert_eq!((&why["value"], parts.as_slice()), (&json!(900), expected.as_slice()));
    let because = why["because"].as_array().unwrap();
    let entry = because.iter().find(|it| it["kind"] == "usage.corrected").expect("the entry");
    let summary =
        "Usage of sessions in 2026-11 was corrected: 300 taken off; the count is now 900.";
    assert!(entry["summary"].as_str().unwrap().starts_with(summary), "{entry}");
    assert_eq!(entry["cause"]["type"], "staff");
    let changed = |field: &str| {
        let changes = entry["changes"].as_array().unwrap();
        let change = changes.iter().find(|it| it["field"] == field).unwrap();
        (change["before"].clone(), change["after"].clone())
    };
    assert_eq!(changed("state"), (json!("restricted"), json!("active")));
    assert_eq!(changed("used"), (json!(1_200), json!(900)));
}

/// Goal: a correction is made once, however often it is sent; the key with another body is refused,
/// and without one nothing is done.
#[tokio::test]
async fn a_correction_is_made_once() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    report(&cloud, "b1", &[event("acme", "events", 10)]).await;
    let body = taking("events", -4);
    let (status, first) = correct(&cloud, "k1", &body).await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(correct(&cloud, "k1", &body).await, (201, first));
    assert_eq!(used(&cloud, "acme", "events", "").await, 6);
    let (status, answer) = correct(&cloud, "k1", &taking("events", -3)).await;
    assert_eq!((status, &answer["code"]), (409, &json!("idempotency_key_reused")));
    let (status, answer) =
        Box::pin(cloud.call(cloud.staff_key(), Method::POST, CORRECTIONS, &body)).await;
    assert_eq!((status, &answer["code"]), (422, &json!("idempotency_key_missing")));
    assert_eq!(used(&cloud, "acme", "events", "").await, 6);
}

/// Goal: wherever a correction breaks off, the same request makes it, once.
#[tokio::test]
async fn an_interrupted_correction_is_made_once() {
    for call in 1..=6 {
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::TimeoutAfter] {
            let cloud = cloud().await;
            open_account(&cloud, "acme").await;
            report(&cloud, "b1", &[event("acme", "events", 10)]).await;
            cloud.gate().script(Script::at("Staff", call, fault));
            let body = taking("events", -4);
            let (status, answer) = correct(&cloud, "k1", &body).await;
            assert!([201, 500, 502, 503].contains(&status), "{fault:?} at {call}: {answer}");
            let (status, answer) = correct(&cloud, "k1", &body).await;
            assert_eq!(status, 201, "{fault:?} at {call}: {answer}");
            assert_eq!(used(&cloud, "acme", "events", "").await, 6, "{fault:?} at {call}");
            let kinds = kinds(&cloud, "acme").await;
            assert_eq!(kinds.iter().filter(|kind| *kind == "usage.corrected").count(), 1);
        }
    }
}

/// Goal: a gauge is set to another level; a later report takes its place.
#[tokio::test]
async fn a_gauge_is_corrected_until_the_next_report() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    report(&cloud, "b1", &[event_at("acme", "storage", 450, "2026-11-20T08:00:00Z")]).await;
    let (status, made) = correct(&cloud, "k1", &taking("storage", -150)).await;
    assert_eq!((status, &made["used"]), (201, &json!(300)), "{made}");
    let storage = resource(&cloud, "acme", "storage", "").await;
    assert_eq!((&storage["used"], &storage["level"]), (&json!(300), &json!("ok")));
    assert_eq!(storage["daily"][20], json!({ "date": "2026-11-21", "used": 450 }));
    assert_eq!(storage["daily"][21], json!({ "date": "2026-11-22", "used": 300 }));
    cloud.clock().advance("1h").await.unwrap();
    report(&cloud, "b2", &[event("acme", "storage", 320)]).await;
    assert_eq!(used(&cloud, "acme", "storage", "").await, 320);
}

/// Goal: each wrong field is named, what the state refuses says what would clear it, and nothing is
/// changed; vendor and customers may not.
#[tokio::test]
async fn what_is_wrong_is_refused() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    report(&cloud, "b1", &[event("acme", "events", 10)]).await;
    let with = |field: &str, value: Value| {
        let mut body = taking("events", -1);
        body[field] = value;
        body
    };
    let cases = [
        (with("quantity", json!(0)), 422, "quantity"),
        (with("quantity", json!(-1_000_000_000_001_i64)), 422, "quantity"),
        (with("quantity", json!(0.5)), 422, "quantity"),
        (with("period", json!("November")), 422, "period"),
        (with("period", json!("2026-12")), 422, "period"),
        (with("resource", json!("bandwidth")), 422, "resource"),
        (with("reason", json!(" ")), 422, "reason"),
        (with("reason", json!("a\u{202e}b")), 422, "reason"),
        (with("day", json!("yesterday")), 422, "day"),
        (with("day", json!("2026-11-23")), 422, "day"),
        (with("day", json!("2026-10-31")), 422, "day"),
        (with("other", json!(1)), 422, "other"),
        (with("quantity", json!(-11)), 409, "beyond_counted"),
        (with("day", json!("2026-11-21")), 409, "beyond_counted"),
        (taking("enrichments", -1), 409, "metered_by_deductions"),
        (taking("storage", 501), 201, ""),
    ];
    for (nth, (body, expected, what)) in cases.iter().enumerate() {
        let (status, answer) = correct(&cloud, &format!("k{nth}"), body).await;
        assert_eq!(status, *expected, "{body}: {answer}");
        match status {
            422 => assert_eq!(answer["fields"][0]["field"], *what, "{body}: {answer}"),
            409 => {
                assert_eq!(answer["code"], *what, "{body}: {answer}");
                assert!(answer["reasons"][0]["clears_by"].as_str().unwrap().len() > 20);
            }
            _ => {}
        }
    }
    assert_eq!(used(&cloud, "acme", "events", "").await, 10);
    assert_eq!(vendor(&cloud, Method::POST, CORRECTIONS, &taking("events", -1)).await.0, 403);
    let nobody = "/v1/staff/accounts/nobody/usage-corrections";
    assert_eq!(staff_with_key(&cloud, nobody, "k", &taking("events", -1)).await.0, 404);
}

/// Goal: batches that count at the same time and a correction are each counted once, and what is
/// taken off never goes below zero, in any order of their calls.
#[tokio::test]
async fn a_correction_beside_batches_adds_up() {
    for seed in 0..12 {
        let cloud = cloud().await;
        open_account(&cloud, "acme").await;
        report(&cloud, "b1", &[event("acme", "events", 10)]).await;
        let post = |path: &str, by: &str, key: &str, body: Value| {
            Request::post(path)
                .header("authorization", format!("Bearer {by}"))
                .header("idempotency-key", key)
                .body(Bytes::from(body.to_string()))
                .unwrap()
        };
        let batch = |name: &str| {
            let body = json!({ "batch_id": name, "events": [event("acme", "events", 5)] });
            post("/v1/usage", cloud.vendor_key(), name, body)
        };
        let correction =
            |key: &str| post(CORRECTIONS, cloud.staff_key(), key, taking("events", -8));
        let requests =
            vec![batch("b2"), correction("k1"), batch("b3"), correction("k2"), correction("k2")];

        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let answers = Box::pin(cloud.send_together(requests)).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);

        let statuses: Vec<u16> = answers.iter().map(|it| it.status().as_u16()).collect();
        assert_eq!((statuses[0], statuses[2]), (202, 202), "seed {seed}");
        let corrected = |status: u16| u64::from(status == 201);
        let both = u64::from(statuses[3] == 201 || statuses[4] == 201);
        let off = 8 * (corrected(statuses[1]) + both);
        assert_eq!(used(&cloud, "acme", "events", "").await, 20 - off, "seed {seed}: {statuses:?}");
        let events = resource(&cloud, "acme", "events", "").await;
        let days =
            events["daily"].as_array().unwrap().iter().map(|it| it["used"].as_u64().unwrap());
        assert_eq!(days.sum::<u64>(), 20 - off, "seed {seed}: {statuses:?}");
    }
}
