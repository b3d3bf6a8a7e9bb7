//! What a request asks for.

use billing::fact::Interval;
use billing::plan_change::{Offer, Refused, Target};
use billing::words::Word;
use catalog::{Catalog, Sold};
use runtime::Problem;
use runtime::problem::FieldProblem;
use serde::Deserialize;

/// Longest address to go back to, in bytes.
const URL_BYTES_MAX: usize = 2_048;

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

/// Where Checkout may send people back to: `https://app.example.com`, without a path.
#[derive(Debug, Clone)]
pub(crate) struct Origins(Vec<String>);

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

impl Origins {
    /// Of a list with commas.
    pub(crate) fn parse(list: &str) -> Self {
        let origins = list.split(',').map(|origin| origin.trim().trim_end_matches('/').to_owned());
        let is_origin = |origin: &String| {
            let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '\\']))
        };
        Self(origins.filter(is_origin).collect())
    }

    fn first(&self) -> Option<String> {
        self.0.first().map(|origin| format!("{origin}/"))
    }

    /// Whether an address lies within one of them: what follows an origin can not be a part of a host's name.
    fn allow(&self, url: &str) -> bool {
        let plain = url.len() <= URL_BYTES_MAX
            && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        plain
            && self.0.iter().any(|origin| {
                let rest = url.strip_prefix(origin.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: nobody is sent from Stripe's page to somebody else's, whatever tricks an address has.
    #[test]
    fn only_addresses_within_an_origin_are_allowed() {
        let origins = Origins::parse("https://app.example.com, http://localhost:8080/,nonsense");
        for good in [
            "https://app.example.com",
            "https://app.example.com/billing?done=1#top",
            "https://app.example.com?x",
            "http://localhost:8080/",
        ] {
            assert!(origins.allow(good), "{good} was refused");
        }
        for bad in [
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://app.example.com:444/",
            "http://app.example.com/",
            "http://localhost:80801/",
            "https://app.example.com/ x",
            "https://app.example.com\\evil.example",
            "javascript:alert(1)",
            "nonsense/",
            "",
        ] {
            assert!(!origins.allow(bad), "{bad} was taken");
        }
        assert_eq!(origins.first().as_deref(), Some("https://app.example.com/"));
        assert_eq!(Origins::parse("").first(), None);
    }
}
