//! A cloud of its own for each test: a frozen clock, a seed, free ports.

use billing::journal::{Cause, CauseKind};
use billing::tax::{Percent, TaxRate};
use billing::time::Timestamp;
use bytes::Bytes;
use catalog::SoldTaxRate;
use http::{Method, Request};
use invocation::{Entropy, Invocation};
use local::gate::{Outcome, Script};
use local::{Options, Running, start};
use serde_json::{Value, json};

/// When every test begins: 2026-11-22T09:00:00Z.
pub const NOW: i64 = 1_795_338_000;
/// One day, in seconds.
pub const DAY: i64 = 86_400;

const TEMPLATE: &str = include_str!("../../template.yaml");

/// An invocation at a moment, for tests that call the adapters themselves.
pub fn invocation(now: Timestamp) -> Invocation {
    let cause = Cause::new(CauseKind::Api, "test");
    Invocation::new(now, cause, Entropy::seeded(1))
}

/// A cloud with the grace period of the template (14 days).
pub async fn cloud() -> Running {
    cloud_of(TEMPLATE.to_owned()).await
}

/// A cloud with another grace period.
pub async fn cloud_with_grace(days: u32) -> Running {
    let grace = "GraceDays:\n    Type: Number\n    Default: ";
    assert!(TEMPLATE.contains(&format!("{grace}14")), "the template's default grace has moved");
    cloud_of(TEMPLATE.replace(&format!("{grace}14"), &format!("{grace}{days}"))).await
}

async fn cloud_of(template: String) -> Running {
    let options = Options {
        clock: Some(Timestamp(NOW)),
        seed: Some(1),
        template: Some(template),
        ..Options::default()
    };
    Box::pin(start(options)).await.expect("the cloud starts")
}

/// A cloud whose queues give a message up after one receive.
pub async fn cloud_that_gives_up() -> Running {
    let receives = "maxReceiveCount: ";
    assert!(TEMPLATE.contains(&format!("{receives}400")), "the template's receives have moved");
    cloud_of(TEMPLATE.replace(&format!("{receives}400"), &format!("{receives}1"))).await
}

/// A cloud of one connected Stripe account.
pub async fn cloud_of_stripe_account(account: &str) -> Running {
    let own = "StripeAccount:\n    Type: String\n    Default: ";
    assert!(TEMPLATE.contains(&format!("{own}\"\"")), "the template's Stripe account has moved");
    cloud_of(TEMPLATE.replace(&format!("{own}\"\""), &format!("{own}{account}"))).await
}

/// A cloud whose clock stands at that time.
pub async fn cloud_at(clock: &str) -> Running {
    let clock = Timestamp::parse(clock).expect("a time");
    let options = Options { clock: Some(clock), seed: Some(1), ..Options::default() };
    Box::pin(start(options)).await.expect("the cloud starts")
}

/// A cloud whose catalog puts 19 % VAT on all that is sold.
pub async fn cloud_with_vat(clock: &str) -> Running {
    let mut catalog = catalog::deployed().expect("the catalog is right");
    let percent = Percent::parse("19").expect("a percentage");
    let rate = TaxRate { percent, name: "VAT".to_owned() };
    catalog.tax_rates = vec![SoldTaxRate { id: "vat".to_owned(), rate }];
    let options = Options {
        clock: Timestamp::parse(clock).ok(),
        seed: Some(1),
        catalog: Some(catalog),
        ..Options::default()
    };
    Box::pin(start(options)).await.expect("the cloud starts")
}

/// A customer at Stripe that was there before us.
pub fn put_customer(cloud: &Running, id: &str) {
    let details = json!({
        "name": "Acme", "email": "billing@acme.example", "address": { "country": "DE" },
    });
    cloud.put_customer(id, &details).expect("a new customer");
}

/// An account `id` of the Stripe customer `cus_<id>`, which has nothing yet.
pub async fn open_account(cloud: &Running, id: &str) -> Value {
    put_customer(cloud, &format!("cus_{id}"));
    let body = json!({
        "id": id,
        "name": "Acme",
        "email": "billing@acme.example",
        "stripe_customer_id": format!("cus_{id}"),
    });
    let (status, account) = vendor(cloud, Method::POST, "/v1/accounts", &body).await;
    assert_eq!(status, 201, "{account}");
    account
}

