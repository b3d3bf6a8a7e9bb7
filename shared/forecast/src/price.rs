//! Prices from a moment on: the catalog's, unless a price change is in force by then.

use billing::fact::{Fee, Interval};
use billing::money::Money;
use billing::price_change::{Part, PriceChange, in_force};
use billing::time::Timestamp;
use billing::upcoming::Offer;
use catalog::sold::PlanPriceKey;
use catalog::{Catalog, Plan};

/// A plan as it is sold for an interval that begins at a moment.
pub(crate) fn offer(
    catalog: &Catalog,
    (plan, interval): (&str, Interval),
    changes: &[PriceChange],
    at: Timestamp,
) -> Offer {
    let interval = catalog::Interval::of(interval);
    let known = catalog.plan(plan);
    let sold = known.zip(interval);
    Offer {
        name: known.map_or(plan, |known| &known.name).to_owned(),
        fee: sold.and_then(|(plan, interval)| fee(plan, interval, changes, at)),
    }
}

fn fee(
    plan: &Plan,
    interval: catalog::Interval,
    changes: &[PriceChange],
    at: Timestamp,
) -> Option<Fee> {
    let price = plan.price(interval)?;
    let by_then = |amount: Money, part: Part| {
        let key = PlanPriceKey::new(&plan.id, interval, part).lookup_key();
        in_force(amount, &key, changes, at).amount
    };
    Some(Fee {
        currency: price.amount.currency,
        plan_amount: by_then(price.amount, Part::Plan),
        seat_amount: price.seat_amount.map(|amount| by_then(amount, Part::Seat)),
    })
}
