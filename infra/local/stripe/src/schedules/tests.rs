//! Schedules, from the API to the subscription's items and invoices.

use serde_json::Value;

use crate::subscriptions::tests::{DAY, HOUR, Shop, lines, period, written};
use crate::testing::id;

/// A schedule of a subscription, whose second phase has another item.
fn booked(shop: &mut Shop, subscription: &Value, next: &str) -> String {
    let form = format!("from_subscription={}", id(subscription));
    let schedule = shop.world.post("/v1/subscription_schedules", &form);
    let item = &subscription["items"]["data"][0];
    let form = format!(
        "phases[0][items][0][price]={}&phases[0][items][0][quantity]={}\
         &phases[0][start_date]={}&phases[0][end_date]={}&{next}",
        item["price"]["id"].as_str().unwrap(),
        item["quantity"],
        item["current_period_start"],
        item["current_period_end"],
    );
    let path = format!("/v1/subscription_schedules/{}", id(&schedule));
    let updated = shop.world.post(&path, &form);
    assert_eq!(updated["phases"].as_array().unwrap().len(), 2);
    id(&schedule)
}

#[test]
fn a_booked_phase_begins_with_the_next_period_and_the_renewal_bills_it() {
    let mut shop = Shop::open();
    let (team, free) = (shop.price(980, "month"), shop.price(480, "month"));
    let made = shop.subscribe(&team, 8, "");
    let subscription = id(&made);
    let next = format!("phases[1][items][0][price]={free}&phases[1][items][0][quantity]=3");
    let schedule = booked(&mut shop, &made, &next);
    let attached = shop.subscription(&subscription);
    assert_eq!(attached["schedule"], schedule);
    assert_eq!(attached["items"], made["items"], "nothing changes before its time");
    assert!(shop.world.events().contains(&"subscription_schedule.created"));

    let asked = format!("subscription={subscription}");
    shop.world.advance(29 * DAY);
    let preview = shop.world.post("/v1/invoices/create_preview", &asked);
    shop.world.advance(DAY);

    assert!(shop.world.events().contains(&"subscription_schedule.updated"));
    let invoice = shop.latest_invoice(&subscription);
    assert_eq!(lines(&invoice), written(&[("3 × Team (at €4.80 / month)", 1_440)]));
    assert_eq!(lines(&preview), lines(&invoice));
    assert_eq!(invoice["billing_reason"], "subscription_cycle");
    let downgraded = shop.subscription(&subscription);
    assert_eq!(downgraded["items"]["data"][0]["quantity"], 3);
    assert_eq!(
        period(&downgraded, 0),
        ("2026-12-22T09:00:00Z".to_owned(), "2027-01-22T09:00:00Z".to_owned())
    );
    // After its last phase the subscription is let go, and renews as it is.
    shop.world.advance(31 * DAY + HOUR);
    let released = shop.world.get(&format!("/v1/subscription_schedules/{schedule}"));
    assert_eq!(released["status"], "released");
    assert_eq!(released["released_subscription"], subscription);
    assert!(shop.subscription(&subscription)["schedule"].is_null());
    assert_eq!(shop.latest_invoice(&subscription)["amount_paid"], 1_440);
    assert!(shop.world.events().contains(&"subscription_schedule.expiring"));
    assert!(shop.world.events().contains(&"subscription_schedule.released"));
}

#[test]
fn while_a_schedule_is_attached_the_end_is_its_business() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 8, "");
    let next = format!("phases[1][items][0][price]={price}&phases[1][items][0][quantity]=3");
    let schedule = booked(&mut shop, &made, &next);
    let path = format!("/v1/subscriptions/{}", id(&made));
    for form in ["cancel_at_period_end=true", "cancel_at=1800000000"] {
        let (status, error) = shop.world.refused(&path, form);
        assert_eq!(status, 400);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("managed by the subscription schedule"), "{message}");
    }
    let form = format!("from_subscription={}", id(&made));
    shop.world.refused("/v1/subscription_schedules", &form);

    // A direct change of the seats leaves the booked phase as it is.
    let item = id(&made["items"]["data"][0]);
    shop.world.post(&path, &format!("items[0][id]={item}&items[0][quantity]=9"));
    let kept = shop.world.get(&format!("/v1/subscription_schedules/{schedule}"));
    assert_eq!(kept["phases"][1]["items"][0]["quantity"], 3);

    let released = shop.world.post(&format!("/v1/subscription_schedules/{schedule}/release"), "");
    assert_eq!(released["status"], "released");
    assert!(released["subscription"].is_null());
    shop.world.post(&path, "cancel_at_period_end=true");
    shop.world.refused(&format!("/v1/subscription_schedules/{schedule}/release"), "");
}

