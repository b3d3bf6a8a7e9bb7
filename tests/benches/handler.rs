//! How long the webhook takes over and above its calls to the table, against the embedded table.
//!
//! `cargo bench -p tests --bench handler` prints, in microseconds at the median, for an
//! `invoice.paid` on an open invoice and for its duplicate: what the function spends outside of the
//! HTTP calls; what the AWS SDK alone spends there on the same calls with the same items (signing,
//! JSON), made without the function; and the difference: verify, parse, decide and answer.

#![recursion_limit = "256"]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    reason = "a bench reads the clock and prints; its numbers are small"
)]

#[path = "../e2e/stripe.rs"]
#[expect(
    dead_code,
    clippy::indexing_slicing,
    reason = "the tests' events: the bench uses some of them"
)]
mod stripe;
mod watch;

use std::time::Instant;

use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, Put, ReturnConsumedCapacity, TransactWriteItem,
};
use billing::time::Timestamp;
use local::{Options, Running, start};
use runtime::Request;
use serde_json::{Value, json};
use stripe::Invoice;
use stripe_webhook::StripeWebhook;
use watch::{Watch, nanoseconds};

/// When it all happens.
const NOW: i64 = 1_795_338_000;
/// Number of invoices that are paid.
const INVOICES: usize = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = Options { clock: Some(Timestamp(NOW)), seed: Some(1), ..Options::default() };
    let cloud = Box::pin(start(options)).await.expect("the cloud starts");
    let customer = json!({ "name": "Acme", "email": "a@acme.example" });
    cloud.put_customer("cus_acme", &customer).expect("a new customer");
    let account = json!({
        "id": "acme", "name": "Acme", "email": "a@acme.example", "stripe_customer_id": "cus_acme",
    });
    Box::pin(cloud.call(cloud.vendor_key(), http::Method::POST, "/v1/accounts", &account)).await;
    let mut host = cloud.host("StripeWebhook");
    let watched = Watch::over(host.http.clone());
    host.http = watched.client();
    let function = StripeWebhook::new(&host).expect("the environment is complete");
    let invoice = |index: usize| Invoice::automatic(&format!("in_{index}"), "cus_acme", 100, NOW);
    let bare = Bare { client: host.dynamodb().expect("a client"), watched: watched.clone() };
    let mut paid = Measured::default();
    let mut again = Measured::default();
    for index in 0..INVOICES {
        measure(&cloud, &function, &watched, &invoice(index).finalized(NOW)).await;
        let event = invoice(index).paid(NOW);
        paid.function.push(measure(&cloud, &function, &watched, &event).await);
        again.function.push(measure(&cloud, &function, &watched, &event).await);
        let (read, items) = bare.read(&format!("INVOICE#in_{index}")).await;
        let written = bare.write(items).await;
        paid.sdk.push((read.0 + written.0, read.1 + written.1));
        again.sdk.push(read);
    }
    println!(
        "microseconds at the median | outside of the HTTP calls | of these the SDK | ours | HTTP calls"
    );
    paid.report("invoice.paid on an open invoice");
    again.report("its duplicate");
}

/// The same calls without the function.
struct Bare {
    client: aws_sdk_dynamodb::Client,
    watched: Watch,
}

type Item = std::collections::HashMap<String, AttributeValue>;

impl Bare {
    /// The standing and an invoice, as the function reads them; and a journal record of the
    /// account.
    async fn read(&self, invoice: &str) -> ((u64, u64), Vec<Item>) {
        let key = |sk: &str| {
            std::collections::HashMap::from([
                ("pk".to_owned(), AttributeValue::S("ACCOUNT#acme".to_owned())),
                ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
            ])
        };
        let keys = KeysAndAttributes::builder().keys(key("STANDING")).keys(key(invoice));
        let keys = keys.consistent_read(true).build().expect("keys");
        self.watched.reset();
        let begun = Instant::now();
        let answer = self.client.batch_get_item().request_items("Table", keys);
        let answer = answer.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await;
        let spent = self.spent(begun);
        let mut tables = answer.expect("the items").responses.expect("a table");
        (spent, tables.remove("Table").expect("items"))
    }

    /// Three items of their sizes, in one transaction with conditions: the invoice stands for the
    /// journal too.
    async fn write(&self, items: Vec<Item>) -> (u64, u64) {
        let mut third = items.last().expect("two items").clone();
        third.insert("sk".to_owned(), AttributeValue::S("BENCH".to_owned()));
        let puts = items.into_iter().chain([third]).map(|item| {
            let put = Put::builder().table_name("Table").set_item(Some(item));
            let put = put.condition_expression("v <> :read");
            let put = put.expression_attribute_values(":read", AttributeValue::N("0".to_owned()));
            TransactWriteItem::builder().put(put.build().expect("a put")).build()
        });
        let puts: Vec<_> = puts.collect();
        self.watched.reset();
        let begun = Instant::now();
        let written = self.client.transact_write_items().set_transact_items(Some(puts));
        let written =
            written.return_consumed_capacity(ReturnConsumedCapacity::Indexes).send().await;
        let spent = self.spent(begun);
        written.expect("written");
        spent
    }

    fn spent(&self, begun: Instant) -> (u64, u64) {
        let total = nanoseconds(begun);
        let calls = self.watched.nanoseconds();
        (total.saturating_sub(calls), calls)
    }
}

/// Nanoseconds outside of the HTTP calls and within them, of the function and of the SDK alone.
#[derive(Default)]
struct Measured {
    function: Vec<(u64, u64)>,
    sdk: Vec<(u64, u64)>,
}

impl Measured {
    fn report(&self, what: &str) {
        let median = |values: &[(u64, u64)], which: fn(&(u64, u64)) -> u64| {
            let mut sorted: Vec<u64> = values.iter().map(which).collect();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).copied().unwrap_or_default() / 1_000
        };
        let outside = median(&self.function, |one| one.0);
        let sdk = median(&self.sdk, |one| one.0);
        let ours = outside.saturating_sub(sdk);
        println!("{what} | {outside} | {sdk} | {ours} | {}", median(&self.function, |one| one.1));
    }
}

/// Nanoseconds over and above the calls, and of the calls.
async fn measure(
    cloud: &Running,
    function: &StripeWebhook,
    watched: &Watch,
    event: &Value,
) -> (u64, u64) {
    let signed = cloud.event_request(event.to_string().into_bytes());
    let request = Request {
        method: "POST".to_owned(),
        raw_path: String::new(),
        route: "POST /webhooks/stripe".to_owned(),
        path: std::collections::BTreeMap::new(),
        query: std::collections::BTreeMap::new(),
        headers: signed.headers().clone(),
        cookies: Vec::new(),
        body: Some(signed.body().to_vec()),
        id: String::new(),
        precondition: None,
    };
    watched.reset();
    let begun = Instant::now();
    let response = Box::pin(function.handle(request)).await;
    let total = nanoseconds(begun);
    assert_eq!(response.status, 200, "{}", response.body);
    let calls = watched.nanoseconds();
    (total.saturating_sub(calls), calls)
}
