//! Auto-recharge: one charge at a time, never past the limit, and a card that does not do is left
//! alone (D13, D14).

use serde_json::json;

use super::{
    PATH, advance, balance, card, deduct, grant, ledger, payments, recharge, settled, shop, show,
    stripe, taken,
};
use crate::world::{get, kinds};

fn count(kinds: &[String], kind: &str) -> usize {
    kinds.iter().filter(|it| *it == kind).count()
}

/// Goal: a deduction that goes below the threshold buys one pack from the card on file, and the
/// ledger says so.
#[tokio::test]
async fn a_low_balance_buys_a_pack() {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    grant(&cloud, 1_000).await;
    let set = recharge(&cloud, 500, 5_000, "starter").await;
    assert_eq!((&set["state"], &set["spent_this_period"]["amount"]), (&json!("idle"), &json!(0)));
    let trigger = json!({ "type": "balance_below", "tokens": 500 });
    let shown = show(&cloud).await["auto_recharge"].clone();
    assert_eq!((&shown["next_trigger"], shown.get("last_attempt")), (&trigger, None));
    assert_eq!(deduct(&cloud, "at", 1_500).await.0, 201);
    settled(&cloud).await;
    assert_eq!(
        (balance(&cloud).await, taken(&cloud)),
        (500, 0),
        "at the threshold is not below it"
    );
    assert_eq!(deduct(&cloud, "below", 1).await.0, 201);
    settled(&cloud).await;
    let shown = show(&cloud).await;
    assert_eq!(shown["balance"], 1_000_499);
    let state = &shown["auto_recharge"];
    assert_eq!(
        (&state["state"], &state["spent_this_period"]["amount"]),
        (&json!("idle"), &json!(500))
    );
    assert_eq!(taken(&cloud), 500);
    let last = &state["last_attempt"];
    assert_eq!((&last["status"], &last["price"]["amount"]), (&json!("paid"), &json!(500)));
    assert_eq!((&last["at"], &state["next_trigger"]), (&json!("2026-11-22T09:00:00Z"), &trigger));
    let entries = ledger(&cloud).await;
    let bought = entries.iter().find(|(kind, ..)| kind == "auto_recharge");
    assert_eq!(bought.map(|(_, tokens, _)| *tokens), Some(1_000_000));
    let payment = &payments(&cloud)[0];
    assert_eq!(
        (&payment["status"], &payment["description"]),
        (&json!("succeeded"), &json!("1000000 credits"))
    );
}

/// Goal: the card that a pack was bought with in Checkout is the one that is charged, whichever
/// came first: the settings or the card (money rule 9).
#[tokio::test]
async fn the_card_of_a_purchase_is_charged_later() {
    for is_set_first in [false, true] {
        let cloud = shop().await;
        if is_set_first {
            recharge(&cloud, 1_500_000, 5_000, "starter").await;
            settled(&cloud).await;
            let state = show(&cloud).await["auto_recharge"].clone();
            assert_eq!(state["paused_reason"], "no_payment_method", "{state}");
        }
        super::bought(&cloud, "starter").await;
        if !is_set_first {
            recharge(&cloud, 1_500_000, 5_000, "starter").await;
        }
        settled(&cloud).await;
        assert_eq!((balance(&cloud).await, taken(&cloud)), (2_000_000, 1_000), "{is_set_first}");
        let customer = super::at_stripe(&cloud, "/v1/customers/cus_acme");
        assert!(customer["invoice_settings"]["default_payment_method"].is_string(), "{customer}");
        let state = show(&cloud).await["auto_recharge"].clone();
        assert_eq!(state["state"], "idle", "{state}");
    }
}

/// Goal: two hundred deductions at once across the threshold make exactly one charge.
#[tokio::test]
async fn many_at_once_charge_once() {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    grant(&cloud, 2_000).await;
    recharge(&cloud, 1_500, 5_000, "starter").await;
    let requests = (0..200).map(|nth| {
        http::Request::post(format!("{PATH}/deductions"))
            .header("authorization", format!("Bearer {}", cloud.vendor_key()))
            .header("idempotency-key", format!("job-{nth}"))
            .body(bytes::Bytes::from(json!({ "tokens": 10 }).to_string()))
            .unwrap()
    });
    let answers = Box::pin(cloud.send_together(requests.collect())).await;
    assert!(answers.iter().all(|answer| answer.status() == 201));
    settled(&cloud).await;
    // 2,000 tokens were used: 1,000 that are included, and 1,000 of the 2,000 credits.
    assert_eq!((balance(&cloud).await, taken(&cloud)), (1_001_000, 500));
    assert_eq!(payments(&cloud).len(), 1);
    ledger(&cloud).await;
}

