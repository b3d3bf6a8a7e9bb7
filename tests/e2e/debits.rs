//! Payments of invoices that are in progress: they stop the clock of every kind of invoice, and
//! undo nothing (XD3).

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::stripe::{Invoice, event};
use crate::world::{
    DAY, NOW, access, cloud_with_grace, kinds, open_account, post as publish, state, vendor,
};

fn stripe(cloud: &Running, method: Method, path: &str, form: &str) -> Value {
    let (status, answer) = cloud.stripe().call(method, path, form);
    assert_eq!(status, 200, "{path} {form}: {answer}");
    answer
}

fn post(cloud: &Running, path: &str, form: &str) -> Value {
    stripe(cloud, Method::POST, path, form)
}

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

/// An account with a customer at Stripe, and that customer's id.
async fn customer(cloud: &Running) -> String {
    let body = json!({ "id": "acme", "name": "Acme", "email": "billing@acme.example" });
    let (status, account) = vendor(cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    account["stripe_customer_id"].as_str().expect("a customer").to_owned()
}

fn attach(cloud: &Running, customer: &str, method: &str) -> String {
    let path = format!("/v1/payment_methods/{method}/attach");
    id(&post(cloud, &path, &format!("customer={customer}")))
}

/// An invoice of 7.00, collected in that way.
fn invoice(cloud: &Running, customer: &str, collection: &str) -> String {
    let form = format!("customer={customer}&currency=eur&auto_advance=true&{collection}");
    let invoice = id(&post(cloud, "/v1/invoices", &form));
    let item = format!("customer={customer}&invoice={invoice}&amount=700&currency=eur");
    post(cloud, "/v1/invoiceitems", &item);
    post(cloud, &format!("/v1/invoices/{invoice}/finalize"), "");
    invoice
}

async fn advance(cloud: &Running, length: &str) {
    cloud.clock().advance(length).await.unwrap();
}

async fn count(cloud: &Running, kind: &str) -> usize {
    kinds(cloud, "acme").await.iter().filter(|it| *it == kind).count()
}

/// A direct debit of the customer's that succeeds, or fails, three minutes after it began.
fn debit(cloud: &Running, customer: &str, iban: &str) -> String {
    let form = format!(
        "type=sepa_debit&sepa_debit[iban]={iban}&billing_details[name]=Ann\
         &billing_details[email]=ann@acme.example"
    );
    let method = id(&post(cloud, "/v1/payment_methods", &form));
    attach(cloud, customer, &method)
}

const SUCCEEDS: &str = "DE08370400440532013003";
const FAILS: &str = "DE78370400440532013004";

fn pay(cloud: &Running, invoice: &str, method: &str) {
    post(cloud, &format!("/v1/invoices/{invoice}/pay"), &format!("payment_method={method}"));
}

/// Goal: an invoice that was sent is not overdue while its debit is in progress, however short the
/// grace; it is paid when the money comes, and overdue when that fails.
#[tokio::test]
async fn a_debit_stops_the_clock_of_a_sent_invoice() {
    for (iban, expected) in [(SUCCEEDS, "active"), (FAILS, "disabled")] {
        let cloud = cloud_with_grace(0).await;
        let customer = customer(&cloud).await;
        let due = format!("collection_method=send_invoice&due_date={}", NOW + 60);
        let invoice = invoice(&cloud, &customer, &due);
        pay(&cloud, &invoice, &debit(&cloud, &customer, iban));

        advance(&cloud, "2m").await;

        assert_eq!(state(&cloud, "acme").await, "active", "{iban}: due a minute ago, in progress");
        assert_eq!(access(&cloud, "acme").await, "full");
        advance(&cloud, "10m").await;
        assert_eq!(state(&cloud, "acme").await, expected, "{iban}: it is over");
    }
}

/// Goal: a debit that begins after a card failed holds off the date on which the account is
/// disabled; the account stays past due until the money is there.
#[tokio::test]
async fn a_debit_after_a_failed_card_holds_off_the_date() {
    let cloud = cloud_with_grace(1).await;
    let customer = customer(&cloud).await;
    let card = attach(&cloud, &customer, "pm_card_chargeCustomerFail");
    let default = format!("invoice_settings[default_payment_method]={card}");
    post(&cloud, &format!("/v1/customers/{customer}"), &default);
    let invoice = invoice(&cloud, &customer, "collection_method=charge_automatically");
    cloud.stripe().call(Method::POST, &format!("/v1/invoices/{invoice}/pay"), "");
    advance(&cloud, "1439m").await;
    assert_eq!(state(&cloud, "acme").await, "past_due");
    pay(&cloud, &invoice, &debit(&cloud, &customer, SUCCEEDS));

    advance(&cloud, "2m").await;

    assert_eq!(state(&cloud, "acme").await, "past_due", "a day after the card failed");
    advance(&cloud, "10m").await;
    assert_eq!(state(&cloud, "acme").await, "active");
    assert_eq!(count(&cloud, "account.disabled").await, 0);
}

/// Goal: a debit that begins when the account is disabled reactivates nobody before the money is
/// there.
#[tokio::test]
async fn a_debit_in_progress_reactivates_nobody() {
    let cloud = cloud_with_grace(0).await;
    let customer = customer(&cloud).await;
    let due = format!("collection_method=send_invoice&due_date={}", NOW + 60);
    let invoice = invoice(&cloud, &customer, &due);
    advance(&cloud, "2m").await;
    assert_eq!(state(&cloud, "acme").await, "disabled");
    pay(&cloud, &invoice, &debit(&cloud, &customer, SUCCEEDS));

    advance(&cloud, "2m").await;

    assert_eq!(state(&cloud, "acme").await, "disabled");
    advance(&cloud, "10m").await;
    assert_eq!(state(&cloud, "acme").await, "active");
}

/// Goal: an event of an older version names the invoice, which is known without asking Stripe.
#[tokio::test]
async fn an_older_event_names_its_invoice() {
    let cloud = cloud_with_grace(0).await;
    open_account(&cloud, "acme").await;
    let sent = Invoice::sent("in_1", "cus_acme", 700, NOW, NOW + DAY);
    publish(&cloud, &sent.finalized(NOW), "applied").await;
    let intent = json!({
        "id": "pi_1", "object": "payment_intent", "customer": "cus_acme", "invoice": "in_1",
        "amount": 700, "currency": "eur", "status": "processing", "metadata": {},
    });
    let processing = event("evt_1", "payment_intent.processing", NOW + 10, &intent);
    publish(&cloud, &processing, "applied").await;
    publish(&cloud, &processing, "unchanged").await;

    advance(&cloud, "5d").await;

    assert_eq!(state(&cloud, "acme").await, "active");
    advance(&cloud, "30d").await;
    assert_eq!(state(&cloud, "acme").await, "disabled", "21 days are the most");
}
