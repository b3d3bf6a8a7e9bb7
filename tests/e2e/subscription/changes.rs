//! Changes at once: larger plans, more seats, a year instead of a month; and what they cost before
//! they are made (D3, D5, D6).

use http::{Method, Request};
use local::gate::{Faults, Mode};
use serde_json::{Value, json};

use super::{
    PATH, card, invoices, paid, preview, put, running, show, stripe, subscribed, until, usd, what,
    wish,
};
use crate::world::{access, get, kinds, vendor};

/// Goal: more seats now, pro rata, for exactly what was previewed; the webhook behind it changes
/// nothing more (D5, D6).
#[tokio::test]
async fn more_seats_cost_what_was_previewed() {
    let cloud = subscribed("team", "month", 3).await;
    cloud.clock().advance("2d").await.unwrap();
    // 572,400 seconds are left. Stripe takes back what is left of what was billed for seats: 776 ×
    // 572,400 / 745,200 = 596.06; and bills 5 × 900 × 572,400 / 2,592,000 = 993.75.
    let told = preview(&cloud, &wish("team", "month", 5)).await;
    assert_eq!((&told["effective"], &told["due_now"]), (&json!("now"), &usd(994 - 596)));
    assert_eq!((&told["tax"], &told["next_renewal"]), (&usd(0), &usd(4_900 + 4_500)));
    let amounts: Vec<_> =
        told["lines"].as_array().unwrap().iter().map(|it| &it["amount"]).collect();
    assert!(amounts.contains(&&usd(994)) && amounts.contains(&&usd(-596)), "{told}");
    assert_eq!(paid(&cloud), 2_185, "a preview costs nothing");

    // Ten minutes later the price is the same.
    cloud.clock().advance("10m").await.unwrap();
    let mut confirmed = wish("team", "month", 5);
    confirmed["preview_id"] = told["preview_id"].clone();
    let (status, answer) = put(&cloud, &confirmed).await;
    assert_eq!((status, what(&answer)), (200, ("team", "month", 5)), "{answer}");
    assert_eq!(answer["next_renewal"], usd(9_400));
    assert_eq!(paid(&cloud), 2_185 + 398);
    let before = kinds(&cloud, "acme").await;
    assert_eq!(show(&cloud).await, answer);
    cloud.clock().run_due().await;
    let told_by_events = ["invoice.finalized", "invoice.paid", "invoice.payment_succeeded"];
    let later = kinds(&cloud, "acme").await.split_off(before.len());
    assert!(later.iter().all(|kind| told_by_events.contains(&kind.as_str())), "{later:?}");
    // The same again: it is in force, and costs nothing.
    let (status, again) = put(&cloud, &confirmed).await;
    assert_eq!((status, &again["seats"]), (200, &json!(5)), "{again}");
    assert_eq!(paid(&cloud), 2_583);
    until(&cloud, "2026-12-02T00:00:00Z").await;
    assert_eq!(paid(&cloud), 2_583 + 9_400);
}

/// Goal: a larger plan is in force at once and for the rest of the period, with its limits (D3,
/// C9).
#[tokio::test]
async fn a_larger_plan_is_in_force_at_once() {
    let cloud = subscribed("personal", "month", 1).await;
    let event = json!({ "account": "acme", "resource": "sessions", "quantity": 10_001 });
    let batch = json!({ "batch_id": "b1", "events": [event] });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &batch).await.0, 202);
    assert_eq!(access(&cloud, "acme").await, "cached_only");

    // 1,900 × 0.2875 = 546.25 were paid a moment ago; team costs 4,900 × 0.2875 = 1,408.75 and 2 ×
    // 900 × 0.2875 = 517.50.
    let (status, answer) = put(&cloud, &wish("team", "month", 2)).await;
    assert_eq!((status, what(&answer)), (200, ("team", "month", 2)), "{answer}");
    assert_eq!(invoices(&cloud)[1], ("paid".to_owned(), 1_409 + 518 - 546, 1_381));
    assert_eq!(access(&cloud, "acme").await, "full", "restored at once");
    let items = running(&cloud)["items"]["data"].as_array().unwrap().clone();
    let parts =
        items.iter().map(|item| (&item["price"]["metadata"]["tollgate_part"], &item["quantity"]));
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts, [(&json!("plan"), &json!(1)), (&json!("seat"), &json!(2))]);
}