#[test]
fn a_schedule_starts_a_subscription_now_or_later_with_a_draft() {
    for later in [0, 5 * DAY] {
        let mut shop = Shop::open();
        let price = shop.price(980, "month");
        let start = shop.world.now.plus_seconds(later).0;
        let start = if later == 0 { "now".to_owned() } else { start.to_string() };
        let form = format!(
            "customer={}&start_date={start}&end_behavior=cancel&phases[0][items][0][price]={price}\
             &phases[0][items][0][quantity]=2&phases[0][duration][interval]=month\
             &phases[0][duration][interval_count]=2&metadata[a]=b",
            shop.customer
        );
        let made = shop.world.post("/v1/subscription_schedules", &form);
        let path = format!("/v1/subscription_schedules/{}", id(&made));
        if later > 0 {
            assert_eq!(made["status"], "not_started");
            assert!(made["subscription"].is_null());
            let asked = format!("schedule={}", id(&made));
            let preview = shop.world.post("/v1/invoices/create_preview", &asked);
            assert_eq!(preview["total"], 1_960);
            let listed = shop.world.get("/v1/subscription_schedules?scheduled=true");
            assert_eq!(listed["data"].as_array().unwrap().len(), 1);
            shop.world.advance(later);
        }
        let active = shop.world.get(&path);
        assert_eq!(active["status"], "active");
        let subscription = active["subscription"].as_str().unwrap().to_owned();
        assert_eq!(shop.latest_invoice(&subscription)["status"], "draft");
        let running = shop.subscription(&subscription);
        assert_eq!(running["status"], "active");
        // It ends with its last phase, which is this one.
        assert_eq!(running["cancel_at"], active["phases"][0]["end_date"]);
        shop.world.advance(HOUR);
        assert_eq!(shop.latest_invoice(&subscription)["amount_paid"], 1_960);
        shop.world.advance(61 * DAY);
        assert_eq!(shop.subscription(&subscription)["status"], "canceled");
        let completed = shop.world.get(&path);
        assert_eq!(completed["status"], "completed");
        assert_eq!(shop.invoices(), 2);
        assert!(shop.world.events().contains(&"subscription_schedule.completed"));
    }
}

#[test]
fn a_phase_in_between_is_prorated_as_it_says() {
    for (behaviour, invoices, renewal) in [
        ("create_prorations", 1, 6_000 + 4_000 - 2_000),
        ("always_invoice", 2, 6_000),
        ("none", 1, 6_000),
    ] {
        let mut shop = Shop::open();
        let price = shop.price(3_000, "month");
        let middle = shop.world.now.plus_seconds(10 * DAY).0;
        let form = format!(
            "customer={}&start_date=now&phases[0][items][0][price]={price}\
             &phases[0][end_date]={middle}&phases[1][items][0][price]={price}\
             &phases[1][items][0][quantity]=2&phases[1][duration][interval]=year\
             &phases[1][proration_behavior]={behaviour}",
            shop.customer
        );
        let made = shop.world.post("/v1/subscription_schedules", &form);
        let subscription = made["subscription"].as_str().unwrap().to_owned();
        shop.world.advance(10 * DAY);
        assert_eq!(shop.subscription(&subscription)["items"]["data"][0]["quantity"], 2);
        assert_eq!(shop.invoices(), invoices, "{behaviour}");
        if behaviour == "always_invoice" {
            // 60.00 × 2/3 − 30.00 × 2/3
            assert_eq!(shop.latest_invoice(&subscription)["total"], 2_000);
        }
        shop.world.advance(20 * DAY);
        assert_eq!(shop.latest_invoice(&subscription)["total"], renewal, "{behaviour}");
    }
}

#[test]
fn a_phase_that_moves_the_anchor_bills_from_its_start() {
    // Another interval at a phase's start is only billed at once when the anchor moves with it.
    for (anchor, total) in [("&phases[1][billing_cycle_anchor]=phase_start", 36_500), ("", 0)] {
        let mut shop = Shop::open();
        let (month, year) = (shop.price(3_000, "month"), shop.price(36_500, "year"));
        let made = shop.subscribe(&month, 1, "");
        let next =
            format!("phases[1][items][0][price]={year}&phases[1][proration_behavior]=none{anchor}");
        booked(&mut shop, &made, &next);
        shop.world.advance(30 * DAY);
        let switched = shop.subscription(&id(&made));
        assert_eq!(switched["items"]["data"][0]["price"]["id"], year);
        let billed = shop.invoices() - 1;
        let sum = if billed == 0 {
            0
        } else {
            shop.latest_invoice(&id(&made))["total"].as_i64().unwrap()
        };
        assert_eq!(sum, total, "{anchor}");
    }
}

