//! Usage of the demo: reported each day, so that by today each account has used what its story
//! needs, whatever day of the month it is.

use billing::month::{Day, Month};
use billing::time::{DAY_SECONDS, Timestamp};
use http::Method;
use serde_json::{Value, json};

use super::acts::Demo;

/// What a month comes to by today: account, resource, units.
const SUMS: [(&str, &str, u64); 9] = [
    // Beyond what Team includes: billed.
    ("acme-robotics", "sessions", 118_400),
    ("acme-robotics", "events", 741_000),
    // Free's limit is near.
    ("birch-labs", "sessions", 862),
    ("birch-labs", "events", 4_310),
    ("cobalt-media", "sessions", 83_900),
    ("cobalt-media", "events", 402_000),
    ("fjord-health", "sessions", 5_260),
    // Beyond what Free includes: restricted, if it were not disabled.
    ("dune-travel", "sessions", 1_240),
    ("ember-studio", "sessions", 320),
];
/// What is held by today: account, MB.
const LEVELS: [(&str, u64); 4] = [
    ("acme-robotics", 61_200),
    ("birch-labs", 388),
    ("cobalt-media", 24_050),
    ("fjord-health", 3_900),
];
/// Tokens that a month's jobs take by today.
const TOKENS: [(&str, u64); 2] = [("acme-robotics", 412_000), ("fjord-health", 1_350_000)];

/// Weights of the days of a week: people work from Monday to Friday.
const WEIGHTS: [u64; 7] = [10, 12, 13, 12, 9, 3, 2];
/// Days from the epoch, a Thursday, to its Monday.
const EPOCH_DAY: i64 = 3;

/// Reports the usage of a day.
pub(super) async fn report(demo: &Demo<'_>, ago: i64) {
    let at = demo.today.plus_seconds(DAY_SECONDS.saturating_mul(ago).saturating_neg());
    let share = Share::of(at, demo.today);
    let mut events: Vec<Value> = Vec::new();
    for (account, resource, month) in SUMS {
        let quantity = share.of_sum(month);
        events.push(json!({ "account": account, "resource": resource, "quantity": quantity }));
    }
    for (account, level) in LEVELS {
        let days = u64::try_from(ago).unwrap_or(0);
        let then = level.saturating_sub(level.saturating_mul(days).div_euclid(120));
        events.push(json!({ "account": account, "resource": "storage", "quantity": then }));
    }
    let events: Vec<Value> = events.into_iter().filter(|event| event["quantity"] != 0).collect();
    let batch = json!({ "batch_id": format!("demo-{ago}"), "events": events });
    demo.api(Method::POST, "/v1/usage", &batch).await;

    for (account, month) in TOKENS {
        let tokens = share.of_sum(month);
        if tokens > 0 {
            let path = format!("/v1/accounts/{account}/credits/deductions");
            let key = format!("demo-{account}-{ago}");
            let body = json!({ "tokens": tokens, "reason": "Company profiles enriched" });
            demo.keyed(Method::POST, (&path, Some(&key)), &body).await;
        }
    }
}

/// Share of a day in its month, up to today or the month's end.
struct Share {
    weight: u64,
    all: u64,
}

impl Share {
    fn of(at: Timestamp, today: Timestamp) -> Self {
        let month = Month::of(at);
        let last = today.min(month.end().plus_seconds(-1));
        let all = month.days_until(last.plus_seconds(1)).map(weight).sum();
        Self { weight: weight(Day::of(at)), all }
    }

    fn of_sum(&self, month: u64) -> u64 {
        month.saturating_mul(self.weight).checked_div(self.all).unwrap_or(0)
    }
}

fn weight(day: Day) -> u64 {
    let midnight = Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap_or(Timestamp::MIN);
    let days = midnight.0.div_euclid(DAY_SECONDS).saturating_add(EPOCH_DAY);
    let place = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
    WEIGHTS.get(place).copied().unwrap_or(1)
}
