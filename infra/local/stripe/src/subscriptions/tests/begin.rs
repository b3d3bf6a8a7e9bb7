//! New subscriptions, their first payment, and renewals.

use super::{DAY, HOUR, Shop, lines, period, written};
use crate::settings::AfterRetries;
use crate::testing::id;

#[test]
fn a_new_subscription_is_paid_at_once_and_runs() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");

    let made = shop.subscribe(&price, 5, "metadata[account]=acme");

    assert_eq!(made["status"], "active");
    assert_eq!(made["billing_mode"]["type"], "flexible");
    assert_eq!(
        period(&made, 0),
        ("2026-11-22T09:00:00Z".to_owned(), "2026-12-22T09:00:00Z".to_owned())
    );
    let invoice = shop.latest_invoice(&id(&made));
    assert_eq!(invoice["status"], "paid");
    assert_eq!(invoice["billing_reason"], "subscription_create");
    assert_eq!(invoice["auto_advance"], false);
    assert_eq!(lines(&invoice), written(&[("5 × Team (at €9.80 / month)", 4_900)]));
    assert_eq!(invoice["lines"]["data"][0]["metadata"]["account"], "acme");
    let events = shop.world.events();
    let told = |kind: &str| events.iter().filter(|event| **event == kind).count();
    assert_eq!(told("customer.subscription.created"), 1);
    assert_eq!(told("customer.subscription.updated"), 0, "it was never told as incomplete");
    assert_eq!(told("invoice.paid"), 1);
}

#[test]
fn a_declined_first_payment_leaves_it_incomplete_and_it_expires_after_23_hours() {
    let mut shop = Shop::without_card();
    shop.card("pm_card_chargeCustomerFail");
    let price = shop.price(980, "month");

    let made = shop.subscribe(&price, 1, "");
    let subscription = id(&made);
    assert_eq!(made["status"], "incomplete");
    assert_eq!(shop.latest_invoice(&subscription)["status"], "open");

    shop.world.advance(23 * HOUR - 1);
    assert_eq!(shop.subscription(&subscription)["status"], "incomplete");
    shop.world.advance(1);
    assert_eq!(shop.subscription(&subscription)["status"], "incomplete_expired");
    assert_eq!(shop.latest_invoice(&subscription)["status"], "void");
    assert!(!shop.world.events().contains(&"customer.subscription.deleted"));
    let made = shop.invoices();
    shop.world.advance(40 * DAY);
    assert_eq!(shop.invoices(), made, "it never ran, and renews nothing");
}

#[test]
fn a_first_payment_that_comes_later_makes_it_run() {
    let mut shop = Shop::without_card();
    let price = shop.price(980, "month");
    let made = shop.subscribe(&price, 1, "payment_behavior=default_incomplete");
    let subscription = id(&made);
    assert_eq!(made["status"], "incomplete");

    shop.card("pm_card_visa");
    shop.world.advance(HOUR);
    let invoice = made["latest_invoice"].as_str().unwrap();
    shop.world.post(&format!("/v1/invoices/{invoice}/pay"), "");

    assert_eq!(shop.subscription(&subscription)["status"], "active");
    // The period is counted from the beginning, not from the payment.
    let renewed = shop.subscription(&subscription);
    assert_eq!(period(&renewed, 0).1, "2026-12-22T09:00:00Z");
}

#[test]
fn error_if_incomplete_leaves_nothing_behind() {
    let mut shop = Shop::without_card();
    shop.card("pm_card_chargeCustomerFail");
    let price = shop.price(980, "month");
    let events = shop.world.events().len();

    let form = format!(
        "customer={}&items[0][price]={price}&payment_behavior=error_if_incomplete",
        shop.customer
    );
    let (status, error) = shop.world.refused("/v1/subscriptions", &form);

    assert_eq!((status, error["type"].as_str()), (402, Some("card_error")));
    let path = format!("/v1/subscriptions?status=all&customer={}", shop.customer);
    assert_eq!(shop.world.get(&path)["data"], serde_json::json!([]));
    assert_eq!(shop.invoices(), 0);
    assert_eq!(shop.world.events().len(), events);
}