/// Goal: with a limit of 50.00 and a pack of 50.00 it fires once a month; why not again is told
/// once; and on the first of the next month it fires without a deduction succeeding first (D13).
#[tokio::test]
async fn the_limit_lets_one_a_month() {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    recharge(&cloud, 1_000, 5_000, "enterprise").await;
    settled(&cloud).await;
    assert_eq!((balance(&cloud).await, taken(&cloud)), (15_000_000, 5_000));
    assert_eq!(deduct(&cloud, "all", 15_001_000).await.0, 201);
    settled(&cloud).await;
    for nth in 0..3 {
        let (status, short) = deduct(&cloud, &format!("short-{nth}"), 1).await;
        assert_eq!(status, 402);
        let said = short["reasons"][0]["clears_by"].as_str().unwrap();
        assert!(said.contains("a higher spending limit"), "{said}");
    }
    settled(&cloud).await;
    assert_eq!((balance(&cloud).await, taken(&cloud)), (0, 5_000));
    let month_end = json!({ "type": "time", "at": "2026-12-01T00:00:00Z" });
    assert_eq!(show(&cloud).await["auto_recharge"]["next_trigger"], month_end);
    assert_eq!(count(&kinds(&cloud, "acme").await, "auto_recharge.limit_reached"), 1);
    let timeline = get(&cloud, "/v1/accounts/acme/timeline").await;
    let said = timeline["data"][0]["summary"].as_str().unwrap();
    assert!(
        said.contains("would pass the limit of 50.00 EUR") && said.contains("1 December 2026"),
        "{said}"
    );
    advance(&cloud, "10d").await;
    assert_eq!((balance(&cloud).await, taken(&cloud)), (15_000_000, 10_000));
    let state = &show(&cloud).await["auto_recharge"];
    assert_eq!(state["spent_this_period"]["amount"], 5_000, "of December");
}

/// Goal: a card that always declines is charged three times in thirty days, and told of once;
/// another card lets it go on (D14).
#[tokio::test]
async fn a_declining_card_is_tried_three_times() {
    let cloud = shop().await;
    card(&cloud, "pm_card_chargeCustomerFail");
    recharge(&cloud, 1_000, 5_000, "starter").await;
    for nth in 0..30 {
        deduct(&cloud, &format!("job-{nth}"), 5_000).await;
        advance(&cloud, "1d").await;
    }
    assert_eq!((payments(&cloud).len(), taken(&cloud)), (3, 0));
    let kinds_then = kinds(&cloud, "acme").await;
    assert_eq!(count(&kinds_then, "auto_recharge.declined"), 2);
    assert_eq!(count(&kinds_then, "auto_recharge.paused"), 1);
    let state = show(&cloud).await["auto_recharge"].clone();
    assert_eq!((&state["state"], &state["paused_reason"]), (&json!("paused"), &json!("declined")));
    assert_eq!(state["last_attempt"]["status"], "declined");
    assert_eq!(state["next_trigger"], json!({ "type": "payment_method" }));
    // The same number under another id is the same card.
    card(&cloud, "pm_card_chargeCustomerFail");
    advance(&cloud, "2d").await;
    assert_eq!(payments(&cloud).len(), 3);
    card(&cloud, "pm_card_visa");
    settled(&cloud).await;
    assert_eq!((balance(&cloud).await, taken(&cloud)), (1_000_000, 500));
    assert_eq!(count(&kinds(&cloud, "acme").await, "auto_recharge.resumed"), 1);
}

/// Goal: a hard decline pauses at once.
#[tokio::test]
async fn a_stolen_card_is_tried_once() {
    let cloud = shop().await;
    grant(&cloud, 1_000).await;
    recharge(&cloud, 100, 5_000, "starter").await;
    // Such a card is not even attached; it turns bad later.
    card(&cloud, "pm_card_chargeCustomerFail");
    assert_eq!(deduct(&cloud, "job-1", 1_950).await.0, 201);
    settled(&cloud).await;
    let kinds = kinds(&cloud, "acme").await;
    assert_eq!(count(&kinds, "auto_recharge.declined"), 1, "a soft one is tried again: {kinds:?}");
}

