//! The wish for a plan as callers write it, checked: every wrong field is named.

use billing::fact::Interval;
use billing::plan_change::Target;
use billing::words::Word;
use catalog::Catalog;
use runtime::Problem;
use runtime::input::Checks;
use runtime::problem::FieldProblem;

/// The subscription as it is to be. Seats may be left out where a plan has none.
///
/// # Errors
/// 422 with every wrong field.
pub fn target(
    catalog: &Catalog,
    (plan, interval): (&str, &str),
    seats: Option<u64>,
) -> Result<Target, Problem> {
    let has_seats = catalog.plan(plan).is_some_and(|plan| plan.seats_max.is_some());
    let interval = Interval::of_word(interval)
        .filter(|interval| matches!(interval, Interval::Month | Interval::Year));

    let mut checks = Checks::default();
    checks.expect(interval.is_some(), "interval", "`month` or `year` is expected.");
    if has_seats && seats.is_none() {
        checks.add(FieldProblem::missing("seats"));
    }
    checks.passed()?;

    let interval = interval.ok_or_else(Problem::internal)?;
    Ok(Target { plan: plan.to_owned(), interval, seats: seats.unwrap_or(1) })
}
