//! Requests for a change, checked: every wrong field is named.

use billing::fact::Interval;
use billing::plan_change::Target;
use billing::words::Word;
use catalog::Catalog;
use plans_commands::Ways;
use runtime::Problem;
use runtime::origins::{NOT_AN_ORIGIN, Origins};
use runtime::problem::FieldProblem;
use views::requests::subscriptions::ChangeSubscription;

/// The subscription as it is to be. Seats may be left out where a plan has none.
pub(crate) fn target(input: &ChangeSubscription, catalog: &Catalog) -> Result<Target, Problem> {
    let has_seats = catalog.plan(&input.plan).is_some_and(|plan| plan.seats_max.is_some());
    let mut wrong = Vec::new();
    let interval = Interval::of_word(&input.interval)
        .filter(|interval| matches!(interval, Interval::Month | Interval::Year));
    if interval.is_none() {
        wrong.push(field("interval", "`month` or `year` is expected."));
    }
    if has_seats && input.seats.is_none() {
        wrong.push(FieldProblem::missing("seats"));
    }
    match interval {
        Some(interval) if wrong.is_empty() => {
            let seats = input.seats.unwrap_or(1);
            Ok(Target { plan: input.plan.clone(), interval, seats })
        }
        Some(_) | None => Err(Problem::invalid(wrong)),
    }
}

/// Addresses behind Checkout: those of the request, as far as they are allowed, else the first that is.
pub(crate) fn ways(input: &ChangeSubscription, origins: &Origins) -> Result<Ways, Problem> {
    let mut wrong = Vec::new();
    let mut way = |name: &'static str, given: &Option<String>| match given {
        Some(url) if origins.allow(url) => url.clone(),
        Some(_) => {
            wrong.push(field(name, NOT_AN_ORIGIN));
            String::new()
        }
        None => origins.first().unwrap_or_else(|| {
            wrong.push(field(name, "An address to go back to is expected."));
            String::new()
        }),
    };
    let success_url = way("success_url", &input.success_url);
    let cancel_url = way("cancel_url", &input.cancel_url);
    if wrong.is_empty() {
        Ok(Ways { success_url, cancel_url })
    } else {
        Err(Problem::invalid(wrong))
    }
}

fn field(field: &str, detail: &str) -> FieldProblem {
    FieldProblem::invalid(field, detail)
}
