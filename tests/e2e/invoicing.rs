//! Usage is priced, told in advance and invoiced at the month's end (A15, A16, money rules 18 and
//! 19).

mod broken;
mod corrected;
mod family;
mod outage;
mod outlook;
mod previews;
mod terms;
mod unserved;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::time::Timestamp;
use catalog::{Catalog, Interval};
use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{cloud, dynamodb, get, kinds, vendor};

/// When November's late window is over, and when the run begins after it.
const RUN: &str = "2026-12-03T00:15:00Z";

/// A call of somebody at Stripe that must succeed.
fn stripe(cloud: &Running, method: &Method, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(method.clone(), path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn read(cloud: &Running, path: &str) -> Value {
    stripe(cloud, &Method::GET, path, "")
}

fn post(cloud: &Running, path: &str, form: &str) -> Value {
    stripe(cloud, &Method::POST, path, form)
}

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

/// An account with a customer at Stripe who has a good card; the customer's id.
async fn account(cloud: &Running, name: &str) -> String {
    let body = json!({ "id": name, "name": name, "email": format!("billing@{name}.example") });
    let (status, account) = vendor(cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    let customer = account["stripe_customer_id"].as_str().expect("a customer").to_owned();
    let attach = format!("customer={customer}");
    let card = post(cloud, "/v1/payment_methods/pm_card_visa/attach", &attach);
    let form = format!("invoice_settings[default_payment_method]={}", id(&card));
    post(cloud, &format!("/v1/customers/{customer}"), &form);
    customer
}

/// The prices of a catalog at Stripe: plan and interval to that of the plan and that of a seat.
type Prices = BTreeMap<(String, &'static str), (String, Option<String>)>;

/// Makes prices of the deployed catalog, apart from any that are there.
fn prices(cloud: &Running) -> Prices {
    let Catalog { plans, .. } = catalog::deployed().unwrap();
    let mut prices = Prices::new();
    for plan in &plans {
        let product = id(&post(cloud, "/v1/products", &format!("name={}", plan.name)));
        let price = |part: &str, interval: Interval, amount: i64| {
            let form = format!(
                "product={product}&currency=usd&unit_amount={amount}&recurring[interval]={}\
                 &metadata[tollgate_plan]={}&metadata[tollgate_part]={part}",
                interval.as_str(),
                plan.id
            );
            id(&post(cloud, "/v1/prices", &form))
        };
        for sold in &plan.prices {
            let own = price("plan", sold.interval, sold.amount.amount);
            let seat = sold.seat_amount.map(|seat| price("seat", sold.interval, seat.amount));
            prices.insert((plan.id.clone(), sold.interval.as_str()), (own, seat));
        }
    }
    prices
}

/// The items of a subscription to a plan, as a form.
fn items(prices: &Prices, plan: &str, interval: &'static str, seats: u64) -> String {
    let (own, seat) = &prices[&(plan.to_owned(), interval)];
    let seat =
        seat.as_ref().map(|seat| format!("&items[1][price]={seat}&items[1][quantity]={seats}"));
    format!("items[0][price]={own}{}", seat.unwrap_or_default())
}

/// Subscribes a customer to a plan until the next first of the month, and lets the account learn of
/// it.
async fn subscribe(cloud: &Running, customer: &str, plan: &str) -> String {
    let items = items(&prices(cloud), plan, "month", 1);
    let first = Timestamp::parse("2026-12-01T00:00:00Z").unwrap();
    let form = format!(
        "customer={customer}&{items}&billing_cycle_anchor={}&billing_mode[type]=flexible",
        first.0
    );
    let subscription = id(&post(cloud, "/v1/subscriptions", &form));
    cloud.clock().run_due().await;
    subscription
}

/// Reports usage: account, resource, quantity and when.
async fn report(cloud: &Running, batch: &str, events: &[(&str, &str, u64, &str)]) -> Value {
    let events = events.iter().map(|(account, resource, quantity, at)| {
        json!({ "account": account, "resource": resource, "quantity": quantity, "at": at })
    });
    let body = json!({ "batch_id": batch, "events": events.collect::<Vec<_>>() });
    let (status, answer) = vendor(cloud, Method::POST, "/v1/usage", &body).await;
    assert_eq!(status, 202, "{answer}");
    answer
}

/// November's usage: 1,234 sessions (0.62 USD) and 50,000 MB (10.00 USD) beyond the included of
/// `team`.
async fn report_november(cloud: &Running, account: &str) {
    let at = "2026-11-22T08:00:00Z";
    let events = [(account, "sessions", 101_234, at), (account, "storage", 150_000, at)];
    let answer = report(cloud, &format!("{account}-november"), &events).await;
    assert_eq!(answer["rejected"], json!([]));
}

async fn until(cloud: &Running, time: &str) {
    cloud.clock().advance_to(Timestamp::parse(time).unwrap()).await;
}

async fn upcoming(cloud: &Running, account: &str) -> Value {
    get(cloud, &format!("/v1/accounts/{account}/invoices/upcoming")).await
}

/// Descriptions and amounts of an answer's lines.
fn told(upcoming: &Value) -> Vec<(String, i64)> {
    let lines = upcoming["lines"].as_array().expect("lines").iter();
    let one = |line: &Value| {
        assert_eq!(line["amount"]["currency"], "usd", "{line}");
        (text(&line["description"]), line["amount"]["amount"].as_i64().expect("an amount"))
    };
    lines.map(one).collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The usage invoices that a customer has at Stripe, whatever became of them.
fn usage_invoices(cloud: &Running, customer: &str) -> Vec<Value> {
    let all = read(cloud, &format!("/v1/invoices?customer={customer}&limit=100"));
    let all = all["data"].as_array().expect("invoices").iter().rev();
    all.filter(|invoice| invoice["metadata"]["tollgate_month"].is_string()).cloned().collect()
}

/// Descriptions and amounts of an invoice's lines, in the order in which they were made.
fn lines(cloud: &Running, invoice: &Value) -> Vec<(String, i64)> {
    let all = read(cloud, &format!("/v1/invoices/{}/lines?limit=100", id(invoice)));
    let mut lines: Vec<(String, i64)> = all["data"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| (text(&line["description"]), line["amount"].as_i64().expect("an amount")))
        .collect();
    lines.sort();
    lines
}

fn sorted(mut lines: Vec<(String, i64)>) -> Vec<(String, i64)> {
    lines.sort();
    lines
}

/// What the index says is still to be invoiced: its sort keys.
async fn to_be_invoiced(cloud: &Running) -> Vec<String> {
    let items = dynamodb(cloud).scan().table_name("Table").index_name("due").send().await.unwrap();
    let sort = |item: &std::collections::HashMap<String, AttributeValue>| {
        let partition = item["due_pk"].as_s().unwrap();
        partition.starts_with("BILL#").then(|| item["due_sk"].as_s().unwrap().clone())
    };
    let mut entries: Vec<String> = items.items().iter().filter_map(sort).collect();
    entries.sort();
    entries
}

fn usage_lines() -> Vec<(String, i64)> {
    let sessions =
        "Sessions in November 2026: 1,234 beyond 100,000 included, at 0.0005 USD".to_owned();
    let storage =
        "Storage in November 2026: 50,000 beyond 100,000 included, at 0.0002 USD".to_owned();
    vec![(sessions, 62), (storage, 1_000)]
}

/// Goal: what is used is shown as it will be invoiced, invoiced as it was shown, once and to the
/// cent, and paid; and the next month begins with what is still held.
#[tokio::test]
async fn a_month_is_told_and_then_invoiced_as_it_was_told() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    let now = upcoming(&cloud, "acme").await;
    assert_eq!(told(&now)[2..], usage_lines()[..], "{now}");
    assert_eq!(told(&now)[..2].iter().map(|line| line.1).collect::<Vec<_>>(), [4_900, 900]);
    assert_eq!(now["total"], json!({ "amount": 6_862, "currency": "usd" }));
    assert_eq!((&now["amount_due"], &now["tax_included"]), (&now["total"], &json!(false)));
    assert_eq!(now["period"], "2026-11");
    assert_eq!(to_be_invoiced(&cloud).await, ["2026-11#acme"]);

    until(&cloud, "2026-12-03T00:14:59Z").await;
    let before = upcoming(&cloud, "acme").await;
    assert_eq!(usage_invoices(&cloud, &customer), [json!(null); 0], "not a second too early");
    until(&cloud, RUN).await;
    let invoices = usage_invoices(&cloud, &customer);
    let [invoice] = invoices.as_slice() else { panic!("{invoices:?}") };
    assert_eq!(lines(&cloud, invoice), sorted(usage_lines()));
    let november: Vec<_> =
        told(&before).into_iter().filter(|line| line.0.contains("in November")).collect();
    assert_eq!(november, usage_lines(), "the invoice is what was shown the second before");
    assert_eq!(invoice["metadata"]["tollgate_month"], "2026-11");
    assert_eq!((&invoice["total"], &invoice["currency"]), (&json!(1_062), &json!("usd")));
    assert_eq!(to_be_invoiced(&cloud).await, ["2026-12#acme"], "storage goes on");
    let after = upcoming(&cloud, "acme").await;
    let december = |answer: &Value| -> Vec<(String, i64)> {
        told(answer).into_iter().filter(|line| !line.0.contains("in November")).collect()
    };
    assert_eq!(told(&after), december(&before), "what is invoiced is not upcoming any more");

    until(&cloud, "2026-12-04T12:00:00Z").await;
    assert_eq!(usage_invoices(&cloud, &customer)[0]["status"], "paid");
    let kinds = kinds(&cloud, "acme").await;
    let closed = kinds.iter().filter(|kind| *kind == "usage.closed").count();
    assert_eq!(closed, 1, "{kinds:?}");
}

/// Goal: usage counts up to the last second of the late window, and not at the next (A16).
#[tokio::test]
async fn late_usage_counts_to_the_second() {
    let cloud = cloud().await;
    let customer = account(&cloud, "acme").await;
    subscribe(&cloud, &customer, "team").await;
    report_november(&cloud, "acme").await;
    let late = [("acme", "sessions", 1_000, "2026-11-30T23:59:59Z")];
    until(&cloud, "2026-12-02T23:59:59Z").await;
    assert_eq!(report(&cloud, "late", &late).await["rejected"], json!([]));
    until(&cloud, "2026-12-03T00:00:00Z").await;
    assert_eq!(report(&cloud, "later", &late).await["rejected"][0]["code"], "too_late");
    until(&cloud, RUN).await;
    let invoices = usage_invoices(&cloud, &customer);
    assert_eq!(lines(&cloud, &invoices[0])[0].1, 112, "2,234 sessions at 0.05 cents");
}
