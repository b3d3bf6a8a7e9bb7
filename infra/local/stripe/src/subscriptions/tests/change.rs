//! Changes of running subscriptions. The period is always the 30 days from 22 November to 22
//! December 2026, so that ten days are a third of it.

use serde_json::Value;

use super::{DAY, HOUR, Shop, lines, period, written};
use crate::testing::id;

/// The first item of a subscription.
pub fn item(subscription: &Value) -> String {
    id(&subscription["items"]["data"][0])
}

#[test]
fn more_seats_are_billed_at_once_for_the_rest_of_the_period() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 5, "");
    let subscription = id(&made);
    shop.world.advance(10 * DAY);

    let form = format!(
        "items[0][id]={}&items[0][quantity]=8&proration_behavior=always_invoice",
        item(&made)
    );
    let changed = shop.update(&subscription, &form);

    assert_eq!(changed["items"]["data"][0]["quantity"], 8);
    assert_eq!(period(&changed, 0), period(&made, 0), "the same price keeps its period");
    let invoice = shop.latest_invoice(&subscription);
    // Two thirds are left: 49.00 × 2/3 = 32.666.. and 8 × 9.80 × 2/3 = 52.266..
    assert_eq!(
        lines(&invoice),
        written(&[
            ("Remaining time on 8 × Team after 02 Dec 2026", 5_227),
            ("Unused time on 5 × Team after 02 Dec 2026", -3_267),
        ])
    );
    assert_eq!(invoice["billing_reason"], "subscription_update");
    assert_eq!((&invoice["status"], &invoice["amount_paid"]), (&"paid".into(), &1_960.into()));
    let credit = &invoice["lines"]["data"][1]["parent"]["subscription_item_details"];
    let first = &made["latest_invoice"];
    assert_eq!(credit["proration_details"]["credited_items"]["invoice"], *first);
    // The renewal bills eight.
    shop.world.advance(20 * DAY + HOUR);
    assert_eq!(shop.latest_invoice(&subscription)["amount_paid"], 7_840);
}

#[test]
fn prorations_wait_for_the_renewal_unless_they_are_asked_for_or_there_are_none() {
    for (behaviour, renewal) in [
        // 78.40 + 52.27 − 32.67
        ("create_prorations", 7_840 + 5_227 - 3_267),
        ("none", 7_840),
    ] {
        let mut shop = Shop::open();
        let price = shop.price(980, "month");
        let made = shop.subscribe(&price, 5, "");
        shop.world.advance(10 * DAY);
        let form = format!(
            "items[0][id]={}&items[0][quantity]=8&proration_behavior={behaviour}",
            item(&made)
        );
        shop.update(&id(&made), &form);
        assert_eq!(shop.invoices(), 1, "nothing is invoiced at once");
        shop.world.advance(20 * DAY + HOUR);
        assert_eq!(shop.latest_invoice(&id(&made))["amount_paid"], renewal, "{behaviour}");
    }
}

#[test]
fn credits_are_those_of_stripes_example_in_both_billing_modes() {
    // docs.stripe.com/billing/subscriptions/prorations, "Calculation logic with no prorations": 10
    // a month, a third later 20 without prorations, another third later 10 again.
    for (mode, credit, total) in [("classic", -667, -334), ("flexible", -333, 0)] {
        let mut shop = Shop::open();
        let (ten, twenty) = (shop.price(1_000, "month"), shop.price(2_000, "month"));
        let made = shop.subscribe(&ten, 1, &format!("billing_mode[type]={mode}"));
        let (subscription, item) = (id(&made), item(&made));
        shop.world.advance(10 * DAY);
        let up = format!("items[0][id]={item}&items[0][price]={twenty}&proration_behavior=none");
        shop.update(&subscription, &up);
        shop.world.advance(10 * DAY);
        let down =
            format!("items[0][id]={item}&items[0][price]={ten}&proration_behavior=always_invoice");
        shop.update(&subscription, &down);

        let invoice = shop.latest_invoice(&subscription);
        let amounts: Vec<i64> = lines(&invoice).into_iter().map(|(_, amount)| amount).collect();
        assert_eq!(amounts, [333, credit], "{mode}");
        assert_eq!(invoice["total"], total, "{mode}");
    }
}

#[test]
fn a_price_example_of_stripes_comes_out_to_the_cent() {
    // docs.stripe.com/billing/subscriptions/prorations, "Preview a proration": the period from
    // 1596749288 to 1599427688, changed from 10.00 to 32.52 at 1598982148: −1.66, 5.41 and 32.52
    // the next month.
    let mut shop = Shop::open_at(billing::time::Timestamp(1_596_749_288));
    let (silver, gold) = (shop.price(1_000, "month"), shop.price(3_252, "month"));
    let made = shop.subscribe(&silver, 1, "");
    shop.world.now = billing::time::Timestamp(1_599_000_000);
    let form = format!(
        "subscription={}&subscription_details[items][0][id]={}&subscription_details[items][0][price]={gold}\
         &subscription_details[proration_date]=1598982148",
        id(&made),
        item(&made)
    );
    let preview = shop.world.post("/v1/invoices/create_preview", &form);
    let amounts: Vec<i64> = lines(&preview).into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(amounts, [541, -166, 3_252]);
    assert_eq!(preview["total"], 3_627);
    assert_eq!(preview["period_end"], 1_599_427_688);
}

