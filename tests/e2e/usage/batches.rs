//! Batches of usage events: each counts once, whatever happens on the way, and says what it did not
//! count.

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use super::{event, event_at, rejected, report, resource, used};
use crate::stripe::customer;
use crate::world::{NOW, cloud, has_fired, open_account, post, script, vendor};

/// Goal: a batch counts once, however often it is sent; its id with other content is refused.
#[tokio::test]
async fn a_batch_counts_once() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let events = [event("acme", "events", 7), event("nobody", "events", 1)];
    let first = report(&cloud, "b1", &events).await;
    assert_eq!(
        (first["accepted"].as_u64(), rejected(&first)),
        (Some(1), vec![(1, "unknown_account")])
    );
    // Who was unknown then stays rejected: an answer is final.
    open_account(&cloud, "nobody").await;
    let again = report(&cloud, "b1", &events).await;
    assert_eq!((&again["duplicate"], &again["rejected"]), (&json!(true), &first["rejected"]));
    assert_eq!(again["accepted"], 1);
    let other = json!({ "batch_id": "b1", "events": [event("acme", "events", 8)] });
    let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &other).await;
    assert_eq!((status, &answer["code"]), (409, &json!("batch_id_reused")));
    assert_eq!(used(&cloud, "acme", "events", "").await, 7);
    assert_eq!(used(&cloud, "nobody", "events", "").await, 0);
}

const FIVE: [&str; 5] = ["a", "b", "c", "d", "e"];
const NINE: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

/// Usage of accounts on each day of the month: four of them fill a transaction.
async fn on_each_day(cloud: &Running, accounts: &[&str]) -> Vec<Value> {
    let mut events = Vec::new();
    for account in accounts {
        open_account(cloud, account).await;
        for day in 1..=22 {
            let at = format!("2026-11-{day:02}T08:00:00Z");
            events.push(event_at(account, "sessions", 2, &at));
            events.push(event_at(account, "storage", 100 + day, &at));
        }
    }
    events
}

async fn all_counted(cloud: &Running, accounts: &[&str]) {
    for account in accounts {
        let sessions = resource(cloud, account, "sessions", "").await;
        assert_eq!(sessions["used"], 44, "{account}");
        let daily = sessions["daily"].as_array().unwrap().iter();
        assert_eq!(daily.map(|day| day["used"].as_u64().unwrap()).sum::<u64>(), 44);
        assert_eq!(used(cloud, account, "storage", "").await, 122, "{account}");
    }
}

/// Goal: wherever a batch is interrupted, before or after each of its calls took effect, sending it
/// again counts the rest and nothing twice.
#[tokio::test]
async fn an_interrupted_batch_goes_on_where_it_stopped() {
    // The key and the marker, what is known in two requests, two transactions.
    for call in 1..=5 {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let cloud = cloud().await;
            let events = on_each_day(&cloud, &FIVE).await;
            cloud.gate().script(Script::at("Usage", call, fault));
            let body = json!({ "batch_id": "b1", "events": events });
            let (status, _) = vendor(&cloud, Method::POST, "/v1/usage", &body).await;
            assert!(status >= 500, "{fault:?} at call {call} was survived");
            let answer = report(&cloud, "b1", &events).await;
            let was_done = call == 5 && fault == Fault::KillAfter;
            assert_eq!(answer["duplicate"], was_done, "{fault:?} at call {call}");
            assert_eq!(answer["accepted"], 220);
            all_counted(&cloud, &FIVE).await;
            assert_eq!(report(&cloud, "b1", &events).await["duplicate"], true);
            all_counted(&cloud, &FIVE).await;
        }
    }
}

