//! How many deductions a second are taken, against the embedded table, and what each writes.
//!
//! `cargo bench -p tests --bench credits` sends deductions to the function itself, without the
//! gateway: 500 one behind the other; 200 at once on one account, ten times; 100 at once, each on
//! another account, twenty times; then the same as reservations that are made and settled. It
//! prints a row for each (where many are sent at once, the time of one is mostly that of its turn),
//! and checks that every one was taken once: by the answers, by the balances, by the number of
//! entries, and by sending them again. Table, function and gate share the machine and one core.

#![recursion_limit = "256"]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    reason = "a bench reads the clock and prints; its numbers are small"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use billing::time::Timestamp;
use credits::Credits;
use futures_util::future::join_all;
use http::{HeaderName, HeaderValue, Method, header};
use local::{Options, Running, start};
use runtime::{Request, Response};
use serde_json::{Value, json};

/// When it all happens.
const NOW: i64 = 1_795_338_000;
/// How many accounts the spread ones are about.
const ACCOUNTS: usize = 100;
/// How many one behind the other.
const ALONE: usize = 500;
/// How many at once on one account.
const AT_ONCE: usize = 200;
/// How often these are sent.
const ROUNDS: usize = 10;
/// How often one is sent to each of the accounts.
const SPREAD_ROUNDS: usize = 20;
/// What each takes.
const TOKENS: i64 = 7;
/// What each account is given.
const GRANTED: i64 = 1_000_000;
/// What the plan includes: it is taken first.
const INCLUDED: i64 = 1_000;

/// What is measured.
struct Bench {
    cloud: Running,
    function: Credits,
}

/// One request: the account, and the key that tells it from others.
#[derive(Clone)]
struct Job {
    account: String,
    key: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bench = Box::pin(Bench::start()).await;
    println!("| what | at once | a second | p50 us | p99 us | write units | of the index |");
    println!("|------|--------:|---------:|-------:|-------:|------------:|-------------:|");
    let one = |name: &str, rounds, at_once| jobs(name, rounds, at_once, |_| "one".to_owned());
    let spread = |name: &str| jobs(name, SPREAD_ROUNDS, ACCOUNTS, |nth| format!("a{nth}"));
    bench.deduct("deductions on one account", &one("alone", ALONE, 1)).await;
    let taken = one("job", ROUNDS, AT_ONCE);
    bench.deduct("deductions on one account", &taken).await;
    bench.deduct("the same again", &taken).await;
    bench.deduct("deductions on 100 accounts", &spread("job")).await;
    bench.check(ALONE + ROUNDS * AT_ONCE, SPREAD_ROUNDS).await;
    bench.reserve("reserved and settled on one account", &one("held", ROUNDS, AT_ONCE)).await;
    bench.reserve("reserved and settled on 100 accounts", &spread("held")).await;
    bench.check(ALONE + 2 * ROUNDS * AT_ONCE, 2 * SPREAD_ROUNDS).await;
}

/// Rounds of requests that are sent at once, each with its own key.
fn jobs(
    name: &str,
    rounds: usize,
    at_once: usize,
    account: impl Fn(usize) -> String,
) -> Vec<Vec<Job>> {
    let job = |round, nth| Job { account: account(nth), key: format!("{name}-{round}-{nth}") };
    (0..rounds).map(|round| (0..at_once).map(|nth| job(round, nth)).collect()).collect()
}

impl Bench {
    async fn start() -> Self {
        let options = Options { clock: Some(Timestamp(NOW)), seed: Some(1), ..Options::default() };
        let cloud = Box::pin(start(options)).await.expect("the cloud starts");
        let names = (0..ACCOUNTS).map(|nth| format!("a{nth}")).chain(["one".to_owned()]);
        for name in names {
            let account = json!({ "id": name, "name": "A", "email": "a@a.example" });
            called(&cloud, cloud.vendor_key(), "/v1/accounts", &account).await;
            let gift = json!({ "tokens": GRANTED, "reason": "a bench" });
            let path = format!("/v1/staff/accounts/{name}/credits/adjustments");
            called(&cloud, cloud.staff_key(), &path, &gift).await;
        }
        let catalog = catalog::deployed().expect("the catalog is right");
        let function = Credits::new(&cloud.host("Credits"), catalog);
        let function = function.expect("the environment is complete");
        Self { cloud, function }
    }

    fn request(&self, route: &str, path: &[(&str, &str)], key: &str, body: &Value) -> Request {
        let bearer = format!("Bearer {}", self.cloud.vendor_key());
        let idempotency = HeaderName::from_static("idempotency-key");
        let headers = [(header::AUTHORIZATION, bearer.as_str()), (idempotency, key)];
        let value = |text: &str| HeaderValue::from_str(text).expect("a header");
        let path = path.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request {
            method: "POST".to_owned(),
            raw_path: String::new(),
            route: route.to_owned(),
            path: path.collect::<BTreeMap<_, _>>(),
            query: BTreeMap::new(),
            headers: headers.into_iter().map(|(name, text)| (name, value(text))).collect(),
            cookies: Vec::new(),
            body: Some(body.to_string().into_bytes()),
            id: String::new(),
            precondition: None,
        }
    }

