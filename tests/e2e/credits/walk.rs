//! Random histories of an account's credits by the front door, while whatever can break does.
//!
//! One cloud for each history, its clock frozen, its gate stepped by the seed: calls of functions
//! are throttled, conflict, get no answer though they took effect, or end with the function before
//! or after them; Stripe fails too, and delivers late, twice and in another order. What must hold
//! is compared after each step with the table and with Stripe ([`check`]), and all of it once more
//! after quiet days, when nothing may be left over.
//!
//! `cargo test` runs [`HISTORIES`]. More, and others:
//! `TOLLGATE_WALK_HISTORIES=1000 cargo test -p tests --test e2e credits::walk`;
//! `TOLLGATE_WALK_FIRST=17 TOLLGATE_WALK_HISTORIES=1` replays one that failed, which its number
//! says.

mod at_stripe;
mod check;
mod table;
mod using;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use billing::time::Timestamp;
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Request};
use local::Running;
use local::gate::{Faults, Limits, Mode, Probability};
use runtime::Entropy;
use serde_json::Value;
use stripe_simulator::faults::Chances;
use stripe_simulator::rates::Rates;

use super::shop;

/// Histories of each run, unless the environment says otherwise.
const HISTORIES: u64 = 12;
/// Steps of each.
const STEPS: u32 = 40;
/// How often a request that was not finished is sent again.
const TRIES: u32 = 8;
/// How much of a failed history is shown.
const LOG_LINES: usize = 80;
/// What comes by in some history of each run.
const WAYS: [&str; 13] = [
    "credits.purchased",
    "credits.taken_back",
    "credits.returned",
    "credits.adjusted",
    "auto_recharge.set",
    "auto_recharge.declined",
    "auto_recharge.paused",
    "auto_recharge.resumed",
    "auto_recharge.limit_reached",
    "purchase",
    "auto_recharge",
    "deduction",
    "refund",
];
/// How many histories run at once.
const THREADS: u64 = 2;

/// One history, as far as it got.
struct History {
    cloud: Running,
    table: aws_sdk_dynamodb::Client,
    entropy: Entropy,
    faults: Faults,
    /// Number of ids that were made up.
    drawn: u64,
    /// Deductions by their keys: tokens, and the answer, once one was heard that says it took them.
    deductions: BTreeMap<String, (i64, Option<Value>)>,
    /// Reservations that were answered, by their ids: tokens and when their time is over.
    reservations: BTreeMap<String, (i64, Timestamp)>,
    /// Months whose included tokens reservations hold: their items are forgotten after a while.
    months: BTreeMap<String, billing::month::Month>,
    /// Checkout pages that were answered.
    pages: Vec<String>,
    /// The spending limit; it only ever grows.
    limit: i64,
    /// What was done and answered, in the order of it.
    log: Vec<String>,
    /// The kinds of what the timeline and the ledger say in the end.
    seen: BTreeSet<String>,
}

impl History {
    async fn begin(seed: u64) -> Self {
        let cloud = shop().await;
        super::settled(&cloud).await;
        let entropy = Entropy::seeded(seed);
        // Every third one is calm: it goes further, where the others break off.
        let percent = |most: u64| match (seed % 3, u32::try_from(entropy.below(most))) {
            (0, _) | (_, Err(_)) => Probability::percent(0),
            (_, Ok(percent)) => Probability::percent(percent),
        };
        let faults = Faults {
            throttle: percent(5),
            conflict: percent(5),
            timeout_before: percent(4),
            timeout_after_commit: percent(6),
            crash: percent(7),
        };
        cloud.stripe().with_engine(|engine| {
            engine.stripe.faults.reseed(seed);
            engine.stripe.faults.set(Chances {
                duplicate: Probability::percent(15),
                reorder: Probability::percent(30),
                drop: percent(10),
                // Every fifth one hears of some things days later only.
                delay: if seed % 5 == 4 { percent(20) } else { Probability::percent(0) },
                api_error: percent(4),
                api_rate_limit: percent(4),
                api_lost_response: percent(4),
                ..Chances::default()
            });
        });
        // Every fourth one is without AWS's and Stripe's limits: there the seed alone says what
        // fails.
        if seed % 4 != 3 {
            cloud.limit(Limits::ALL, Some(Rates::LIVE), seed);
        }
        let table = crate::world::dynamodb(&cloud);
        let mut history = Self {
            cloud,
            table,
            entropy,
            faults,
            drawn: 0,
            deductions: BTreeMap::new(),
            reservations: BTreeMap::new(),
            months: BTreeMap::new(),
            pages: Vec::new(),
            limit: 0,
            log: Vec::new(),
            seen: BTreeSet::new(),
        };
        history.limit = [500, 1_000, 2_500, 5_000][history.pick(4)];
        history
    }

    fn below(&self, limit: i64) -> i64 {
        i64::try_from(self.entropy.below(u64::try_from(limit).unwrap())).unwrap()
    }

    fn pick(&self, choices: usize) -> usize {
        usize::try_from(self.entropy.below(u64::try_from(choices).unwrap())).unwrap()
    }

