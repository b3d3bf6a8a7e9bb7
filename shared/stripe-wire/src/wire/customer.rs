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

/// The name of the field on invoices that holds the customer's purchase order (F4): at most 40
/// characters at Stripe.
pub const PURCHASE_ORDER: &str = "Purchase order";

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct InvoiceSettings<'a> {
    custom_fields: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct CustomField<'a> {
    name: Raw<'a>,
    value: Raw<'a>,
}

/// Who it is, and their details now. `balance` is optional in Stripe's API description: without it
/// there is none.
pub(super) fn updated(customer: &Object<'_>) -> Result<(CustomerId, CustomerSnapshot), Reason> {
    let snapshot = CustomerSnapshot {
        name: customer.name.owned("name")?,
        email: customer.email.owned("email")?,
        address: address(customer.address)?,
        balance: customer.balance.signed_amount("balance")?.unwrap_or(0),
        currency: customer.currency.currency("currency")?,
        purchase_order: purchase_order(customer.invoice_settings)?,
        tax_exempt: tax_exempt(customer.tax_exempt)?,
    };
    Ok((id(customer)?, snapshot))
}

/// True if tax rates take nothing from it. A value that is not known here takes nothing away from
/// Stripe's tax.
fn tax_exempt(raw: Raw<'_>) -> Result<bool, Reason> {
    Ok(matches!(raw.text("tax_exempt")?.as_deref(), Some("exempt" | "reverse")))
}

/// Who it was.
pub(super) fn deleted(customer: &Object<'_>) -> Result<CustomerId, Reason> {
    id(customer)
}

/// Who has a payment method on file.
pub(super) fn of_method(method: &Object<'_>) -> Result<CustomerId, Reason> {
    raw::expect_object(method.object, "payment_method")?;
    present("customer", method.customer.id("customer", CustomerId::parse)?)
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

/// The value of the field that we set; what others set is theirs.
fn purchase_order(raw: Raw<'_>) -> Result<Option<String>, Reason> {
    const FIELDS: &str = "invoice_settings.custom_fields";
    let settings: InvoiceSettings<'_> = raw.object("invoice_settings")?.unwrap_or_default();
    for field in settings.custom_fields.list(FIELDS)? {
        let field: CustomField<'_> = field.object(FIELDS)?.unwrap_or_default();
        if field.name.text(FIELDS)?.as_deref() == Some(PURCHASE_ORDER) {
            return field.value.owned(FIELDS);
        }
    }
    Ok(None)
}
