//! What staff typed or sent, checked: every wrong field is named. One home for the staff API and
//! the staff desk.

use billing::account::NET_DAYS_MAX;
use billing::fact::Collection;
use billing::family::SUB_ACCOUNTS_MAX;
use billing::money::Money;
use billing::plan_change::Target;
use billing::staff::REASON_CHARACTERS_MAX;
use billing::words::Word;
use catalog::{Catalog, Interval, Plan, Sold};
use runtime::Problem;
use runtime::input::{Checks, NOT_PLAIN, is_plain};

use crate::{Prices, Terms, Wanted};

/// Largest price, in minor units: eight digits, Stripe's limit.
const AMOUNT_MAX: i64 = 99_999_999;

/// Terms of payment as staff give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenTerms {
    /// `automatic` or `manual`.
    pub collection: String,
    /// Days in which sent invoices are due.
    pub net_days: Option<u32>,
}

/// A plan as staff give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenPlan {
    /// Plan of the catalog.
    pub plan: String,
    /// `month` or `year`.
    pub interval: String,
    /// Seats of a plan that has some.
    pub seats: Option<u64>,
    /// Negotiated prices, in minor units of the catalog's currency: of the plan and of a seat.
    pub prices: Option<(i64, Option<i64>)>,
    /// True if the account is a partner's; none leaves the mark as it is.
    pub partner: Option<bool>,
}

impl GivenTerms {
    /// The terms.
    ///
    /// # Errors
    /// 422 that names each wrong field.
    pub fn checked(&self) -> Result<Terms, Problem> {
        let mut checks = Checks::default();
        let collection = Collection::of_word(&self.collection);
        checks.expect(collection.is_some(), "collection", "`automatic` or `manual` is expected.");

        let (fits, detail) = match collection {
            Some(Collection::Manual) => (
                self.net_days.is_some_and(|days| (1..=NET_DAYS_MAX).contains(&days)),
                "1 to 365 days are expected, in which sent invoices are due.",
            ),
            Some(Collection::Automatic) | None => (
                self.net_days.is_none_or(|days| days == 0) || collection.is_none(),
                "Invoices that are charged have no such days.",
            ),
        };
        checks.expect(fits, "net_days", detail);
        checks.passed()?;

        let collection = collection.ok_or_else(Problem::internal)?;
        Ok(Terms { collection, net_days: self.net_days.unwrap_or_default() })
    }
}

impl GivenPlan {
    /// The plan that is wanted.
    ///
    /// # Errors
    /// 422 that names each wrong field.
    pub fn checked(self, catalog: &Catalog) -> Result<Wanted, Problem> {
        let Self { plan: id, interval, seats, prices, partner } = self;
        let mut checks = Checks::default();
        let plan = catalog.plan(&id).filter(|plan| can_be_set(plan));
        let detail = "A plan with a fee, from the catalog, that is still sold is expected.";
        checks.expect(plan.is_some(), "plan", detail);
        let interval = Interval::parse(&interval);
        checks.expect(interval.is_some(), "interval", "`month` or `year` is expected.");
        let (Some(plan), Some(interval)) = (plan, interval) else {
            checks.passed()?;
            return Err(Problem::internal());
        };

        check_seats(plan, seats, &mut checks);
        let prices = negotiated(plan, prices, &mut checks);
        let is_sold = prices.is_some() || plan.price(interval).is_some();
        let detail = "The plan has no price for it: `prices` would give it one.";
        checks.expect(is_sold, "interval", detail);
        checks.passed()?;

        let target = Target { plan: id, interval: interval.into(), seats: seats.unwrap_or(1) };
        Ok(Wanted { target, prices, partner })
    }
}

/// A reason of staff.
///
/// # Errors
/// 422 for one that is empty or too long.
pub fn checked_reason(reason: &str) -> Result<(), Problem> {
    let mut checks = Checks::default();
    let fits = !reason.trim().is_empty() && reason.chars().count() <= REASON_CHARACTERS_MAX;
    let detail = format!("A text of 1 to {REASON_CHARACTERS_MAX} characters is expected.");
    checks.expect(fits, "reason", &detail);
    checks.expect(is_plain(reason), "reason", NOT_PLAIN);
    checks.passed()
}

/// Number of sub-accounts that a parent may have.
///
/// # Errors
/// 422 for one that is out of range.
pub fn checked_sub_account_limit(accounts: u32) -> Result<u32, Problem> {
    let mut checks = Checks::default();
    let detail = format!("1 to {SUB_ACCOUNTS_MAX} sub-accounts are expected.");
    checks.expect_range((1..=SUB_ACCOUNTS_MAX).contains(&accounts), "accounts", &detail);
    checks.passed()?;
    Ok(accounts)
}

/// True for a plan that staff can set.
pub fn can_be_set(plan: &Plan) -> bool {
    let is_sold = match plan.sold {
        Sold::ToAll | Sold::ByStaff => true,
        Sold::NotAnyMore => false,
    };
    is_sold && !plan.prices.is_empty()
}

fn check_seats(plan: &Plan, seats: Option<u64>, checks: &mut Checks) {
    match (plan.seats_max, seats) {
        (Some(most), Some(seats)) => {
            let fits = (1..=u64::from(most)).contains(&seats);
            checks.expect(fits, "seats", &format!("1 to {most} seats are expected."));
        }
        (Some(_), None) => {
            checks.expect(false, "seats", "`seats` is needed: the plan has seats.");
        }
        (None, seats) => {
            let fits = seats.is_none_or(|seats| seats == 1);
            checks.expect(fits, "seats", "The plan has no seats.");
        }
    }
}

/// In the catalog's currency of the plan.
fn negotiated(
    plan: &Plan,
    given: Option<(i64, Option<i64>)>,
    checks: &mut Checks,
) -> Option<Prices> {
    let (amount, seat_amount) = given?;
    let currency = plan.prices.first()?.amount.currency;
    let is_price = |amount: i64| (0..=AMOUNT_MAX).contains(&amount);
    let detail = "0 to 99999999 minor units are expected, without tax.";
    checks.expect(is_price(amount), "prices.amount", detail);
    checks.expect(seat_amount.is_none_or(is_price), "prices.seat_amount", detail);
    let detail = match plan.seats_max {
        Some(_) => "`seat_amount` is needed: the plan has seats.",
        None => "The plan has no seats.",
    };
    checks.expect(seat_amount.is_some() == plan.seats_max.is_some(), "prices.seat_amount", detail);
    let money = |amount: i64| Money::new(amount, currency);
    Some(Prices { plan: money(amount), seat: seat_amount.map(money) })
}
