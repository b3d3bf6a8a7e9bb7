//! Deliveries: in order for each account, again until they are accepted or parked, and never lost.

use local::gate::{Fault, Limits, Script};
use local::sqs::Sent;

use super::receiver::{Receiver, act, endpoint, signature};
use super::*;
use crate::world::{cloud, has_fired, open_account, script};

async fn deliveries(cloud: &Running, query: &str) -> Vec<Value> {
    let page = get(cloud, &format!("/v1/event-endpoints/backend/deliveries?{query}")).await;
    page["data"].as_array().unwrap().clone()
}

fn of<'a>(ids: &'a [String], account: &str) -> Vec<&'a str> {
    let prefix = format!("evt_{account}_");
    ids.iter().map(String::as_str).filter(|id| id.starts_with(&prefix)).collect()
}

/// Goal: every event comes once, in its account's order, as the same bytes as the feed has, signed.
#[tokio::test]
async fn events_come_in_order_and_signed() {
    let cloud = cloud().await;
    let receiver = Receiver::start().await;
    receiver.writes("x".repeat(1_000_000));
    let secret = endpoint(&cloud, "backend", &receiver.url).await;
    for account in ["acme", "zoe"] {
        open_account(&cloud, account).await;
        for id in ["ada", "bob", "cid"] {
            member(&cloud, account, id).await;
        }
    }

    published(&cloud).await;
    published(&cloud).await;

    let ids = receiver.ids();
    for account in ["acme", "zoe"] {
        let wanted: Vec<String> = (1..=4).map(|number| format!("evt_{account}_{number}")).collect();
        assert_eq!(of(&ids, account), wanted);
    }
    for received in receiver.received() {
        assert_eq!(received.signatures, [signature(&secret, &received)]);
        let event = get(&cloud, &format!("/v1/events/{}", received.id)).await;
        assert_eq!(serde_json::from_str::<Value>(&received.body).unwrap(), event);
    }
    let listed = deliveries(&cloud, "status=delivered&limit=100").await;
    assert_eq!(listed.len(), 8);
    assert_eq!(listed[0]["last_outcome"]["status_code"], 200);
    cloud.clock().advance("1d").await.unwrap();
    assert_eq!(receiver.ids().len(), 8, "an event came twice");
}

/// Goal: a failed event is tried again after 5 s, 5 min and 30 min; the account's later events wait
/// behind it, and another account's do not.
#[tokio::test]
async fn retries_follow_the_schedule_and_keep_the_order() {
    let cloud = cloud().await;
    let receiver = Receiver::start().await;
    endpoint(&cloud, "backend", &receiver.url).await;
    receiver.answers_account("acme", 500);
    open_account(&cloud, "acme").await;
    open_account(&cloud, "zoe").await;
    cloud.clock().advance("4s").await.unwrap();
    member(&cloud, "acme", "ada").await;
    member(&cloud, "zoe", "ada").await;

    cloud.clock().advance("10s").await.unwrap();
    let ids = receiver.take();
    assert_eq!(of(&ids, "acme"), ["evt_acme_1", "evt_acme_1"]);
    assert_eq!(of(&ids, "zoe"), ["evt_zoe_1", "evt_zoe_2"]);
    let pending = deliveries(&cloud, "status=pending").await;
    assert_eq!((pending.len(), &pending[0]["attempts"]), (1, &json!(2)));
    cloud.clock().advance("4m").await.unwrap();
    assert_eq!(receiver.take(), Vec::<String>::new());
    cloud.clock().advance("1m").await.unwrap();
    assert_eq!(receiver.take(), ["evt_acme_1"]);
    cloud.clock().advance("29m").await.unwrap();
    assert_eq!(receiver.take(), Vec::<String>::new());

    receiver.is_well();
    cloud.clock().advance("2m").await.unwrap();

    assert_eq!(receiver.take(), ["evt_acme_1", "evt_acme_2"]);
    assert_eq!(deliveries(&cloud, "status=pending").await, Vec::<Value>::new());
}

/// Goal: an event that a receiver never takes is parked after three days, its account goes on, and
/// the event is sent again by hand; the endpoint takes others, so it is not disabled.
#[tokio::test]
async fn a_poison_event_is_parked_after_three_days() {
    let cloud = cloud().await;
    let receiver = Receiver::start().await;
    endpoint(&cloud, "backend", &receiver.url).await;
    receiver.answers_event("evt_acme_2", 400);
    open_account(&cloud, "acme").await;
    open_account(&cloud, "zoe").await;
    for id in ["ada", "bob"] {
        member(&cloud, "acme", id).await;
    }
    published(&cloud).await;
    for day in 0..3 {
        member(&cloud, "zoe", &format!("m{day}")).await;
        cloud.clock().advance("23h").await.unwrap();
    }
    assert!(!receiver.ids().contains(&"evt_acme_3".to_owned()), "did not wait");
    let path = "backend/deliveries/evt_acme_2/resend";
    let (status, refused) = act(&cloud, path).await;
    assert_eq!((status, &refused["code"]), (409, &json!("delivery_pending")), "{refused}");

    cloud.clock().advance("4h").await.unwrap();

    let ids = receiver.take();
    assert_eq!(of(&ids, "acme").iter().filter(|id| **id == "evt_acme_2").count(), 13);
    assert_eq!(of(&ids, "acme").last(), Some(&"evt_acme_3"));
    let parked = deliveries(&cloud, "status=parked").await;
    assert_eq!((parked.len(), &parked[0]["event"]), (1, &json!("evt_acme_2")));
    receiver.is_well();
    let (status, sent) = act(&cloud, path).await;
    assert_eq!((status, &sent["status"]), (200, &json!("delivered")), "{sent}");
    assert_eq!(receiver.take(), ["evt_acme_2"]);
    assert_eq!(deliveries(&cloud, "status=parked").await, Vec::<Value>::new());
    assert_eq!(get(&cloud, "/v1/event-endpoints/backend").await["disabled"], Value::Null);
}

