//! Limits of AWS and the time that calls take: off unless they are set, and seeded.

use std::time::Duration;

use billing::events::ANSWER_MILLISECONDS_MAX;
use runtime::Entropy;
use serde::{Deserialize, Serialize};

use super::operation::WEBHOOK;

/// Longest waits of functions' clients, in milliseconds, by service.
const AWS_WAIT_MILLISECONDS: u64 = runtime::host::CALL_MILLISECONDS_MAX;
const STRIPE_WAIT_MILLISECONDS: u64 = stripe_requests::client::CALL_MILLISECONDS_MAX;

/// Shares of a thousand calls, with the least and the most milliseconds that each takes.
type Times = [(u64, u64, u64); 3];
const TABLE: Times = [(950, 2, 15), (40, 15, 200), (10, 200, 1_400)];
const QUEUE: Times = [(950, 4, 30), (40, 30, 300), (10, 300, 1_400)];
const STRIPE: Times = [(900, 80, 600), (90, 600, 2_500), (10, 2_500, 5_800)];

/// Limits that hold at each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// A transaction holds its items from its arrival to its answer: another write of one
    /// conflicts.
    pub conflicts: bool,
    /// Most writes that a query of an index may be behind the table.
    pub index_lag_writes: u64,
    /// Each call takes time on its invocation's stopwatch, and the template's `Timeout` ends it.
    pub latency: bool,
    /// Queues deliver in any order, and now and then a message that was deleted once more.
    pub disorder: bool,
}

impl Limits {
    /// All of them.
    pub const ALL: Self =
        Self { conflicts: true, index_lag_writes: 6, latency: true, disorder: true };
}

/// Time that an answered call takes.
pub fn time(service: &str, entropy: &Entropy) -> Duration {
    let times = match service {
        "Stripe" => STRIPE,
        "DynamoDB" => TABLE,
        _ => QUEUE,
    };

    let mut place = entropy.below(1_000);
    for (share, least, most) in times {
        if place < share {
            let spread = most.saturating_sub(least);
            return Duration::from_millis(least.saturating_add(entropy.below(spread)));
        }
        place = place.saturating_sub(share);
    }
    Duration::ZERO
}

/// Time after which a function's client gives a call up.
pub fn patience(service: &str) -> Duration {
    let milliseconds = match service {
        "Stripe" => STRIPE_WAIT_MILLISECONDS,
        WEBHOOK => ANSWER_MILLISECONDS_MAX,
        _ => AWS_WAIT_MILLISECONDS,
    };
    Duration::from_millis(milliseconds)
}