/// A call with the vendor's key. Boxed, here and below: the future of a whole cloud is too deep to
/// be laid out within a test's.
pub async fn vendor(cloud: &Running, method: Method, path: &str, body: &Value) -> (u16, Value) {
    Box::pin(cloud.call(cloud.vendor_key(), method, path, body)).await
}

/// A POST with the vendor's key and an Idempotency-Key.
pub async fn post_with_key(cloud: &Running, path: &str, key: &str, body: &Value) -> (u16, Value) {
    keyed(cloud, (cloud.vendor_key(), path), key, body).await
}

/// A POST with the staff's key and an Idempotency-Key.
pub async fn staff_with_key(cloud: &Running, path: &str, key: &str, body: &Value) -> (u16, Value) {
    keyed(cloud, (cloud.staff_key(), path), key, body).await
}

async fn keyed(cloud: &Running, (by, path): (&str, &str), key: &str, body: &Value) -> (u16, Value) {
    let request = Request::post(path)
        .header("authorization", format!("Bearer {by}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let response = Box::pin(cloud.send(request)).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

/// A read with the vendor's key that must succeed.
pub async fn get(cloud: &Running, path: &str) -> Value {
    let (status, answer) = vendor(cloud, Method::GET, path, &Value::Null).await;
    assert_eq!(status, 200, "GET {path}: {answer}");
    answer
}

/// Posts an event that must be answered 200 with that outcome.
pub async fn post(cloud: &Running, event: &Value, outcome: &str) {
    let (status, answer) = Box::pin(cloud.post_event(event)).await;
    let kind = &event["type"];
    assert_eq!((status, answer["outcome"].as_str()), (200, Some(outcome)), "{kind}: {answer}");
}

/// The state that the account's own page shows.
pub async fn state(cloud: &Running, account: &str) -> String {
    let account = get(cloud, &format!("/v1/accounts/{account}")).await;
    account["state"].as_str().unwrap_or_default().to_owned()
}

/// What the data plane is told.
pub async fn access(cloud: &Running, account: &str) -> String {
    let answer = get(cloud, &format!("/v1/accounts/{account}/access")).await;
    answer["access"].as_str().unwrap_or_default().to_owned()
}

/// The kinds of the timeline's entries, oldest first.
pub async fn kinds(cloud: &Running, account: &str) -> Vec<String> {
    let page = get(cloud, &format!("/v1/accounts/{account}/timeline?limit=100&raw=true")).await;
    let entries = page["data"].as_array().expect("entries").iter().rev();
    entries.map(|entry| entry["kind"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The table's name in local mode.
pub const TABLE: &str = "Table";

/// The table itself, past the gate: for tests that damage or measure it by hand.
pub fn dynamodb(cloud: &Running) -> aws_sdk_dynamodb::Client {
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", cloud.dynamodb_url()),
    ];
    let host = runtime::Host {
        environment: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
        clock: runtime::Clock::fixed(Timestamp(NOW)),
        entropy: runtime::Entropy::seeded(1),
        http: aws_smithy_http_client::Builder::new().build_http(),
        sleep: runtime::host::real_time(),
        stopwatch: runtime::Stopwatch::unlimited(),
    };
    host.dynamodb().expect("the environment is complete")
}

/// Scripts one fault. Calls and scripts so far are forgotten, so that [`has_fired`] is about this
/// one.
pub fn script(cloud: &Running, script: &Script) {
    cloud.gate().forget_calls();
    cloud.gate().forget_scripts();
    cloud.gate().script(script.clone());
}

/// True once a call met the scripted fault. A script that is gone is no proof: a read passes a
/// conflict.
pub fn has_fired(cloud: &Running, script: &Script) -> bool {
    cloud.gate().calls().iter().any(|call| {
        call.function == script.function
            && call.nth == script.call
            && call.outcome == Outcome::Faulted(script.fault)
    })
}
