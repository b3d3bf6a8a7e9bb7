//! What takes effect at the end of the period, and taking it back (D4, D5, D7).

use http::Method;
use serde_json::{Value, json};

use super::{
    PATH, at_stripe, invoices, paid, preview, put, running, show, subscribed, until, usd, what,
    wish,
};
use crate::world::{get, kinds, vendor};

async fn resume(cloud: &local::Running) -> (u16, Value) {
    vendor(cloud, Method::POST, &format!("{PATH}/resume"), &Value::Null).await
}

async fn cancel(cloud: &local::Running) -> (u16, Value) {
    vendor(cloud, Method::DELETE, PATH, &Value::Null).await
}

/// The change that is booked, as the API shows it.
fn booked(subscription: &Value) -> (&str, &str, u64) {
    what(&subscription["pending_change"])
}

/// Goal: a smaller plan and fewer seats come with the next period: until then everything stays,
/// nothing is charged or given back, and then that is charged (D4, D5, C5).
#[tokio::test]
async fn less_comes_with_the_next_period() {
    for (wish, amount) in [
        (wish("team", "month", 1), 4_900 + 900),
        (wish("personal", "month", 1), 1_900),
        (wish("personal", "year", 1), 19_000),
    ] {
        let cloud = subscribed("team", "month", 3).await;
        let told = preview(&cloud, &wish).await;
        assert_eq!((&told["effective"], &told["due_now"]), (&json!("period_end"), &usd(0)));
        assert_eq!(told["effective_at"], "2026-12-01T00:00:00Z");
        let mut confirmed = wish.clone();
        confirmed["preview_id"] = told["preview_id"].clone();
        let (status, answer) = put(&cloud, &confirmed).await;
        assert_eq!((status, what(&answer)), (200, ("team", "month", 3)), "{answer}");
        assert_eq!(booked(&answer), what(&wish));
        let account = get(&cloud, "/v1/accounts/acme").await;
        assert_eq!(account["pending_change"], answer["pending_change"]);
        assert_eq!(answer["pending_change"]["effective_at"], "2026-12-01T00:00:00Z");
        assert_eq!((&answer["next_renewal"], &told["next_renewal"]), (&usd(amount), &usd(amount)));
        // The same again books nothing new.
        cloud.clock().run_due().await;
        let entries = kinds(&cloud, "acme").await;
        assert_eq!(put(&cloud, &wish).await, (200, answer.clone()));
        assert_eq!(kinds(&cloud, "acme").await, entries);
        assert_eq!(paid(&cloud), 2_185);

        until(&cloud, "2026-12-01T02:00:00Z").await;
        let after = show(&cloud).await;
        assert_eq!((what(&after), &after["pending_change"]), (what(&wish), &Value::Null));
        assert_eq!(paid(&cloud), 2_185 + amount, "{wish}: {:?}", invoices(&cloud));
        assert_eq!(at_stripe(&cloud, "/v1/customers/cus_acme")["balance"], 0);
    }
}

/// Goal: a month instead of a year comes with the next year, whatever comes with it: no money is
/// given back (C5).
#[tokio::test]
async fn a_month_instead_of_a_year_comes_with_the_next_year() {
    let cloud = subscribed("team", "year", 3).await;
    let so_far = paid(&cloud);
    let (status, answer) = put(&cloud, &wish("business", "month", 9)).await;
    assert_eq!((status, what(&answer)), (200, ("team", "year", 3)), "{answer}");
    assert_eq!(booked(&answer), ("business", "month", 9));
    // The first year begins with the month: what was bought is the time until then.
    assert_eq!(answer["pending_change"]["effective_at"], "2026-12-01T00:00:00Z");
    until(&cloud, "2026-12-01T02:00:00Z").await;
    assert_eq!(what(&show(&cloud).await), ("business", "month", 9));
    assert_eq!(paid(&cloud), so_far + 19_900 + 9 * 1_500);
}

