//! The body of `PATCH /v1/accounts/{id}/billing-details`, checked: absent leaves a field as it is, null clears it.

use billing::fact::Address;
use billing::tax_id::{TAX_IDS_MAX, check_form, normal};
use runtime::input::{Checks, NOT_AN_EMAIL, body, is_email};
use runtime::{Problem, Request};
use serde::{Deserialize, Deserializer};
use stripe_requests::request::details::TaxIdType;

/// Longest name of a company, in characters.
const COMPANY_CHARACTERS_MAX: usize = 150;
/// Longest line of an address, in characters.
const LINE_CHARACTERS_MAX: usize = 200;
/// Longest purchase order, in characters: what Stripe takes for the value of an invoice's field.
const PURCHASE_ORDER_CHARACTERS_MAX: usize = 140;

/// A field of a partial update.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Field<T> {
    /// It stays as it is.
    #[default]
    Absent,
    /// It is taken away.
    Cleared,
    /// It becomes this.
    Given(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Cleared, Self::Given))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Input {
    company: Field<String>,
    email: Field<String>,
    address: Field<AddressInput>,
    tax_ids: Field<Vec<TaxIdInput>>,
    purchase_order: Field<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AddressInput {
    line1: Field<String>,
    line2: Field<String>,
    postal_code: Field<String>,
    city: Field<String>,
    state: Field<String>,
    country: Field<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaxIdInput {
    r#type: String,
    value: String,
}

/// What is wanted, checked.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) company: Field<String>,
    pub(crate) email: Field<String>,
    pub(crate) address: WantedAddress,
    /// All of them; nothing when they stay as they are.
    pub(crate) tax_ids: Option<Vec<WantedTaxId>>,
    pub(crate) purchase_order: Field<String>,
}

/// A tax id that is wanted, of a type that Stripe knows and in its right form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WantedTaxId {
    pub(crate) kind: TaxIdType,
    pub(crate) value: String,
}

/// An address that is wanted, field by field.
#[derive(Debug)]
pub(crate) struct WantedAddress(Field<AddressInput>);

impl Wanted {
    /// Every wrong field, or what is wanted.
    pub(crate) fn read(request: &Request) -> Result<Self, Problem> {
        let Input { company, email, address, tax_ids, purchase_order } = body(request)?;
        let mut checks = Checks::default();
        let company = checked(company, "company", COMPANY_CHARACTERS_MAX, &mut checks);
        let email = match email {
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
        };
        let address = WantedAddress(checked_address(address, &mut checks));
        let tax_ids = match tax_ids {
            Field::Absent => None,
            Field::Cleared => Some(Vec::new()),
            Field::Given(all) => Some(checked_tax_ids(&all, &mut checks)),
        };
        let most = PURCHASE_ORDER_CHARACTERS_MAX;
        let purchase_order = checked(purchase_order, "purchase_order", most, &mut checks);
        checks.passed()?;
        Ok(Self { company, email, address, tax_ids, purchase_order })
    }
}

impl WantedAddress {
    /// The address after the update.
    pub(crate) fn over(&self, known: &Address) -> Address {
        let field = |new: &Field<String>, known: &Option<String>| match new {
            Field::Absent => known.clone(),
            Field::Cleared => None,
            Field::Given(text) => Some(text.clone()),
        };
        match &self.0 {
            Field::Absent => known.clone(),
            Field::Cleared => Address::default(),
            Field::Given(new) => Address {
                line1: field(&new.line1, &known.line1),
                line2: field(&new.line2, &known.line2),
                postal_code: field(&new.postal_code, &known.postal_code),
                city: field(&new.city, &known.city),
                state: field(&new.state, &known.state),
                country: field(&new.country, &known.country),
            },
        }
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
    let fits = text.chars().count() <= characters_max && !text.chars().any(char::is_control);
    checks.expect(fits, name, &format!("At most {characters_max} characters are expected."));
    if text.is_empty() { Field::Cleared } else { Field::Given(text.to_owned()) }
}

fn checked_address(address: Field<AddressInput>, checks: &mut Checks) -> Field<AddressInput> {
    let Field::Given(AddressInput { line1, line2, postal_code, city, state, country }) = address
    else {
        return address;
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
    Field::Given(AddressInput { line1, line2, postal_code, city, state, country })
}

fn checked_tax_ids(all: &[TaxIdInput], checks: &mut Checks) -> Vec<WantedTaxId> {
    let detail = format!("An account can have {TAX_IDS_MAX} tax ids.");
    checks.expect(all.len() <= TAX_IDS_MAX, "tax_ids", &detail);
    let mut wanted = Vec::new();
    for (place, TaxIdInput { r#type, value }) in all.iter().take(TAX_IDS_MAX).enumerate() {
        let field = |name: &str| format!("tax_ids[{place}].{name}");
        let kind = TaxIdType::parse(r#type);
        let detail = "A type that Stripe knows is expected, such as `eu_vat`, `gb_vat` or `us_ein`: \
                      docs.stripe.com/billing/customer/tax-ids lists them.";
        checks.expect(kind.is_some(), field("type"), detail);
        let value = normal(r#type, value);
        let Some(kind) = kind else { continue };
        if checks.parse(check_form(r#type, &value), field("value")).is_none() {
            continue;
        }
        let new = WantedTaxId { kind, value };
        let detail = "This tax id is in the list already.";
        checks.expect(!wanted.contains(&new), field("value"), detail);
        wanted.push(new);
    }
    wanted
}
