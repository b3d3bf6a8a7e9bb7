//! Prepaid credits by the front door: bought, used, reserved, bought again by themselves, and taken
//! back.

mod buying;
mod crashes;
mod expired;
mod input;
mod ledger;
mod recharging;
mod taking_back;
mod unwanted;
mod using;
mod walk;

use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{get, open_account, post_with_key, staff_with_key, vendor};

const PATH: &str = "/v1/accounts/acme/credits";

/// A call of somebody at Stripe that must succeed.
fn stripe(cloud: &Running, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::POST, path, form);
    assert_eq!(status, 200, "POST {path} {form}: {answer}");
    answer
}

fn at_stripe(cloud: &Running, path: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::GET, path, "");
    assert_eq!(status, 200, "GET {path}: {answer}");
    answer
}

/// A cloud with the account `acme` on the Free plan: 1,000 tokens a month are included.
async fn shop() -> Running {
    let cloud = crate::world::cloud().await;
    open_account(&cloud, "acme").await;
    cloud
}

/// The card that is charged from now on.
fn card(cloud: &Running, payment_method: &str) {
    let path = format!("/v1/payment_methods/{payment_method}/attach");
    let attached = stripe(cloud, &path, "customer=cus_acme");
    let id = attached["id"].as_str().unwrap();
    let form = format!("invoice_settings[default_payment_method]={id}");
    stripe(cloud, "/v1/customers/cus_acme", &form);
}

/// Everything that is due by now has run.
async fn settled(cloud: &Running) {
    cloud.clock().advance("0s").await.unwrap();
}

async fn advance(cloud: &Running, length: &str) {
    cloud.clock().advance(length).await.unwrap();
}

async fn show(cloud: &Running) -> Value {
    get(cloud, PATH).await
}

async fn balance(cloud: &Running) -> i64 {
    show(cloud).await["balance"].as_i64().unwrap()
}

async fn deduct(cloud: &Running, key: &str, tokens: i64) -> (u16, Value) {
    post_with_key(cloud, &format!("{PATH}/deductions"), key, &json!({ "tokens": tokens })).await
}

/// Grants so far: each has a key of its own.
static GIFTS: AtomicU64 = AtomicU64::new(0);

/// Staff grant tokens.
async fn grant(cloud: &Running, tokens: i64) {
    let path = "/v1/staff/accounts/acme/credits/adjustments";
    let body = json!({ "tokens": tokens, "reason": "a gift" });
    let key = format!("gift-{}", GIFTS.fetch_add(1, Ordering::Relaxed));
    let (status, answer) = staff_with_key(cloud, path, &key, &body).await;
    assert_eq!(status, 201, "{answer}");
}

async fn buy(cloud: &Running, pack: &str) -> Value {
    let body = json!({ "pack": pack });
    let (status, answer) = vendor(cloud, Method::POST, &format!("{PATH}/purchases"), &body).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

/// Pays a Checkout session on its page.
fn pay(cloud: &Running, url: &str, payment_method: &str) -> (u16, Value) {
    let id = url.rsplit('/').next().unwrap().split(['?', '#']).next().unwrap();
    let form = format!("payment_method={payment_method}");
    cloud.stripe().call(Method::POST, &format!("/v1/payment_pages/{id}/confirm"), &form)
}

/// A pack, bought and paid in Checkout; what was bought, and its payment.
async fn bought(cloud: &Running, pack: &str) -> (Value, String) {
    let purchase = buy(cloud, pack).await;
    let (status, page) = pay(cloud, purchase["checkout_url"].as_str().unwrap(), "pm_card_visa");
    assert_eq!(status, 200, "{page}");
    settled(cloud).await;
    let payments = payments(cloud);
    let of_it = payments.iter().find(|it| it["metadata"]["tollgate_purchase"] == purchase["id"]);
    let id = of_it.expect("a payment")["id"].as_str().unwrap().to_owned();
    (purchase, id)
}

/// The customer's payments at Stripe, the newest first.
fn payments(cloud: &Running) -> Vec<Value> {
    let list = at_stripe(cloud, "/v1/payment_intents?customer=cus_acme&limit=100");
    list["data"].as_array().unwrap().clone()
}

/// What Stripe has taken for credits, in minor units.
fn taken(cloud: &Running) -> i64 {
    let payments = payments(cloud);
    payments.iter().map(|payment| payment["amount_received"].as_i64().unwrap()).sum()
}

async fn recharge(cloud: &Running, threshold: i64, limit: i64, pack: &str) -> Value {
    let limit = json!({ "amount": limit, "currency": "eur" });
    let body =
        json!({ "enabled": true, "threshold": threshold, "spending_limit": limit, "pack": pack });
    let (status, answer) =
        vendor(cloud, Method::PUT, &format!("{PATH}/auto-recharge"), &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// The ledger, the oldest first: kind, tokens and the balance behind it. It is the balance, to the
/// token (D16).
async fn ledger(cloud: &Running) -> Vec<(String, i64, i64)> {
    let mut all = Vec::new();
    let mut path = format!("{PATH}/transactions?limit=100");
    loop {
        let page = get(cloud, &path).await;
        all.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{PATH}/transactions?limit=100&cursor={}", cursor.replace('#', "%23"));
    }
    let number = |value: &Value| value.as_i64().unwrap();
    let entries = all.iter().rev().map(|it| {
        let kind = it["kind"].as_str().unwrap().to_owned();
        (kind, number(&it["tokens"]), number(&it["balance_after"]))
    });
    let entries: Vec<_> = entries.collect();
    let sum: i64 = entries.iter().map(|(_, tokens, _)| tokens).sum();
    assert_eq!(sum, balance(cloud).await, "{entries:?}");
    entries
}