/// Goal: more seats while fewer, or a smaller plan, are booked: charged now, and the booking stays
/// as it was (D5).
#[tokio::test]
async fn more_seats_leave_the_booking() {
    for wished in [wish("team", "month", 1), wish("personal", "month", 1)] {
        let cloud = subscribed("team", "month", 3).await;
        assert_eq!(put(&cloud, &wished).await.0, 200);
        let (status, answer) = put(&cloud, &wish("team", "month", 5)).await;
        assert_eq!((status, what(&answer)), (200, ("team", "month", 5)), "{answer}");
        assert_eq!(booked(&answer), what(&wished));
        // 5 × 900 × 0.2875 = 1,293.75 less 776.
        assert_eq!(paid(&cloud), 2_185 + 518);
        until(&cloud, "2026-12-01T02:00:00Z").await;
        assert_eq!(what(&show(&cloud).await), what(&wished));
    }
}

/// Goal: a booking that was not about seats gets the seats that are bought behind it.
#[tokio::test]
async fn a_booking_that_is_not_about_seats_gets_the_new_ones() {
    let cloud = subscribed("team", "year", 3).await;
    assert_eq!(put(&cloud, &wish("team", "month", 3)).await.0, 200);
    let (status, answer) = put(&cloud, &wish("team", "year", 5)).await;
    assert_eq!((status, booked(&answer)), (200, ("team", "month", 5)), "{answer}");
    until(&cloud, "2026-12-01T02:00:00Z").await;
    assert_eq!(what(&show(&cloud).await), ("team", "month", 5));
}

/// Goal: a booking is taken back by `resume`, by asking for what is in force, and by a larger plan;
/// another takes its place. What is taken back does not happen.
#[tokio::test]
async fn a_booking_can_be_taken_back() {
    for way in ["resume", "as it is", "as previewed", "larger", "another"] {
        let cloud = subscribed("team", "month", 3).await;
        assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
        cloud.clock().advance("1d").await.unwrap();
        let ((status, answer), expected) = match way {
            "resume" => (resume(&cloud).await, ("team", "month", 3)),
            "as it is" => (put(&cloud, &wish("team", "month", 3)).await, ("team", "month", 3)),
            "as previewed" => {
                let mut confirmed = wish("team", "month", 3);
                let told = preview(&cloud, &confirmed).await;
                assert_eq!((&told["effective"], &told["due_now"]), (&json!("now"), &usd(0)));
                confirmed["preview_id"] = told["preview_id"].clone();
                (put(&cloud, &confirmed).await, ("team", "month", 3))
            }
            "larger" => {
                (put(&cloud, &wish("business", "month", 3)).await, ("business", "month", 3))
            }
            _ => (put(&cloud, &wish("team", "month", 2)).await, ("team", "month", 2)),
        };
        assert_eq!(status, 200, "{way}: {answer}");
        assert_eq!(answer["pending_change"].is_null(), way != "another", "{way}: {answer}");
        assert_eq!(running(&cloud)["schedule"].is_null(), way != "another", "{way}");
        until(&cloud, "2026-12-01T02:00:00Z").await;
        assert_eq!(what(&show(&cloud).await), expected, "{way}");
        let kinds = kinds(&cloud, "acme").await;
        let undone = kinds.iter().filter(|kind| *kind == "subscription.change_undone").count();
        assert_eq!(undone, usize::from(way != "another"), "{way}: {kinds:?}");
    }
}

/// Goal: asked for again under its key, more seats are no wish to take the booking back.
#[tokio::test]
async fn a_replay_does_not_take_a_booking_back() {
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
    let five = wish("team", "month", 5);
    let send = || {
        let request = http::Request::put(PATH)
            .header("authorization", format!("Bearer {}", cloud.vendor_key()))
            .header("content-type", "application/json")
            .header("idempotency-key", "k")
            .body(bytes::Bytes::from(five.to_string()))
            .unwrap();
        Box::pin(cloud.send(request))
    };
    for _ in 0..2 {
        let answer = send().await;
        assert_eq!(answer.status(), 200);
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(
            (what(&answer), booked(&answer)),
            (("team", "month", 5), ("personal", "month", 1))
        );
    }
}