#[test]
fn flexible_mode_credits_each_bill_of_the_period_that_is_still_there() {
    let mut shop = Shop::open();
    let price = shop.price(3_000, "month");
    let made = shop.subscribe(&price, 1, "");
    let (subscription, item) = (id(&made), item(&made));
    // After ten days three, after twenty two.
    for (quantity, expected) in [
        // 30.00 × 2/3 back; 90.00 × 2/3 for the rest.
        (3, vec![6_000, -2_000]),
        // What was billed for the last third are the 60.00 of the 20 days: half of them back. 60.00
        // × 1/3.
        (2, vec![2_000, -3_000]),
    ] {
        shop.world.advance(10 * DAY);
        let form = format!(
            "items[0][id]={item}&items[0][quantity]={quantity}&proration_behavior=always_invoice"
        );
        shop.update(&subscription, &form);
        let invoice = shop.latest_invoice(&subscription);
        let amounts: Vec<i64> = lines(&invoice).into_iter().map(|(_, amount)| amount).collect();
        assert_eq!(amounts, expected, "{quantity}");
    }
    // The negative total is credit for the renewal: 60.00 − 10.00.
    let renewal = 6_000 - 1_000;
    shop.world.advance(10 * DAY + HOUR);
    assert_eq!(shop.latest_invoice(&subscription)["amount_paid"], renewal);
}

#[test]
fn another_price_makes_the_quantity_one_unless_it_is_given() {
    let mut shop = Shop::open();
    let (team, business) = (shop.price(980, "month"), shop.price(1_980, "month"));
    let made = shop.subscribe(&team, 5, "");
    let form = format!("items[0][id]={}&items[0][price]={business}", item(&made));
    let changed = shop.update(&id(&made), &form);
    assert_eq!(changed["items"]["data"][0]["quantity"], 1);
    assert_eq!(item(&changed), item(&made));
}

#[test]
fn another_interval_moves_the_anchor_in_classic_mode_only() {
    for (mode, total, end) in [
        // Two thirds of 30.00 back, and a year of 365.00 from now.
        ("classic", 36_500 - 2_000, "2027-12-02T09:00:00Z"),
        // Two thirds back, and 355 of 365 days until the anchor's year is over.
        ("flexible", 35_500 - 2_000, "2027-11-22T09:00:00Z"),
    ] {
        let mut shop = Shop::open();
        let (month, year) = (shop.price(3_000, "month"), shop.price(36_500, "year"));
        let made = shop.subscribe(&month, 1, &format!("billing_mode[type]={mode}"));
        shop.world.advance(10 * DAY);
        let behaviour = if mode == "classic" { "create_prorations" } else { "always_invoice" };
        let form = format!(
            "items[0][id]={}&items[0][price]={year}&proration_behavior={behaviour}",
            item(&made)
        );
        let changed = shop.update(&id(&made), &form);
        assert_eq!(period(&changed, 0).1, end, "{mode}");
        let invoice = shop.latest_invoice(&id(&made));
        assert_eq!(invoice["total"], total, "{mode}");
        assert_eq!(invoice["status"], "paid");
    }
}

#[test]
fn moving_the_anchor_to_now_bills_a_whole_period() {
    for anchor in ["billing_cycle_anchor[type]=now", "billing_cycle_anchor=now"] {
        let mut shop = Shop::open();
        let price = shop.price(3_000, "month");
        let made = shop.subscribe(&price, 1, "");
        shop.world.advance(10 * DAY);
        let changed =
            shop.update(&id(&made), &format!("{anchor}&proration_behavior=always_invoice"));
        assert_eq!(
            period(&changed, 0),
            ("2026-12-02T09:00:00Z".to_owned(), "2027-01-02T09:00:00Z".to_owned())
        );
        // 30.00 − 20.00
        assert_eq!(shop.latest_invoice(&id(&made))["total"], 1_000);
        shop.world.advance(31 * DAY);
        assert_eq!(shop.latest_invoice(&id(&made))["total"], 3_000);
    }
    // Flexible mode makes no invoice for it by itself.
    let mut shop = Shop::open();
    let price = shop.price(3_000, "month");
    let made = shop.subscribe(&price, 1, "");
    shop.world.advance(10 * DAY);
    shop.update(&id(&made), "billing_cycle_anchor[type]=now");
    assert_eq!(shop.invoices(), 1);
}

