//! Billing details as callers write them, checked: every wrong field is named.

use billing::details::{AddressChange, Field};
use billing::tax_id::{TAX_IDS_MAX, check_form, normal};
use runtime::Problem;
use runtime::input::{Checks, NOT_AN_EMAIL, NOT_PLAIN, is_email, is_plain};
use stripe_requests::request::details::TaxIdType;

use super::{ChangeDetails, NewTaxId};

/// Longest name of a company, in characters.
const COMPANY_CHARACTERS_MAX: usize = 150;
/// Longest line of an address, in characters.
const LINE_CHARACTERS_MAX: usize = 200;
/// Longest purchase order, in characters: what Stripe takes for the value of an invoice's field.
const PURCHASE_ORDER_CHARACTERS_MAX: usize = 140;

/// Billing details as a caller writes them: absent leaves a field as it is, null clears it.
#[derive(Debug, Default)]
pub struct Given {
    /// Name on invoices.
    pub company: Field<String>,
    /// Address for invoices.
    pub email: Field<String>,
    /// Postal address, field by field.
    pub address: Field<AddressChange>,
    /// All tax ids, each by type and number.
    pub tax_ids: Field<Vec<(String, String)>>,
    /// Purchase order on invoices.
    pub purchase_order: Field<String>,
}

impl Given {
    /// The change, with every field within its limits.
    ///
    /// # Errors
    /// 422 with every wrong field.
    pub fn checked(self) -> Result<ChangeDetails, Problem> {
        let Self { company, email, address, tax_ids, purchase_order } = self;
        let mut checks = Checks::default();
        let company = checked(company, "company", COMPANY_CHARACTERS_MAX, &mut checks);
        let email = checked_email(email, &mut checks);
        let address = checked_address(address, &mut checks);
        let tax_ids = match tax_ids {
            Field::Absent => None,
            Field::Cleared => Some(Vec::new()),
            Field::Given(all) => Some(checked_tax_ids(&all, &mut checks)),
        };
        let most = PURCHASE_ORDER_CHARACTERS_MAX;
        let purchase_order = checked(purchase_order, "purchase_order", most, &mut checks);
        checks.passed()?;

        Ok(ChangeDetails { company, email, address, tax_ids, purchase_order })
    }
}

fn checked_email(email: Field<String>, checks: &mut Checks) -> Field<String> {
    match email {
        Field::Given(email) => {
            checks.expect(is_email(email.trim()), "email", NOT_AN_EMAIL);
            Field::Given(email.trim().to_owned())
        }
        Field::Cleared => {
            let detail = "An account needs an e-mail address: its invoices go there.";
            checks.expect(false, "email", detail);
            Field::Absent
        }
        Field::Absent => Field::Absent,
    }
}

/// Text within limits; blank text is none.
fn checked(
    field: Field<String>,
    name: &str,
    characters_max: usize,
    checks: &mut Checks,
) -> Field<String> {
    let Field::Given(text) = field else { return field };
    let text = text.trim();
    let fits = text.chars().count() <= characters_max;
    checks.expect_range(fits, name, &format!("At most {characters_max} characters are expected."));
    checks.expect(is_plain(text), name, NOT_PLAIN);
    if text.is_empty() { Field::Cleared } else { Field::Given(text.to_owned()) }
}

fn checked_address(address: Field<AddressChange>, checks: &mut Checks) -> Field<AddressChange> {
    let AddressChange { line1, line2, postal_code, city, state, country } = match address {
        Field::Given(address) => address,
        Field::Absent => return Field::Absent,
        Field::Cleared => return Field::Cleared,
    };
    let mut line = |field: Field<String>, name: &str| {
        checked(field, &format!("address.{name}"), LINE_CHARACTERS_MAX, checks)
    };
    let (line1, line2) = (line(line1, "line1"), line(line2, "line2"));
    let (postal_code, city) = (line(postal_code, "postal_code"), line(city, "city"));
    let state = line(state, "state");
    let country = match line(country, "country") {
        Field::Given(code) => Field::Given(code.to_ascii_uppercase()),
        Field::Absent => Field::Absent,
        Field::Cleared => Field::Cleared,
    };
    if let Field::Given(code) = &country {
        let is_country = code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic());
        let detail = "Two letters are expected, as in ISO 3166-1.";
        checks.expect(is_country, "address.country", detail);
    }
    Field::Given(AddressChange { line1, line2, postal_code, city, state, country })
}

fn checked_tax_ids(all: &[(String, String)], checks: &mut Checks) -> Vec<NewTaxId> {
    let detail = format!("An account can have {TAX_IDS_MAX} tax ids.");
    checks.expect(all.len() <= TAX_IDS_MAX, "tax_ids", &detail);
    let mut wanted = Vec::new();
    for (place, (kind_word, value)) in all.iter().take(TAX_IDS_MAX).enumerate() {
        let field = |name: &str| format!("tax_ids[{place}].{name}");
        let kind = TaxIdType::parse(kind_word);
        let detail = "A type that Stripe knows is expected, such as `eu_vat`, `gb_vat` or `us_ein`: \
                      docs.stripe.com/billing/customer/tax-ids lists them.";
        checks.expect(kind.is_some(), field("type"), detail);
        let value = normal(kind_word, value);
        let Some(kind) = kind else { continue };
        if checks.parse(check_form(kind_word, &value), field("value")).is_none() {
            continue;
        }
        let new = NewTaxId { kind, value };
        let detail = "This tax id is in the list already.";
        checks.expect(!wanted.contains(&new), field("value"), detail);
        wanted.push(new);
    }
    wanted
}
