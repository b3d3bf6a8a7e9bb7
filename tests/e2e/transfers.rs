//! Money that comes outside of Stripe: advice of a transfer, the desk of staff, prepayments (A14,
//! A18, money rules 21 to 23).

mod closing;
mod crashes;
mod desk;
mod exports;
mod holds;
mod mails;
mod prepaid;
mod returned;
mod statement;

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, get, kinds, vendor};

/// A call of somebody at Stripe that must succeed.
fn at_stripe(cloud: &Running, path: &str, form: &str) -> Value {
    let method = if form == "GET" { Method::GET } else { Method::POST };
    let form = if form == "GET" { "" } else { form };
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

/// An account `acme`, and its customer's id.
async fn shop() -> (Running, String) {
    shop_in(cloud().await).await
}

/// The same in a cloud of its own.
async fn shop_in(cloud: Running) -> (Running, String) {
    let body = json!({ "id": "acme", "name": "Acme", "email": "billing@acme.example" });
    let (status, account) = vendor(&cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    let customer = account["stripe_customer_id"].as_str().expect("a customer").to_owned();
    (cloud, customer)
}

/// An invoice that is sent, due in so many days; its id.
fn sent(cloud: &Running, customer: &str, (amount, days): (i64, i64)) -> String {
    let form = format!(
        "customer={customer}&collection_method=send_invoice&days_until_due={days}&currency=eur"
    );
    made(cloud, customer, amount, &form)
}

/// An invoice that is charged to a card that declines; its id.
fn declined(cloud: &Running, customer: &str, amount: i64) -> String {
    let card = at_stripe(
        cloud,
        "/v1/payment_methods/pm_card_chargeCustomerFail/attach",
        &format!("customer={customer}"),
    );
    let form = format!("invoice_settings[default_payment_method]={}", card["id"].as_str().unwrap());
    at_stripe(cloud, &format!("/v1/customers/{customer}"), &form);
    let form = format!(
        "customer={customer}&collection_method=charge_automatically&currency=eur&auto_advance=true"
    );
    made(cloud, customer, amount, &form)
}

fn made(cloud: &Running, customer: &str, amount: i64, form: &str) -> String {
    let invoice = at_stripe(cloud, "/v1/invoices", form)["id"].as_str().unwrap().to_owned();
    let item = format!("customer={customer}&invoice={invoice}&amount={amount}&currency=eur");
    at_stripe(cloud, "/v1/invoiceitems", &item);
    at_stripe(cloud, &format!("/v1/invoices/{invoice}/finalize"), "");
    invoice
}

fn invoice(cloud: &Running, id: &str) -> Value {
    at_stripe(cloud, &format!("/v1/invoices/{id}"), "GET")
}

async fn advance(cloud: &Running, length: &str) {
    cloud.clock().advance(length).await.unwrap();
}

fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "eur" })
}

async fn staff(cloud: &Running, method: Method, path: &str, body: &Value) -> (u16, Value) {
    Box::pin(cloud.call(cloud.staff_key(), method, path, body)).await
}

/// Advice of `acme`; the answer.
async fn advise(cloud: &Running, invoices: &[&str], amount: i64, reference: &str) -> (u16, Value) {
    let today = cloud.clock().now().to_string();
    let body = json!({
        "invoices": invoices,
        "reference": reference,
        "paid_on": today.get(..10),
        "amount": eur(amount),
    });
    vendor(cloud, Method::POST, "/v1/accounts/acme/payment-advice", &body).await
}

/// Advice of `acme` that must be taken; its id.
async fn advised(cloud: &Running, invoices: &[&str], amount: i64, reference: &str) -> String {
    let (status, advice) = advise(cloud, invoices, amount, reference).await;
    assert_eq!((status, advice["status"].as_str()), (201, Some("pending")), "{advice}");
    advice["id"].as_str().unwrap().to_owned()
}

async fn approve(cloud: &Running, advice: &str, amount: i64) -> (u16, Value) {
    let today = cloud.clock().now().to_string();
    let body = json!({ "received": eur(amount), "received_on": today.get(..10), "note": "Seen." });
    let path = format!("/v1/staff/payment-advice/{advice}/approve");
    staff(cloud, Method::POST, &path, &body).await
}

async fn approved(cloud: &Running, advice: &str, amount: i64) -> Value {
    let (status, answer) = approve(cloud, advice, amount).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn take_back(cloud: &Running, advice: &str, reason: &str) -> (u16, Value) {
    let path = format!("/v1/staff/payment-advice/{advice}/returned");
    staff(cloud, Method::POST, &path, &json!({ "reason": reason })).await
}

async fn status_of(cloud: &Running, advice: &str) -> String {
    let all = get(cloud, "/v1/accounts/acme/payment-advice").await;
    let one = all["data"].as_array().unwrap().iter().find(|it| it["id"] == advice);
    one.expect("the advice")["status"].as_str().unwrap().to_owned()
}

async fn prepaid_balance(cloud: &Running) -> Value {
    get(cloud, "/v1/accounts/acme").await["prepaid_balance"].clone()
}

/// Number of entries of a kind in the timeline.
async fn count(cloud: &Running, kind: &str) -> usize {
    kinds(cloud, "acme").await.iter().filter(|it| *it == kind).count()
}