/// Goal: 410 disables at once; a receiver that takes nothing for three days is disabled; the end of
/// a disabling brings everything that was missed, in order.
#[tokio::test]
async fn an_endpoint_that_takes_nothing_is_disabled() {
    for (status, because, length) in [(410, "gone", "10s"), (500, "failing", "4d")] {
        let cloud = cloud().await;
        let receiver = Receiver::start().await;
        endpoint(&cloud, "backend", &receiver.url).await;
        receiver.answers(Some(status));
        open_account(&cloud, "acme").await;
        cloud.clock().advance(length).await.unwrap();
        let known = get(&cloud, "/v1/event-endpoints/backend").await;
        assert_eq!(known["disabled"]["because"], because, "{known}");
        member(&cloud, "acme", "ada").await;
        cloud.clock().advance("1d").await.unwrap();
        receiver.take();

        receiver.is_well();
        let (status, enabled) = act(&cloud, "backend/enable").await;
        assert_eq!((status, &enabled["disabled"]), (200, &Value::Null));
        published(&cloud).await;

        assert_eq!(receiver.take(), ["evt_acme_1", "evt_acme_2"], "{because}");
    }
}

/// Goal: a redirect is a failure and is not followed; a receiver that never answers is one after
/// ten seconds, and another endpoint gets its events meanwhile.
#[tokio::test]
async fn redirects_and_silence_are_failures() {
    let cloud = cloud().await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    endpoint(&cloud, "backend", &receiver.url).await;
    endpoint(&cloud, "other", &other.url).await;
    receiver.answers(Some(307));
    open_account(&cloud, "acme").await;
    cloud.clock().advance("4s").await.unwrap();
    assert_eq!((receiver.elsewhere(), other.take().len()), (0, 1));
    let failed = deliveries(&cloud, "").await;
    assert_eq!(failed[0]["last_outcome"]["status_code"], 307, "{failed:?}");

    cloud.gate().set_away(&["Webhook"]);
    cloud.clock().advance("6s").await.unwrap();
    let failed = deliveries(&cloud, "").await;
    assert_eq!(failed[0]["last_outcome"]["failure"], "timed_out", "{failed:?}");
    cloud.gate().set_away(&[]);
    receiver.is_well();
    receiver.take();
    cloud.clock().advance("10m").await.unwrap();
    assert_eq!(receiver.take(), ["evt_acme_1"]);
}

/// Goal: a worker that is ended at any of its calls loses nothing and changes no order: an event
/// may come again under its id. A publisher that cannot send its message makes an event late.
#[tokio::test]
async fn a_crash_at_any_call_loses_nothing() {
    let mut fired = 0;
    let mut scripts = vec![("EventPublisher", 5, Fault::KillBefore)];
    scripts.extend((1..=7).map(|call| ("EventDelivery", call, Fault::KillBefore)));
    scripts.extend((1..=7).map(|call| ("EventDelivery", call, Fault::KillAfter)));
    for (function, call, fault) in scripts {
        let cloud = cloud().await;
        let receiver = Receiver::start().await;
        endpoint(&cloud, "backend", &receiver.url).await;
        open_account(&cloud, "acme").await;
        member(&cloud, "acme", "ada").await;
        let scripted = Script::at(function, call, fault);
        script(&cloud, &scripted);

        cloud.clock().advance("1d").await.unwrap();

        fired += usize::from(has_fired(&cloud, &scripted));
        let mut ids = receiver.take();
        assert!(ids.is_sorted(), "{call} {fault:?}: {ids:?}");
        ids.dedup();
        assert_eq!(ids, ["evt_acme_1", "evt_acme_2"], "{function} {call} {fault:?}");
    }
    assert!(fired >= 10, "{fired} faults fired");
}

/// Goal: two workers at once at one account and endpoint never reorder its events.
#[tokio::test]
async fn two_workers_keep_the_order() {
    for seed in 1..=3 {
        let cloud = cloud().await;
        let receiver = Receiver::start().await;
        endpoint(&cloud, "backend", &receiver.url).await;
        open_account(&cloud, "acme").await;
        cloud.limit(Limits::ALL, None, seed);
        for round in 0..6 {
            member(&cloud, "acme", &format!("m{round}")).await;
            let message = json!({ "deliver": { "endpoint": "backend", "account": "acme" } });
            for _ in 0..3 {
                let sent = Sent { body: message.to_string(), ..Sent::default() };
                cloud.queues().send("DeliveryQueue", sent).unwrap();
            }
            cloud.clock().advance("3s").await.unwrap();
        }
        cloud.clock().advance("1h").await.unwrap();

        let mut ids = receiver.take();
        ids.dedup();
        let wanted: Vec<String> = (1..=7).map(|number| format!("evt_acme_{number}")).collect();
        assert_eq!(ids, wanted, "seed {seed}");
    }
}
