//! What a plan allows, in the words of the rules that count usage (`billing::usage`).

use billing::account::Standing;
use billing::credits::Offer;
use billing::overage;
use billing::time::Timestamp;
use billing::usage::{self, Allowance, Kind};

use billing::money::Currency;

use crate::{Beyond, Catalog, Pack, Resource, ResourceKind, Terms};

impl Catalog {
    /// What a plan says of every resource. A plan that the catalog does not know, such as one that
    /// only Stripe has, limits nothing: nobody who pays is restricted because of our own list.
    pub fn allowances(&self, plan: &str) -> Vec<Allowance> {
        let plan = self.plan(plan);
        let allowances = self.resources.iter().map(|resource| {
            let terms = plan.and_then(|plan| plan.terms(&resource.id));
            Allowance {
                resource: resource.id.clone(),
                name: resource.name.clone(),
                unit: resource.unit.clone(),
                kind: match resource.kind {
                    ResourceKind::Sum => Kind::Sum,
                    ResourceKind::Gauge => Kind::Gauge,
                },
                included: terms.and_then(|terms| terms.included),
                beyond: terms.map_or(usage::Beyond::Counted, Terms::counted_beyond),
                overage: terms.and_then(|terms| terms.overage(self.currency)),
            }
        });
        allowances.collect()
    }

    /// Allowances by which a month is priced; none of a plan that the catalog does not know: what
    /// was used on it must not be closed for nothing.
    pub fn priced_allowances(&self, plan: &str) -> Option<Vec<Allowance>> {
        self.plan(plan).map(|known| self.allowances(&known.id))
    }

    /// What the first plan says of the resources that keep an account from cancelling (A6).
    pub fn cancellation_limits(&self) -> Vec<Allowance> {
        let mut limits = self.free().map(|plan| self.allowances(&plan.id)).unwrap_or_default();
        let blocks = |id: &str| self.resource(id).is_some_and(|resource| resource.blocks_cancel);
        limits.retain(|limit| blocks(&limit.resource));
        limits
    }

    /// True if what was used before must be known to count usage of a resource: of a gauge, and
    /// where any plan refuses what is beyond its limit.
    pub fn counts_on_what_is_known(&self, resource: &str) -> bool {
        let is_gauge =
            self.resource(resource).is_some_and(|resource| resource.kind == ResourceKind::Gauge);
        let mut terms = self.plans.iter().filter_map(|plan| plan.terms(resource));
        is_gauge || terms.any(|terms| terms.beyond == Beyond::Refuse)
    }

    /// The resource that takes credits beyond what is included, if there is one: what deductions
    /// take is its usage.
    pub fn credit_resource(&self) -> Option<&Resource> {
        let takes_credits = |resource: &&Resource| {
            let mut terms = self.plans.iter().filter_map(|plan| plan.terms(&resource.id));
            terms.any(|terms| terms.beyond == Beyond::Credits)
        };
        self.resources.iter().find(takes_credits)
    }

    /// How many units a plan includes in a month of what takes credits beyond that (D12); nothing
    /// when any number of them is. A plan that the catalog does not know limits nothing.
    pub fn credit_allowance(&self, plan: &str) -> Option<i64> {
        let plan = self.plan(plan)?;
        let Some(resource) = self.credit_resource() else { return Some(0) };
        let included = plan.terms(&resource.id)?.included?;
        Some(i64::try_from(included).unwrap_or(i64::MAX))
    }

    /// The same of the plan of an account at a moment. A sub-account that its parent pays for has
    /// the share that the parent deals out, which is none.
    pub fn credits_included(&self, standing: &Standing, now: Timestamp) -> Option<i64> {
        if standing.family.paid_by(now).is_some() {
            return Some(0);
        }
        self.credit_allowance(standing.plan())
    }

    /// Seconds after a month's end for which its usage is still taken (A16).
    pub fn late_usage_seconds(&self) -> i64 {
        i64::from(self.late_usage_hours).saturating_mul(3_600)
    }
}

impl Pack {
    /// The pack as it is sold.
    pub fn offer(&self) -> Offer {
        let tokens = i64::try_from(self.tokens).unwrap_or(i64::MAX);
        Offer { pack: self.id.clone(), tokens, price: self.price }
    }
}

impl Terms {
    fn overage(&self, currency: Currency) -> Option<overage::Overage> {
        match &self.beyond {
            Beyond::Priced(tiers) => {
                let tiers = tiers
                    .iter()
                    .map(|tier| overage::Tier { up_to: tier.up_to, unit_amount: tier.unit_amount });
                Some(overage::Overage { currency, tiers: tiers.collect() })
            }
            Beyond::Nothing | Beyond::Refuse | Beyond::Restrict | Beyond::Credits => None,
        }
    }

    fn counted_beyond(&self) -> usage::Beyond {
        match self.beyond {
            Beyond::Refuse => usage::Beyond::Refused,
            Beyond::Restrict => usage::Beyond::Restricts,
            Beyond::Nothing | Beyond::Priced(_) | Beyond::Credits => usage::Beyond::Counted,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::deployed;
    use billing::usage::{Beyond, Kind};

    #[test]
    fn a_plan_allows_what_the_catalog_says() {
        let catalog = deployed().unwrap();
        let all = |plan: &str| {
            let allowances = catalog.allowances(plan).into_iter();
            allowances.map(|it| (it.kind, it.included, it.beyond)).collect::<Vec<_>>()
        };
        let free = [
            (Kind::Sum, Some(1_000), Beyond::Restricts),
            (Kind::Sum, Some(10_000), Beyond::Restricts),
            (Kind::Sum, Some(1_000), Beyond::Counted),
            (Kind::Gauge, Some(500), Beyond::Refused),
        ];
        assert_eq!(all("free"), free);
        assert_eq!(all("enterprise")[0], (Kind::Sum, None, Beyond::Counted));
        assert_eq!(all("an old plan")[0], (Kind::Sum, None, Beyond::Counted));
        assert_eq!(catalog.credit_allowance("team"), Some(250_000), "only what takes credits");
        assert_eq!(catalog.credit_allowance("an old plan"), None);
        let limits = catalog.cancellation_limits().into_iter();
        let limits: Vec<_> = limits.map(|it| (it.resource, it.included)).collect();
        assert_eq!(limits, [("storage".to_owned(), Some(500))], "only gauges block a cancellation");
        assert!(catalog.counts_on_what_is_known("storage"));
        assert!(!catalog.counts_on_what_is_known("sessions"));
        assert_eq!(catalog.late_usage_seconds(), 172_800);
        let sessions = &catalog.allowances("team")[0];
        let price = sessions.overage.as_ref().unwrap().price(2_000_000).unwrap();
        assert_eq!(price.to_string(), "800.00 USD");
        assert!(catalog.allowances("team")[2].overage.is_none(), "credits are not invoiced");
    }
}
