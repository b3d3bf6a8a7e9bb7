//! A customer's billing details, as Stripe showed them.

use serde::{Deserialize, Serialize};

use crate::money::Currency;

/// A customer's billing details as Stripe showed them: what its invoices print (A1).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CustomerSnapshot {
    /// Company or person.
    pub name: Option<String>,
    /// Where invoices are mailed to.
    pub email: Option<String>,
    /// The address.
    pub address: Address,
    /// Stripe's customer balance in minor units of `currency`: negative is credit to the customer.
    pub balance: i64,
    /// The customer's currency at Stripe, once it has one.
    pub currency: Option<Currency>,
    /// The customer's own number for what it buys here, which its invoices print (F4).
    #[serde(default)]
    pub purchase_order: Option<String>,
    /// True if tax rates take nothing from it: Stripe's `tax_exempt` is `exempt` or `reverse`.
    #[serde(default)]
    pub tax_exempt: bool,
}

/// A postal address as Stripe keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Street, number.
    pub line1: Option<String>,
    /// Flat, floor.
    pub line2: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Two letters, ISO 3166-1.
    pub country: Option<String>,
}

impl Address {
    /// All of it in one line; nothing when it is empty.
    pub fn one_line(&self) -> Option<String> {
        let parts =
            [&self.line1, &self.line2, &self.postal_code, &self.city, &self.state, &self.country];
        let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
