//! XC1, XC2 and XC4: changes of a subscription, at once, repeated, and undone at Stripe.

use bytes::Bytes;
use http::{Method, Request};
use local::Running;
use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use super::{
    PATH, Wrong, advance, at_stripe, default_card, id, is_right, paid, put, still_there, stripe,
    subscription, team, until, wish,
};
use crate::world::{get, kinds, vendor};

/// Number of seeds that are tried: a seed fixes the order of the calls of two changes.
const SEEDS: u64 = 20;

/// A request about the subscription, with an Idempotency-Key or without.
fn request(
    cloud: &Running,
    (method, path): (Method, &str),
    key: &str,
    body: &Value,
) -> Request<Bytes> {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", cloud.vendor_key()))
        .header("content-type", "application/json");
    if !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    request.body(body).expect("a request")
}

/// 60 seats and 10 at once, instead of 3, in the order of that seed.
async fn two_at_once(seed: u64) -> Result<(), Wrong> {
    let (cloud, ours) = team().await;
    let requests =
        [60, 10].map(|seats| request(&cloud, (Method::PUT, PATH), "", &wish("team", seats)));
    cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);

    let answers = Box::pin(cloud.send_together(requests.into())).await;

    cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
    cloud.clock().run_due().await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    let credit = at_stripe(&cloud, "/v1/customers/cus_acme")["balance"].clone();
    is_right(&format!("seed {seed}, {statuses:?}: balance at Stripe"), credit, json!(0))?;
    let invoices = at_stripe(&cloud, "/v1/invoices?customer=cus_acme&limit=100");
    let invoices = invoices["data"].as_array().expect("invoices").iter();
    let credits = invoices.filter(|invoice| invoice["total"].as_i64() < Some(0)).count();
    is_right(&format!("seed {seed}, {statuses:?}: invoices that give credit"), credits, 0)?;
    if statuses[0] == 200 {
        let seats = &subscription(&cloud, &ours)["items"]["data"][1]["quantity"];
        is_right(&format!("seed {seed}, {statuses:?}: seats"), seats, &json!(60))?;
    }
    Ok(())
}

/// Goal: of two changes at once neither takes seats away at once, and nothing is given back,
/// whichever comes first.
#[tokio::test]
async fn xc1_two_changes_at_once_give_no_credit() {
    still_there("XC1", async {
        for seed in 0..SEEDS {
            Box::pin(two_at_once(seed)).await?;
        }
        Ok(())
    })
    .await;
}

/// Sends a request with an Idempotency-Key; status and answer.
async fn send(cloud: &Running, what: (Method, &str), key: &str, body: &Value) -> (u16, Value) {
    let response = Box::pin(cloud.send(request(cloud, what, key, body))).await;
    let answer = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response.status().as_u16(), answer)
}

/// Goal: a repeated request is answered as the first was, and undoes nothing that came later.
#[tokio::test]
async fn xc2_a_repeated_resume_does_nothing() {
    still_there("XC2 (resume)", async {
        let (cloud, ours) = team().await;
        let before = paid(&cloud, "cus_acme");
        let resume = format!("{PATH}/resume");
        assert_eq!(vendor(&cloud, Method::DELETE, PATH, &Value::Null).await.0, 202);
        let first = send(&cloud, (Method::POST, &resume), "R1", &Value::Null).await;
        assert_eq!(first.0, 200, "{first:?}");
        assert_eq!(vendor(&cloud, Method::DELETE, PATH, &Value::Null).await.0, 202);
        advance(&cloud, "2h").await;

        let again = send(&cloud, (Method::POST, &resume), "R1", &Value::Null).await;

        let ends = &subscription(&cloud, &ours)["cancel_at_period_end"];
        is_right("the cancellation", ends, &json!(true))?;
        is_right("the answer", again, first)?;
        until(&cloud, "2026-04-02T00:00:00Z").await;
        is_right("paid since", paid(&cloud, "cus_acme") - before, 0)
    })
    .await;
}

/// Goal: a payment that was declined stays declined under its key, though the card does by now.
#[tokio::test]
async fn xc2_a_repeated_decline_charges_nothing() {
    still_there("XC2 (decline)", async {
        let (cloud, _) = team().await;
        default_card(&cloud, "cus_acme", "pm_card_chargeCustomerFail");
        let five = wish("team", 5);
        let first = send(&cloud, (Method::PUT, PATH), "P1", &five).await;
        assert_eq!(first.0, 402, "{first:?}");
        let before = paid(&cloud, "cus_acme");
        default_card(&cloud, "cus_acme", "pm_card_visa");
        advance(&cloud, "2h").await;

        let again = send(&cloud, (Method::PUT, PATH), "P1", &five).await;

        is_right("paid since", paid(&cloud, "cus_acme") - before, 0)?;
        is_right("the answer", again, first)
    })
    .await;
}

/// Goal: a booked change whose schedule is gone at Stripe is moved to the end of the new period, or
/// undone with an entry.
#[tokio::test]
async fn xc4_a_booking_whose_schedule_is_gone_is_moved_or_undone() {
    still_there("XC4", async {
        let (cloud, ours) = team().await;
        let (status, answer) = put(&cloud, &wish("personal", 1)).await;
        assert_eq!((status, &answer["pending_change"]["plan"]), (200, &json!("personal")));
        let schedule = subscription(&cloud, &ours)["schedule"].as_str().expect("one").to_owned();
        advance(&cloud, "1d").await;
        stripe(&cloud, &format!("/v1/subscription_schedules/{schedule}/release"), "");
        let anchor = "billing_cycle_anchor=now&proration_behavior=none";
        stripe(&cloud, &format!("/v1/subscriptions/{ours}"), anchor);

        advance(&cloud, "1d").await;

        let shown = get(&cloud, PATH).await;
        let now = subscription(&cloud, &ours);
        assert_eq!(id(&now), ours);
        let undone = kinds(&cloud, "acme").await;
        let undone = undone.iter().any(|kind| kind == "subscription.change_undone");
        let booked = &shown["pending_change"];
        if booked.is_null() {
            return is_right("an entry says that it is undone", undone, true);
        }
        is_right("there is a schedule", now["schedule"].is_string(), true)?;
        is_right("it comes", &booked["effective_at"], &json!("2026-04-11T12:00:00Z"))
    })
    .await;
}