/// Goal: a payment that wants its holder pauses it with one message and a page; paying there grants
/// once and lets it go on (money rule 28).
#[tokio::test]
async fn a_payment_that_wants_its_holder_gets_a_page() {
    let cloud = shop().await;
    card(&cloud, "pm_card_authenticationRequired");
    recharge(&cloud, 1_000, 5_000, "starter").await;
    settled(&cloud).await;
    let state = show(&cloud).await["auto_recharge"].clone();
    assert_eq!(state["paused_reason"], "authentication_required", "{state}");
    assert_eq!(state["last_attempt"]["status"], "authentication_required", "{state}");
    assert_eq!(state["next_trigger"], json!({ "type": "customer_action" }));
    assert_eq!(state["reserved"]["amount"], 500, "until the page ends it may be paid");
    let url = state["action_url"].as_str().expect("a page").to_owned();
    assert_eq!(payments(&cloud)[0]["status"], "canceled", "so that nobody pays both");
    // Four hours later nothing else has happened.
    advance(&cloud, "4h").await;
    assert_eq!(count(&kinds(&cloud, "acme").await, "auto_recharge.paused"), 1);
    let (status, page) = super::pay(&cloud, &url, "pm_card_visa");
    assert_eq!(status, 200, "{page}");
    settled(&cloud).await;
    let shown = show(&cloud).await;
    assert_eq!(
        (&shown["balance"], &shown["auto_recharge"]["state"]),
        (&json!(1_000_000), &json!("idle"))
    );
    assert_eq!(
        (taken(&cloud), &shown["auto_recharge"]["spent_this_period"]["amount"]),
        (500, &json!(500))
    );
    ledger(&cloud).await;
}

/// Goal: when nobody comes to the page, its money is free again, and another card is charged; the
/// old page cannot be paid any more.
#[tokio::test]
async fn another_card_ends_the_page() {
    let cloud = shop().await;
    card(&cloud, "pm_card_authenticationRequired");
    recharge(&cloud, 1_000, 5_000, "starter").await;
    settled(&cloud).await;
    let url = show(&cloud).await["auto_recharge"]["action_url"].as_str().unwrap().to_owned();
    card(&cloud, "pm_card_visa");
    settled(&cloud).await;
    assert_eq!((balance(&cloud).await, taken(&cloud)), (1_000_000, 500));
    assert_ne!(super::pay(&cloud, &url, "pm_card_visa").0, 200);
    let state = show(&cloud).await["auto_recharge"].clone();
    assert_eq!((&state["state"], &state["reserved"]["amount"]), (&json!("idle"), &json!(0)));
}

/// Goal: a direct debit that succeeds days later, told by the webhook, and does not reach the
/// threshold is followed by another one, as a card's charge is: nobody has to use tokens first.
#[tokio::test]
async fn a_late_payment_that_is_not_enough_is_followed_by_another() {
    let cloud = shop().await;
    let form = "type=sepa_debit&sepa_debit[iban]=DE89370400440532013000&billing_details[name]=Ann\
                &billing_details[email]=ann@acme.example";
    let debit = stripe(&cloud, "/v1/payment_methods", form);
    card(&cloud, debit["id"].as_str().unwrap());
    recharge(&cloud, 1_500_000, 5_000, "starter").await;
    settled(&cloud).await;
    assert_eq!(show(&cloud).await["auto_recharge"]["state"], "charging");
    advance(&cloud, "20d").await;
    assert_eq!((balance(&cloud).await, taken(&cloud)), (2_000_000, 1_000));
    assert_eq!(show(&cloud).await["auto_recharge"]["state"], "idle");
    ledger(&cloud).await;
}

/// Goal: a customer who took the default payment method away is not charged, and no other card
/// becomes the default; another default lets auto-recharge go on (XE8).
#[tokio::test]
async fn a_default_that_was_taken_away_is_not_charged() {
    let cloud = shop().await;
    stripe(&cloud, "/v1/payment_methods/pm_card_visa/attach", "customer=cus_acme");
    card(&cloud, "pm_card_visa");
    grant(&cloud, 1_000).await;
    recharge(&cloud, 500, 5_000, "starter").await;
    let customer = super::at_stripe(&cloud, "/v1/customers/cus_acme");
    let default = customer["invoice_settings"]["default_payment_method"].as_str().unwrap();
    stripe(&cloud, &format!("/v1/payment_methods/{default}/detach"), "");

    assert_eq!(deduct(&cloud, "below", 1_900).await.0, 201);
    settled(&cloud).await;

    let state = show(&cloud).await["auto_recharge"].clone();
    assert_eq!(state["paused_reason"], "no_payment_method", "{state}");
    let customer = super::at_stripe(&cloud, "/v1/customers/cus_acme");
    assert!(customer["invoice_settings"]["default_payment_method"].is_null(), "{customer}");
    assert_eq!(taken(&cloud), 0);
    card(&cloud, "pm_card_mastercard");
    advance(&cloud, "2d").await;
    assert_eq!(taken(&cloud), 500);
}