/// Goal: a year instead of a month is charged until the anchor comes round again, so that renewals
/// stay on the first; and where that would come out below zero, it is booked instead (C5).
#[tokio::test]
async fn a_year_instead_of_a_month() {
    let cloud = subscribed("personal", "month", 1).await;
    // In November, a year from the first of December has eight days left of the year before: 19,000
    // × 745,200 / 31,536,000 = 448.97, less than the 546 that would be taken back.
    let told = preview(&cloud, &wish("personal", "year", 1)).await;
    assert_eq!((&told["effective"], &told["due_now"]), (&json!("period_end"), &usd(0)));
    assert_eq!(told["next_renewal"], usd(19_000));

    until(&cloud, "2026-12-16T12:00:00Z").await;
    assert_eq!(paid(&cloud), 546 + 1_900);
    // Half of December is left, and 349.5 of 365 days: 19,000 × 30,196,800 / 31,536,000 =
    // 18,193.15, less 950.
    let told = preview(&cloud, &wish("personal", "year", 1)).await;
    assert_eq!((&told["effective"], &told["due_now"]), (&json!("now"), &usd(18_193 - 950)));
    let (status, answer) = put(&cloud, &wish("personal", "year", 1)).await;
    assert_eq!((status, what(&answer)), (200, ("personal", "year", 1)), "{answer}");
    assert_eq!(answer["renews_at"], "2027-12-01T00:00:00Z");
    assert_eq!(paid(&cloud), 2_446 + 17_243);
}

/// Goal: who stays on the plan keeps the prices, negotiated and older ones too; who changes it pays
/// the list's.
#[tokio::test]
async fn the_own_prices_stay_with_the_plan() {
    let cloud = subscribed("team", "month", 3).await;
    // A new list price takes the lookup key over.
    stripe(
        &cloud,
        "/v1/prices",
        "product=tollgate_plan_team&currency=usd&unit_amount=2000&recurring[interval]=month\
         &lookup_key=tollgate_team_month_seat&transfer_lookup_key=true\
         &metadata[tollgate_plan]=team&metadata[tollgate_part]=seat",
    );
    let (status, answer) = put(&cloud, &wish("team", "month", 4)).await;
    assert_eq!((status, &answer["next_renewal"]), (200, &usd(4_900 + 3_600)), "{answer}");
    // 4 × 900 × 0.2875 = 1,035 less 776.
    assert_eq!(invoices(&cloud)[1].1, 1_035 - 776);
}

/// Goal: what was previewed holds or nothing is charged: seats that came in between, another plan,
/// an old or unknown preview, a renewal in between.
#[tokio::test]
async fn a_stale_preview_charges_nothing() {
    let cloud = subscribed("team", "month", 3).await;
    let confirmed = |told: &Value, wish: &Value| {
        let mut body = wish.clone();
        body["preview_id"] = told["preview_id"].clone();
        body
    };
    let ten = wish("team", "month", 10);
    let told = preview(&cloud, &ten).await;
    let (status, _) = put(&cloud, &wish("team", "month", 4)).await;
    assert_eq!(status, 200);
    let so_far = paid(&cloud);
    let (status, stale) = put(&cloud, &confirmed(&told, &ten)).await;
    assert_eq!((status, &stale["code"]), (409, &json!("preview_stale")), "{stale}");
    assert_eq!(paid(&cloud), so_far);
    assert_eq!(show(&cloud).await["seats"], 4);
    // 10 × 900 × 0.2875 = 2,587.50 less 1,035: the new preview, which holds.
    assert_eq!(stale["preview"]["due_now"], usd(2_588 - 1_035));
    let (status, answer) = put(&cloud, &confirmed(&stale["preview"], &ten)).await;
    assert_eq!((status, &answer["seats"]), (200, &json!(10)), "{answer}");
    assert_eq!(paid(&cloud), so_far + 1_553);

    let eleven = wish("team", "month", 11);
    let told = preview(&cloud, &eleven).await;
    let (status, other) = put(&cloud, &confirmed(&told, &wish("team", "month", 12))).await;
    assert_eq!((status, &other["fields"][0]["field"]), (422, &json!("preview_id")), "{other}");
    let unknown = confirmed(&json!({ "preview_id": "pv_unknown" }), &eleven);
    assert_eq!(put(&cloud, &unknown).await.1["code"], "preview_stale");
    cloud.clock().advance("15m").await.unwrap();
    assert_eq!(put(&cloud, &confirmed(&told, &eleven)).await.1["code"], "preview_stale");
    until(&cloud, "2026-11-30T23:50:00Z").await;
    let told = preview(&cloud, &eleven).await;
    until(&cloud, "2026-12-01T00:01:00Z").await;
    let (status, stale) = put(&cloud, &confirmed(&told, &eleven)).await;
    assert_eq!((status, &stale["code"]), (409, &json!("preview_stale")), "{stale}");
    assert_eq!(show(&cloud).await["seats"], 10);
}

