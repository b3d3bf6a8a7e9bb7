//! A customer, as `customer.updated` and `customer.deleted` carry it
//! (docs.stripe.com/api/customers/object). A deleted one is down to its id.

use billing::fact::{Address, CustomerSnapshot};
use billing::ids::CustomerId;
use serde::Deserialize;

use super::object::Object;
use super::raw::{self, Raw, Reason, present};

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct PostalAddress<'a> {
    line1: Raw<'a>,
    line2: Raw<'a>,
    postal_code: Raw<'a>,
    city: Raw<'a>,
    state: Raw<'a>,
    country: Raw<'a>,
}

/// Who it is, and their details now. `balance` is optional in Stripe's API description: without it
/// there is none.
pub(super) fn updated(customer: &Object<'_>) -> Result<(CustomerId, CustomerSnapshot), Reason> {
    let snapshot = CustomerSnapshot {
        name: customer.name.owned("name")?,
        email: customer.email.owned("email")?,
        address: address(customer.address)?,
        balance: customer.balance.integer("balance")?.unwrap_or(0),
        currency: customer.currency.currency("currency")?,
    };
    Ok((id(customer)?, snapshot))
}

/// Who it was.
pub(super) fn deleted(customer: &Object<'_>) -> Result<CustomerId, Reason> {
    id(customer)
}

fn id(customer: &Object<'_>) -> Result<CustomerId, Reason> {
    raw::expect_object(customer.object, "customer")?;
    present("id", customer.id.id("id", CustomerId::parse)?)
}

fn address(raw: Raw<'_>) -> Result<Address, Reason> {
    let address: PostalAddress<'_> = raw.object("address")?.unwrap_or_default();
    Ok(Address {
        line1: address.line1.owned("address.line1")?,
        line2: address.line2.owned("address.line2")?,
        postal_code: address.postal_code.owned("address.postal_code")?,
        city: address.city.owned("address.city")?,
        state: address.state.owned("address.state")?,
        country: address.country.owned("address.country")?,
    })
}
