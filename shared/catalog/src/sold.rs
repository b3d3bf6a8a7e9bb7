//! What is sold as it stands at Stripe: one product for each plan, for its seats and for each pack,
//! one price for each thing that is charged, found by its lookup key.

use std::fmt;

use billing::money::{Money, grouped};
pub use billing::price_change::Part;

use crate::{Catalog, Interval, Plan};

/// What the ids of all our products, and all our lookup keys, begin with.
pub const OURS: &str = "tollgate_";
/// What the lookup key of an announced price ends with, until the price is in force (C2).
const NEXT: &str = "_next";

/// A price of a plan, whatever it amounts to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanPriceKey {
    /// The plan's id.
    pub plan: String,
    /// For how long it pays.
    pub interval: Interval,
    /// What it charges for.
    pub part: Part,
}

/// What a product or a price is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A plan, by its id.
    Plan(String),
    /// The seats of a plan, by its id.
    Seats(String),
    /// A credit pack, by its id.
    Pack(String),
}

/// A product as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Of what.
    pub of: Thing,
    /// Its name, which invoices show.
    pub name: String,
}

/// A price as it is to be. Stripe is told that taxes are not in it (C1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Under which lookup key it is found.
    pub lookup_key: String,
    /// Of what.
    pub of: Thing,
    /// What it charges for, of a plan.
    pub part: Option<Part>,
    /// How often; nothing for what is bought once.
    pub interval: Option<Interval>,
    /// How much.
    pub amount: Money,
}

impl Thing {
    /// The id of its product.
    pub fn product_id(&self) -> String {
        match self {
            Self::Plan(id) => format!("{OURS}plan_{id}"),
            Self::Seats(id) => format!("{OURS}seats_{id}"),
            Self::Pack(id) => format!("{OURS}pack_{id}"),
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(id) => write!(f, "plan {id}"),
            Self::Seats(id) => write!(f, "seats of plan {id}"),
            Self::Pack(id) => write!(f, "pack {id}"),
        }
    }
}

impl PlanPriceKey {
    /// The key of a plan's own price, or of its seats.
    pub fn new(plan: &str, interval: Interval, part: Part) -> Self {
        Self { plan: plan.to_owned(), interval, part }
    }

    /// `tollgate_<plan>_<month|year>`, with `_seat` behind it for a seat.
    pub fn lookup_key(&self) -> String {
        let Self { plan, interval, part } = self;
        let seat = match part {
            Part::Plan => "",
            Part::Seat => "_seat",
        };
        format!("{OURS}{plan}_{}{seat}", interval.as_str())
    }

    /// What the price is of.
    pub fn thing(&self) -> Thing {
        match self.part {
            Part::Plan => Thing::Plan(self.plan.clone()),
            Part::Seat => Thing::Seats(self.plan.clone()),
        }
    }

    /// The lookup key of the price that was announced to come after it (C2).
    pub fn next_lookup_key(&self) -> String {
        format!("{}{NEXT}", self.lookup_key())
    }
}

/// The lookup key of a pack's price.
pub fn pack_lookup_key(pack: &str) -> String {
    format!("{OURS}pack_{pack}")
}

/// True if that is the lookup key of an announced price.
pub(crate) fn is_next(lookup_key: &str) -> bool {
    lookup_key.ends_with(NEXT)
}

impl Plan {
    /// Each of its prices.
    pub fn priced(&self) -> impl Iterator<Item = (PlanPriceKey, Money)> + '_ {
        self.prices.iter().flat_map(|price| {
            let key = |part| PlanPriceKey::new(&self.id, price.interval, part);
            let seat = price.seat_amount.map(|amount| (key(Part::Seat), amount));
            [(key(Part::Plan), price.amount)].into_iter().chain(seat)
        })
    }
}

impl Catalog {
    /// The price of a plan that has that lookup key, with its amount.
    pub fn priced(&self, lookup_key: &str) -> Option<(PlanPriceKey, Money)> {
        let mut all = self.plans.iter().flat_map(Plan::priced);
        all.find(|(key, _)| key.lookup_key() == lookup_key)
    }

    /// Every product that is to be at Stripe, whose name invoices print: `1 × Team`, `5 × Team
    /// seat`. A plan that costs nothing has none.
    pub fn products(&self) -> Vec<Product> {
        let plans = self.plans.iter().filter(|plan| !plan.prices.is_empty());
        let plans = plans.flat_map(|plan| {
            let own = Product { of: Thing::Plan(plan.id.clone()), name: plan.name.clone() };
            let has_seats = plan.prices.iter().any(|price| price.seat_amount.is_some());
            let name = format!("{} seat", plan.name);
            let seats = Product { of: Thing::Seats(plan.id.clone()), name };
            [Some(own), Some(seats).filter(|_| has_seats)].into_iter().flatten()
        });
        let packs = self.packs.iter().map(|pack| {
            let tokens = grouped(&pack.tokens.to_string());
            let name = format!("{} credits: {tokens} tokens", pack.name);
            Product { of: Thing::Pack(pack.id.clone()), name }
        });
        plans.chain(packs).collect()
    }

    /// Every price that is to be at Stripe.
    pub fn prices(&self) -> Vec<Price> {
        let plans = self.plans.iter().flat_map(Plan::priced).map(|(key, amount)| Price {
            lookup_key: key.lookup_key(),
            of: key.thing(),
            part: Some(key.part),
            interval: Some(key.interval),
            amount,
        });
        let packs = self.packs.iter().map(|pack| Price {
            lookup_key: pack_lookup_key(&pack.id),
            of: Thing::Pack(pack.id.clone()),
            part: None,
            interval: None,
            amount: pack.price,
        });
        plans.chain(packs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployed;

    #[test]
    fn each_price_has_the_key_of_the_contract() {
        let key = |part| PlanPriceKey::new("team", Interval::Month, part);
        assert_eq!(key(Part::Plan).lookup_key(), "tollgate_team_month");
        assert_eq!(key(Part::Seat).lookup_key(), "tollgate_team_month_seat");
        assert_eq!(key(Part::Seat).next_lookup_key(), "tollgate_team_month_seat_next");
        assert_eq!(Thing::Plan("team".to_owned()).product_id(), "tollgate_plan_team");
    }

    /// Goal: no two things are found by one key, and Stripe takes them all.
    #[test]
    fn keys_are_all_different_and_short_enough() {
        let catalog = deployed().unwrap();
        let mut keys: Vec<_> = catalog.prices().into_iter().map(|price| price.lookup_key).collect();
        assert_eq!(keys.len(), 2 + 3 * 4 + 4);
        assert!(keys.iter().all(|key| key.len() <= 200));
        assert_eq!(catalog.priced("tollgate_team_year_seat").unwrap().1.amount, 9_000);
        assert_eq!(catalog.priced("tollgate_free_month"), None);
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 18);
        let products = catalog.products();
        let names: Vec<_> = products.iter().map(|product| product.name.as_str()).collect();
        assert_eq!(names[..3], ["Personal", "Team", "Team seat"]);
        assert_eq!(names[names.len() - 4], "Starter credits: 1,000,000 tokens");
    }
}