#[test]
fn a_change_of_the_current_phase_changes_the_subscription_at_once() {
    let mut shop = Shop::open();
    let price = shop.price(3_000, "month");
    let made = shop.subscribe(&price, 1, "");
    let form = format!("from_subscription={}", id(&made));
    let schedule = shop.world.post("/v1/subscription_schedules", &form);
    shop.world.advance(10 * DAY);
    let form = format!(
        "phases[0][items][0][price]={price}&phases[0][items][0][quantity]=2\
         &phases[0][start_date]={}&phases[0][end_date]={}&proration_behavior=always_invoice",
        schedule["phases"][0]["start_date"], schedule["phases"][0]["end_date"],
    );
    shop.world.post(&format!("/v1/subscription_schedules/{}", id(&schedule)), &form);
    assert_eq!(shop.subscription(&id(&made))["items"]["data"][0]["quantity"], 2);
    let invoice = shop.latest_invoice(&id(&made));
    assert_eq!((&invoice["total"], &invoice["status"]), (&2_000.into(), &"paid".into()));

    // A phase can end now, and the next begin.
    let form = format!(
        "phases[0][items][0][price]={price}&phases[0][items][0][quantity]=2\
         &phases[0][start_date]={}&phases[0][end_date]=now&phases[1][items][0][price]={price}\
         &phases[1][items][0][quantity]=4&proration_behavior=none",
        schedule["phases"][0]["start_date"],
    );
    let path = format!("/v1/subscription_schedules/{}", id(&schedule));
    let split = shop.world.post(&path, &form);
    assert_eq!(split["current_phase"]["start_date"], shop.world.now.0);
    assert_eq!(shop.subscription(&id(&made))["items"]["data"][0]["quantity"], 4);
}

#[test]
fn a_cancelled_schedule_ends_its_subscription_and_the_other_way_round() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 8, "");
    let form = format!("from_subscription={}", id(&made));
    let schedule = id(&shop.world.post("/v1/subscription_schedules", &form));
    let canceled = shop.world.post(
        &format!("/v1/subscription_schedules/{schedule}/cancel"),
        "invoice_now=false&prorate=false",
    );
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(shop.subscription(&id(&made))["status"], "canceled");

    let made = shop.subscribe(&price, 8, "");
    let form = format!("from_subscription={}", id(&made));
    let schedule = id(&shop.world.post("/v1/subscription_schedules", &form));
    shop.world.delete(&format!("/v1/subscriptions/{}", id(&made)));
    let ended = shop.world.get(&format!("/v1/subscription_schedules/{schedule}"));
    assert_eq!(ended["status"], "canceled");
    let events = shop.world.events();
    let told = events.iter().filter(|event| **event == "subscription_schedule.canceled").count();
    assert_eq!(told, 2);
}

#[test]
fn a_phase_discards_a_pending_update() {
    let mut shop = Shop::open();
    let price = shop.price(98_000, "month");
    let made = shop.subscribe(&price, 5, "");
    let next = format!("phases[1][items][0][price]={price}&phases[1][items][0][quantity]=3");
    booked(&mut shop, &made, &next);
    shop.world.advance(29 * DAY + 12 * HOUR);
    shop.card("pm_card_chargeCustomerFail");
    let form = format!(
        "items[0][id]={}&items[0][quantity]=8&proration_behavior=always_invoice\
         &payment_behavior=pending_if_incomplete",
        id(&made["items"]["data"][0])
    );
    let pending = shop.update(&id(&made), &form);
    // It would expire with the period anyway.
    assert_eq!(
        pending["pending_update"]["expires_at"],
        made["items"]["data"][0]["current_period_end"]
    );
    let invoice = id(&shop.latest_invoice(&id(&made)));
    shop.world.advance(12 * HOUR);
    let after = shop.subscription(&id(&made));
    assert!(after["pending_update"].is_null());
    assert_eq!(after["items"]["data"][0]["quantity"], 3);
    assert_eq!(shop.world.get(&format!("/v1/invoices/{invoice}"))["status"], "void");
}