    /// A deduction, which must be taken, and how long that took in microseconds.
    async fn take(&self, job: &Job) -> u128 {
        let route = "POST /v1/accounts/{id}/credits/deductions";
        let body = json!({ "tokens": TOKENS });
        let request = self.request(route, &[("id", &job.account)], &job.key, &body);
        let begun = Instant::now();
        let response = Box::pin(self.function.handle(request)).await;
        let took = begun.elapsed().as_micros();
        expect(&response, 201);
        took
    }

    /// A reservation of more than is needed, settled at what is.
    async fn hold(&self, job: &Job) -> u128 {
        let route = "POST /v1/accounts/{id}/credits/reservations";
        let body = json!({ "tokens": 2 * TOKENS, "ttl_seconds": 60 });
        let request = self.request(route, &[("id", &job.account)], &job.key, &body);
        let begun = Instant::now();
        let held = expect(&Box::pin(self.function.handle(request)).await, 201);
        let id = held["id"].as_str().expect("an id");
        let path = [("id", job.account.as_str()), ("reservation_id", id)];
        let route = "POST /v1/accounts/{id}/credits/reservations/{reservation_id}/settle";
        let request = self.request(route, &path, &job.key, &json!({ "tokens": TOKENS }));
        let response = Box::pin(self.function.handle(request)).await;
        let took = begun.elapsed().as_micros();
        expect(&response, 200);
        took
    }

    async fn deduct(&self, what: &str, rounds: &[Vec<Job>]) {
        let mut row = Row::default();
        for jobs in rounds {
            let begun = Instant::now();
            self.cloud.gate().forget_calls();
            let each = join_all(jobs.iter().map(|job| self.take(job))).await;
            row.add(each, begun, &self.cloud);
        }
        row.print(what);
    }

    async fn reserve(&self, what: &str, rounds: &[Vec<Job>]) {
        let mut row = Row::default();
        for jobs in rounds {
            let begun = Instant::now();
            self.cloud.gate().forget_calls();
            let each = join_all(jobs.iter().map(|job| self.hold(job))).await;
            row.add(each, begun, &self.cloud);
        }
        row.print(what);
    }

    /// So many were taken of the one account, and of each of the others: none was lost, none taken
    /// twice, and nothing stays reserved.
    async fn check(&self, of_one: usize, of_others: usize) {
        let others = (0..ACCOUNTS).map(|nth| (format!("a{nth}"), of_others));
        for (account, count) in others.chain([("one".to_owned(), of_one)]) {
            let path = format!("/v1/accounts/{account}/credits");
            let shown = read(&self.cloud, &path).await;
            let used = TOKENS * i64::try_from(count).unwrap_or_default();
            let balance = GRANTED - (used - used.min(INCLUDED));
            assert_eq!(
                (&shown["balance"], &shown["reserved"]),
                (&json!(balance), &json!(0)),
                "{account}"
            );
            assert_eq!(shown["included"]["used"], used.min(INCLUDED), "{account}");
            // Deductions are the usage of what takes credits.
            let usage = read(&self.cloud, &format!("/v1/accounts/{account}/usage")).await;
            let resources = usage["resources"].as_array().cloned().unwrap_or_default();
            let found = resources.iter().find(|it| it["id"] == "enrichments");
            assert_eq!(found.map(|it| &it["used"]), Some(&json!(used)), "{account}");
        }
    }
}

/// What some requests came to.
#[derive(Default)]
struct Row {
    each: Vec<u128>,
    microseconds: u128,
    at_once: usize,
    write_units: f64,
    index_write_units: f64,
}

impl Row {
    fn add(&mut self, each: Vec<u128>, begun: Instant, cloud: &Running) {
        self.microseconds += begun.elapsed().as_micros();
        self.at_once = each.len();
        self.each.extend(each);
        let number = |units| serde_json::to_value(units).ok().and_then(|it| it.as_f64());
        for call in cloud.gate().calls() {
            self.write_units += number(call.cost.write).unwrap_or_default();
            self.index_write_units += number(call.cost.index_write).unwrap_or_default();
        }
    }

    fn print(mut self, what: &str) {
        self.each.sort_unstable();
        let count = self.each.len();
        let a_second =
            u128::try_from(count).unwrap_or_default() * 1_000_000 / self.microseconds.max(1);
        let (p50, p99) = (self.each[count / 2], self.each[count * 99 / 100]);
        let all = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let (write, index) = (self.write_units / all, self.index_write_units / all);
        let at_once = self.at_once;
        println!("| {what} | {at_once} | {a_second} | {p50} | {p99} | {write:.2} | {index:.2} |");
    }
}

/// An answer, which must have that status.
fn expect(response: &Response, status: u16) -> Value {
    assert_eq!(response.status, status, "{}", response.body);
    serde_json::from_str(&response.body).expect("JSON")
}

async fn called(cloud: &Running, key: &str, path: &str, body: &Value) {
    let (status, answer) = Box::pin(cloud.call(key, Method::POST, path, body)).await;
    assert_eq!(status, 201, "{path}: {answer}");
}

async fn read(cloud: &Running, path: &str) -> Value {
    let asked = cloud.call(cloud.vendor_key(), Method::GET, path, &Value::Null);
    let (status, answer) = Box::pin(asked).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}
