//! Requests for a change, checked: every wrong field is named.

use billing::plan_change::Target;
use catalog::Catalog;
use plans_commands::Ways;
use runtime::Problem;
use runtime::origins::{NOT_AN_ORIGIN, Origins};
use runtime::problem::FieldProblem;
use views::requests::subscriptions::ChangeSubscription;

/// The subscription as it is to be.
pub(crate) fn target(input: &ChangeSubscription, catalog: &Catalog) -> Result<Target, Problem> {
    plans_commands::target(catalog, (&input.plan, &input.interval), input.seats)
}

/// Addresses behind Checkout: those of the request, as far as they are allowed, else the first that
/// is.
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
