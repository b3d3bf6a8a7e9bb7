//! Budgets: an account's requests in a minute that call Stripe, and all requests of one of its keys.
//!
//! Stripe limits the calls of all our accounts together, and Lambda runs a limited number of
//! functions at once. So one account that asks without end would take the calls and functions of
//! all others; its requests are refused first. The vendor and its staff have no budget: they ask for
//! many accounts, and the gateway's limits of each route hold for them.

use crate::time::Timestamp;

/// Requests that an account has in a minute.
pub const REQUESTS_MAX: u64 = 120;
/// Requests that a key of an account has in a minute, whatever they are for: 50 in a second. Warm
/// functions that have not yet added what they counted may let through
/// [`KEY_REQUESTS_ADDED`] more, each.
pub const KEY_REQUESTS_MAX: u64 = 3_000;
/// Requests of a key that a warm function counts in memory before it adds them to the table's
/// count: most keys ask less in a minute, and cost no write.
pub const KEY_REQUESTS_ADDED: u64 = 50;
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

/// Requests of a key in a minute, as one warm function knows them.
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    minute: Minute,
    /// Counted here and not yet added.
    here: u64,
    /// The table's count, as of when this function last added to it.
    all: u64,
}

/// What a request of a key meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The key has requests left.
    Admitted,
    /// So many are to be added to the table's count, which decides.
    Add(u64),
    /// The key has had all of this minute.
    Spent,
}

impl Tally {
    /// Nothing counted yet in the minute of a moment.
    pub fn new(now: Timestamp) -> Self {
        Self { minute: Minute::of(now), here: 0, all: 0 }
    }

    /// Counts a request.
    pub fn count(&mut self, now: Timestamp) -> Admission {
        if Minute::of(now) != self.minute {
            *self = Self::new(now);
        }
        if self.all.saturating_add(self.here) >= KEY_REQUESTS_MAX {
            return Admission::Spent;
        }
        self.here = self.here.saturating_add(1);
        if self.here < KEY_REQUESTS_ADDED {
            return Admission::Admitted;
        }
        Admission::Add(std::mem::take(&mut self.here))
    }

    /// The table's count with what was added: true if the key had requests left.
    pub fn added(&mut self, minute: Minute, all: u64) -> bool {
        if minute == self.minute {
            self.all = self.all.max(all);
        }
        all <= KEY_REQUESTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a key that asks less than is added at once costs nothing; one that asks without end is
    /// refused for the rest of the minute, and has all requests of the next.
    #[test]
    fn a_key_has_its_requests_of_a_minute() {
        let (first, next) = (Timestamp(60), Timestamp(120));
        let mut tally = Tally::new(first);
        let mut added = 0;
        for nth in 1..=KEY_REQUESTS_MAX {
            match tally.count(first) {
                Admission::Admitted => assert_ne!(nth % KEY_REQUESTS_ADDED, 0),
                Admission::Add(count) => {
                    assert_eq!((nth % KEY_REQUESTS_ADDED, count), (0, KEY_REQUESTS_ADDED));
                    added += count;
                    assert!(tally.added(Minute::of(first), added));
                }
                Admission::Spent => panic!("the request {nth} is refused"),
            }
        }
        assert_eq!(tally.count(Timestamp(119)), Admission::Spent);
        assert_eq!(tally.count(next), Admission::Admitted);
    }

    /// Goal: what other functions counted is known once this one adds, and only for its minute.
    #[test]
    fn the_tables_count_decides() {
        let now = Timestamp(60);
        let mut tally = Tally::new(now);
        assert!(!tally.added(Minute::of(now), KEY_REQUESTS_MAX + 1));
        assert_eq!(tally.count(now), Admission::Spent);

        let mut tally = Tally::new(Timestamp(120));
        assert!(!tally.added(Minute::of(now), KEY_REQUESTS_MAX + 1));
        assert_eq!(tally.count(Timestamp(120)), Admission::Admitted);
    }

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
