//! The body of `PATCH /v1/accounts/{id}/billing-details`: absent leaves a field as it is, null
//! clears it.

use accounts_commands::details::{ChangeDetails, Given};
use billing::details::AddressChange;
use runtime::input::body;
use runtime::{Problem, Request};
use views::requests::accounts::{self as requests, ChangeAddress, GivenTaxId};

/// Every wrong field, or the change.
pub(crate) fn change_details(request: &Request) -> Result<ChangeDetails, Problem> {
    let requests::ChangeDetails { company, email, address, tax_ids, purchase_order } =
        body(request)?;
    let address = address.map(|it: ChangeAddress| {
        let ChangeAddress { line1, line2, postal_code, city, state, country } = it;
        AddressChange { line1, line2, postal_code, city, state, country }
    });
    let tax_ids = tax_ids.map(|all: Vec<GivenTaxId>| {
        all.into_iter().map(|GivenTaxId { r#type, value }| (r#type, value)).collect()
    });

    Given { company, email, address, tax_ids, purchase_order }.checked()
}
