//! Money as the contract shows it.

use billing::money::Money;
use serde::Serialize;

/// An amount in the minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MoneyView {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 code in lower case.
    pub currency: String,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency.as_str().to_owned() }
    }
}
