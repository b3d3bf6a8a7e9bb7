//! Requests about what is sold: products and prices.

use std::collections::HashMap;

use billing::money::Money;
use billing::tax::TaxRate;
use stripe_product::PriceTaxBehavior;
use stripe_product::price::{
    CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval, ListPrice, UpdatePrice,
};
use stripe_product::product::{CreateProduct, ListProduct, RetrieveProduct, UpdateProduct};
use stripe_product::tax_rate::{CreateTaxRate, ListTaxRate, UpdateTaxRate};
use stripe_types::Currency;

use super::{PAGE_OBJECTS_MAX, Request, segment};

/// Most lookup keys that one list can be asked for (docs.stripe.com/api/prices/list).
pub const LOOKUP_KEYS_MAX: usize = 10;

/// Keys and texts of ours on an object of Stripe's.
pub type Metadata<'a> = &'a [(&'a str, &'a str)];

/// How often a price is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurring {
    /// Each month.
    Month,
    /// Each year.
    Year,
}

/// A price to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewPrice<'a> {
    /// Its product's id.
    pub product: &'a str,
    /// What each unit costs, without tax.
    pub amount: Money,
    /// How often; nothing for what is bought once.
    pub recurring: Option<Recurring>,
    /// Under which key it is found from now on, whichever price has that key now; nothing for a
    /// price of one account.
    pub lookup_key: Option<&'a str>,
    /// What we keep on it.
    pub metadata: Metadata<'a>,
}

/// `POST /v1/products`, with an id of our choice: a second one under it is refused as
/// `resource_already_exists`.
pub fn create_product(id: &str, name: &str, of: Metadata<'_>) -> Request {
    Request::of(&CreateProduct::new(name).id(id).metadata(owned(of)))
}

/// `GET /v1/products/{id}`.
pub fn product(id: &str) -> Request {
    Request::of(&RetrieveProduct::new(segment(id)))
}

/// `GET /v1/products`: all, inactive ones too.
pub fn products(after: Option<&str>) -> Request {
    let list = ListProduct::new().limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `POST /v1/products/{id}`: gives it a name and metadata, and sells it.
pub fn mend_product(id: &str, name: &str, of: Metadata<'_>) -> Request {
    Request::of(&UpdateProduct::new(segment(id)).name(name).active(true).metadata(owned(of)))
}

/// `POST /v1/products/{id}`: nobody can buy it any more.
pub fn retire_product(id: &str) -> Request {
    Request::of(&UpdateProduct::new(segment(id)).active(false))
}

/// `GET /v1/prices`: a product's active ones.
pub fn active_prices_of(product: &str, after: Option<&str>) -> Request {
    let list = ListPrice::new().active(true).product(product).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `GET /v1/prices`: the active ones with these lookup keys, of which Stripe takes
/// [`LOOKUP_KEYS_MAX`].
pub fn prices_by_lookup_key(keys: &[String]) -> Request {
    let list = ListPrice::new().active(true).lookup_keys(keys).limit(PAGE_OBJECTS_MAX);
    Request::of(&list)
}

/// `GET /v1/prices`: those with these lookup keys, of which Stripe takes [`LOOKUP_KEYS_MAX`],
/// inactive ones too.
pub fn all_prices_by_lookup_key(keys: &[String]) -> Request {
    Request::of(&ListPrice::new().lookup_keys(keys).limit(PAGE_OBJECTS_MAX))
}

/// `POST /v1/prices`. Taxes are not in it (C1).
pub fn create_price(new: &NewPrice<'_>) -> Request {
    let Ok(currency) = new.amount.currency.as_str().parse::<Currency>();
    let mut request = CreatePrice::new(currency)
        .product(new.product)
        .unit_amount(new.amount.amount)
        .tax_behavior(PriceTaxBehavior::Exclusive)
        .metadata(owned(new.metadata));
    if let Some(lookup_key) = new.lookup_key {
        request = request.lookup_key(lookup_key).transfer_lookup_key(true);
    }
    let interval = new.recurring.map(|recurring| match recurring {
        Recurring::Month => CreatePriceRecurringInterval::Month,
        Recurring::Year => CreatePriceRecurringInterval::Year,
    });
    if let Some(interval) = interval {
        request = request.recurring(CreatePriceRecurring::new(interval));
    }
    Request::of(&request)
}

/// `POST /v1/prices/{id}`: gives it metadata, and lets it be used again.
pub fn mend_price(id: &str, metadata: Metadata<'_>) -> Request {
    Request::of(&UpdatePrice::new(segment(id)).active(true).metadata(owned(metadata)))
}

/// `POST /v1/prices/{id}`: it is found under that key from now on, whichever price has it now.
pub fn name_price(id: &str, lookup_key: &str) -> Request {
    let update = UpdatePrice::new(segment(id)).lookup_key(lookup_key);
    Request::of(&update.transfer_lookup_key(true))
}

/// `GET /v1/tax_rates`: all, inactive ones too.
pub fn tax_rates(after: Option<&str>) -> Request {
    page_of_tax_rates(ListTaxRate::new(), after)
}

/// `GET /v1/tax_rates`: those that can be used anew.
pub fn active_tax_rates(after: Option<&str>) -> Request {
    page_of_tax_rates(ListTaxRate::new().active(true), after)
}

fn page_of_tax_rates(list: ListTaxRate, after: Option<&str>) -> Request {
    let list = list.limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

/// `POST /v1/tax_rates`: a rate on top of prices.
pub fn create_tax_rate(rate: &TaxRate, of: Metadata<'_>) -> Request {
    // The SDK has a float there: what is written is the shortest that reads as the same, which is
    // what was given.
    let percentage: f64 = rate.percent.to_string().parse().unwrap_or_default();
    Request::of(&CreateTaxRate::new(&*rate.name, false, percentage).metadata(owned(of)))
}

/// `POST /v1/tax_rates/{id}`: it can be used anew.
pub fn mend_tax_rate(id: &str) -> Request {
    Request::of(&UpdateTaxRate::new(segment(id)).active(true))
}

/// `POST /v1/prices/{id}`: nobody can use it anew. What has it goes on; its key cannot be taken
/// off it, only be given to another.
pub fn retire_price(id: &str) -> Request {
    Request::of(&UpdatePrice::new(segment(id)).active(false))
}

fn owned(metadata: Metadata<'_>) -> HashMap<String, String> {
    metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
