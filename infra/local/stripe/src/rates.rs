//! Stripe's rate limits (docs.stripe.com/rate-limits): requests a second of an account, and of each
//! endpoint. Off unless they are set.
//!
//! A second is one of the clock, and of the caller's stopwatch where it says how much later it is:
//! a clock that stands still would never let another request through.

use std::collections::BTreeMap;

use billing::time::Timestamp;
use http::Method;
use serde::{Deserialize, Serialize};

/// Seconds behind the newest for which requests are counted: callers' stopwatches differ by
/// minutes.
const SECONDS_KEPT: i64 = 900;

/// Limits of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Requests a second, of whatever kind.
    pub account: u32,
    /// Requests a second of one endpoint.
    pub endpoint: u32,
}

impl Rates {
    /// Of live mode.
    pub const LIVE: Self = Self { account: 100, endpoint: 25 };
    /// Of a sandbox.
    pub const SANDBOX: Self = Self { account: 25, endpoint: 25 };
}

/// Requests that were let through.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Buckets {
    rates: Option<Rates>,
    all: BTreeMap<i64, u32>,
    #[serde(with = "crate::kept::pairs")]
    of: BTreeMap<(i64, String), u32>,
    refused: u64,
}

impl Buckets {
    /// Sets the limits, or none.
    pub fn set(&mut self, rates: Option<Rates>) {
        *self = Self { rates, ..Self::default() };
    }

    /// The limits.
    pub fn get(&self) -> Option<Rates> {
        self.rates
    }

    /// Number of requests that were refused since the limits were set.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Lets a request through, if there is room for it in its second.
    pub fn admits(&mut self, (method, path): (&Method, &str), at: Timestamp, late: u64) -> bool {
        let Some(Rates { account, endpoint }) = self.rates else { return true };
        let late = i64::try_from(late.div_euclid(1_000)).unwrap_or(0);
        let second = at.plus_seconds(late).0;
        self.forget(second.saturating_sub(SECONDS_KEPT));

        let all = self.all.entry(second).or_default();
        let of = self.of.entry((second, endpoint_of(method, path))).or_default();
        if *all >= account || *of >= endpoint {
            self.refused = self.refused.saturating_add(1);
            return false;
        }
        *all = all.saturating_add(1);
        *of = of.saturating_add(1);
        true
    }

    fn forget(&mut self, before: i64) {
        if self.all.keys().next().is_some_and(|oldest| *oldest < before) {
            self.all = self.all.split_off(&before);
            self.of = self.of.split_off(&(before, String::new()));
        }
    }
}

/// Method and path, without the ids in it: `POST /v1/invoices/:id/finalize`.
fn endpoint_of(method: &Method, path: &str) -> String {
    let parts = path.split('/').map(|part| {
        let is_id = part.contains('_') && part.contains(|c: char| c.is_ascii_digit());
        if is_id { ":id" } else { part }
    });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: each endpoint has its limit, all together have theirs, and the next second begins
    /// anew.
    #[test]
    fn each_second_has_its_requests() {
        let mut buckets = Buckets::default();
        let now = Timestamp(1_000);
        let let_through = |buckets: &mut Buckets, path: &str, late| {
            (0..200).filter(|_| buckets.admits((&Method::GET, path), now, late)).count()
        };
        assert_eq!(let_through(&mut buckets, "/v1/prices", 0), 200, "without limits");

        buckets.set(Some(Rates::LIVE));
        assert_eq!(let_through(&mut buckets, "/v1/prices", 0), 25);
        assert_eq!(let_through(&mut buckets, "/v1/invoices/in_1", 0), 25);
        assert_eq!(let_through(&mut buckets, "/v1/invoices/in_2", 0), 0, "the same endpoint");
        assert_eq!(let_through(&mut buckets, "/v1/products", 999), 25);
        assert_eq!(let_through(&mut buckets, "/v1/coupons", 999), 25);
        assert_eq!(let_through(&mut buckets, "/v1/refunds", 0), 0, "a hundred are through");
        assert_eq!(let_through(&mut buckets, "/v1/refunds", 1_000), 25, "a second later");
        assert_eq!(let_through(&mut buckets, "/v1/refunds", 0), 0, "a stopwatch behind");

        buckets.set(Some(Rates::SANDBOX));
        assert_eq!(let_through(&mut buckets, "/v1/prices", 0), 25);
        assert_eq!(let_through(&mut buckets, "/v1/products", 0), 0);
    }
}