/// Goal: cancelling ends the subscription with its period, takes a booking back, and leads to the
/// Free plan with nothing more to pay (D7); until then it can be taken back.
#[tokio::test]
async fn a_cancellation_ends_with_the_period() {
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(put(&cloud, &wish("personal", "month", 1)).await.0, 200);
    let (status, answer) = cancel(&cloud).await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!(
        (&answer["cancel_at_period_end"], &answer["pending_change"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!((&answer["next_renewal"], &answer["renews_at"]), (&Value::Null, &Value::Null));
    assert_eq!(answer["ends_at"], "2026-12-01T00:00:00Z");
    assert_eq!(cancel(&cloud).await, (202, answer));
    let (status, refused) = put(&cloud, &wish("personal", "month", 1)).await;
    assert_eq!((status, &refused["code"]), (409, &json!("subscription_ends")), "{refused}");
    // More seats until the end are fine, and do not take the end back.
    let (status, answer) = put(&cloud, &wish("team", "month", 5)).await;
    assert_eq!((status, &answer["cancel_at_period_end"]), (200, &json!(true)), "{answer}");
    let (status, answer) = resume(&cloud).await;
    assert_eq!((status, &answer["cancel_at_period_end"]), (200, &json!(false)), "{answer}");
    assert_eq!(
        (resume(&cloud).await, &answer["next_renewal"]),
        ((200, answer.clone()), &usd(9_400))
    );
    assert_eq!(cancel(&cloud).await.0, 202);
    until(&cloud, "2026-12-01T02:00:00Z").await;
    let free = show(&cloud).await;
    assert_eq!((what(&free), &free["ends_at"]), (("free", "", 0), &Value::Null), "{free}");
    assert_eq!(get(&cloud, "/v1/accounts/acme").await["state"], "active");
    assert_eq!(paid(&cloud), 2_185 + 518);
    let (status, answer) = cancel(&cloud).await;
    assert_eq!((status, &answer["code"]), (409, &json!("no_subscription")), "{answer}");
    assert_eq!(resume(&cloud).await.1["code"], "no_subscription");
}

/// Goal: what keeps an account from cancelling is told, all of it, also by a dry run, which changes
/// nothing (A4 to A10).
#[tokio::test]
async fn a_cancellation_needs_its_conditions() {
    let cloud = subscribed("team", "month", 3).await;
    let dry_run = || async {
        let path = format!("{PATH}?dry_run=true");
        let (status, answer) = vendor(&cloud, Method::DELETE, &path, &Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let fine = dry_run().await;
    assert_eq!((&fine["passes"], &fine["reasons"]), (&json!(true), &json!([])));
    assert_eq!(fine["conditions"].as_array().unwrap().len(), 4);
    assert_eq!(fine["ends_at"], "2026-12-01T00:00:00Z");
    assert_eq!(fine["final_invoice"]["lines"], json!([]), "no renewal, and nothing was used");
    let event = json!({ "account": "acme", "resource": "storage", "quantity": 501 });
    let priced = json!({ "account": "acme", "resource": "sessions", "quantity": 200_000 });
    let batch = json!({ "batch_id": "b1", "events": [event, priced] });
    assert_eq!(vendor(&cloud, Method::POST, "/v1/usage", &batch).await.0, 202);
    let blocked = dry_run().await;
    let lines = blocked["final_invoice"]["lines"].as_array().unwrap();
    assert!(!lines.is_empty() && lines.iter().all(|line| line["kind"] == "usage"), "{lines:?}");
    assert_eq!(
        (&blocked["passes"], &blocked["reasons"][0]["code"]),
        (&json!(false), &json!("over_free_plan"))
    );
    let (status, answer) = cancel(&cloud).await;
    assert_eq!((status, &answer["code"]), (409, &json!("cancellation_blocked")), "{answer}");
    assert_eq!(answer["reasons"], blocked["reasons"]);
    assert_eq!(show(&cloud).await["cancel_at_period_end"], false);
}

/// Goal: a schedule whose change is in force keeps nobody from the next change or from cancelling.
#[tokio::test]
async fn an_old_schedule_is_in_nobodys_way() {
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(put(&cloud, &wish("team", "month", 2)).await.0, 200);
    until(&cloud, "2026-12-10T00:00:00Z").await;
    let (status, answer) = put(&cloud, &wish("team", "month", 4)).await;
    assert_eq!((status, what(&answer)), (200, ("team", "month", 4)), "{answer}");
    let cloud = subscribed("team", "month", 3).await;
    assert_eq!(put(&cloud, &wish("team", "month", 2)).await.0, 200);
    until(&cloud, "2026-12-10T00:00:00Z").await;
    assert_eq!(cancel(&cloud).await.0, 202);
    until(&cloud, "2027-01-01T02:00:00Z").await;
    assert_eq!(what(&show(&cloud).await).0, "free");
}
