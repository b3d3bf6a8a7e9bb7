//! The end of a subscription in both of Stripe's forms, and bookings that Stripe lost (XC3, XC4).

use http::Method;
use local::Running;
use serde_json::{Value, json};

use super::{PATH, at_stripe, put, running, show, stripe, subscribed, until, wish};
use crate::world::{get, kinds, vendor};

async fn resume(cloud: &Running) -> (u16, Value) {
    vendor(cloud, Method::POST, &format!("{PATH}/resume"), &Value::Null).await
}

/// Goal: to ask for the plan in force does not pretend to undo a cancellation.
#[tokio::test]
async fn the_plan_in_force_is_refused_while_it_ends() {
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(vendor(&cloud, Method::DELETE, PATH, &Value::Null).await.0, 202);

    let (status, answer) = put(&cloud, &wish("team", "month", 3)).await;

    assert_eq!((status, &answer["code"]), (409, &json!("subscription_ends")), "{answer}");
    assert_eq!(running(&cloud)["cancel_at_period_end"], true);
    assert_eq!(resume(&cloud).await.0, 200);
    assert_eq!(put(&cloud, &wish("team", "month", 3)).await.0, 200);
}

/// Goal: resuming takes an end away in whatever form Stripe has it, and both are shown.
#[tokio::test]
async fn resuming_takes_every_end_away() {
    let later = "2027-02-15T00:00:00Z";
    let end_of_period = "2026-12-01T00:00:00Z";
    let at = |time: &str| billing::time::Timestamp::parse(time).unwrap().0;
    for (form, ends) in [
        ("cancel_at_period_end=true".to_owned(), end_of_period),
        (format!("cancel_at={}", at(end_of_period)), end_of_period),
        (format!("cancel_at={}", at(later)), later),
    ] {
        let cloud = subscribed("team", "month", 3).await;
        let id = running(&cloud)["id"].as_str().unwrap().to_owned();
        stripe(&cloud, &format!("/v1/subscriptions/{id}"), &form);
        cloud.clock().run_due().await;
        let shown = show(&cloud).await;
        let by_period = ends == end_of_period;
        assert_eq!(
            (&shown["ends_at"], &shown["cancel_at_period_end"]),
            (&json!(ends), &json!(by_period))
        );
        assert_eq!(get(&cloud, "/v1/accounts/acme").await["ends_at"], ends);

        let (status, answer) = resume(&cloud).await;

        assert_eq!((status, &answer["ends_at"]), (200, &Value::Null), "{form}: {answer}");
        let now = running(&cloud);
        assert_eq!(
            (&now["cancel_at"], &now["cancel_at_period_end"]),
            (&Value::Null, &json!(false)),
            "{form}"
        );
        until(&cloud, "2027-03-02T00:00:00Z").await;
        assert_eq!(show(&cloud).await["plan"], "team", "{form}");
    }
}

/// Goal: a cancellation ends the subscription with its period, though Stripe had a later end.
#[tokio::test]
async fn a_cancellation_goes_before_a_later_end() {
    let cloud = subscribed("team", "month", 3).await;
    let id = running(&cloud)["id"].as_str().unwrap().to_owned();
    let later = billing::time::Timestamp::parse("2027-02-15T00:00:00Z").unwrap().0;
    stripe(&cloud, &format!("/v1/subscriptions/{id}"), &format!("cancel_at={later}"));
    cloud.clock().run_due().await;

    let (status, answer) = vendor(&cloud, Method::DELETE, PATH, &Value::Null).await;

    assert_eq!((status, &answer["ends_at"]), (202, &json!("2026-12-01T00:00:00Z")), "{answer}");
    until(&cloud, "2026-12-01T02:00:00Z").await;
    assert_eq!(show(&cloud).await["plan"], "free");
}

