//! Issued invoices in the API: listed, shown, and paid (A11 to A15).

mod all;
mod broken;
mod disputes;
mod list;
mod new_method;
mod notes;
mod pay;
mod races;
mod show;

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::world::{NOW, cloud, vendor};

/// The account of every test here.
pub(crate) const INVOICES: &str = "/v1/accounts/acme/invoices";

/// A call at the simulated Stripe that must succeed.
fn stripe(cloud: &Running, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(Method::POST, &format!("/v1/{path}"), form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

/// A cloud with an account, and its customer at Stripe.
pub(crate) async fn shop() -> (Running, String) {
    let cloud = cloud().await;
    let customer = open(&cloud).await;
    (cloud, customer)
}

async fn open(cloud: &Running) -> String {
    let body = json!({ "id": "acme", "name": "Acme Ltd", "email": "billing@acme.example" });
    let (status, account) = vendor(cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    account["stripe_customer_id"].as_str().expect("a customer").to_owned()
}

/// A finalized invoice of some cents, collected in that way; its events are delivered.
pub(crate) async fn invoice(
    cloud: &Running,
    customer: &str,
    cents: i64,
    collection: &str,
) -> String {
    let invoice = finalized(cloud, customer, cents, collection);
    cloud.clock().run_due().await;
    invoice
}

/// The same with its events on their way.
pub(crate) fn finalized(cloud: &Running, customer: &str, cents: i64, collection: &str) -> String {
    let form = format!("customer={customer}&currency=eur&{collection}");
    let invoice = id(&stripe(cloud, "invoices", &form));
    let item = format!(
        "customer={customer}&invoice={invoice}&amount={cents}&currency=eur&description=Walking"
    );
    stripe(cloud, "invoiceitems", &item);
    stripe(cloud, &format!("invoices/{invoice}/finalize"), "");
    invoice
}

/// An invoice that is charged, and that Stripe leaves alone until it is asked to charge it.
pub(crate) const CHARGED: &str = "collection_method=charge_automatically&auto_advance=false";
/// An invoice that is sent, due in ten days.
pub(crate) const SENT: &str = "collection_method=send_invoice&days_until_due=10";

/// A card of the customer's, which becomes its default.
pub(crate) fn card(cloud: &Running, customer: &str, name: &str) -> String {
    let card = attach(cloud, customer, name);
    let form = format!("invoice_settings[default_payment_method]={card}");
    stripe(cloud, &format!("customers/{customer}"), &form);
    card
}

/// The same without a word about it to us: a new card would pay what is owed by itself.
pub(crate) fn card_unheard(cloud: &Running, customer: &str, name: &str) -> String {
    let endpoint = format!("webhook_endpoints/{}", cloud.webhook_endpoint());
    stripe(cloud, &endpoint, "disabled=true");
    let card = card(cloud, customer, name);
    stripe(cloud, &endpoint, "disabled=false");
    card
}

/// A card of the customer's.
fn attach(cloud: &Running, customer: &str, name: &str) -> String {
    let path = format!("payment_methods/pm_card_{name}/attach");
    id(&stripe(cloud, &path, &format!("customer={customer}")))
}

/// A read of the API by some key.
async fn read_as(cloud: &Running, key: &str, path: &str) -> (u16, Value) {
    Box::pin(cloud.call(key, Method::GET, path, &Value::Null)).await
}

/// The ids of a page.
fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().expect("a page").iter().map(id).collect()
}

/// A time as the API writes it.
fn time(seconds: i64) -> String {
    billing::time::Timestamp(NOW + seconds).to_string()
}

/// A cloud with an account that is disabled at once by what it does not pay, its customer, and an
/// invoice of 49.00 whose card was declined. The card that is on file by now is good.
pub(crate) async fn disabled() -> (Running, String, String) {
    let (cloud, customer, one) = disabled_by_a_bad_card().await;
    card_unheard(&cloud, &customer, "visa");
    (cloud, customer, one)
}

/// The same, with the card that was declined.
pub(crate) async fn disabled_by_a_bad_card() -> (Running, String, String) {
    let cloud = crate::world::cloud_with_grace(0).await;
    let customer = open(&cloud).await;
    card(&cloud, &customer, "chargeCustomerFail");
    let one = invoice(&cloud, &customer, 4_900, CHARGED).await;
    let (status, _) = cloud.stripe().call(Method::POST, &format!("/v1/invoices/{one}/pay"), "");
    assert_eq!(status, 402);
    cloud.clock().run_due().await;
    assert_eq!(crate::world::state(&cloud, "acme").await, "disabled");
    (cloud, customer, one)
}

/// Pays an invoice by the API.
pub(crate) async fn pay(cloud: &Running, invoice: &str, body: &Value) -> (u16, Value) {
    vendor(cloud, Method::POST, &format!("{INVOICES}/{invoice}/pay"), body).await
}

/// Status of an advice.
async fn get_status(cloud: &Running, advice: &str) -> String {
    let all = crate::world::get(cloud, "/v1/accounts/acme/payment-advice").await;
    let one = all["data"].as_array().expect("advices").iter().find(|it| it["id"] == advice);
    one.expect("the advice")["status"].as_str().expect("a status").to_owned()
}

/// Cents that a customer's successful charges took.
fn charged(cloud: &Running, customer: &str) -> i64 {
    let path = format!("/v1/charges?customer={customer}&limit=100");
    let (status, charges) = cloud.stripe().call(Method::GET, &path, "");
    assert_eq!(status, 200, "{charges}");
    let charges = charges["data"].as_array().expect("charges").iter();
    let succeeded = charges.filter(|charge| charge["status"] == "succeeded");
    succeeded.map(|charge| charge["amount"].as_i64().expect("an amount")).sum()
}

/// How often the timeline has a kind.
async fn count(cloud: &Running, kind: &str) -> usize {
    crate::world::kinds(cloud, "acme").await.iter().filter(|it| *it == kind).count()
}
