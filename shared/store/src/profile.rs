//! A profile and a link as items.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use billing::fact::{Address, CustomerSnapshot};
use billing::ids::{AccountId, CustomerId, TaxIdId};
use billing::money::Currency;
use billing::profile::Profile;
use billing::tax_id::{TaxId, TaxIdSnapshot, TaxIds, Verification};
use billing::time::Timestamp;
use billing::words::Word;

use crate::attributes::{Attributes, Reader, Writer};
use crate::error::StoreError;
use crate::keys;

/// Whose a Stripe customer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// One of our accounts.
    Account(AccountId),
    /// Not ours, as far as was known lately: Stripe accounts are shared with other products.
    Foreign {
        /// Until when that is believed without asking again.
        until: Timestamp,
    },
}

/// The item of a profile, at a version.
pub fn write(profile: &Profile, version: u64) -> Attributes {
    let CustomerSnapshot { name, email, address, balance, currency, purchase_order, tax_exempt } =
        &profile.details;
    let (partition, sort) = keys::opened_place(&profile.account, profile.created_at);
    Writer::item(keys::profile(&profile.account), "profile", version)
        .text("account", profile.account.as_str())
        .text("name", &*profile.name)
        .number("created_at", profile.created_at.0)
        .maybe_text("region", profile.processing_region.as_deref())
        .maybe_text("customer", profile.customer.as_ref().map(CustomerId::as_str))
        .maybe_text("company", name.as_deref())
        .maybe_text("email", email.as_deref())
        .maybe_text("line1", address.line1.as_deref())
        .maybe_text("line2", address.line2.as_deref())
        .maybe_text("postal_code", address.postal_code.as_deref())
        .maybe_text("city", address.city.as_deref())
        .maybe_text("state", address.state.as_deref())
        .maybe_text("country", address.country.as_deref())
        .number("balance", balance)
        .maybe_text("currency", currency.as_ref().map(Currency::as_str))
        .maybe_text("purchase_order", purchase_order.as_deref())
        .flag("tax_exempt", *tax_exempt)
        .maybe_time("as_of", profile.as_of)
        .flag("ambiguous", profile.ambiguous)
        .flag("read", profile.read)
        .map("tax_ids", write_tax_ids(&profile.tax_ids))
        .flag("partner", profile.partner)
        .map("prepaid", write_prepaid(profile))
        .text(keys::DUE_PK, partition)
        .text(keys::DUE_SK, sort)
        .done()
}

/// The profile of an item.
pub fn read(item: &Attributes) -> Result<Profile, StoreError> {
    let item = Reader::new(item);
    let text = |name: &str| Ok::<_, StoreError>(item.maybe_text(name)?.map(str::to_owned));
    Ok(Profile {
        version: item.number(keys::VERSION)?,
        account: item.word("account", |id| AccountId::parse(id).ok())?,
        name: item.text("name")?.to_owned(),
        created_at: item.time("created_at")?,
        processing_region: text("region")?,
        customer: item.maybe("customer", |id| CustomerId::parse(id).ok())?,
        details: CustomerSnapshot {
            name: text("company")?,
            email: text("email")?,
            address: Address {
                line1: text("line1")?,
                line2: text("line2")?,
                postal_code: text("postal_code")?,
                city: text("city")?,
                state: text("state")?,
                country: text("country")?,
            },
            balance: item.number("balance")?,
            currency: item.maybe("currency", |code| Currency::parse(code).ok())?,
            purchase_order: text("purchase_order")?,
            tax_exempt: item.flag("tax_exempt")?,
        },
        as_of: item.maybe_time("as_of")?,
        ambiguous: item.flag("ambiguous")?,
        read: item.flag("read")?,
        tax_ids: read_tax_ids(item)?,
        partner: item.flag("partner")?,
        prepaid: read_prepaid(item)?,
    })
}

fn write_prepaid(profile: &Profile) -> Attributes {
    let sums = profile.prepaid.iter();
    let sums = sums
        .map(|(currency, sum)| (currency.as_str().to_owned(), AttributeValue::N(sum.to_string())));
    sums.collect()
}

fn read_prepaid(item: Reader<'_>) -> Result<BTreeMap<Currency, i64>, StoreError> {
    let mut prepaid = BTreeMap::new();
    for (code, sum) in item.numbers("prepaid")? {
        let currency = Currency::parse(code).map_err(|error| item.corrupt(error.to_string()))?;
        prepaid.insert(currency, sum);
    }
    Ok(prepaid)
}

fn write_tax_ids(tax_ids: &TaxIds) -> Attributes {
    let one = |TaxId { snapshot, as_of }: &TaxId| {
        let map = Writer::default()
            .text("type", &*snapshot.kind)
            .text("value", &*snapshot.value)
            .text("said", snapshot.verification.word())
            .flag("removed", snapshot.removed)
            .number("as_of", as_of.0);
        AttributeValue::M(map.done())
    };
    tax_ids.0.iter().map(|(id, tax_id)| (id.as_str().to_owned(), one(tax_id))).collect()
}

fn read_tax_ids(item: Reader<'_>) -> Result<TaxIds, StoreError> {
    let mut tax_ids = TaxIds::default();
    for (id, map) in item.maps("tax_ids")? {
        let id = TaxIdId::parse(id).map_err(|error| item.corrupt(error.to_string()))?;
        let snapshot = TaxIdSnapshot {
            id: id.clone(),
            kind: map.text("type")?.to_owned(),
            value: map.text("value")?.to_owned(),
            verification: map.word("said", Verification::of_word)?,
            removed: map.flag("removed")?,
        };
        tax_ids.0.insert(id, TaxId { snapshot, as_of: map.time("as_of")? });
    }
    Ok(tax_ids)
}

/// The item that links a customer to an account, for ever.
pub fn write_link(customer: &CustomerId, account: &AccountId) -> Attributes {
    Writer::item(keys::link(customer), "link", 1).text("account", account.as_str()).done()
}

/// The item that remembers a customer as foreign for a while. Version 0: an account that is created
/// later takes its place.
pub fn write_foreign(customer: &CustomerId, until: Timestamp) -> Attributes {
    Writer::item(keys::link(customer), "foreign", 0).number(keys::EXPIRES_AT, until.0).done()
}

/// The link of an item.
pub fn read_link(item: &Attributes) -> Result<Link, StoreError> {
    let item = Reader::new(item);
    match item.maybe("account", |id| AccountId::parse(id).ok())? {
        Some(account) => Ok(Link::Account(account)),
        None => Ok(Link::Foreign { until: item.time(keys::EXPIRES_AT)? }),
    }
}
