//! Subscriptions by the front door: what a change costs, the change, its end, and taking that back.
//!
//! Amounts are worked out by hand from Stripe's rule: an amount times the seconds that are left,
//! divided by the seconds of the period, rounded half up, line by line
//! (docs.stripe.com/billing/subscriptions/prorations). Tests begin on 2026-11-22 at 09:00, when
//! 745,200 of November's 2,592,000 seconds are left: 0.2875 of the month.

mod bookings;
mod changes;
mod checkout;
mod crashes;
mod declines;
mod ends;
mod extras;
mod manual;
mod paused;
mod price_changes;
mod price_crashes;
mod races;
mod terms;

use billing::time::Timestamp;
use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{get, open_account, vendor};

/// What the catalog sells: plan, interval, amount, and what a seat costs.
const PRICES: [(&str, &str, i64, Option<i64>); 8] = [
    ("personal", "month", 1_900, None),
    ("personal", "year", 19_000, None),
    ("team", "month", 4_900, Some(900)),
    ("team", "year", 49_000, Some(9_000)),
    ("business", "month", 19_900, Some(1_500)),
    ("business", "year", 199_000, Some(15_000)),
    ("enterprise", "month", 250_000, Some(2_500)),
    ("enterprise", "year", 2_500_000, Some(25_000)),
];

const PATH: &str = "/v1/accounts/acme/subscription";

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

/// A cloud whose Stripe has the catalog, with the account `acme`.
pub(crate) async fn shop() -> Running {
    let cloud = crate::world::cloud().await;
    push(&cloud);
    open_account(&cloud, "acme").await;
    cloud
}

/// Puts the catalog into Stripe, unless it is there.
fn push(cloud: &Running) {
    let known = at_stripe(cloud, "/v1/prices?lookup_keys[]=tollgate_team_month");
    if !known["data"].as_array().unwrap().is_empty() {
        return;
    }
    for plan in ["personal", "team", "business", "enterprise"] {
        stripe(cloud, "/v1/products", &format!("id=tollgate_plan_{plan}&name={plan}"));
    }
    for (plan, interval, amount, seat) in PRICES {
        let price = |key: &str, part: &str, amount: i64| {
            format!(
                "product=tollgate_plan_{plan}&currency=usd&unit_amount={amount}\
                 &recurring[interval]={interval}&lookup_key=tollgate_{plan}_{interval}{key}\
                 &metadata[tollgate_plan]={plan}&metadata[tollgate_part]={part}"
            )
        };
        stripe(cloud, "/v1/prices", &price("", "plan", amount));
        if let Some(amount) = seat {
            stripe(cloud, "/v1/prices", &price("_seat", "seat", amount));
        }
    }
}

/// The card that is charged from now on.
pub(crate) fn card(cloud: &Running, payment_method: &str) {
    let form = "customer=cus_acme".to_owned();
    let attached = stripe(cloud, &format!("/v1/payment_methods/{payment_method}/attach"), &form);
    let id = attached["id"].as_str().unwrap();
    let form = format!("invoice_settings[default_payment_method]={id}");
    stripe(cloud, "/v1/customers/cus_acme", &form);
}

pub(crate) fn wish(plan: &str, interval: &str, seats: u64) -> Value {
    json!({ "plan": plan, "interval": interval, "seats": seats })
}

pub(crate) async fn put(cloud: &Running, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::PUT, PATH, body).await
}

async fn preview(cloud: &Running, body: &Value) -> Value {
    let path = format!("{PATH}/preview");
    let (status, answer) = vendor(cloud, Method::POST, &path, body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn show(cloud: &Running) -> Value {
    get(cloud, PATH).await
}

/// Pays a Checkout session on its page, with a card.
pub(crate) fn pay_session(cloud: &Running, url: &str, payment_method: &str) -> (u16, Value) {
    let id = url.rsplit('/').next().unwrap().split(['?', '#']).next().unwrap();
    let form = format!("payment_method={payment_method}");
    cloud.stripe().call(Method::POST, &format!("/v1/payment_pages/{id}/confirm"), &form)
}

/// A shop in which `acme` has bought that, by Checkout, with a good card that is the customer's.
pub(crate) async fn subscribed(plan: &str, interval: &str, seats: u64) -> Running {
    let cloud = shop().await;
    let (status, answer) = put(&cloud, &wish(plan, interval, seats)).await;
    assert_eq!(status, 202, "{answer}");
    let (status, paid) =
        pay_session(&cloud, answer["checkout_url"].as_str().unwrap(), "pm_card_visa");
    assert_eq!(status, 200, "{paid}");
    cloud.clock().run_due().await;
    card(&cloud, "pm_card_visa");
    cloud.clock().run_due().await;
    cloud
}

/// Every invoice of the customer at Stripe, oldest first: status, total and what was paid.
pub(crate) fn invoices(cloud: &Running) -> Vec<(String, i64, i64)> {
    let all = at_stripe(cloud, "/v1/invoices?customer=cus_acme&limit=100");
    let row = |invoice: &Value| {
        let number = |name: &str| invoice[name].as_i64().unwrap();
        (invoice["status"].as_str().unwrap().to_owned(), number("total"), number("amount_paid"))
    };
    all["data"].as_array().unwrap().iter().rev().map(row).collect()
}

/// What was paid in all.
pub(crate) fn paid(cloud: &Running) -> i64 {
    invoices(cloud).into_iter().map(|(_, _, paid)| paid).sum()
}

/// The customer's only subscription at Stripe that is not over.
pub(crate) fn running(cloud: &Running) -> Value {
    let all = at_stripe(cloud, "/v1/subscriptions?customer=cus_acme");
    let all = all["data"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

/// Plan, interval and seats as the API shows them.
fn what(subscription: &Value) -> (&str, &str, u64) {
    let text = |name: &str| subscription[name].as_str().unwrap_or_default();
    (text("plan"), text("interval"), subscription["seats"].as_u64().unwrap_or_default())
}

async fn until(cloud: &Running, time: &str) {
    cloud.clock().advance_to(Timestamp::parse(time).unwrap()).await;
}

fn usd(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "usd" })
}