    fn one_of<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.pick(all.len()))
    }

    fn draw(&mut self, prefix: &str) -> String {
        self.drawn += 1;
        format!("{prefix}-{}", self.drawn)
    }

    fn say(&mut self, line: String) {
        self.log.push(line);
    }

    /// From now on calls pass as this history has it, or as nothing can go wrong.
    fn gate(&self, faults: Faults) {
        self.cloud.gate().set_mode(Mode::Stepped(faults), self.entropy.below(u64::MAX));
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Request<Bytes> {
        let whose = if path.starts_with("/v1/staff") {
            self.cloud.staff_key()
        } else {
            self.cloud.vendor_key()
        };
        let mut request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header("authorization", format!("Bearer {whose}"))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        request.body(body).unwrap()
    }

    /// A request that is sent again until it is finished, with the same key; now and then nobody
    /// bothers. Status 0 then.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> (u16, Value) {
        for _ in 0..TRIES {
            let request = self.request(&method, path, key, body);
            let answer = Box::pin(self.cloud.send(request)).await;
            let status = answer.status().as_u16();
            if status < 500 {
                let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
                let said = [&body["code"], &body["id"], &body["balance"], &body["status"]];
                let said: Vec<_> = said.iter().filter(|it| !it.is_null()).collect();
                self.say(format!("  {method} {path}: {status} {said:?}"));
                return (status, body);
            }
            self.say(format!("  {method} {path}: {status}"));
            if self.below(6) == 0 {
                break;
            }
        }
        (0, Value::Null)
    }

    async fn step(&mut self) {
        match self.below(30) {
            0..=4 => self.deduct().await,
            5..=7 => self.deduct_together().await,
            8 | 9 => self.deduct_again().await,
            10 | 11 => self.reserve().await,
            12..=14 => self.end_reservation().await,
            15 => self.set_recharge().await,
            16 | 17 => self.buy().await,
            18 => self.visit(),
            19 => self.look_at_purchase().await,
            20 | 21 => self.swap_card(),
            22 | 23 => self.visit_action_page().await,
            24 => self.refund(),
            25 => self.show_evidence(),
            26 | 27 => self.post_again().await,
            28 => self.adjust().await,
            _ => self.wait().await,
        }
        match self.below(10) {
            0..=4 => self.go_on("0s").await,
            5 | 6 => self.wait().await,
            _ => {}
        }
    }

    /// A while passes: seconds mostly, and now and then past the month's end.
    async fn wait(&mut self) {
        let now = self.cloud.clock().now();
        let length = match self.below(12) {
            0..=2 => format!("{}s", 1 + self.below(90)),
            3..=5 => format!("{}m", 1 + self.below(120)),
            6..=8 => format!("{}h", 1 + self.below(30)),
            9 | 10 => format!("{}d", 1 + self.below(4)),
            _ => {
                let end = billing::month::Month::of(now).end();
                format!("{}s", end.0 - now.0 + self.below(7_200))
            }
        };
        self.go_on(&length).await;
    }

    async fn go_on(&mut self, length: &str) {
        self.say(format!("clock {length}"));
        Box::pin(self.cloud.clock().advance(length)).await.unwrap();
    }

    async fn run(&mut self) {
        self.gate(Faults::default());
        if self.below(4) > 0 {
            super::card(&self.cloud, "pm_card_visa");
            self.set_recharge().await;
        }
        for nth in 0..STEPS {
            self.gate(self.faults);
            self.say(format!("step {nth}"));
            self.step().await;
            self.gate(Faults::default());
            self.check().await;
            if nth % 10 == 9 {
                self.check_what_is_shown().await;
            }
        }
        self.gate(Faults::default());
        self.end().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test by hand")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// How a history went.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    log: Vec<String>,
    seen: BTreeSet<String>,
    has_failed: bool,
}

async fn one(seed: u64) -> Ended {
    let mut history = Box::pin(History::begin(seed)).await;
    let run = Box::pin(history.run());
    let has_failed = AssertUnwindSafe(run).catch_unwind().await.is_err();
    let History { log, seen, .. } = history;
    Ended { log, seen, has_failed }
}

fn histories(seeds: Range<u64>) -> BTreeMap<u64, Ended> {
    let (next, ended) = (AtomicU64::new(seeds.start), Mutex::new(BTreeMap::new()));
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let told = runtime.block_on(one(seed));
            ended.lock().unwrap().insert(seed, told);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    ended.into_inner().unwrap()
}

/// Goal: whatever happens and breaks, in whatever order it is told, the books, Stripe and what was
/// answered agree.
#[test]
fn random_histories_keep_the_books() {
    let first = number("TOLLGATE_WALK_FIRST").unwrap_or(0);
    let count = number("TOLLGATE_WALK_HISTORIES").unwrap_or(HISTORIES);
    let ended = histories(first..first + count);
    let failed: Vec<_> = ended.iter().filter(|(_, ended)| ended.has_failed).collect();
    if let Some((seed, Ended { log, .. })) = failed.first() {
        let seeds: Vec<_> = failed.iter().map(|(seed, _)| seed).collect();
        let log = log[log.len().saturating_sub(LOG_LINES)..].join("\n");
        panic!(
            "histories {seeds:?} failed, as is said above. The end of {seed}:\n{log}\nReplay it: TOLLGATE_WALK_FIRST={seed} \
             TOLLGATE_WALK_HISTORIES=1 cargo test -p tests --test e2e credits::walk"
        );
    }
    if count >= HISTORIES {
        // A walk that never comes by would prove nothing.
        let seen: BTreeSet<_> = ended.values().flat_map(|ended| &ended.seen).collect();
        let missing: Vec<_> =
            WAYS.iter().filter(|way| !seen.contains(&(**way).to_owned())).collect();
        assert!(missing.is_empty(), "{missing:?} never happened: {seen:?}");
    }
}

/// Goal: a seed is a history: the same one again, whatever the machine does.
#[test]
fn a_seed_replays() {
    assert_eq!(histories(1..2), histories(1..2));
}
