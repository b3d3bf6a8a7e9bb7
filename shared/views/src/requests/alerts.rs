//! Requests about alerts, as their bodies are read.

use serde::Deserialize;
use serde_json::Number;

/// A spend alert.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetAlert {
    /// Amount that the upcoming invoice must exceed.
    pub threshold: ThresholdMoney,
}

/// Money above zero. Its amount is read as any number, so that one that does not fit is refused by
/// its field.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ThresholdMoney {
    /// Minor units, 1 to 99999999999999.
    #[cfg_attr(feature = "schema", schemars(with = "i64"))]
    pub amount: Number,
    /// ISO 4217 code, in which the account is invoiced.
    pub currency: String,
}
