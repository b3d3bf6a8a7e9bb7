//! Whatever happens at whichever call, the same request sent again ends where it would have ended,
//! charged once.

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Fault, Script};
use serde_json::{Value, json};

use super::{
    PATH, at_stripe, invoices, paid, pay_session, put, running, shop, show, subscribed, wish,
};

/// A request with an Idempotency-Key: a repeat of it goes on where it stopped.
async fn send(cloud: &Running, (method, path): (Method, &str), body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .header("content-type", "application/json")
        .header("idempotency-key", "crash")
        .body(body)
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

/// The same request again, once its attempt has answered or counts as interrupted.
async fn send_again(cloud: &Running, what: (Method, &str), body: &Value) -> (u16, Value) {
    for _ in 0..3 {
        let (status, answer) = send(cloud, what.clone(), body).await;
        // A worker that goes on with the account has the lease for a moment.
        let waits = ["idempotency_in_progress", "change_in_progress"];
        if answer["code"].as_str().is_none_or(|code| !waits.contains(&code)) {
            return (status, answer);
        }
        cloud.clock().advance("1m").await.unwrap();
    }
    send(cloud, what, body).await
}

const FAULTS: [Fault; 2] = [Fault::TimeoutAfter, Fault::KillAfter];

/// What a request leaves behind, once whatever was left undone has been taken up: the subscription
/// as the API shows it, what Stripe has of it, with the phases to come, and every invoice that is
/// not void.
async fn end(cloud: &Running) -> (Value, Value, Vec<(String, i64, i64)>) {
    cloud.clock().run_due().await;
    let all = invoices(cloud).into_iter();
    let invoices = all.filter(|(status, ..)| status != "void").collect();
    let subscription = running(cloud);
    let priced = |items: &Value| {
        let items = items.as_array().unwrap().iter();
        let priced = items.map(|item| {
            let id = item["price"]["id"].as_str().or(item["price"].as_str());
            json!([id, item["quantity"]])
        });
        priced.collect::<Vec<Value>>()
    };
    let phases = subscription["schedule"].as_str().map(|id| {
        let schedule = at_stripe(cloud, &format!("/v1/subscription_schedules/{id}"));
        let phases = schedule["phases"].as_array().unwrap().iter();
        let phases = phases.map(|it| json!([it["start_date"], priced(&it["items"])]));
        phases.collect::<Vec<Value>>()
    });
    let items = priced(&subscription["items"]["data"]);
    let ends = &subscription["cancel_at_period_end"];
    (show(cloud).await, json!({ "items": items, "ends": ends, "phases": phases }), invoices)
}

/// The same with amounts to 10 cents: a minute later the rest of the period costs a little less.
fn about(
    (shown, there, invoices): (Value, Value, Vec<(String, i64, i64)>),
) -> (Value, Value, Value) {
    let invoices = invoices.into_iter();
    let about = |amount: i64| (amount + 5) / 10;
    let invoices = invoices.map(|(status, total, paid)| json!([status, about(total), about(paid)]));
    (shown, there, invoices.collect())
}

/// Goal: kill the function, or lose an answer, at every call that a change makes, and send it
/// again: the end is the same.
async fn survives(before: impl AsyncFn() -> Running, what: (Method, &str), body: Value) {
    let cloud = before().await;
    let (status, answer) = send(&cloud, what.clone(), &body).await;
    assert!(status < 300, "{answer}");
    let expected = end(&cloud).await;
    for fault in FAULTS {
        for call in 1.. {
            let cloud = before().await;
            cloud.gate().script(Script::at("Subscription", call, fault));
            let (status, answer) = send(&cloud, what.clone(), &body).await;
            if cloud.gate().scripts_left() > 0 {
                assert!(call > 5 && status < 300, "only {call} calls? {answer}");
                break;
            }
            let at = format!("{fault:?} at call {call}: {status} {answer}");
            assert!(!(300..500).contains(&status), "{at}");
            let (status, answer) = send_again(&cloud, what.clone(), &body).await;
            assert!(status < 300, "{at}: {status} {answer}");
            assert_eq!(about(end(&cloud).await), about(expected.clone()), "{at}");
        }
    }
}

async fn team() -> Running {
    subscribed("team", "month", 3).await
}

#[tokio::test]
async fn a_crash_in_an_upgrade_charges_once() {
    survives(team, (Method::PUT, PATH), wish("business", "month", 4)).await;
}

#[tokio::test]
async fn a_crash_in_a_downgrade_books_once() {
    survives(team, (Method::PUT, PATH), wish("personal", "month", 1)).await;
}

#[tokio::test]
async fn a_crash_in_an_upgrade_over_a_booking_takes_it_back() {
    let before = async || {
        let cloud = team().await;
        assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
        cloud
    };
    survives(before, (Method::PUT, PATH), wish("business", "month", 4)).await;
}

#[tokio::test]
async fn a_crash_in_a_cancellation_ends_it_once() {
    let before = async || {
        let cloud = team().await;
        assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
        cloud
    };
    survives(before, (Method::DELETE, PATH), Value::Null).await;
}

#[tokio::test]
async fn a_crash_in_a_resumption_takes_a_booking_back_once() {
    let before = async || {
        let cloud = team().await;
        assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
        cloud
    };
    let path = format!("{PATH}/resume");
    survives(before, (Method::POST, &path), Value::Null).await;
}

/// Goal: whatever happens at whichever call on the way to Checkout, there is one page in the end,
/// and one subscription.
#[tokio::test]
async fn a_crash_on_the_way_to_checkout_makes_one_page() {
    for fault in FAULTS {
        for call in 1.. {
            let cloud = shop().await;
            cloud.gate().script(Script::at("Subscription", call, fault));
            let (what, three) = ((Method::PUT, PATH), wish("team", "month", 3));
            let (status, answer) = send(&cloud, what.clone(), &three).await;
            if cloud.gate().scripts_left() > 0 {
                assert!(call > 5 && status == 202, "only {call} calls? {answer}");
                break;
            }
            let at = format!("{fault:?} at call {call}: {status} {answer}");
            let (status, answer) = send_again(&cloud, what, &three).await;
            assert_eq!(status, 202, "{at}: {answer}");
            let open = at_stripe(&cloud, "/v1/checkout/sessions?customer=cus_acme&status=open");
            assert_eq!(open["data"].as_array().unwrap().len(), 1, "{at}");
            let url = answer["checkout_url"].as_str().unwrap();
            assert_eq!(pay_session(&cloud, url, "pm_card_visa").0, 200, "{at}");
            cloud.clock().run_due().await;
            running(&cloud);
            assert_eq!(
                (super::what(&show(&cloud).await), paid(&cloud)),
                (("team", "month", 3), 2_185),
                "{at}"
            );
        }
    }
}
