//! Repeats of requests with an Idempotency-Key: a repeat is answered as the first was and does
//! nothing, whatever came between (XC2).

mod case;
mod endpoints;
mod families;
mod routes;
mod transfers;

use bytes::Bytes;
use http::{Method, Request, Response};
use local::Running;
use local::gate::{Fault, Faults, Mode, Script};
use serde_json::{Value, json};

use crate::subscription::{card, paid, running, subscribed, wish};
use crate::world::{get, kinds, vendor};

const PATH: &str = "/v1/accounts/acme/subscription";
const RESUME: &str = "/v1/accounts/acme/subscription/resume";

/// A request with an Idempotency-Key of a caller's.
fn request(
    caller: &str,
    (method, path): (Method, &str),
    key: &str,
    body: &Value,
) -> Request<Bytes> {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {caller}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(body)
        .unwrap()
}

fn answer(response: &Response<Bytes>) -> (u16, Value) {
    let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response.status().as_u16(), body)
}

fn is_replayed(response: &Response<Bytes>) -> bool {
    response.headers().get("idempotent-replayed").is_some_and(|value| value == "true")
}

async fn send(cloud: &Running, what: (Method, &str), key: &str, body: &Value) -> Response<Bytes> {
    Box::pin(cloud.send(request(cloud.vendor_key(), what, key, body))).await
}

async fn cancel(cloud: &Running) {
    assert_eq!(vendor(cloud, Method::DELETE, PATH, &Value::Null).await.0, 202);
}

/// Goal: a repeated resumption undoes no cancellation that came later.
#[tokio::test]
async fn a_repeated_resumption_undoes_no_later_cancellation() {
    let cloud = subscribed("team", "month", 3).await;
    let before = paid(&cloud);
    cancel(&cloud).await;
    let first = send(&cloud, (Method::POST, RESUME), "R1", &Value::Null).await;
    assert_eq!(first.status(), 200, "{first:?}");
    cancel(&cloud).await;
    cloud.clock().advance("2h").await.unwrap();

    let again = send(&cloud, (Method::POST, RESUME), "R1", &Value::Null).await;

    assert_eq!(answer(&again), answer(&first));
    assert!(is_replayed(&again) && !is_replayed(&first));
    assert_eq!(running(&cloud)["cancel_at_period_end"], true);
    cloud.clock().advance("10d").await.unwrap();
    assert_eq!(paid(&cloud) - before, 0);
}

/// Goal: a declined payment stays declined under its key, though the card would pay by now.
#[tokio::test]
async fn a_repeated_decline_charges_nothing() {
    let cloud = subscribed("team", "month", 3).await;
    card(&cloud, "pm_card_chargeCustomerFail");
    let five = wish("team", "month", 5);
    let first = send(&cloud, (Method::PUT, PATH), "P1", &five).await;
    assert_eq!(first.status(), 402, "{first:?}");
    let before = paid(&cloud);
    card(&cloud, "pm_card_visa");
    cloud.clock().advance("2h").await.unwrap();

    let again = send(&cloud, (Method::PUT, PATH), "P1", &five).await;

    assert_eq!(paid(&cloud) - before, 0);
    assert_eq!(answer(&again), answer(&first));
    assert_eq!(again.headers()["content-type"], "application/problem+json");
}

/// Goal: what did nothing is not kept: a refusal, a stale preview, and an error of ours.
#[tokio::test]
async fn what_did_nothing_is_tried_again() {
    let cloud = subscribed("team", "month", 3).await;
    let blocker = json!({ "detail": "There is a domain.", "clears_by": "Remove it." });
    let at = "/v1/accounts/acme/cancellation-blockers/domain";
    assert_eq!(vendor(&cloud, Method::PUT, at, &blocker).await.0, 200);
    let refused = send(&cloud, (Method::DELETE, PATH), "D1", &Value::Null).await;
    assert_eq!(answer(&refused).1["code"], "cancellation_blocked");
    assert_eq!(vendor(&cloud, Method::DELETE, at, &Value::Null).await.0, 204);

    let cancelled = send(&cloud, (Method::DELETE, PATH), "D1", &Value::Null).await;

    assert_eq!(cancelled.status(), 202, "{cancelled:?}");
    let wrong = wish("team", "month", 0);
    let invalid = send(&cloud, (Method::PUT, PATH), "P1", &wrong).await;
    assert_eq!(invalid.status(), 422);
    let right = send(&cloud, (Method::PUT, PATH), "P1", &wish("team", "month", 4)).await;
    assert_eq!(right.status(), 200, "a refused key is free for another body");
}