#[test]
fn without_a_payment_method_it_is_refused_unless_it_may_wait_or_is_free_or_sent() {
    let mut shop = Shop::without_card();
    let (paid, free) = (shop.price(980, "month"), shop.price(0, "month"));
    let form = format!("customer={}&items[0][price]={paid}", shop.customer);
    let (status, error) = shop.world.refused("/v1/subscriptions", &form);
    assert_eq!((status, error["code"].as_str()), (400, Some("resource_missing")));

    for (price, more, status, invoice) in [
        (&paid, "payment_behavior=default_incomplete", "incomplete", "open"),
        (&free, "", "active", "paid"),
        (&paid, "collection_method=send_invoice&days_until_due=14", "active", "draft"),
        (&paid, "trial_period_days=14", "trialing", "paid"),
    ] {
        let made = shop.subscribe(price, 1, more);
        assert_eq!(made["status"], status, "{more}");
        assert_eq!(shop.latest_invoice(&id(&made))["status"], invoice, "{more}");
    }
}

#[test]
fn a_renewal_is_a_draft_for_an_hour_and_bills_the_next_period() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let subscription = id(&shop.subscribe(&price, 5, ""));
    // An item that waits for the next invoice: half a seat, as it happens.
    let form = format!("customer={}&amount=490&currency=eur&description=Setup", shop.customer);
    shop.world.post("/v1/invoiceitems", &form);

    shop.world.advance(30 * DAY);

    let renewed = shop.subscription(&subscription);
    assert_eq!(
        period(&renewed, 0),
        ("2026-12-22T09:00:00Z".to_owned(), "2027-01-22T09:00:00Z".to_owned())
    );
    let draft = shop.latest_invoice(&subscription);
    assert_eq!(draft["status"], "draft");
    assert_eq!(draft["billing_reason"], "subscription_cycle");
    // 5 × 9.80 + 4.90 = 53.90
    assert_eq!(lines(&draft), written(&[("Setup", 490), ("5 × Team (at €9.80 / month)", 4_900)]));
    shop.world.advance(HOUR);
    let paid = shop.latest_invoice(&subscription);
    assert_eq!((&paid["status"], &paid["amount_paid"]), (&"paid".into(), &5_390.into()));
    assert_eq!(shop.subscription(&subscription)["status"], "active");
    shop.world.advance(31 * DAY);
    assert_eq!(shop.invoices(), 3);
}

#[test]
fn a_failed_renewal_makes_it_past_due_until_its_newest_invoice_is_paid() {
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let subscription = id(&shop.subscribe(&price, 1, ""));
    shop.card("pm_card_chargeCustomerFail");

    shop.world.advance(30 * DAY + HOUR);
    assert_eq!(shop.subscription(&subscription)["status"], "past_due");
    let december = id(&shop.latest_invoice(&subscription));
    shop.world.advance(31 * DAY);
    let january = id(&shop.latest_invoice(&subscription));
    assert_ne!(december, january);

    // Stripe: the most recent invoice decides, not older ones.
    shop.card("pm_card_visa");
    shop.world.post(&format!("/v1/invoices/{december}/pay"), "");
    assert_eq!(shop.subscription(&subscription)["status"], "past_due");
    shop.world.post(&format!("/v1/invoices/{january}/pay"), "");
    assert_eq!(shop.subscription(&subscription)["status"], "active");
}