/// Goal: throttling, conflicts and lost answers at any call are overcome or answered 503, and
/// nothing counts twice.
#[tokio::test]
async fn faults_at_any_call_count_once() {
    for call in [1, 3, 4, 5] {
        for fault in [Fault::Throttle, Fault::Conflict, Fault::TimeoutAfter] {
            // Reads do not conflict.
            if fault == Fault::Conflict && call < 4 {
                continue;
            }
            let cloud = cloud().await;
            let events = on_each_day(&cloud, &FIVE).await;
            let scripted = Script::at("Usage", call, fault);
            script(&cloud, &scripted);
            let body = json!({ "batch_id": "b1", "events": events });
            let (status, answer) = vendor(&cloud, Method::POST, "/v1/usage", &body).await;
            assert!(has_fired(&cloud, &scripted), "{fault:?} at call {call} did not happen");
            assert!([202, 503].contains(&status), "{fault:?} at call {call}: {answer}");
            assert!(call == 1 || status == 202, "{fault:?} at call {call}: {answer}");
            assert_eq!(report(&cloud, "b1", &events).await["duplicate"], status == 202);
            all_counted(&cloud, &FIVE).await;
        }
    }
}

/// Goal: of chunks that are counted at the same time one may fail, be it for good, and only that
/// one is counted again.
#[tokio::test]
async fn one_of_several_chunks_at_once_may_fail() {
    let cloud = cloud().await;
    let events = on_each_day(&cloud, &NINE).await;
    // The key, what is known in three requests, the first chunk; then two at once, the first of
    // them throttled.
    cloud.gate().forget_calls();
    cloud.gate().script(Script::at("Usage", 6, Fault::Throttle));
    let answer = report(&cloud, "b1", &events).await;
    assert_eq!((&answer["accepted"], &answer["duplicate"]), (&json!(396), &json!(false)));
    let calls = cloud.gate().calls();
    let writes = calls.iter().filter(|call| call.operation == "DynamoDB.TransactWriteItems");
    assert_eq!(writes.count(), 4, "three chunks, and one of them twice");
    all_counted(&cloud, &NINE).await;
}

/// Goal: many batches at once over the same accounts, some of them the same batch, all count, once
/// each; of gauges the latest level wins.
#[tokio::test]
async fn parallel_batches_add_up() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    open_account(&cloud, "beta").await;
    let request = |nth: u64| {
        let minute = format!("2026-11-22T08:{:02}:00Z", nth * 7 % 20);
        let events = [
            event("acme", "sessions", 1),
            event("beta", "events", 10),
            event_at("acme", "storage", 100 + nth * 7 % 20, &minute),
        ];
        let body = json!({ "batch_id": format!("b{nth}"), "events": events });
        Request::post("/v1/usage")
            .header("authorization", format!("Bearer {}", cloud.vendor_key()))
            .body(Bytes::from(body.to_string()))
            .unwrap()
    };
    let requests: Vec<_> = (0..20).chain(0..5).map(request).collect();
    let again: Vec<_> = (0..20).map(request).collect();
    let answers = Box::pin(cloud.send_together(requests)).await;
    // Whoever was told to try again does.
    let answers_again = Box::pin(cloud.send_together(again)).await;
    for answer in answers.iter().chain(&answers_again) {
        assert!([202, 503].contains(&answer.status().as_u16()), "{answer:?}");
    }
    assert!(answers.iter().filter(|answer| answer.status() == 202).count() >= 20);
    assert_eq!(used(&cloud, "acme", "sessions", "").await, 20);
    assert_eq!(used(&cloud, "beta", "events", "").await, 200);
    assert_eq!(used(&cloud, "acme", "storage", "").await, 119);
}

/// Goal: beyond a limit that refuses, an event is rejected as a whole; the others of the batch
/// count.
#[tokio::test]
async fn what_a_plan_refuses_is_rejected() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let events =
        [event("acme", "storage", 501), event("acme", "events", 3), event("acme", "storage", 500)];
    let answer = report(&cloud, "b1", &events).await;
    assert_eq!(rejected(&answer), [(0, "over_limit")]);
    assert_eq!(used(&cloud, "acme", "storage", "").await, 500);
    assert_eq!(used(&cloud, "acme", "events", "").await, 3);
}

