//! Random histories of an account by the front door: customers, staff and people at Stripe act, the
//! clock runs, and whatever can break does.
//!
//! One cloud for each history, its clock frozen and its gate stepped by the seed, with all faults
//! and limits of the local cloud. Foreign subscriptions, pauses of the vendor's people, cards,
//! invoices and credit notes appear at Stripe at any moment. After quiet days the books must equal
//! Stripe's, field by field ([`check`]), and nothing may be left over.
//!
//! `cargo test` runs [`HISTORIES`]. More, and others: `TOLLGATE_WALK_HISTORIES=2000 cargo test -p
//! tests --test e2e -- walk::accounts`; `TOLLGATE_WALK_FIRST=17 TOLLGATE_WALK_HISTORIES=1` replays
//! one that failed.

mod acts;
mod check;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Method, Request};
use local::Running;
use local::gate::{Faults, Limits, Mode, Probability};
use runtime::Entropy;
use serde_json::Value;
use stripe_simulator::faults::Chances;
use stripe_simulator::rates::Rates;

use crate::shop::{shop, team};

/// Histories of each run, unless the environment says otherwise.
const HISTORIES: u64 = 20;
/// Steps of each.
const STEPS: u32 = 30;
/// Most times that an unfinished request is sent again.
const TRIES: u32 = 8;
/// Lines of a failed history that are printed.
const LOG_LINES: usize = 120;
/// Threads that run histories.
const THREADS: u64 = 2;
/// Kinds of entries and acts that come by in some history of each run.
const WAYS: [&str; 17] = [
    "account.past_due",
    "account.disabled",
    "account.reactivated",
    "subscription.changed",
    "subscription.change_booked",
    "subscription.rest_billed",
    "invoice.paid",
    "invoice.voided",
    "credit_note.issued",
    "usage.closed",
    "collection.changed",
    "billing_details.changed",
    "bought",
    "foreign subscription",
    "foreign pause",
    "cancelled",
    "plan of staff",
];

/// One history, as far as it got.
struct History {
    cloud: Running,
    table: aws_sdk_dynamodb::Client,
    entropy: Entropy,
    faults: Faults,
    /// Number of ids that were made up.
    drawn: u64,
    /// Checkout pages that were answered.
    pages: Vec<String>,
    /// Foreign subscriptions, as people last left them.
    foreign: BTreeMap<String, Value>,
    /// Acts and answers, in their order.
    log: Vec<String>,
    /// Kinds of what happened.
    seen: BTreeSet<String>,
}

impl History {
    async fn begin(seed: u64) -> Self {
        let entropy = Entropy::seeded(seed);
        let cloud = if entropy.below(2) == 0 { shop().await } else { team().await.0 };
        cloud.clock().run_due().await;
        // Every third one is calm: it goes further, where the others break off.
        let percent = |most: u64| match (seed % 3, u32::try_from(entropy.below(most))) {
            (0, _) | (_, Err(_)) => Probability::percent(0),
            (_, Ok(percent)) => Probability::percent(percent),
        };
        let faults = Faults {
            throttle: percent(4),
            conflict: percent(5),
            timeout_before: percent(3),
            timeout_after_commit: percent(5),
            crash: percent(4),
        };
        cloud.stripe().with_engine(|engine| {
            engine.stripe.faults.reseed(seed);
            engine.stripe.faults.set(Chances {
                duplicate: Probability::percent(10),
                reorder: Probability::percent(30),
                drop: percent(8),
                // Every fifth one hears of some things days later only.
                delay: if seed % 5 == 4 { percent(15) } else { Probability::percent(0) },
                api_error: percent(4),
                api_rate_limit: percent(4),
                api_lost_response: percent(4),
                ..Chances::default()
            });
        });
        if seed % 4 != 3 {
            cloud.limit(Limits::ALL, Some(Rates::LIVE), seed);
        }
        let table = crate::world::dynamodb(&cloud);
        Self {
            cloud,
            table,
            entropy,
            faults,
            drawn: 0,
            pages: Vec::new(),
            foreign: BTreeMap::new(),
            log: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    fn below(&self, limit: u64) -> u64 {
        self.entropy.below(limit)
    }

    fn one_of<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        let place = usize::try_from(self.below(u64::try_from(all.len()).ok()?.max(1))).ok()?;
        all.get(place)
    }

    fn draw(&mut self, prefix: &str) -> String {
        self.drawn += 1;
        format!("{prefix}-{}", self.drawn)
    }

    fn say(&mut self, line: String) {
        self.log.push(line);
    }

    fn see(&mut self, what: &str) {
        self.seen.insert(what.to_owned());
    }

    /// From now on calls pass as these faults say.
    fn gate(&self, faults: Faults) {
        self.cloud.gate().set_mode(Mode::Stepped(faults), self.entropy.below(u64::MAX));
    }

    /// A request that is sent again until it is finished, with the same key; now and then nobody
    /// bothers. Status 0 then.
    async fn ask(&mut self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let key = self.draw("key");
        let whose = if path.starts_with("/v1/staff") {
            self.cloud.staff_key().to_owned()
        } else {
            self.cloud.vendor_key().to_owned()
        };
        for _ in 0..TRIES {
            let text = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
            let request = Request::builder()
                .method(method.clone())
                .uri(path)
                .header("authorization", format!("Bearer {whose}"))
                .header("content-type", "application/json")
                .header("idempotency-key", &key)
                .body(text)
                .unwrap();
            let answer = Box::pin(self.cloud.send(request)).await;
            let status = answer.status().as_u16();
            let body: Value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
            self.say(format!("  {method} {path}: {status} {} {}", body["code"], body["plan"]));
            let waits = ["change_in_progress", "idempotency_in_progress"];
            let waits = waits.iter().any(|code| body["code"] == *code);
            if status < 500 && !waits {
                return (status, body);
            }
            if waits {
                self.go_on("40s").await;
            }
            if self.below(6) == 0 {
                break;
            }
        }
        (0, Value::Null)
    }

    async fn go_on(&mut self, length: &str) {
        self.say(format!("clock {length}"));
        Box::pin(self.cloud.clock().advance(length)).await.unwrap();
    }

    async fn run(&mut self) {
        for nth in 0..STEPS {
            self.gate(self.faults);
            let now = self.cloud.clock().now();
            self.say(format!("step {nth} on {now}"));
            self.step().await;
            self.gate(Faults::default());
            self.check_foreign();
        }
        self.gate(Faults::default());
        self.end().await;
    }
}

/// End of a history.
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
            let end = runtime.block_on(one(seed));
            ended.lock().unwrap().insert(seed, end);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    ended.into_inner().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test by hand")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Goal: whatever happens and breaks, in whatever order it is heard, the books equal Stripe's.
#[test]
fn accounts_keep_their_books() {
    let first = number("TOLLGATE_WALK_FIRST").unwrap_or(0);
    let count = number("TOLLGATE_WALK_HISTORIES").unwrap_or(HISTORIES);

    let ended = histories(first..first + count);

    let failed: Vec<_> = ended.iter().filter(|(_, ended)| ended.has_failed).collect();
    if let Some((seed, Ended { log, .. })) = failed.first() {
        let seeds: Vec<_> = failed.iter().map(|(seed, _)| seed).collect();
        let log = log[log.len().saturating_sub(LOG_LINES)..].join("\n");
        panic!(
            "histories {seeds:?} failed, as is said above. The end of {seed}:\n{log}\nReplay it: \
             TOLLGATE_WALK_FIRST={seed} TOLLGATE_WALK_HISTORIES=1 cargo test -p tests --test e2e \
             walk::accounts"
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