#[test]
fn when_all_tries_failed_the_settings_decide() {
    for (settings, status) in [
        (AfterRetries::LeavePastDue, "past_due"),
        (AfterRetries::MarkUnpaid, "unpaid"),
        (AfterRetries::Cancel, "canceled"),
    ] {
        let mut shop = Shop::open();
        shop.world.engine.stripe.settings.after_retries = settings;
        let price = shop.price(980, "month");
        let subscription = id(&shop.subscribe(&price, 1, ""));
        shop.card("pm_card_chargeCustomerFail");
        // Tries on the first day and 3, 5 and 7 days after each other.
        shop.world.advance(30 * DAY + HOUR + 16 * DAY);

        let after = shop.subscription(&subscription);
        assert_eq!(after["status"], status);
        if settings == AfterRetries::Cancel {
            assert_eq!(after["cancellation_details"]["reason"], "payment_failed");
            assert_eq!(shop.latest_invoice(&subscription)["auto_advance"], false);
        }
        let invoices = shop.invoices();
        shop.world.advance(31 * DAY);
        let renewed = shop.invoices() - invoices;
        assert_eq!(renewed, usize::from(settings != AfterRetries::Cancel));
        if settings == AfterRetries::MarkUnpaid {
            assert_eq!(shop.latest_invoice(&subscription)["status"], "draft");
        }
    }
}