/// Goal: each wrong event is rejected with its place and its field, and the others count.
#[tokio::test]
async fn wrong_events_are_rejected_one_by_one() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    open_account(&cloud, "gone").await;
    post(&cloud, &customer("customer.deleted", "cus_gone", NOW, |_| {}), "applied").await;
    let with = |field: &str, value: Value| {
        let mut event = event("acme", "events", 1);
        event[field] = value;
        event
    };
    let cases = [
        (with("id", json!("e1")), None),
        (with("id", json!("e1")), Some(("duplicate_id", "id"))),
        (with("account", json!("nobody")), Some(("unknown_account", "account"))),
        (with("account", json!("no account's id")), Some(("unknown_account", "account"))),
        (with("account", json!("gone")), Some(("account_closed", "account"))),
        (with("account", json!(7)), Some(("invalid_event", "account"))),
        (with("resource", json!("bandwidth")), Some(("unknown_resource", "resource"))),
        (with("quantity", json!(-1)), Some(("invalid_quantity", "quantity"))),
        (with("quantity", json!(0.5)), Some(("invalid_quantity", "quantity"))),
        (with("quantity", json!("NaN")), Some(("invalid_quantity", "quantity"))),
        (with("quantity", json!(null)), Some(("invalid_quantity", "quantity"))),
        (with("quantity", json!(1_000_000_000_001_u64)), Some(("invalid_quantity", "quantity"))),
        (with("quantity", json!(0)), None),
        (with("at", json!("yesterday")), Some(("invalid_at", "at"))),
        (with("at", json!("2026-11-22T09:05:00Z")), None),
        (with("at", json!("2026-11-22T09:05:01Z")), Some(("at_in_future", "at"))),
        (with("at", json!("2026-10-31T23:59:59Z")), Some(("too_late", "at"))),
    ];
    let events: Vec<Value> = cases.iter().map(|(event, _)| event.clone()).collect();
    let answer = report(&cloud, "b1", &events).await;
    let mut found = answer["rejected"].as_array().unwrap().iter();
    for (place, (event, expected)) in cases.iter().enumerate() {
        let Some((code, field)) = expected else { continue };
        let found = found.next().unwrap();
        assert_eq!((&found["index"], &found["code"]), (&json!(place), &json!(code)), "{event}");
        assert_eq!(found["field"], *field, "{event}");
        assert!(found["detail"].as_str().unwrap().len() > 20, "{found}");
    }
    assert_eq!((found.next(), &answer["accepted"]), (None, &json!(3)));
    assert_eq!(used(&cloud, "acme", "events", "").await, 2);
}

/// Goal: a batch that is wrong as a whole is refused by naming the field, and nothing of it counts.
#[tokio::test]
async fn a_wrong_batch_is_refused_whole() {
    let cloud = cloud().await;
    open_account(&cloud, "acme").await;
    let one = event("acme", "events", 1).to_string();
    let of =
        |events: &[String]| format!(r#"{{"batch_id": "b1", "events": [{}]}}"#, events.join(","));
    let nan = one.replace(":1", ":NaN");
    let cases = [
        (of(&vec![one.clone(); 1_001]), "events"),
        (of(&[]), "events"),
        (of(&[one.replace("quantity", "quantty")]), "events[0].quantty"),
        (format!(r#"{{"events": [{one}]}}"#), "batch_id"),
        (format!(r#"{{"batch_id": "a b", "events": [{one}]}}"#), "batch_id"),
        ("[]".to_owned(), "body"),
        (r#"{"batch_id": "b1", "events": 1}"#.to_owned(), "events"),
        (r#"{"batch_id": 1, "events": []}"#.to_owned(), "batch_id"),
    ];
    for (body, field) in cases {
        let (status, answer) = batch_of(&cloud, body).await;
        assert_eq!((status, &answer["fields"][0]["field"]), (422, &json!(field)), "{answer}");
    }
    for body in [of(&[one.clone(), nan]), String::new(), "{".to_owned()] {
        let (status, answer) = batch_of(&cloud, body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("body_unreadable")), "{answer}");
    }
    assert_eq!(used(&cloud, "acme", "events", "").await, 0);
}

/// Answer to a body that is sent as it is.
async fn batch_of(cloud: &Running, body: String) -> (u16, Value) {
    let request = Request::post("/v1/usage")
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .body(Bytes::from(body))
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    let answer = serde_json::from_slice(response.body()).unwrap();
    (response.status().as_u16(), answer)
}
