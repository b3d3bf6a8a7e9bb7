//! An account that buys Team in Checkout, and calls at Stripe as the vendor's people make them.

use billing::time::Timestamp;
use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud_at, open_account, vendor};

/// Time at which the scenes begin.
pub const START: &str = "2026-03-10T12:00:00Z";
/// Subscription of the account `acme`.
pub const PATH: &str = "/v1/accounts/acme/subscription";

/// A call of the vendor's people at Stripe that must succeed.
pub fn stripe(cloud: &Running, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::POST, path, form);
    assert_eq!(status, 200, "POST {path} {form}: {answer}");
    answer
}

pub fn at_stripe(cloud: &Running, path: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::GET, path, "");
    assert_eq!(status, 200, "GET {path}: {answer}");
    answer
}

pub fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

/// A card of the customer's; its id.
pub fn attach(cloud: &Running, customer: &str, card: &str) -> String {
    let form = format!("customer={customer}");
    id(&stripe(cloud, &format!("/v1/payment_methods/{card}/attach"), &form))
}

/// Makes a card the one that is charged; its id.
pub fn default_card(cloud: &Running, customer: &str, card: &str) -> String {
    let card = attach(cloud, customer, card);
    let form = format!("invoice_settings[default_payment_method]={card}");
    stripe(cloud, &format!("/v1/customers/{customer}"), &form);
    card
}

/// The card that is charged now.
pub fn default_card_of(cloud: &Running, customer: &str) -> Value {
    let customer = at_stripe(cloud, &format!("/v1/customers/{customer}"));
    customer["invoice_settings"]["default_payment_method"].clone()
}

/// An invoice that is sent and due a day later; its id.
pub fn sent_invoice(cloud: &Running, customer: &str, cents: i64) -> String {
    let form =
        format!("customer={customer}&collection_method=send_invoice&days_until_due=1&currency=usd");
    let invoice = id(&stripe(cloud, "/v1/invoices", &form));
    let item = format!("customer={customer}&invoice={invoice}&amount={cents}&currency=usd");
    stripe(cloud, "/v1/invoiceitems", &item);
    stripe(cloud, &format!("/v1/invoices/{invoice}/finalize"), "");
    invoice
}

/// Sum of what the customer has paid, in cents.
pub fn paid(cloud: &Running, customer: &str) -> i64 {
    let all = at_stripe(cloud, &format!("/v1/invoices?customer={customer}&limit=100"));
    let all = all["data"].as_array().expect("invoices").iter();
    all.map(|invoice| invoice["amount_paid"].as_i64().expect("an amount")).sum()
}

pub fn subscription(cloud: &Running, id: &str) -> Value {
    at_stripe(cloud, &format!("/v1/subscriptions/{id}"))
}

/// Price of the catalog at Stripe, by its lookup key.
pub fn catalog_price(cloud: &Running, key: &str) -> String {
    let found = at_stripe(cloud, &format!("/v1/prices?lookup_keys[]={key}"));
    id(&found["data"][0])
}

pub fn wish(plan: &str, seats: u64) -> Value {
    json!({ "plan": plan, "interval": "month", "seats": seats })
}

pub async fn put(cloud: &Running, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::PUT, PATH, body).await
}

/// A cloud with the account `acme` on the Free plan.
pub async fn shop() -> Running {
    let cloud = cloud_at(START).await;
    open_account(&cloud, "acme").await;
    cloud
}

/// Buys three seats of Team in Checkout and pays the page; no event of it is delivered yet.
pub async fn checkout(cloud: &Running) {
    let (status, answer) = put(cloud, &wish("team", 3)).await;
    assert_eq!(status, 202, "{answer}");
    let url = answer["checkout_url"].as_str().expect("a page");
    let session = url.rsplit('/').next().expect("a page").split(['?', '#']).next().expect("a page");
    let path = format!("/v1/payment_pages/{session}/confirm");
    stripe(cloud, &path, "payment_method=pm_card_visa");
}

/// A shop whose account has just bought three seats of Team, with a good card; and the id of the
/// subscription.
pub async fn team() -> (Running, String) {
    let cloud = shop().await;
    checkout(&cloud).await;
    cloud.clock().run_due().await;
    default_card(&cloud, "cus_acme", "pm_card_visa");
    cloud.clock().run_due().await;
    let all = at_stripe(&cloud, "/v1/subscriptions?customer=cus_acme");
    let running = id(&all["data"][0]);
    (cloud, running)
}

pub async fn advance(cloud: &Running, length: &str) {
    cloud.clock().advance(length).await.expect("a length");
}

pub async fn until(cloud: &Running, time: &str) {
    cloud.clock().advance_to(Timestamp::parse(time).expect("a time")).await;
}