/// Goal: of twins with one key, one works; the other gets its answer, or waits.
#[tokio::test]
async fn of_twins_one_works() {
    for seed in 0..10 {
        let cloud = subscribed("team", "month", 3).await;
        cancel(&cloud).await;
        let twins = [(); 3]
            .map(|()| request(cloud.vendor_key(), (Method::POST, RESUME), "R1", &Value::Null));
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let answers = Box::pin(cloud.send_together(twins.into())).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);

        let worked = answers.iter().filter(|it| it.status() == 200 && !is_replayed(it)).count();
        assert_eq!(worked, 1, "seed {seed}");
        for other in answers.iter().filter(|it| it.status() != 200) {
            let (status, problem) = answer(other);
            assert_eq!((status, &problem["code"]), (409, &json!("idempotency_in_progress")));
            assert!(other.headers().contains_key("retry-after"), "{other:?}");
        }
        let again = send(&cloud, (Method::POST, RESUME), "R1", &Value::Null).await;
        assert!(again.status() == 200 && is_replayed(&again), "seed {seed}");
    }
}

/// Goal: a request that was killed at any call goes on when it is repeated; but when another change
/// came between, it says so and undoes nothing.
#[tokio::test]
async fn an_interrupted_resumption_undoes_no_later_cancellation() {
    for call in 1.. {
        let cloud = subscribed("team", "month", 3).await;
        cancel(&cloud).await;
        cloud.gate().script(Script::at("Subscription", call, Fault::KillAfter));
        let first = send(&cloud, (Method::POST, RESUME), "R1", &Value::Null).await;
        if cloud.gate().scripts_left() > 0 {
            assert!(call > 4, "only {call} calls");
            break;
        }
        assert!(first.status().is_server_error(), "call {call}: {first:?}");
        cloud.clock().advance("3m").await.unwrap();
        cancel(&cloud).await;

        let again = send(&cloud, (Method::POST, RESUME), "R1", &Value::Null).await;

        let (status, problem) = answer(&again);
        // The first call is the reading of the key: nothing was remembered yet, and it is the
        // first.
        if call > 1 {
            assert_eq!(running(&cloud)["cancel_at_period_end"], true, "call {call}");
            let is_kept = status == 200 && is_replayed(&again);
            let is_overtaken = (status, &problem["code"]) == (409, &json!("request_overtaken"));
            assert!(is_kept || is_overtaken, "call {call}: {status} {problem}");
        }
    }
}

/// Goal: a member who was saved by a killed request, and changed since, stays as changed; with
/// nothing between, the repeat is answered.
#[tokio::test]
async fn an_interrupted_member_stays_as_changed_since() {
    let path = "/v1/accounts/acme/members/bo";
    let saved = |role: &str| json!({ "email": "bo@acme.example", "role": role });
    for is_overtaken in [false, true] {
        for call in 2..=3 {
            let cloud = crate::subscription::shop().await;
            let admin = json!({ "email": "ada@acme.example", "role": "account_administrator" });
            let ada = "/v1/accounts/acme/members/ada";
            assert_eq!(vendor(&cloud, Method::PUT, ada, &admin).await.0, 200);
            cloud.gate().script(Script::at("Accounts", call + 1, Fault::KillAfter));
            let first = send(&cloud, (Method::PUT, path), "M1", &saved("finance")).await;
            assert!(first.status().is_server_error(), "{first:?}");
            cloud.clock().advance("1m").await.unwrap();
            if is_overtaken {
                assert_eq!(vendor(&cloud, Method::PUT, path, &saved("member")).await.0, 200);
            }

            let again = send(&cloud, (Method::PUT, path), "M1", &saved("finance")).await;

            let role = get(&cloud, path).await["role"].clone();
            let (status, problem) = answer(&again);
            let committed = call == 3;
            if is_overtaken && committed {
                assert_eq!((status, &problem["code"]), (409, &json!("request_overtaken")));
                assert_eq!(role, "member");
            } else {
                assert_eq!((status, role), (200, json!("finance")), "{problem}");
            }
        }
    }
}

/// Goal: a change that was made and not answered is neither made again nor taken back.
#[tokio::test]
async fn an_interrupted_change_charges_once() {
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(vendor(&cloud, Method::PUT, PATH, &wish("personal", "month", 1)).await.0, 200);
    let five = wish("team", "month", 5);
    for call in 1.. {
        cloud.gate().script(Script::at("Subscription", call, Fault::KillAfter));
        let key = format!("P{call}");
        let first = send(&cloud, (Method::PUT, PATH), &key, &five).await;
        if cloud.gate().scripts_left() > 0 {
            assert!(first.status() == 200 && call > 6, "call {call}: {first:?}");
            break;
        }
        cloud.clock().advance("3m").await.unwrap();
        let again = send(&cloud, (Method::PUT, PATH), &key, &five).await;
        let (status, changed) = answer(&again);
        assert_eq!((status, &changed["seats"]), (200, &json!(5)), "call {call}: {changed}");
        if call == 1 {
            let booked = &changed["pending_change"]["plan"];
            assert_eq!(booked, &json!("personal"), "call {call}: {changed}");
        }
    }
    let undone = kinds(&cloud, "acme").await;
    let undone = undone.iter().filter(|kind| *kind == "subscription.change_undone").count();
    assert!(undone <= 1, "more seats that are in force already are a wish to stay");
}
