//! Trials, what follows them, and paused subscriptions.

use super::{DAY, Shop, lines, period, written};
use crate::testing::id;

#[test]
fn a_trial_bills_nothing_gives_notice_and_is_followed_by_the_first_period() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 2, "trial_period_days=14");
    let subscription = id(&made);
    assert_eq!(made["status"], "trialing");
    let first = shop.latest_invoice(&subscription);
    assert_eq!(lines(&first), written(&[("Free trial for 2 × Team", 0)]));
    assert_eq!(first["status"], "paid");

    shop.world.advance(11 * DAY - 1);
    assert!(!shop.world.events().contains(&"customer.subscription.trial_will_end"));
    shop.world.advance(1);
    assert!(shop.world.events().contains(&"customer.subscription.trial_will_end"));
    shop.world.advance(3 * DAY);

    let running = shop.subscription(&subscription);
    assert_eq!(running["status"], "active");
    assert_eq!(
        period(&running, 0),
        ("2026-12-06T09:00:00Z".to_owned(), "2027-01-06T09:00:00Z".to_owned())
    );
    let invoice = shop.latest_invoice(&subscription);
    assert_eq!((&invoice["status"], &invoice["total"]), (&"draft".into(), &1_960.into()));
    assert_eq!(invoice["billing_reason"], "subscription_cycle");
}

#[test]
fn a_trial_without_a_payment_method_ends_as_it_was_told_to() {
    for (told, status, event) in [
        ("cancel", "canceled", "customer.subscription.deleted"),
        ("pause", "paused", "customer.subscription.paused"),
        ("create_invoice", "active", "customer.subscription.updated"),
    ] {
        let mut shop = Shop::without_card();
        let price = shop.price(980, "month");
        let more = format!(
            "trial_period_days=14&trial_settings[end_behavior][missing_payment_method]={told}"
        );
        let subscription = id(&shop.subscribe(&price, 1, &more));
        shop.world.advance(14 * DAY);
        assert_eq!(shop.subscription(&subscription)["status"], status);
        assert!(shop.world.events().contains(&event), "{told}");
        let invoices = shop.invoices();
        assert_eq!(invoices, if told == "create_invoice" { 2 } else { 1 });
    }
}

#[test]
fn a_trial_that_is_ended_now_without_a_payment_method_pauses_too() {
    let mut shop = Shop::without_card();
    let price = shop.price(980, "month");
    let more = "trial_period_days=7&trial_settings[end_behavior][missing_payment_method]=pause";
    let subscription = id(&shop.subscribe(&price, 1, more));
    let paused = shop.update(&subscription, "trial_end=now");
    assert_eq!(paused["status"], "paused");
    assert_eq!(shop.world.events().last(), Some(&"customer.subscription.paused"));
    assert_eq!(shop.invoices(), 1, "the trial's own");
    shop.world.advance(40 * DAY);
    assert_eq!(shop.subscription(&subscription)["status"], "paused");
}

#[test]
fn a_paused_subscription_is_resumed_by_its_payment() {
    let mut shop = Shop::without_card();
    let price = shop.price(980, "month");
    let more = "trial_period_days=14&trial_settings[end_behavior][missing_payment_method]=pause";
    let subscription = id(&shop.subscribe(&price, 1, more));
    shop.world.advance(20 * DAY);
    shop.card("pm_card_visa");

    let resumed = shop.world.post(&format!("/v1/subscriptions/{subscription}/resume"), "");

    assert_eq!(resumed["status"], "active");
    // 20 days after 22 November.
    assert_eq!(
        period(&resumed, 0),
        ("2026-12-12T09:00:00Z".to_owned(), "2027-01-12T09:00:00Z".to_owned())
    );
    assert_eq!(shop.latest_invoice(&subscription)["amount_paid"], 980);
    assert!(shop.world.events().contains(&"customer.subscription.resumed"));
}

#[test]
fn a_paused_subscription_can_be_resumed_within_its_old_cycle() {
    // docs.stripe.com/billing/subscriptions/mixed-interval, "Pause at trial end and resume": with
    // the anchor unchanged the items are in the cycle of the anchor, and only the rest of it is
    // billed.
    let mut shop = Shop::without_card();
    let price = shop.price(3_100, "month");
    let more = "trial_period_days=9&trial_settings[end_behavior][missing_payment_method]=pause";
    let subscription = id(&shop.subscribe(&price, 1, more));
    // The trial ends on 1 December: the cycle has 31 days, and 10 of them are over.
    shop.world.advance(19 * DAY);
    shop.card("pm_card_visa");
    let path = format!("/v1/subscriptions/{subscription}/resume");
    let form = "billing_cycle_anchor[type]=unchanged&proration_behavior=always_invoice";
    let resumed = shop.world.post(&path, form);
    assert_eq!(resumed["status"], "active");
    assert_eq!(period(&resumed, 0).1, "2027-01-01T09:00:00Z");
    assert_eq!(
        lines(&shop.latest_invoice(&subscription)),
        written(&[("Remaining time on Team after 11 Dec 2026", 2_100)])
    );
    shop.world.refused(&path, "");
}
