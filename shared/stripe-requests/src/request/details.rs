//! What a customer's invoices print: its details and its tax ids (A1, A2, F4).

use std::str::FromStr;

use billing::fact::Address;
use billing::ids::{CustomerId, TaxIdId};
use stripe_billing::tax_id::{
    CreateCustomerTaxId, CreateCustomerTaxIdType, DeleteCustomerTaxId, ListCustomerTaxId,
};
use stripe_core::customer::{
    CustomFieldParams, OptionalFieldsCustomerAddress, UpdateCustomer, UpdateCustomerInvoiceSettings,
};
use tracing::subscriber::NoSubscriber;

use super::{PAGE_OBJECTS_MAX, Request, segment};

/// Details of a customer as they shall be; what is nothing stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDetails {
    /// Company or person; empty for none.
    pub name: Option<String>,
    /// Where invoices are mailed to.
    pub email: Option<String>,
    /// Fields of the address that change: an empty text takes a field away, none leaves it.
    pub address: Option<Address>,
    /// Name and value of each field that invoices print besides, all of them.
    pub custom_fields: Option<Vec<(String, String)>>,
}

/// A type of tax id that Stripe knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxIdType(CreateCustomerTaxIdType);

impl TaxIdType {
    /// The type of that name; nothing when Stripe has no such type in the version that we call.
    pub fn parse(name: &str) -> Option<Self> {
        // async-stripe logs a name that it does not know, and the name is the caller's (XG5).
        let read = || CreateCustomerTaxIdType::from_str(name);
        match tracing::subscriber::with_default(NoSubscriber::default(), read) {
            Ok(CreateCustomerTaxIdType::Unknown(_)) | Err(_) => None,
            Ok(known) => Some(Self(known)),
        }
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// `POST /v1/customers/{id}`.
pub fn update_details(id: &CustomerId, new: &NewDetails) -> Request {
    let mut update = UpdateCustomer::new(segment(id.as_str()));
    if let Some(name) = &new.name {
        update = update.name(name.as_str());
    }
    if let Some(email) = &new.email {
        update = update.email(email.as_str());
    }
    if let Some(address) = &new.address {
        let mut fields = OptionalFieldsCustomerAddress::new();
        fields.line1.clone_from(&address.line1);
        fields.line2.clone_from(&address.line2);
        fields.postal_code.clone_from(&address.postal_code);
        fields.city.clone_from(&address.city);
        fields.state.clone_from(&address.state);
        fields.country.clone_from(&address.country);
        update = update.address(fields);
    }
    match new.custom_fields.as_deref() {
        None => Request::of(&update),
        Some([]) => Request::of(&update).unsetting("invoice_settings[custom_fields]"),
        Some(fields) => {
            let field = |(name, value): &(String, String)| {
                CustomFieldParams::new(name.as_str(), value.as_str())
            };
            let mut settings = UpdateCustomerInvoiceSettings::new();
            settings.custom_fields = Some(fields.iter().map(field).collect());
            Request::of(&update.invoice_settings(settings))
        }
    }
}

/// `POST /v1/customers/{id}/tax_ids`.
pub fn create_tax_id(id: &CustomerId, kind: &TaxIdType, value: &str) -> Request {
    Request::of(&CreateCustomerTaxId::new(segment(id.as_str()), kind.0.clone(), value))
}

/// `DELETE /v1/customers/{id}/tax_ids/{tax_id}`.
pub fn delete_tax_id(id: &CustomerId, tax_id: &TaxIdId) -> Request {
    Request::of(&DeleteCustomerTaxId::new(segment(id.as_str()), segment(tax_id.as_str())))
}

/// `GET /v1/customers/{id}/tax_ids`.
pub fn tax_ids(id: &CustomerId, after: Option<&str>) -> Request {
    let list = ListCustomerTaxId::new(segment(id.as_str())).limit(PAGE_OBJECTS_MAX);
    Request::of(&match after {
        Some(after) => list.starting_after(after),
        None => list,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(new: &NewDetails) -> String {
        update_details(&CustomerId::parse("cus_1").unwrap(), new).form.unwrap_or_default()
    }

    /// Goal: what is not named stays as it is, in an address too, and what is taken away is said
    /// so.
    #[test]
    fn only_what_is_named_changes() {
        assert_eq!(form(&NewDetails::default()), "");
        let name = NewDetails { name: Some(String::new()), ..NewDetails::default() };
        assert_eq!(form(&name), "name=");
        let text = |text: &str| Some(text.to_owned());
        let city = Address { city: text("Bonn"), line2: text(""), ..Address::default() };
        let address = NewDetails { address: Some(city), ..NewDetails::default() };
        let named = "address[city]=Bonn&address[line2]=";
        assert_eq!(form(&address).replace("%5B", "[").replace("%5D", "]"), named);
        let none = NewDetails { custom_fields: Some(Vec::new()), ..NewDetails::default() };
        assert_eq!(form(&none), "invoice_settings[custom_fields]=");
        assert!(TaxIdType::parse("eu_vat").is_some() && TaxIdType::parse("eu_vax").is_none());
    }
}
