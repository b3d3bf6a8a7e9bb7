//! What is sold, as it stands at Stripe: read, compared with the catalog, put right.
//!
//! Whoever pushes a catalog (a person, or local mode at its start) has a key and a client of its
//! own: [`at_stripe`] reads, `catalog::difference` decides, [`request`] makes the call of each
//! step.

use std::collections::BTreeMap;

use billing::money::{Currency, Money};
use billing::price_change::PriceChange;
use billing::tax::{Percent, TaxRate};
use billing::time::Timestamp;
use catalog::difference::{AtStripe, PriceThere, ProductThere, Recurs, Step, TaxRateThere};
use catalog::sold::{OURS, Part, PlanPriceKey, Price, Product, Thing};
use catalog::{Catalog, Interval, SoldTaxRate};
use serde::Deserialize;
use serde_json::value::RawValue;
use stripe_requests::request::catalog::{self as calls, NewPrice, Recurring};
use stripe_requests::{ApiKey, Bound, Client, Request};
use stripe_wire::wire::{PART_METADATA, PLAN_METADATA, PLAN_PART, Reason, SEAT_PART};

use crate::StripeError;

/// The key, in the metadata of a pack's product and price, of the pack.
pub const PACK_METADATA: &str = "tollgate_pack";
/// The key, in a price's metadata, of the amounts that price changes replaced up to it, the oldest
/// first.
pub const AMOUNTS_BEFORE_METADATA: &str = "tollgate_amounts_before";
/// The key, in a tax rate's metadata, of which one of the catalog's it is.
pub const TAX_RATE_METADATA: &str = "tollgate_tax_rate";
/// The key, in a price's metadata, of when it comes into force, in Unix seconds.
pub const EFFECTIVE_METADATA: &str = "tollgate_effective_at";

/// The key, in a price's metadata, of the price change that it was made for.
pub const CHANGE_METADATA: &str = "tollgate_price_change";