#[test]
fn a_change_that_costs_something_is_refused_without_a_payment_method() {
    let mut shop = Shop::without_card();
    let (free, paid) = (shop.price(0, "month"), shop.price(980, "month"));
    let made = shop.subscribe(&free, 1, "");
    let path = format!("/v1/subscriptions/{}", id(&made));
    let form = format!(
        "items[0][id]={}&items[0][price]={paid}&proration_behavior=always_invoice",
        item(&made)
    );
    let (status, error) = shop.world.refused(&path, &form);
    assert_eq!((status, error["code"].as_str()), (400, Some("resource_missing")));
    assert_eq!(shop.subscription(&id(&made)), made);
    shop.card("pm_card_visa");
    shop.world.post(&path, &form);
    assert_eq!(shop.latest_invoice(&id(&made))["amount_paid"], 980);
}

#[test]
fn items_come_and_go_by_their_own_operations() {
    let mut shop = Shop::open();
    let (team, support) = (shop.price(3_000, "month"), shop.price(9_000, "month"));
    let subscription = id(&shop.subscribe(&team, 1, ""));
    shop.world.advance(10 * DAY);
    let form =
        format!("subscription={subscription}&price={support}&proration_behavior=always_invoice");
    let added = shop.world.post("/v1/subscription_items", &form);
    assert_eq!(added["quantity"], 1);
    assert_eq!(shop.latest_invoice(&subscription)["total"], 6_000);

    let path = format!("/v1/subscription_items/{}", id(&added));
    let changed = shop.world.post(&path, "quantity=2&proration_behavior=none");
    assert_eq!((&changed["quantity"], &changed["price"]["id"]), (&2.into(), &support.into()));
    let listed = shop.world.get(&format!("/v1/subscription_items?subscription={subscription}"));
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);

    let gone = shop.world.delete(&format!("{path}?proration_behavior=always_invoice"));
    assert_eq!(gone["deleted"], true);
    // One was billed, whatever there were since: 60.00 of 20 days, all of them left.
    assert_eq!(shop.latest_invoice(&subscription)["total"], -6_000);
    let last = item(&shop.subscription(&subscription));
    let (status, _) =
        shop.world.send(http::Method::DELETE, &format!("/v1/subscription_items/{last}"), "");
    assert_eq!(status, 400, "the last item cannot go");
}

#[test]
fn a_trial_can_be_ended_now_and_given_later() {
    let mut shop = Shop::open();
    let price = shop.price(3_000, "month");
    let trial = shop.subscribe(&price, 1, "trial_period_days=14");
    shop.world.advance(4 * DAY);
    let begun = shop.update(&id(&trial), "trial_end=now");
    assert_eq!(begun["status"], "active");
    assert_eq!(period(&begun, 0).1, "2026-12-26T09:00:00Z");
    assert_eq!(shop.latest_invoice(&id(&trial))["amount_paid"], 3_000);

    let until = shop.world.now.plus_seconds(10 * DAY).0;
    let given = shop.update(&id(&trial), &format!("trial_end={until}&proration_behavior=none"));
    assert_eq!((&given["status"], &given["trial_end"]), (&"trialing".into(), &until.into()));
    assert_eq!(given["billing_cycle_anchor"], until);
    assert_eq!(shop.latest_invoice(&id(&trial))["total"], 0);
    shop.world.advance(10 * DAY + HOUR);
    assert_eq!(shop.subscription(&id(&trial))["status"], "active");
    assert_eq!(shop.latest_invoice(&id(&trial))["amount_paid"], 3_000);
}

#[test]
fn what_is_wrong_or_not_simulated_is_refused_before_anything_changes() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let once = {
        let form = format!("product={}&currency=eur&unit_amount=500", shop.product);
        id(&shop.world.post("/v1/prices", &form))
    };
    let made = shop.subscribe(&price, 5, "");
    let path = format!("/v1/subscriptions/{}", id(&made));
    let item = item(&made);
    for (form, param) in [
        (format!("items[0][price]={once}"), "items[0][price]"),
        (format!("items[0][price]={price}"), "items"),
        ("items[0][id]=si_other&items[0][quantity]=1".to_owned(), "items[0][id]"),
        (format!("items[0][id]={item}&items[0][quantity]=-1"), "items[0][quantity]"),
        (format!("items[0][id]={item}&items[0][quantity]=6&proration_date=1"), "proration_date"),
        ("default_payment_method=pm_other".to_owned(), "default_payment_method"),
        ("collection_method=send_invoice".to_owned(), "days_until_due"),
        ("trial_end=5".to_owned(), "trial_end"),
        ("automatic_tax[enabled]=true".to_owned(), "automatic_tax[enabled]"),
        ("cancel_at=5".to_owned(), "cancel_at"),
    ] {
        let (status, error) = shop.world.refused(&path, &format!("{form}&metadata[a]=b"));
        assert_eq!((status, error["param"].as_str()), (400, Some(param)), "{form}: {error}");
    }
    assert_eq!(shop.subscription(&id(&made)), made);
}