#[test]
fn while_collection_is_paused_invoices_become_what_the_pause_says() {
    for (behaviour, status) in
        [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
    {
        let mut shop = Shop::open();
        let price = shop.price(980, "month");
        let subscription = id(&shop.subscribe(&price, 1, ""));
        let resumes = shop.world.now.plus_seconds(45 * DAY).0;
        let form = format!(
            "pause_collection[behavior]={behaviour}&pause_collection[resumes_at]={resumes}"
        );
        let paused = shop.update(&subscription, &form);
        assert_eq!(paused["pause_collection"]["behavior"], behaviour);

        shop.world.advance(31 * DAY);
        assert_eq!(shop.latest_invoice(&subscription)["status"], status);
        assert_eq!(shop.subscription(&subscription)["status"], "active");
        shop.world.advance(31 * DAY);
        assert!(shop.subscription(&subscription)["pause_collection"].is_null());
        assert_eq!(shop.latest_invoice(&subscription)["status"], "paid");
    }
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let subscription = id(&shop.subscribe(&price, 1, ""));
    shop.update(&subscription, "pause_collection[behavior]=void");
    assert!(shop.update(&subscription, "pause_collection=")["pause_collection"].is_null());
}

#[test]
fn a_void_pause_leaves_a_past_due_subscription_past_due() {
    // What Tollgate does to a disabled account: new invoices are void, the old one still decides.
    let mut shop = Shop::open();
    let price = shop.price(980, "month");
    let subscription = id(&shop.subscribe(&price, 1, ""));
    shop.card("pm_card_chargeCustomerFail");
    shop.world.advance(30 * DAY + HOUR);
    shop.update(&subscription, "pause_collection[behavior]=void");
    let owed = id(&shop.latest_invoice(&subscription));

    shop.world.advance(31 * DAY);
    assert_eq!(shop.latest_invoice(&subscription)["status"], "void");
    assert_eq!(shop.subscription(&subscription)["status"], "past_due");

    shop.card("pm_card_visa");
    shop.world.post(&format!("/v1/invoices/{owed}/pay"), "");
    assert_eq!(shop.subscription(&subscription)["status"], "active");
}

#[test]
fn a_sent_invoice_that_is_not_paid_by_its_date_makes_it_past_due() {
    let mut shop = Shop::without_card();
    let price = shop.price(980, "month");
    let more = "collection_method=send_invoice&days_until_due=14";
    let subscription = id(&shop.subscribe(&price, 1, more));
    shop.world.advance(HOUR);
    assert_eq!(shop.latest_invoice(&subscription)["status"], "open");
    assert_eq!(shop.subscription(&subscription)["status"], "active");
    shop.world.advance(14 * DAY);
    assert_eq!(shop.subscription(&subscription)["status"], "past_due");
    let invoice = id(&shop.latest_invoice(&subscription));
    shop.world.post(&format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true");
    assert_eq!(shop.subscription(&subscription)["status"], "active");
}

#[test]
fn a_first_debit_that_is_under_way_keeps_it_incomplete_until_it_is_there() {
    for (iban, status) in
        [("DE08370400440532013003", "active"), ("DE78370400440532013004", "incomplete")]
    {
        let mut shop = Shop::without_card();
        let form = format!(
            "type=sepa_debit&sepa_debit[iban]={iban}&billing_details[name]=Ada\
             &billing_details[email]=ada%40example.com"
        );
        let account = id(&shop.world.post("/v1/payment_methods", &form));
        shop.card(&account);
        let price = shop.price(980, "month");
        let made = shop.subscribe(&price, 1, "");
        assert_eq!(made["status"], "incomplete", "{iban}");
        shop.world.advance(HOUR);
        assert_eq!(shop.subscription(&id(&made))["status"], status, "{iban}");
    }
}

#[test]
fn an_anchor_ahead_makes_a_first_period_that_is_shorter() {
    let mut shop = Shop::open();
    let price = shop.price(3_000, "month");
    // 1 December 2026, 09:00: nine days of the thirty from 1 November.
    let anchor = shop.world.now.plus_seconds(9 * DAY).0;
    let made = shop.subscribe(&price, 1, &format!("billing_cycle_anchor={anchor}"));
    let invoice = shop.latest_invoice(&id(&made));
    // 30.00 × 9 / 30 = 9.00
    assert_eq!(
        lines(&invoice),
        written(&[("Time on Team from 22 Nov 2026 until 01 Dec 2026", 900)])
    );
    shop.world.advance(9 * DAY + HOUR);
    let renewed = shop.subscription(&id(&made));
    assert_eq!(period(&renewed, 0).1, "2027-01-01T09:00:00Z");
    assert_eq!(shop.latest_invoice(&id(&made))["amount_paid"], 3_000);

    let free = format!("billing_cycle_anchor={}&proration_behavior=none", anchor + 9 * DAY);
    let made = shop.subscribe(&price, 1, &free);
    assert!(made["latest_invoice"].is_null(), "no invoice before the anchor");
    let late = shop.world.now.plus_seconds(40 * DAY).0;
    let form =
        format!("customer={}&items[0][price]={price}&billing_cycle_anchor={late}", shop.customer);
    let (_, error) = shop.world.refused("/v1/subscriptions", &form);
    assert_eq!(error["param"], "billing_cycle_anchor");
}

#[test]
fn an_anchor_by_day_of_month_waits_for_a_month_that_has_the_day() {
    let mut shop = Shop::open();
    let (month, year) = (shop.price(3_000, "month"), shop.price(36_500, "year"));
    for (price, config, end, anchor) in [
        (&month, "[day_of_month]=31", "2026-11-30T09:00:00Z", "2026-12-31T09:00:00Z"),
        (&month, "[day_of_month]=1", "2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
        (
            &year,
            "[month]=7&billing_cycle_anchor_config[day_of_month]=1",
            "2027-07-01T09:00:00Z",
            "2027-07-01T09:00:00Z",
        ),
    ] {
        let made = shop.subscribe(price, 1, &format!("billing_cycle_anchor_config{config}"));
        assert_eq!(period(&made, 0).1, end, "{config}");
        let at = billing::time::Timestamp(made["billing_cycle_anchor"].as_i64().unwrap());
        assert_eq!(at.to_string(), anchor, "{config}");
    }
}

#[test]
fn items_of_several_intervals_renew_each_in_its_time_in_flexible_mode_only() {
    let mut shop = Shop::open();
    let (month, quarter) = (shop.price(1_500, "month"), shop.price(10_000, "3 months"));
    let form =
        format!("customer={}&items[0][price]={month}&items[1][price]={quarter}", shop.customer);
    let classic = format!("{form}&billing_mode[type]=classic");
    shop.world.refused("/v1/subscriptions", &classic);

    let subscription = id(&shop.world.post("/v1/subscriptions", &form));
    assert_eq!(shop.latest_invoice(&subscription)["total"], 11_500);
    for (days, total) in [(30, 1_500), (31, 1_500), (31, 11_500)] {
        shop.world.advance(days * DAY);
        assert_eq!(shop.latest_invoice(&subscription)["total"], total, "{days}");
    }
    let quarterly = &lines(&shop.latest_invoice(&subscription))[1];
    assert_eq!(quarterly.0, "1 × Team (at €100.00 every 3 months)");
}
