//! Requests of staff, read: what is wrong with a value is found in `plans_commands`, for the staff
//! desk too.

use catalog::Catalog;
use plans_commands::{
    GivenPlan, GivenTerms, Terms, Wanted, checked_reason, checked_sub_account_limit,
};
use runtime::input::body;
use runtime::{Problem, Request};
use views::requests::staff::{CloseAccount, SetCollection, SetPlan, SetSubAccountLimit};

/// Staff's word about when an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payment {
    /// As it is invoiced.
    AsInvoiced,
    /// A year or more upfront.
    Upfront,
}

impl Payment {
    fn of(upfront: Option<bool>) -> Self {
        if upfront == Some(true) { Self::Upfront } else { Self::AsInvoiced }
    }
}

/// Terms of payment that a request sets.
pub(crate) fn terms(request: &Request) -> Result<(Terms, Payment), Problem> {
    let SetCollection { collection, net_days, upfront } = body(request)?;
    let terms = GivenTerms { collection, net_days }.checked()?;
    Ok((terms, Payment::of(upfront)))
}

/// Plan that a request sets.
pub(crate) fn wanted(request: &Request, catalog: &Catalog) -> Result<Wanted, Problem> {
    let SetPlan { plan, interval, seats, prices, partner } = body(request)?;
    let prices = prices.map(|prices| (prices.amount, prices.seat_amount));
    GivenPlan { plan, interval, seats, prices, partner }.checked(catalog)
}

/// Reason of staff for closing an account.
pub(crate) fn reason(request: &Request) -> Result<String, Problem> {
    let CloseAccount { reason } = body(request)?;
    checked_reason(&reason)?;
    Ok(reason)
}

/// Number of sub-accounts that a request allows.
pub(crate) fn sub_account_limit(request: &Request) -> Result<u32, Problem> {
    let SetSubAccountLimit { accounts } = body(request)?;
    checked_sub_account_limit(accounts)
}
