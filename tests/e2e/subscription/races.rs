//! Changes of one subscription at the same time: one holds the lease, the other is told to wait
//! (XC1).

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Fault, Faults, Mode, Script};
use serde_json::{Value, json};

use super::{PATH, at_stripe, invoices, put, running, show, subscribed, wish};
use crate::world::{open_account, vendor};

/// Number of seeds that are tried: a seed fixes the order of the calls. More by hand:
/// `TOLLGATE_SEEDS=200 cargo test -p tests --test e2e races`.
const SEEDS: u64 = 20;

fn seeds() -> u64 {
    option_env!("TOLLGATE_SEEDS").and_then(|text| text.parse().ok()).unwrap_or(SEEDS)
}

fn request(caller: &str, (method, path): (Method, &str), body: &Value) -> Request<Bytes> {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {caller}"))
        .header("content-type", "application/json")
        .body(body)
        .unwrap()
}

/// Statuses of requests that are sent at once, in the order of a seed. One that is refused says
/// that another change is in progress, and when to come back.
async fn together(cloud: &Running, seed: u64, requests: Vec<Request<Bytes>>) -> Vec<u16> {
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
    let answers = Box::pin(cloud.send_together(requests)).await;
    cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
    cloud.clock().run_due().await;

    for answer in answers.iter().filter(|answer| answer.status() == 409) {
        let problem: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(problem["code"], "change_in_progress", "seed {seed}: {problem}");
        assert!(answer.headers().contains_key("retry-after"), "seed {seed}");
    }
    answers.iter().map(|answer| answer.status().as_u16()).collect()
}

/// 60 seats and 10 at once, instead of 3.
async fn more_and_fewer(seed: u64) {
    let cloud = subscribed("team", "month", 3).await;
    let before = invoices(&cloud).len();
    let requests = [60, 10].map(|seats| {
        request(cloud.vendor_key(), (Method::PUT, PATH), &wish("team", "month", seats))
    });

    let statuses = together(&cloud, seed, requests.into()).await;

    let at = format!("seed {seed}, {statuses:?}");
    assert!(statuses.contains(&200) && statuses.iter().all(|it| [200, 409].contains(it)), "{at}");
    assert_eq!(at_stripe(&cloud, "/v1/customers/cus_acme")["balance"], 0, "{at}");
    let made = invoices(&cloud).split_off(before);
    assert!(made.iter().all(|(_, total, _)| *total > 0), "{at}: {made:?}");
    // 60 behind 10 is one more change at once, never two for one wish.
    assert!(made.len() <= statuses.iter().filter(|it| **it == 200).count(), "{at}: {made:?}");
    let seats = running(&cloud)["items"]["data"][1]["quantity"].clone();
    if statuses[0] == 200 {
        assert_eq!(seats, 60, "{at}");
    }
}

/// Goal: of two changes at once neither takes seats away at once, and nothing is given back or
/// charged twice, whichever comes first.
#[tokio::test]
async fn two_changes_at_once_give_no_credit() {
    for seed in 0..seeds() {
        Box::pin(more_and_fewer(seed)).await;
    }
}

/// Goal: the same wish sent twice at once is charged once.
#[tokio::test]
async fn the_same_change_at_once_is_charged_once() {
    for seed in 0..5 {
        let cloud = subscribed("team", "month", 3).await;
        let before = invoices(&cloud).len();
        let wish = wish("business", "month", 4);
        let requests = [(); 2].map(|()| request(cloud.vendor_key(), (Method::PUT, PATH), &wish));

        let statuses = together(&cloud, seed, requests.into()).await;

        let made = invoices(&cloud).split_off(before);
        assert_eq!(made.len(), 1, "seed {seed}, {statuses:?}: {made:?}");
    }
}

