//! Requests of staff about prices, as their bodies are read.

use serde::Deserialize;
use serde_json::Value;

/// A change of a price.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnnouncePrice {
    /// Lookup key of the price.
    pub price: String,
    /// Minor units of the price's currency, or money as answers have it.
    #[cfg_attr(feature = "schema", schemars(with = "NewAmount"))]
    pub new_amount: Value,
    /// Moment from which on new subscriptions pay it.
    pub effective_at: String,
}

/// An amount as it may be given.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum NewAmount {
    /// Minor units of the price's currency.
    Minor(i64),
    /// Money.
    Money(crate::money::MoneyView),
}
