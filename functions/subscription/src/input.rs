//! What a request asks for.

use billing::fact::Interval;
use billing::plan_change::{Offer, Refused, Target};
use billing::words::Word;
use catalog::{Catalog, Sold};
use runtime::Problem;
use runtime::origins::Origins;
use runtime::problem::FieldProblem;
use serde::Deserialize;

/// A change, or a question what it would cost.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    plan: String,
    interval: String,
    seats: Option<u64>,
    #[serde(default)]
    pub(crate) preview_id: Option<String>,
    #[serde(default)]
    success_url: Option<String>,
    #[serde(default)]
    cancel_url: Option<String>,
}

/// Where people go from Checkout.
#[derive(Debug, Clone)]
pub(crate) struct Ways {
    pub(crate) success_url: String,
    pub(crate) cancel_url: String,
}

impl Input {
    /// What the subscription is to be. Seats may be left out where a plan has none.
    pub(crate) fn target(&self, catalog: &Catalog) -> Result<Target, Problem> {
        let has_seats = catalog.plan(&self.plan).is_some_and(|plan| plan.seats_max.is_some());
        let mut wrong = Vec::new();
        let interval = Interval::of_word(&self.interval)
            .filter(|interval| matches!(interval, Interval::Month | Interval::Year));
        if interval.is_none() {
            wrong.push(field("interval", "`month` or `year` is expected."));
        }
        if has_seats && self.seats.is_none() {
            wrong.push(field("seats", "How many seats is expected: the plan has some."));
        }
        match interval {
            Some(interval) if wrong.is_empty() => {
                let seats = self.seats.unwrap_or(1);
                Ok(Target { plan: self.plan.clone(), interval, seats })
            }
            Some(_) | None => Err(Problem::invalid(wrong)),
        }
    }

    /// Where people go from Checkout: where the request says, as far as that is allowed, else to the first place that is.
    pub(crate) fn ways(&self, origins: &Origins) -> Result<Ways, Problem> {
        let mut wrong = Vec::new();
        let mut way = |name: &'static str, given: &Option<String>| match given {
            Some(url) if origins.allow(url) => url.clone(),
            Some(_) => {
                wrong.push(field(name, "It does not begin with an origin that is allowed."));
                String::new()
            }
            None => origins.first().unwrap_or_else(|| {
                wrong.push(field(name, "An address to go back to is expected."));
                String::new()
            }),
        };
        let success_url = way("success_url", &self.success_url);
        let cancel_url = way("cancel_url", &self.cancel_url);
        if wrong.is_empty() {
            Ok(Ways { success_url, cancel_url })
        } else {
            Err(Problem::invalid(wrong))
        }
    }
}

/// What is sold, in the words of the rules that decide a change.
pub(crate) fn offers(catalog: &Catalog) -> Vec<Offer> {
    let offers = catalog.plans.iter().map(|plan| Offer {
        plan: plan.id.clone(),
        intervals: plan.prices.iter().map(|price| price.interval.into()).collect(),
        seats_max: plan.seats_max.map(u64::from),
        is_public: match plan.sold {
            Sold::ToAll => true,
            Sold::ByStaff | Sold::NotAnyMore => false,
        },
    });
    offers.collect()
}

/// 422 for fields; what a state or an end refuses, [`crate::problem`] says.
pub(crate) fn wrong_fields(refused: &Refused) -> Option<Problem> {
    let Refused::Fields(fields) = refused else { return None };
    let fields = fields.iter().map(|(name, detail)| field(name, detail));
    Some(Problem::invalid(fields.collect()))
}

pub(crate) fn field(field: &str, detail: &str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), detail: detail.to_owned() }
}