/// Team, with Personal booked for 1 December; its subscription and schedule.
async fn booked() -> (Running, String, String) {
    let cloud = subscribed("team", "month", 3).await;
    let (status, answer) = put(&cloud, &wish("personal", "month", 1)).await;
    assert_eq!((status, &answer["pending_change"]["plan"]), (200, &json!("personal")));
    let now = running(&cloud);
    let text = |name: &str| now[name].as_str().unwrap().to_owned();
    let (id, schedule) = (text("id"), text("schedule"));
    (cloud, id, schedule)
}

fn release(cloud: &Running, schedule: &str) {
    stripe(cloud, &format!("/v1/subscription_schedules/{schedule}/release"), "");
}

/// Goal: a booking whose period was moved at Stripe comes at the end of the new period, and the
/// journal says so.
#[tokio::test]
async fn a_booking_moves_with_its_period() {
    let (cloud, id, schedule) = booked().await;
    cloud.clock().advance("1d").await.unwrap();
    release(&cloud, &schedule);
    let anchor = "billing_cycle_anchor=now&proration_behavior=none";
    stripe(&cloud, &format!("/v1/subscriptions/{id}"), anchor);

    cloud.clock().advance("1h").await.unwrap();

    let pending = show(&cloud).await["pending_change"].clone();
    assert_eq!(pending["effective_at"], "2026-12-23T09:00:00Z", "{pending}");
    let schedule = running(&cloud)["schedule"].as_str().unwrap().to_owned();
    let phases = at_stripe(&cloud, &format!("/v1/subscription_schedules/{schedule}"));
    assert_eq!(phases["phases"].as_array().unwrap().len(), 2, "{phases}");
    let booked = kinds(&cloud, "acme").await.into_iter();
    assert_eq!(booked.filter(|kind| kind == "subscription.change_booked").count(), 2);
    until(&cloud, "2026-12-23T12:00:00Z").await;
    let now = show(&cloud).await;
    assert_eq!((&now["plan"], &now["pending_change"]), (&json!("personal"), &Value::Null));
}

/// Goal: a booking whose schedule alone was released at Stripe gets another one.
#[tokio::test]
async fn a_booking_whose_schedule_is_gone_gets_another() {
    let (cloud, _, schedule) = booked().await;
    release(&cloud, &schedule);

    cloud.clock().advance("1h").await.unwrap();

    assert!(running(&cloud)["schedule"].is_string());
    until(&cloud, "2026-12-01T02:00:00Z").await;
    assert_eq!(show(&cloud).await["plan"], "personal");
}

/// Goal: a booking that is lost when its time comes is moved by a period and not forgotten.
#[tokio::test]
async fn a_booking_that_missed_its_time_comes_a_period_later() {
    let (cloud, _, schedule) = booked().await;
    until(&cloud, "2026-11-30T23:59:59Z").await;
    // Nothing of ours hears of it before the period has ended.
    release(&cloud, &schedule);

    until(&cloud, "2026-12-01T02:00:00Z").await;

    let now = show(&cloud).await;
    if now["plan"] == "team" {
        assert_eq!(now["pending_change"]["effective_at"], "2027-01-01T00:00:00Z", "{now}");
        until(&cloud, "2027-01-01T02:00:00Z").await;
    }
    assert_eq!(show(&cloud).await["plan"], "personal");
}

/// Goal: a booking whose subscription ended at Stripe is undone, and the journal says so.
#[tokio::test]
async fn a_booking_of_an_ended_subscription_is_undone() {
    let (cloud, id, _) = booked().await;
    let (status, _) = cloud.stripe().call(Method::DELETE, &format!("/v1/subscriptions/{id}"), "");
    assert_eq!(status, 200);

    cloud.clock().run_due().await;

    assert!(show(&cloud).await["pending_change"].is_null());
    let undone = kinds(&cloud, "acme").await.into_iter();
    assert_eq!(undone.filter(|kind| kind == "subscription.change_undone").count(), 1);
}
