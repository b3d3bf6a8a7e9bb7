//! The budget of an account: requests in a minute that call Stripe.
//!
//! Stripe limits the calls of all our accounts together. So one account that asks without end would
//! take the calls of all others; its requests are refused first.

use crate::time::Timestamp;

/// Requests that an account has in a minute.
pub const REQUESTS_MAX: u64 = 120;
/// Length of a minute, in seconds.
const MINUTE_SECONDS: i64 = 60;

/// Routes that call Stripe for an account at any rate: of the API, and pages and forms of the
/// dashboard. What is done under the account's lease is done one at a time, and an invoice is paid
/// five times an hour: these need no budget.
const ROUTES: [&str; 9] = [
    "GET /v1/accounts/{id}/invoices/upcoming",
    "GET /v1/accounts/{id}/invoices/{invoice_id}",
    "POST /v1/accounts/{id}/portal-sessions",
    "POST /v1/accounts/{id}/credits/purchases",
    "POST /v1/accounts/{id}/subscription/preview",
    "GET /billing/{id}/plan/review",
    "GET /billing/{id}/invoices/{invoice_id}",
    "POST /billing/{id}/payment-method",
    "POST /billing/{id}/credits/purchases",
];

/// True for a route that draws on the budget.
pub fn draws_on(route: &str) -> bool {
    ROUTES.contains(&route)
}

/// A minute of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// Its first second.
    pub begins_at: Timestamp,
}

impl Minute {
    /// The minute of a moment.
    pub fn of(now: Timestamp) -> Self {
        let into = now.0.rem_euclid(MINUTE_SECONDS);
        Self { begins_at: now.plus_seconds(into.saturating_neg()) }
    }

    /// First second behind it.
    pub fn ends_at(self) -> Timestamp {
        self.begins_at.plus_seconds(MINUTE_SECONDS)
    }

    /// Seconds from a moment to its end; at least one.
    pub fn seconds_left(self, now: Timestamp) -> u64 {
        self.ends_at().0.saturating_sub(now.0).max(1).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a minute begins and ends with the clock's, and says how long it lasts.
    #[test]
    fn a_minute_is_the_clocks() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let minute = Minute::of(at("2026-12-01T09:30:59Z"));
        assert_eq!(minute.begins_at, at("2026-12-01T09:30:00Z"));
        assert_eq!(minute.ends_at(), at("2026-12-01T09:31:00Z"));
        assert_eq!(minute.seconds_left(at("2026-12-01T09:30:59Z")), 1);
        assert_eq!(minute.seconds_left(at("2026-12-01T09:30:00Z")), 60);
        assert_eq!(Minute::of(minute.ends_at()).begins_at, minute.ends_at());
    }
}