#[derive(Deserialize)]
struct RawProduct {
    id: String,
    active: bool,
    name: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawPrice {
    id: String,
    active: bool,
    product: String,
    currency: String,
    lookup_key: Option<String>,
    unit_amount: Option<i64>,
    recurring: Option<RawRecurring>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RawRecurring {
    interval: String,
    interval_count: i64,
    usage_type: String,
}

#[derive(Deserialize)]
struct RawTaxRate<'a> {
    id: String,
    active: bool,
    display_name: String,
    inclusive: bool,
    /// A number, whose digits are read as they stand.
    #[serde(borrow)]
    percentage: &'a RawValue,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// A price, with the change that it was made for if it is one that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRead {
    /// As it is there.
    pub there: PriceThere,
    /// Time from which on new periods pay it (C2).
    pub effective_at: Option<Timestamp>,
    /// The id of our price change.
    pub change: Option<String>,
}

/// Reads all products, the prices under our lookup keys, and our tax rates. A product has any
/// number of other prices, such as those that were negotiated, and they say nothing about the
/// catalog.
pub async fn at_stripe(
    catalog: &Catalog,
    client: &Client,
    key: &ApiKey,
) -> Result<AtStripe, StripeError> {
    let mut there = AtStripe::default();
    for object in client.list(Bound::OF_THE_CATALOG, calls::products, key).await?.objects {
        there.products.push(product(object.get())?);
    }

    there.prices = prices_under_our_keys(catalog, &there.products, (client, key)).await?;

    for object in client.list(Bound::OF_THE_CATALOG, calls::tax_rates, key).await?.objects {
        there.tax_rates.extend(tax_rate(object.get())?);
    }
    Ok(there)
}

/// Prices under the catalog's lookup keys, inactive ones too, and the active prices of our products
/// under a key that the catalog does not have, or not any more.
async fn prices_under_our_keys(
    catalog: &Catalog,
    products: &[ProductThere],
    (client, key): (&Client, &ApiKey),
) -> Result<Vec<PriceThere>, StripeError> {
    let mut found: BTreeMap<String, PriceThere> = BTreeMap::new();
    let keys: Vec<String> = catalog.prices().into_iter().map(|price| price.lookup_key).collect();
    for keys in keys.chunks(calls::LOOKUP_KEYS_MAX) {
        let page = |_: Option<&str>| calls::all_prices_by_lookup_key(keys);
        for object in client.list(Bound::pages(1), page, key).await?.objects {
            let there = price(object.get())?.there;
            found.insert(there.id.clone(), there);
        }
    }

    for product in products.iter().filter(|product| product.of.is_some()) {
        let page = |after: Option<&str>| calls::active_prices_of(&product.id, after);
        for object in client.list(Bound::OF_THE_CATALOG, page, key).await?.objects {
            let there = price(object.get())?.there;
            if there.lookup_key.as_deref().is_some_and(|key| key.starts_with(OURS)) {
                found.insert(there.id.clone(), there);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// The call that does a step; nothing when there is nothing to do.
pub fn request(step: &Step) -> Option<Request> {
    Some(match step {
        Step::MakeProduct(Product { of, name }) => {
            calls::create_product(&of.product_id(), name, &product_marks(of))
        }
        Step::MendProduct(Product { of, name }) => {
            calls::mend_product(&of.product_id(), name, &product_marks(of))
        }
        Step::MakePrice { price, .. } => new_price(price, &price.lookup_key, &[]),
        Step::MendPrice { id, price } => calls::mend_price(id, &marks(price)),
        Step::RetirePrice(there) => calls::retire_price(&there.id),
        Step::RetireProduct(there) => calls::retire_product(&there.id),
        Step::MakeTaxRate(SoldTaxRate { id, rate }) => {
            calls::create_tax_rate(rate, &[(TAX_RATE_METADATA, id)])
        }
        Step::MendTaxRate(there) => calls::mend_tax_rate(&there.id),
        Step::KeepChanged { .. } => return None,
    })
}

/// Makes the price that a change leads to, beside the one that is in force, once under that key.
pub fn announced_price(
    change: &PriceChange,
    key: &PlanPriceKey,
    instead_of: &PriceThere,
    idempotency_key: String,
) -> Request {
    let before = instead_of.amounts_before.iter().copied().chain([change.from.amount]);
    let before: Vec<String> = before.map(|amount| amount.to_string()).collect();
    let price = Price {
        lookup_key: key.lookup_key(),
        of: key.thing(),
        part: Some(key.part),
        interval: Some(key.interval),
        amount: change.to,
    };
    let more = [
        (CHANGE_METADATA, change.id.as_str()),
        (EFFECTIVE_METADATA, &change.effective_at.0.to_string()),
        (AMOUNTS_BEFORE_METADATA, &before.join(" ")),
    ];
    new_price(&price, &key.next_lookup_key(), &more).with_idempotency_key(idempotency_key)
}

/// Makes a price under a lookup key, which may be another than its own, with more metadata than its
/// own.
fn new_price(price: &Price, lookup_key: &str, more: &[(&str, &str)]) -> Request {
    calls::create_price(&NewPrice {
        product: &price.of.product_id(),
        amount: price.amount,
        recurring: price.interval.map(|interval| match interval {
            Interval::Month => Recurring::Month,
            Interval::Year => Recurring::Year,
        }),
        lookup_key: Some(lookup_key),
        metadata: &[&marks(price), more].concat(),
    })
}

fn mark(of: &Thing) -> (&str, &str) {
    match of {
        Thing::Plan(id) | Thing::Seats(id) => (PLAN_METADATA, id),
        Thing::Pack(id) => (PACK_METADATA, id),
    }
}

/// Marks of a product: that of seats says so.
fn product_marks(of: &Thing) -> Vec<(&str, &str)> {
    let part = match of {
        Thing::Plan(_) | Thing::Pack(_) => None,
        Thing::Seats(_) => Some((PART_METADATA, SEAT_PART)),
    };
    [mark(of)].into_iter().chain(part).collect()
}

fn marks(price: &Price) -> Vec<(&str, &str)> {
    let part = price.part.map(|part| match part {
        Part::Plan => (PART_METADATA, PLAN_PART),
        Part::Seat => (PART_METADATA, SEAT_PART),
    });
    [mark(&price.of)].into_iter().chain(part).collect()
}

fn product(text: &str) -> Result<ProductThere, StripeError> {
    let RawProduct { id, active, name, metadata } = read("a product", text)?;
    Ok(ProductThere { id, name, active, of: thing(&metadata) })
}

/// Reads a price from Stripe's JSON.
pub fn price(text: &str) -> Result<PriceRead, StripeError> {
    let mut raw: RawPrice = read("a price", text)?;
    let change = raw.metadata.remove(CHANGE_METADATA);
    let currency = Currency::parse(&raw.currency).ok();
    let amount = raw.unit_amount.zip(currency);
    let seconds = raw.metadata.get(EFFECTIVE_METADATA).and_then(|at| at.parse().ok());
    let before = raw.metadata.get(AMOUNTS_BEFORE_METADATA).map(String::as_str).unwrap_or_default();
    let there = PriceThere {
        id: raw.id,
        product: raw.product,
        lookup_key: raw.lookup_key,
        active: raw.active,
        amount: amount.map(|(amount, currency)| Money::new(amount, currency)),
        recurs: recurs(raw.recurring.as_ref()),
        of: thing(&raw.metadata),
        part: match raw.metadata.get(PART_METADATA).map(String::as_str) {
            Some(PLAN_PART) => Some(Part::Plan),
            Some(SEAT_PART) => Some(Part::Seat),
            Some(_) | None => None,
        },
        amounts_before: before.split(' ').filter_map(|amount| amount.parse().ok()).collect(),
    };
    Ok(PriceRead { there, effective_at: seconds.map(Timestamp), change })
}

/// Reads a tax rate from Stripe's JSON; nothing when it is not ours.
pub(crate) fn tax_rate(text: &str) -> Result<Option<TaxRateThere>, StripeError> {
    let mut raw: RawTaxRate<'_> = read("a tax rate", text)?;
    let percent = Percent::parse(raw.percentage.get()).ok().filter(|_| !raw.inclusive);
    let of = raw.metadata.remove(TAX_RATE_METADATA);
    Ok(of.map(|of| TaxRateThere {
        id: raw.id,
        of,
        rate: percent.map(|percent| TaxRate { percent, name: raw.display_name }),
        active: raw.active,
    }))
}

fn recurs(recurring: Option<&RawRecurring>) -> Recurs {
    let Some(recurring) = recurring else { return Recurs::Never };
    let plain = recurring.interval_count == 1 && recurring.usage_type == "licensed";
    let interval = Interval::parse(&recurring.interval).filter(|_| plain);
    interval.map_or(Recurs::Otherwise, Recurs::Each)
}

fn thing(metadata: &BTreeMap<String, String>) -> Option<Thing> {
    let is_seat = metadata.get(PART_METADATA).is_some_and(|part| part == SEAT_PART);
    let plan = metadata
        .get(PLAN_METADATA)
        .map(|plan| if is_seat { Thing::Seats(plan.clone()) } else { Thing::Plan(plan.clone()) });
    plan.or_else(|| metadata.get(PACK_METADATA).map(|pack| Thing::Pack(pack.clone())))
}

fn read<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<T, StripeError> {
    serde_json::from_str(text).map_err(|error| StripeError::Unreadable {
        what: what.to_owned(),
        reason: Reason::Shape(error),
    })
}
