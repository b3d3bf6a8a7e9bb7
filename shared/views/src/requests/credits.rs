//! Requests about credits, as their bodies are read.

use billing::money::Money;
use serde::Deserialize;

/// Tokens to be taken.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deduct {
    /// Tokens.
    pub tokens: i64,
    /// Reason in the caller's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Tokens that staff add or remove.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Adjust {
    /// Tokens added; negative to remove them.
    pub tokens: i64,
    /// Reason.
    pub reason: String,
}

/// Tokens to be held for a job.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// Tokens.
    pub tokens: i64,
    /// Seconds for which they are held.
    pub ttl_seconds: i64,
}

/// End of a job.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// Tokens that the job took.
    pub tokens: i64,
}

/// Settings of auto-recharge.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetRecharge {
    /// True if auto-recharge buys.
    pub enabled: bool,
    /// Auto-recharge buys when fewer tokens are available.
    pub threshold: i64,
    /// Most money of a month.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::money::MoneyView>"))]
    pub spending_limit: Option<Money>,
    /// Pack that is bought.
    pub pack: String,
}

/// A pack to be bought in Checkout.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BuyPack {
    /// Id of the pack.
    pub pack: String,
    /// Page behind a payment.
    #[serde(default)]
    pub success_url: Option<String>,
    /// Page behind a change of mind.
    #[serde(default)]
    pub cancel_url: Option<String>,
}
