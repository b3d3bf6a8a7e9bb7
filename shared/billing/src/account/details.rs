//! A change of billing details: a partial update, and the difference between tax ids as they are
//! and as they shall be.

use serde::{Deserialize, Deserializer};

use crate::account::opening::RefusedField;
use crate::fact::Address;
use crate::ids::TaxIdId;
use crate::tax_id::TaxIdSnapshot;

/// A field of a partial update.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum Field<T> {
    /// The field stays as it is.
    #[default]
    Absent,
    /// The field is cleared.
    Cleared,
    /// The field gets this value.
    Given(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Cleared, Self::Given))
    }
}

impl<T> Field<T> {
    /// The same field with another kind of value.
    pub fn map<V>(self, map: impl FnOnce(T) -> V) -> Field<V> {
        match self {
            Self::Absent => Field::Absent,
            Self::Cleared => Field::Cleared,
            Self::Given(value) => Field::Given(map(value)),
        }
    }
}

impl<T: Clone> Field<T> {
    /// The field's value after the update.
    pub fn over(&self, known: Option<&T>) -> Option<T> {
        match self {
            Self::Absent => known.cloned(),
            Self::Cleared => None,
            Self::Given(new) => Some(new.clone()),
        }
    }
}

/// A partial update of an address, field by field.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// First line.
    pub line1: Field<String>,
    /// Second line.
    pub line2: Field<String>,
    /// Postal code.
    pub postal_code: Field<String>,
    /// City.
    pub city: Field<String>,
    /// State or province.
    pub state: Field<String>,
    /// Country, two letters.
    pub country: Field<String>,
}

impl Field<AddressChange> {
    /// The address after the update.
    pub fn over_address(&self, known: &Address) -> Address {
        match self {
            Self::Absent => known.clone(),
            Self::Cleared => Address::default(),
            Self::Given(new) => Address {
                line1: new.line1.over(known.line1.as_ref()),
                line2: new.line2.over(known.line2.as_ref()),
                postal_code: new.postal_code.over(known.postal_code.as_ref()),
                city: new.city.over(known.city.as_ref()),
                state: new.state.over(known.state.as_ref()),
                country: new.country.over(known.country.as_ref()),
            },
        }
    }
}

/// Difference between the tax ids that a customer has and those that it shall have.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TaxIdDifference {
    /// Places of those to be added, in the list that was requested.
    pub missing: Vec<usize>,
    /// Those to be removed.
    pub surplus: Vec<TaxIdId>,
}

impl TaxIdDifference {
    /// The difference of `wanted`, type and value each, to what the customer has. Of two alike that
    /// twins of a request added, the older stays.
    pub fn of(wanted: &[(&str, &str)], known: &[TaxIdSnapshot]) -> Self {
        let is = |new: &(&str, &str), old: &TaxIdSnapshot| new.0 == old.kind && new.1 == old.value;

        let missing = wanted.iter().enumerate();
        let missing = missing.filter(|(_, new)| !known.iter().any(|old| is(new, old)));

        let mut kept: Vec<&TaxIdSnapshot> = Vec::new();
        let mut surplus = Vec::new();
        for old in known {
            let alike = kept.iter().any(|one| one.kind == old.kind && one.value == old.value);
            if wanted.iter().any(|new| is(new, old)) && !alike {
                kept.push(old);
            } else {
                surplus.push(old.id.clone());
            }
        }
        Self { missing: missing.map(|(place, _)| place).collect(), surplus }
    }
}

/// Reason why billing details are not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetailsRefusal {
    /// The account has no customer yet: its opening is not complete.
    #[error("the account has no customer at Stripe yet")]
    Incomplete,
    /// The customer was deleted at Stripe.
    #[error("the account's customer was deleted at Stripe")]
    CustomerDeleted,
    /// Stripe refuses the new details.
    #[error("Stripe refuses the details: {0}")]
    ByStripe(RefusedField),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tax_id::Verification;

    fn tax_id(id: &str, kind: &str, value: &str) -> TaxIdSnapshot {
        let (kind, value) = (kind.to_owned(), value.to_owned());
        let id = TaxIdId::parse(id).unwrap();
        TaxIdSnapshot { id, kind, value, verification: Verification::Pending, removed: false }
    }

    /// Goal: only the difference is sent to Stripe, and of two alike the older stays.
    #[test]
    fn only_what_differs_is_added_and_removed() {
        let known = [
            tax_id("txi_1", "eu_vat", "DE123456789"),
            tax_id("txi_2", "eu_vat", "DE123456789"),
            tax_id("txi_3", "gb_vat", "GB123456789"),
        ];
        let wanted = [("eu_vat", "DE123456789"), ("us_ein", "12-3456789")];

        let difference = TaxIdDifference::of(&wanted, &known);

        let removed: Vec<&str> = difference.surplus.iter().map(TaxIdId::as_str).collect();
        assert_eq!((difference.missing.as_slice(), removed), (&[1][..], vec!["txi_2", "txi_3"]));
        assert_eq!(TaxIdDifference::of(&[], &[]), TaxIdDifference::default());
    }

    /// Goal: a field that is not named stays, null clears it, and a whole address is cleared at
    /// once.
    #[test]
    fn an_address_is_changed_field_by_field() {
        let known = Address {
            line1: Some("Hauptstr. 1".to_owned()),
            city: Some("Bonn".to_owned()),
            ..Address::default()
        };
        let change = AddressChange {
            line1: Field::Cleared,
            country: Field::Given("DE".to_owned()),
            ..AddressChange::default()
        };

        let after = Field::Given(change).over_address(&known);

        let city = known.city.clone();
        let expected = Address { city, country: Some("DE".to_owned()), ..Address::default() };
        assert_eq!(after, expected);
        assert_eq!(Field::Absent.over_address(&known), known);
        assert_eq!(Field::Cleared.over_address(&known), Address::default());
    }
}
