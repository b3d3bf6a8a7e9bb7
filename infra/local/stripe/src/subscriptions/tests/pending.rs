//! Changes whose payment fails: made all the same, undone, or waiting.

use super::change::item;
use super::{DAY, HOUR, Shop, lines};
use crate::testing::id;

#[test]
fn a_failed_payment_of_a_change_has_the_outcome_that_was_asked_for() {
    for (behaviour, status, quantity) in [
        ("allow_incomplete", "past_due", 8),
        ("default_incomplete", "past_due", 8),
        ("pending_if_incomplete", "active", 5),
    ] {
        let mut shop = Shop::open();
        let price = shop.price(980, "month");
        let made = shop.subscribe(&price, 5, "");
        shop.card("pm_card_chargeCustomerFail");
        let form = format!(
            "items[0][id]={}&items[0][quantity]=8&proration_behavior=always_invoice\
             &payment_behavior={behaviour}",
            item(&made)
        );
        let changed = shop.update(&id(&made), &form);
        assert_eq!(changed["status"], status, "{behaviour}");
        assert_eq!(changed["items"]["data"][0]["quantity"], quantity, "{behaviour}");
        assert_eq!(shop.latest_invoice(&id(&made))["status"], "open");
    }
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 5, "");
    shop.card("pm_card_chargeCustomerFail");
    let events = shop.world.events().len();
    let form = format!(
        "items[0][id]={}&items[0][quantity]=8&proration_behavior=always_invoice\
         &payment_behavior=error_if_incomplete",
        item(&made)
    );
    let (status, error) = shop.world.refused(&format!("/v1/subscriptions/{}", id(&made)), &form);
    assert_eq!((status, error["type"].as_str()), (402, Some("card_error")));
    assert_eq!(shop.subscription(&id(&made)), made);
    assert_eq!((shop.invoices(), shop.world.events().len()), (1, events));
}

/// A subscription whose upgrade was declined, and its item.
fn declined_upgrade(shop: &mut Shop) -> (String, String) {
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 5, "");
    shop.card("pm_card_chargeCustomerFail");
    let form = format!(
        "items[0][id]={}&items[0][quantity]=8&proration_behavior=always_invoice\
         &payment_behavior=pending_if_incomplete",
        item(&made)
    );
    let changed = shop.update(&id(&made), &form);
    assert_eq!(changed["pending_update"]["subscription_items"][0]["quantity"], 8);
    assert_eq!(changed["pending_update"]["expires_at"], shop.world.now.plus_seconds(23 * HOUR).0);
    (id(&made), item(&made))
}

#[test]
fn a_pending_update_is_applied_when_its_invoice_is_paid() {
    let mut shop = Shop::open();
    let (subscription, _) = declined_upgrade(&mut shop);
    shop.world.advance(HOUR);
    shop.card("pm_card_visa");
    let invoice = id(&shop.latest_invoice(&subscription));
    shop.world.post(&format!("/v1/invoices/{invoice}/pay"), "");

    let applied = shop.subscription(&subscription);
    assert_eq!(applied["items"]["data"][0]["quantity"], 8);
    assert!(applied["pending_update"].is_null());
    assert!(shop.world.events().contains(&"customer.subscription.pending_update_applied"));
    // What it billed is what is credited next: 78.40 back, 9.80 for one.
    let item = item(&applied);
    let form =
        format!("items[0][id]={item}&items[0][quantity]=1&proration_behavior=always_invoice");
    shop.update(&subscription, &form);
    let left = 30 * DAY - HOUR;
    let part = |amount: i64| {
        let exact = i128::from(amount) * i128::from(left) * 2 + i128::from(30 * DAY);
        i64::try_from(exact / i128::from(60 * DAY)).unwrap()
    };
    let amounts: Vec<i64> =
        lines(&shop.latest_invoice(&subscription)).into_iter().map(|(_, it)| it).collect();
    assert_eq!(amounts, [part(980), -part(7_840)]);
}

#[test]
fn a_pending_update_expires_with_its_invoice() {
    let mut shop = Shop::open();
    let (subscription, _) = declined_upgrade(&mut shop);
    let invoice = id(&shop.latest_invoice(&subscription));
    shop.world.advance(23 * HOUR);
    let expired = shop.subscription(&subscription);
    assert!(expired["pending_update"].is_null());
    assert_eq!(expired["items"]["data"][0]["quantity"], 5);
    assert_eq!(shop.world.get(&format!("/v1/invoices/{invoice}"))["status"], "void");
    let told = |kind: &str, shop: &Shop| {
        shop.world.events().into_iter().filter(|event| *event == kind).count()
    };
    assert_eq!(told("customer.subscription.pending_update_expired", &shop), 1);
    assert_eq!(expired["status"], "active");

    // Voiding the invoice is how a caller takes it back.
    let mut shop = Shop::open();
    let (subscription, _) = declined_upgrade(&mut shop);
    let invoice = id(&shop.latest_invoice(&subscription));
    shop.world.post(&format!("/v1/invoices/{invoice}/void"), "");
    assert!(shop.subscription(&subscription)["pending_update"].is_null());
    assert_eq!(told("customer.subscription.pending_update_expired", &shop), 1);
}

#[test]
fn pending_updates_are_for_cards_and_for_what_is_billed() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let sent = shop.subscribe(&price, 5, "collection_method=send_invoice&days_until_due=14");
    let path = format!("/v1/subscriptions/{}", id(&sent));
    let form = format!(
        "items[0][id]={}&items[0][quantity]=8&payment_behavior=pending_if_incomplete",
        item(&sent)
    );
    assert_eq!(shop.world.refused(&path, &form).1["param"], "payment_behavior");

    let charged = shop.subscribe(&price, 5, "");
    let path = format!("/v1/subscriptions/{}", id(&charged));
    let form = "metadata[a]=b&payment_behavior=pending_if_incomplete";
    assert_eq!(shop.world.refused(&path, form).1["param"], "metadata");
}

#[test]
fn the_invoice_of_a_pending_update_says_nothing_of_the_subscription() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 5, "");
    shop.card("pm_card_chargeCustomerFail");
    shop.world.advance(30 * DAY + HOUR);
    let renewal = id(&shop.latest_invoice(&id(&made)));
    shop.world.advance(DAY);
    let form = format!(
        "items[0][id]={}&items[0][quantity]=8&proration_behavior=always_invoice\
         &payment_behavior=pending_if_incomplete",
        item(&made)
    );
    assert_eq!(shop.update(&id(&made), &form)["status"], "past_due");

    shop.card("pm_card_visa");
    shop.world.post(&format!("/v1/invoices/{renewal}/pay"), "");

    assert_eq!(shop.subscription(&id(&made))["status"], "active");
    assert!(shop.subscription(&id(&made))["pending_update"].is_object());
}

#[test]
fn another_change_takes_the_place_of_a_pending_update() {
    let mut shop = Shop::open();
    let (subscription, item) = declined_upgrade(&mut shop);
    let declined = id(&shop.latest_invoice(&subscription));
    shop.card("pm_card_visa");
    let form =
        format!("items[0][id]={item}&items[0][quantity]=6&proration_behavior=always_invoice");
    let changed = shop.update(&subscription, &form);
    assert_eq!(changed["items"]["data"][0]["quantity"], 6);
    assert!(changed["pending_update"].is_null());
    assert_eq!(shop.world.get(&format!("/v1/invoices/{declined}"))["status"], "void");
}