/// Goal: the same request sent again, with or without a key, and twins at once, charge once; the
/// same key with another body is refused.
#[tokio::test]
async fn replays_and_twins_charge_once() {
    for seed in 0..3 {
        let cloud = subscribed("team", "month", 3).await;
        let request = |body: &Value, key: Option<&str>| {
            let mut request = Request::put(PATH)
                .header("authorization", format!("Bearer {}", cloud.vendor_key()))
                .header("content-type", "application/json");
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            request.body(bytes::Bytes::from(body.to_string())).unwrap()
        };
        let five = wish("team", "month", 5);
        cloud.gate().set_mode(Mode::Stepped(Faults::default()), seed);
        let twins =
            vec![request(&five, Some("k1")), request(&five, Some("k1")), request(&five, None)];
        let answers = Box::pin(cloud.send_together(twins)).await;
        cloud.gate().set_mode(Mode::Free(Faults::default()), seed);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
        assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
        assert!(statuses.contains(&200), "{statuses:?}");
        // 5 × 900 × 0.2875 = 1,293.75 less 776.
        assert_eq!(paid(&cloud), 2_185 + 518, "seed {seed}");
        let again = Box::pin(cloud.send(request(&five, Some("k1")))).await;
        assert_eq!(again.status(), 200);
        let other = Box::pin(cloud.send(request(&wish("team", "month", 6), Some("k1")))).await;
        assert_eq!(other.status(), 409);
        let other: Value = serde_json::from_slice(other.body()).unwrap();
        assert_eq!(other["code"], "idempotency_key_reused");
        assert_eq!(paid(&cloud), 2_185 + 518);
        assert_eq!(running(&cloud)["items"]["data"][1]["quantity"], 5);
    }
}

/// Goal: an account that is closed or disabled changes nothing, and is told why.
#[tokio::test]
async fn a_disabled_account_changes_nothing() {
    let cloud = subscribed("team", "month", 3).await;
    card(&cloud, "pm_card_chargeCustomerFail");
    until(&cloud, "2026-12-20T00:00:00Z").await;
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["state"], "disabled");
    for body in [wish("team", "month", 4), wish("team", "month", 1)] {
        let (status, answer) = put(&cloud, &body).await;
        assert_eq!((status, &answer["code"]), (409, &json!("account_disabled")), "{answer}");
        assert_eq!(answer["reasons"][0]["code"], "overdue_invoices");
    }
    let (status, answer) =
        vendor(&cloud, Method::POST, &format!("{PATH}/resume"), &Value::Null).await;
    assert_eq!((status, &answer["code"]), (409, &json!("account_disabled")), "{answer}");
    cloud.stripe().call(Method::DELETE, "/v1/customers/cus_acme", "");
    cloud.clock().run_due().await;
    let (status, answer) = put(&cloud, &wish("team", "month", 4)).await;
    assert_eq!((status, &answer["code"]), (409, &json!("account_canceled")), "{answer}");
}