/// Goal: every change of an account at Stripe takes the lease: whichever two meet, one waits, and
/// what was answered 2xx holds.
#[tokio::test]
async fn whichever_two_changes_meet_one_waits() {
    let resume = format!("{PATH}/resume");
    let (details, terms, plan) = (
        "/v1/accounts/acme/billing-details",
        "/v1/staff/accounts/acme/collection",
        "/v1/staff/accounts/acme/plan",
    );
    let automatic = json!({ "collection": "automatic" });
    let set = json!({ "plan": "business", "interval": "month", "seats": 2 });
    let company = json!({ "company": "New" });
    let more = wish("team", "month", 9);
    for (seed, other) in [
        (Method::DELETE, PATH, Value::Null, false),
        (Method::POST, resume.as_str(), Value::Null, false),
        (Method::PATCH, details, company, false),
        (Method::PUT, terms, automatic, true),
        (Method::PUT, plan, set, true),
    ]
    .into_iter()
    .enumerate()
    {
        let cloud = subscribed("team", "month", 3).await;
        let (method, path, body, is_of_staff) = other;
        let caller = if is_of_staff { cloud.staff_key() } else { cloud.vendor_key() };
        let first = request(cloud.vendor_key(), (Method::PUT, PATH), &more);
        let second = request(caller, (method, path), &body);

        let seed = u64::try_from(seed).unwrap();
        let statuses = together(&cloud, seed, vec![first, second]).await;

        assert!(statuses.iter().any(|it| *it < 300), "{path}: {statuses:?}");
        assert!(statuses.iter().all(|it| *it < 300 || *it == 409), "{path}: {statuses:?}");
        assert_eq!(at_stripe(&cloud, "/v1/customers/cus_acme")["balance"], 0, "{path}");
    }
}

/// Goal: a change that was killed holds the lease for two minutes at most; who takes it over goes
/// on from what Stripe has by then. Another account is not held up.
#[tokio::test]
async fn the_lease_of_a_killed_change_expires() {
    let cloud = subscribed("team", "month", 3).await;
    open_account(&cloud, "other").await;
    // The key with the lease, the lease, the subscription.
    cloud.gate().script(Script::at("Subscription", 4, Fault::KillAfter));
    assert_eq!(put(&cloud, &wish("team", "month", 60)).await.0, 500);

    let (status, problem) = put(&cloud, &wish("team", "month", 4)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("change_in_progress")), "{problem}");
    let usage = json!({
        "batch_id": "b1",
        "events": [{ "account": "acme", "resource": "sessions", "quantity": 1 }],
    });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &usage).await.0, 202, "usage never waits");
    let terms = json!({ "collection": "manual", "net_days": 30 });
    let path = "/v1/staff/accounts/other/collection";
    let other = Box::pin(cloud.call(cloud.staff_key(), Method::PUT, path, &terms)).await;
    assert_eq!(other.0, 200, "{other:?}");

    cloud.clock().advance("2m").await.unwrap();
    let (status, answer) = put(&cloud, &wish("team", "month", 4)).await;
    assert_eq!((status, &answer["seats"]), (200, &json!(4)), "{answer}");
    assert_eq!(show(&cloud).await["seats"], 4);
}

/// Goal: a worker that finds the lease taken comes back later, and does its work then.
#[tokio::test]
async fn a_worker_waits_for_the_lease() {
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
    let schedule = running(&cloud)["schedule"].as_str().unwrap().to_owned();
    cloud.gate().script(Script::at("Subscription", 3, Fault::KillAfter));
    assert_eq!(vendor(&cloud, Method::DELETE, PATH, &Value::Null).await.0, 500);
    let path = format!("/v1/subscription_schedules/{schedule}/release");
    assert_eq!(cloud.stripe().call(Method::POST, &path, "").0, 200);
    cloud.clock().run_due().await;
    assert!(running(&cloud)["schedule"].is_null(), "the lease is held");

    cloud.clock().advance("5m").await.unwrap();

    assert!(running(&cloud)["schedule"].is_string(), "the booking has its schedule again");
}
