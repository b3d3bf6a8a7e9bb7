//! Ends of subscriptions, and what is billed last.

use super::{DAY, HOUR, Shop, lines, period, written};
use crate::testing::id;

#[test]
fn it_ends_with_its_period_unless_that_is_taken_back() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 1, "");
    let subscription = id(&made);

    let ends = shop
        .update(&subscription, "cancel_at_period_end=true&cancellation_details[comment]=too+far");
    assert_eq!((&ends["cancel_at_period_end"], &ends["status"]), (&true.into(), &"active".into()));
    assert_eq!(ends["cancel_at"], ends["items"]["data"][0]["current_period_end"]);
    assert_eq!(ends["canceled_at"], shop.world.now.0);
    assert_eq!(ends["cancellation_details"]["reason"], "cancellation_requested");
    assert_eq!(ends["cancellation_details"]["comment"], "too far");
    let goes_on = shop.update(&subscription, "cancel_at_period_end=false");
    assert!(goes_on["cancel_at"].is_null() && goes_on["canceled_at"].is_null());
    shop.update(&subscription, "cancel_at_period_end=true");

    shop.world.advance(30 * DAY);
    let over = shop.subscription(&subscription);
    assert_eq!(
        (&over["status"], &over["ended_at"]),
        (&"canceled".into(), &shop.world.now.0.into())
    );
    assert_eq!(shop.world.events().last(), Some(&"customer.subscription.deleted"));
    shop.world.advance(31 * DAY);
    assert_eq!(shop.invoices(), 1);
}

#[test]
fn pending_items_are_billed_when_it_ends_with_its_period() {
    let mut shop = Shop::open();
    let price = shop.price(3_000, "month");
    let made = shop.subscribe(&price, 1, "");
    shop.world.advance(10 * DAY);
    let item = id(&made["items"]["data"][0]);
    shop.update(&id(&made), &format!("items[0][id]={item}&items[0][quantity]=2"));
    shop.update(&id(&made), "cancel_at_period_end=true");
    shop.world.advance(20 * DAY + HOUR);
    let last = shop.latest_invoice(&id(&made));
    // 60.00 × 2/3 − 30.00 × 2/3
    assert_eq!((&last["status"], &last["amount_paid"]), (&"paid".into(), &2_000.into()));
}

#[test]
fn an_end_at_once_credits_and_invoices_only_when_it_is_asked_to() {
    for (query, total) in
        [("", None), ("prorate=true&invoice_now=true", Some(-2_000)), ("invoice_now=true", None)]
    {
        let mut shop = Shop::open();
        let price = shop.price(3_000, "month");
        let subscription = id(&shop.subscribe(&price, 1, ""));
        shop.world.advance(10 * DAY);
        let over = shop.world.delete(&format!("/v1/subscriptions/{subscription}?{query}"));
        assert_eq!(
            (&over["status"], &over["ended_at"]),
            (&"canceled".into(), &shop.world.now.0.into())
        );
        assert_eq!(shop.invoices(), if total.is_some() { 2 } else { 1 }, "{query}");
        if let Some(total) = total {
            let last = shop.latest_invoice(&subscription);
            assert_eq!(last["total"], total);
            assert_eq!(lines(&last), written(&[("Unused time on Team after 02 Dec 2026", total)]));
        }
        let path = format!("/v1/subscriptions/{subscription}");
        let (status, error) = shop.world.send(http::Method::DELETE, &path, "");
        assert_eq!((status, error["error"]["code"].as_str()), (404, Some("resource_missing")));
        shop.world.refused(&path, "description=late");
        shop.world.post(&path, "metadata[left]=yes");
    }
}

#[test]
fn an_end_within_the_period_cuts_it_and_an_end_taken_back_restores_it() {
    let mut shop = Shop::open();
    let price = shop.price(3_000, "month");
    let made = shop.subscribe(&price, 1, "");
    let subscription = id(&made);
    let at = shop.world.now.plus_seconds(20 * DAY).0;
    let cut =
        shop.update(&subscription, &format!("cancel_at={at}&proration_behavior=always_invoice"));
    assert_eq!(period(&cut, 0).1, "2026-12-12T09:00:00Z");
    // A third is not used.
    assert_eq!(shop.latest_invoice(&subscription)["total"], -1_000);
    let whole = shop.update(&subscription, "cancel_at=&proration_behavior=always_invoice");
    assert_eq!(period(&whole, 0), period(&made, 0));
    assert_eq!(shop.latest_invoice(&subscription)["total"], 1_000);

    // An end in a later period leaves this one alone, and makes that one shorter: 10 of its 31
    // days.
    let at = shop.world.now.plus_seconds(40 * DAY).0;
    shop.update(&subscription, &format!("cancel_at={at}"));
    assert_eq!(period(&shop.subscription(&subscription), 0), period(&made, 0));
    shop.world.advance(30 * DAY);
    // 30.00 × 10 / 31 = 9.677..
    assert_eq!(shop.latest_invoice(&subscription)["total"], 968);
    shop.world.advance(10 * DAY);
    assert_eq!(shop.subscription(&subscription)["status"], "canceled");
}

#[test]
fn lists_leave_out_what_was_cancelled_unless_it_is_asked_for() {
    let mut shop = Shop::open();
    let (one, other) = (shop.price(980, "month"), shop.price(1_980, "month"));
    let gone = id(&shop.subscribe(&one, 1, ""));
    let runs = id(&shop.subscribe(&other, 1, ""));
    shop.world.delete(&format!("/v1/subscriptions/{gone}"));
    for (query, expected) in [
        ("", vec![&runs]),
        ("status=all", vec![&runs, &gone]),
        ("status=canceled", vec![&gone]),
        ("status=ended", vec![&gone]),
        ("status=active", vec![&runs]),
        (&format!("status=all&price={one}"), vec![&gone]),
        ("status=past_due", vec![]),
    ] {
        let found = shop.world.get(&format!("/v1/subscriptions?{query}"));
        let ids: Vec<String> = found["data"].as_array().unwrap().iter().map(id).collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let path = format!("/v1/customers/{}?expand[]=subscriptions", shop.customer);
    let within = shop.world.get(&path);
    assert_eq!(within["subscriptions"]["data"][0]["id"], runs);
    assert_eq!(within["subscriptions"]["total_count"], 1);
}
