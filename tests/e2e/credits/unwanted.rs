//! A charge that was begun while Stripe was away and is not wanted any more when Stripe is back: no
//! new call is made, and the charge does not stay open (XB1, D14).

use http::Method;
use local::Running;
use serde_json::{Value, json};
use stripe_client::CALL_TRIES_MAX;
use stripe_simulator::faults::{Chances, Probability, Script, Trouble};

use super::{
    PATH, advance, balance, card, deduct, grant, ledger, payments, recharge, settled, shop, show,
    stripe, taken,
};
use crate::world::{state, vendor};

fn stripe_is_away(cloud: &Running) {
    let chances = Chances { api_timeout: Probability::ALWAYS, ..Chances::default() };
    cloud.stripe().with_engine(|engine| engine.stripe.faults.set(chances));
}

fn stripe_is_back(cloud: &Running) {
    cloud.stripe().with_engine(|engine| engine.stripe.faults.set(Chances::default()));
}

/// The settings of [`shop_that_recharges`], switched off.
async fn switch_off(cloud: &Running) -> Value {
    let limit = json!({ "amount": 5_000, "currency": "eur" });
    let body =
        json!({ "enabled": false, "threshold": 100, "spending_limit": limit, "pack": "starter" });
    let path = format!("{PATH}/auto-recharge");
    let (status, answer) = vendor(cloud, Method::PUT, &path, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// 1,000 tokens that are included, 1,000 credits, a good card, and auto-recharge below 100.
async fn shop_that_recharges() -> Running {
    let cloud = shop().await;
    card(&cloud, "pm_card_visa");
    grant(&cloud, 1_000).await;
    recharge(&cloud, 100, 5_000, "starter").await;
    settled(&cloud).await;
    cloud
}

/// Begins a charge that cannot reach Stripe.
async fn begin_a_charge(cloud: &Running) {
    stripe_is_away(cloud);
    assert_eq!(deduct(cloud, "job-1", 1_950).await.0, 201);
    settled(cloud).await;
    assert_eq!(show(cloud).await["auto_recharge"]["state"], "charging");
}

/// Nothing was charged, and no charge is open.
async fn nothing_was_charged(cloud: &Running) {
    let of_credits =
        payments(cloud).iter().filter(|it| it["metadata"]["tollgate_purchase"].is_string()).count();
    assert_eq!((of_credits, taken(cloud), balance(cloud).await), (0, 0, 50));
    let recharge = &show(cloud).await["auto_recharge"];
    assert_eq!((&recharge["state"], &recharge["reserved"]["amount"]), (&json!("idle"), &json!(0)));
    ledger(cloud).await;
}

/// Goal: auto-recharge that is switched off charges nothing afterwards, for any length of the
/// outage; switched on again, it charges.
#[tokio::test]
async fn nothing_is_charged_once_it_is_switched_off() {
    for outage in ["1h", "6h", "4d"] {
        let cloud = shop_that_recharges().await;
        begin_a_charge(&cloud).await;
        switch_off(&cloud).await;
        advance(&cloud, outage).await;
        stripe_is_back(&cloud);

        advance(&cloud, "65m").await;
        nothing_was_charged(&cloud).await;

        // Another address has collections and auto-recharge look at the account.
        advance(&cloud, "23d").await;
        stripe(&cloud, "/v1/customers/cus_acme", "address[country]=FR");
        advance(&cloud, "1h").await;
        nothing_was_charged(&cloud).await;

        recharge(&cloud, 100, 5_000, "starter").await;
        settled(&cloud).await;
        assert_eq!((taken(&cloud), payments(&cloud).len()), (500, 1), "{outage}");
    }
}

/// Goal: an account that became disabled meanwhile is not charged for credits.
#[tokio::test]
async fn nothing_is_charged_once_the_account_is_disabled() {
    let cloud = shop_that_recharges().await;
    let form = "customer=cus_acme&collection_method=send_invoice&days_until_due=1&currency=eur";
    let invoice = stripe(&cloud, "/v1/invoices", form)["id"].as_str().unwrap().to_owned();
    let item = format!("customer=cus_acme&invoice={invoice}&amount=700&currency=eur");
    stripe(&cloud, "/v1/invoiceitems", &item);
    stripe(&cloud, &format!("/v1/invoices/{invoice}/finalize"), "");
    advance(&cloud, "14d").await;
    advance(&cloud, "23h").await;
    begin_a_charge(&cloud).await;
    advance(&cloud, "2h").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    stripe_is_back(&cloud);

    advance(&cloud, "1d").await;

    nothing_was_charged(&cloud).await;
}

/// Goal: a charge that Stripe made and whose answer was lost is found and granted, though
/// auto-recharge is off by then.
#[tokio::test]
async fn a_charge_that_was_made_is_found_and_granted() {
    let cloud = shop_that_recharges().await;
    // No event tells of it.
    stripe(&cloud, &format!("/v1/webhook_endpoints/{}", cloud.webhook_endpoint()), "disabled=true");
    let lost = Script {
        method: Some(Method::POST),
        path: "/v1/payment_intents".to_owned(),
        nth: 1,
        trouble: Trouble::Lost,
    };
    // Its repetitions under the same key are not heard at all.
    let unheard = (2..=CALL_TRIES_MAX)
        .map(|nth| Script { nth, trouble: Trouble::Unheard, ..lost.clone() })
        .collect::<Vec<_>>();
    cloud.stripe().with_engine(|engine| {
        for script in [lost].into_iter().chain(unheard) {
            engine.stripe.faults.script(script);
        }
    });
    assert_eq!(deduct(&cloud, "job-1", 1_950).await.0, 201);
    settled(&cloud).await;
    assert_eq!((taken(&cloud), balance(&cloud).await), (500, 50));
    switch_off(&cloud).await;

    advance(&cloud, "1h").await;

    assert_eq!((payments(&cloud).len(), taken(&cloud), balance(&cloud).await), (1, 500, 1_000_050));
    let state = &show(&cloud).await["auto_recharge"];
    assert_eq!(
        (&state["state"], &state["spent_this_period"]["amount"]),
        (&json!("idle"), &json!(500))
    );
    ledger(&cloud).await;
}
